"""Philox4x32-10 and fills of contiguous memory (see `heatbath.random` for the layout).

Words are uint64 below 2³²: LLVM turns the products into 32×32→64-bit vector multiplications.
"""

import numpy as np

from heatbath_numba.header import ONE, TWO, helper, real

MASK, WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
BIT_0, SHIFT_6, SHIFT_9, SHIFT_16, SHIFT_26 = (np.uint64(k) for k in (1, 6, 9, 16, 26))


@helper
def philox(c0, c1, c2, c3, k0, k1):
    for _ in range(10):
        p0 = c0 * MULTIPLIER_0
        p1 = c2 * MULTIPLIER_1
        c0, c1, c2, c3 = (p1 >> WORD) ^ c1 ^ k0, p1 & MASK, (p0 >> WORD) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@helper
def words(block, step, purpose_and_draw, k0, k1):
    """The four words of a block, at the counter that docs/random-numbers.md specifies."""
    b, s = np.uint64(block), np.uint64(step)
    c3 = ((b >> WORD) << SHIFT_16) + (s >> WORD)
    return philox(b & MASK, purpose_and_draw, s & MASK, c3, k0, k1)


@helper
def bits52(high, low):
    return real(np.int64(((high >> SHIFT_6) << SHIFT_26) + (low >> SHIFT_6)))


@helper
def bits23(word):
    return real(np.int64(word >> SHIFT_9))


@helper
def sign(word):
    return ONE - TWO * real(np.int64(word & BIT_0))
