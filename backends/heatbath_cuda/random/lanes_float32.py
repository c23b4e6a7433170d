"""float32: one block of four words gives four numbers of 23 bits."""

from heatbath_cuda.elementary_signature import cosine, radius, sine
from heatbath_cuda.header import HALF, ONE, device, real
from heatbath_cuda.random.philox_loops import bits23, signed, words
from heatbath_cuda.rounded_float32 import add, mul, sub

SCALE_U, SCALE_V = real(2.0**-23), real(2.0**-22)


@device
def uniform_of(word):
    return mul(add(bits23(word), HALF), SCALE_U)


@device
def uniforms(block, step, purpose_and_draw, key):
    w0, w1, w2, w3 = words(block, step, purpose_and_draw, key)
    return uniform_of(w0), uniform_of(w1), uniform_of(w2), uniform_of(w3)


@device
def pair(a, b):
    r = radius(uniform_of(a))
    v = sub(mul(add(bits23(b), HALF), SCALE_V), ONE)
    return signed(a, mul(r, cosine(v))), signed(b, mul(r, sine(v)))


@device
def normals(block, step, purpose_and_draw, key):
    w0, w1, w2, w3 = words(block, step, purpose_and_draw, key)
    z0, z1 = pair(w0, w1)
    z2, z3 = pair(w2, w3)
    return z0, z1, z2, z3


@device
def lane(numbers, k):
    """Number k of a block: selections, where an index would need memory."""
    low = numbers[0] if k == 0 else numbers[1]
    high = numbers[2] if k == 2 else numbers[3]
    return low if k < 2 else high
