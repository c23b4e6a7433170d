"""Philox4x32-10, the counter-based generator of Salmon et al. (SC'11), on array namespaces.

One block of four 32-bit words is a pure function of a key (two words) and a counter (four):

    c0 = block, low 32 bits         c1 = purpose (16 bits) · 2¹⁶ + draw (16 bits)
    c2 = step, low 32 bits          c3 = block, bits 32–47, · 2¹⁶ + step, bits 32–47

A block serves a few neighbouring sites of the C-ordered lattice (`heatbath.random`).  Words are
int64 below 2³², and products are formed from 16-bit halves, so that nothing overflows in any
Array API library.
"""

from __future__ import annotations

from typing import Any

from heatbath._checks import is_whole
from heatbath._namespace import Array, Namespace
from heatbath._suggest import shown

__all__ = ["counter_words", "philox4x32"]

MASK = 0xFFFFFFFF
MULTIPLIER = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

Words = tuple[Any, Any, Any, Any]


def philox4x32(counter: Words, key: tuple[Any, Any]) -> Words:
    """Ten rounds of Philox on words in int64 arrays (or Python ints), broadcast together.

    >>> [hex(w) for w in philox4x32((0, 0, 0, 0), (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        high0, low0 = _product(c0, MULTIPLIER[0])
        high1, low1 = _product(c2, MULTIPLIER[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return c0, c1, c2, c3


def _product(a: Any, m: int) -> tuple[Any, Any]:
    """The high and low 32 bits of a·m, from the two 16-bit halves of m."""
    low, high = a * (m & 0xFFFF), a * (m >> 16)
    return (high + (low >> 16)) >> 16, (((high & 0xFFFF) << 16) + low) & MASK


def counter_words(block: Array, step: int, purpose: int, draw: int, xp: Namespace) -> Words:
    """The counter of int64 `block` numbers (below 2⁴⁸) at one step, purpose and draw."""
    check_counter(step, purpose, draw)
    zero = xp.zeros_like(block)
    return (
        block & MASK,
        zero + (purpose << 16 | draw),
        zero + (step & MASK),
        ((block >> 32) << 16) + (step >> 32),
    )


def check_counter(step: int, purpose: int, draw: int) -> None:
    """Raise where a counter field is not whole or would overflow into another one."""
    for name, value, bits in (("step", step, 48), ("purpose", purpose, 16), ("draw", draw, 16)):
        if not is_whole(value):
            raise TypeError(f"{name} must be a whole number; got {shown(value)}")
        if not 0 <= value < 1 << bits:
            raise OverflowError(
                f"{name} = {shown(value)} does not fit the {bits} bits that the random-number "
                f"counter has for it: start a new run with another seed"
            )
