"""float64: one block of four words gives two numbers of 52 bits."""

from heatbath_cuda.elementary_signature import cosine, radius, sine
from heatbath_cuda.header import HALF, ONE, device, real
from heatbath_cuda.random.philox_loops import bits52, signed, words
from heatbath_cuda.rounded_float64 import add, mul, sub

SCALE_U, SCALE_V = real(2.0**-52), real(2.0**-51)


@device
def uniforms(block, step, purpose_and_draw, key):
    w0, w1, w2, w3 = words(block, step, purpose_and_draw, key)
    return mul(add(bits52(w0, w1), HALF), SCALE_U), mul(add(bits52(w2, w3), HALF), SCALE_U)


@device
def normals(block, step, purpose_and_draw, key):
    w0, w1, w2, w3 = words(block, step, purpose_and_draw, key)
    r = radius(mul(add(bits52(w0, w1), HALF), SCALE_U))
    v = sub(mul(add(bits52(w2, w3), HALF), SCALE_V), ONE)
    return signed(w2, mul(r, cosine(v))), signed(w3, mul(r, sine(v)))


@device
def lane(numbers, k):
    """Number k of a block: selections, where an index would need memory."""
    return numbers[0] if k == 0 else numbers[1]
