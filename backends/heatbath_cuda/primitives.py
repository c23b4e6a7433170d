"""The exact operations below the elementary functions, on the bits of a number.

Results are those of `heatbath._primitives`, whatever the way to them, because they are exact.
"""

import numpy as np

from heatbath_cuda.header import (
    BIAS,
    FRACTION_BITS,
    HALF,
    LARGEST,
    LIFT,
    ONE,
    SHIFT,
    TINY,
    ZERO,
    device,
    real,
    whole,
)
from heatbath_cuda.rounded_float64 import bits_of, floor, mul, real_of, sub

FRACTION, BITS_OF_ONE = whole((1 << FRACTION_BITS) - 1), whole(BIAS << FRACTION_BITS)
LIFTED, LIFT_FACTOR = whole(LIFT), real(2.0**LIFT)
SMALL, LARGE, FURTHEST = real(TINY), real(LARGEST), real(SHIFT)


@device
def divided(a, b):
    """a // b of whole numbers below 2³²; a division of 64 bits would cost several times more."""
    return np.int64(np.uint32(a) // np.uint32(b))


@device
def ordinary(x):
    """x lifted into the normal numbers; 1 where it is not positive and finite."""
    safe = x if (x > ZERO) & (x <= LARGE) else ONE
    return mul(safe, LIFT_FACTOR) if safe < SMALL else safe


@device
def mantissa(x):
    return real_of(whole((bits_of(ordinary(x)) & FRACTION) | BITS_OF_ONE))


@device
def exponent(x):
    lift = LIFTED if (x > ZERO) & (x < SMALL) else whole(0)
    bits = whole(bits_of(ordinary(x)))
    return real(whole((bits >> whole(FRACTION_BITS)) - whole(BIAS) - lift))


@device
def power_of_two(k):
    return real_of(whole((whole(k) + whole(BIAS)) << whole(FRACTION_BITS)))


@device
def scaled(x, k):
    """x·2**k in two factors, so that it is rounded once, into subnormal numbers as well."""
    k = k if k == k else ZERO
    k = FURTHEST if k > FURTHEST else k
    k = -FURTHEST if k < -FURTHEST else k
    half = floor(mul(k, HALF))
    return mul(mul(x, power_of_two(half)), power_of_two(sub(k, half)))
