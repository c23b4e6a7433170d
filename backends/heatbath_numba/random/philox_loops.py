"""Philox4x32-10 for a single block (see `heatbath.random` for the layout of its counter)."""

import numpy as np

from heatbath_numba.header import helper

MASK, WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
SHIFT_16 = np.uint64(16)


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
