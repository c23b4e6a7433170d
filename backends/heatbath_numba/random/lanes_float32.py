"""float32: one block of four words gives four numbers of 23 bits."""

from heatbath_numba.elementary_signature import cosine, radius, sine
from heatbath_numba.header import HALF, ONE, helper, real
from heatbath_numba.random.philox_loops import bits23, sign

SCALE_U, SCALE_V = real(2.0**-23), real(2.0**-22)


@helper
def put_uniforms(lanes, i, w0, w1, w2, w3):
    lanes[0, i] = (bits23(w0) + HALF) * SCALE_U
    lanes[1, i] = (bits23(w1) + HALF) * SCALE_U
    lanes[2, i] = (bits23(w2) + HALF) * SCALE_U
    lanes[3, i] = (bits23(w3) + HALF) * SCALE_U


@helper
def put_pair(lanes, k, i, a, b):
    r = radius((bits23(a) + HALF) * SCALE_U)
    v = (bits23(b) + HALF) * SCALE_V - ONE
    lanes[k, i] = sign(a) * (r * cosine(v))
    lanes[k + 1, i] = sign(b) * (r * sine(v))


@helper
def put_normals(lanes, i, w0, w1, w2, w3):
    put_pair(lanes, 0, i, w0, w1)
    put_pair(lanes, 2, i, w2, w3)
