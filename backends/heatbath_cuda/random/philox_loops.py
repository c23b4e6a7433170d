"""Philox4x32-10 (see `heatbath.random` for the layout) in 32-bit words, as the hardware has them.

Every intermediate is made uint32 again: numba computes whole numbers in 64 bits.
"""

import numpy as np

from heatbath_cuda.header import device, real
from heatbath_cuda.rounded_float64 import high_product

LOW, WORD = np.int64(0xFFFFFFFF), np.int64(32)
MULTIPLIER_0, MULTIPLIER_1 = np.uint32(0xD2511F53), np.uint32(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
BIT_0, SHIFT_6, SHIFT_9 = np.uint32(1), np.uint32(6), np.uint32(9)
SHIFT_16, SHIFT_26 = np.int64(16), np.int64(26)


@device
def philox(c0, c1, c2, c3, k0, k1):
    for _ in range(10):
        h0 = np.uint32(high_product(c0, MULTIPLIER_0))
        h1 = np.uint32(high_product(c2, MULTIPLIER_1))
        l0, l1 = np.uint32(c0 * MULTIPLIER_0), np.uint32(c2 * MULTIPLIER_1)
        c0, c1, c2, c3 = np.uint32(h1 ^ c1 ^ k0), l1, np.uint32(h0 ^ c3 ^ k1), l0
        k0 = np.uint32(k0 + WEYL_0)
        k1 = np.uint32(k1 + WEYL_1)
    return c0, c1, c2, c3


@device
def words(block, step, purpose_and_draw, key):
    """The four words of a block, at the counter that docs/random-numbers.md specifies."""
    b, s = np.int64(block), np.int64(step)
    c3 = ((b >> WORD) << SHIFT_16) + (s >> WORD)
    return philox(
        np.uint32(b & LOW),
        np.uint32(purpose_and_draw),
        np.uint32(s & LOW),
        np.uint32(c3),
        np.uint32(key[0]),
        np.uint32(key[1]),
    )


@device
def bits52(high, low):
    return real((np.int64(high >> SHIFT_6) << SHIFT_26) + np.int64(low >> SHIFT_6))


@device
def bits23(word):
    return real(np.int64(word >> SHIFT_9))


@device
def signed(word, z):
    """z with the sign that the lowest bit of the word gives."""
    return z if (word & BIT_0) == 0 else -z


@device
def draw_integer(high, step, purpose_and_draw, key):
    """One whole number 0 ≤ n < high: ⌊64-bit word × high / 2⁶⁴⌋."""
    first, second, _, _ = words(0, step, purpose_and_draw, key)
    a, b, count = np.int64(first), np.int64(second), np.int64(high)
    return (a * count + ((b * count) >> WORD)) >> WORD
