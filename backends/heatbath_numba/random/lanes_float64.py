"""float64: one block of four words gives two numbers of 52 bits."""

from heatbath_numba.elementary_signature import cosine, radius, sine
from heatbath_numba.header import HALF, ONE, helper, real
from heatbath_numba.random.philox_loops import bits52, sign

SCALE_U, SCALE_V = real(2.0**-52), real(2.0**-51)


@helper
def put_uniforms(lanes, i, w0, w1, w2, w3):
    lanes[0, i] = (bits52(w0, w1) + HALF) * SCALE_U
    lanes[1, i] = (bits52(w2, w3) + HALF) * SCALE_U


@helper
def put_normals(lanes, i, w0, w1, w2, w3):
    r = radius((bits52(w0, w1) + HALF) * SCALE_U)
    v = (bits52(w2, w3) + HALF) * SCALE_V - ONE
    lanes[0, i] = sign(w2) * (r * cosine(v))
    lanes[1, i] = sign(w3) * (r * sine(v))
