"""The exact operations below the elementary functions, on the bits of a number.

Results are those of `heatbath._primitives`, whatever the way to them, because they are exact.
"""

import numpy as np

from heatbath_numba.header import (
    BIAS,
    FRACTION_BITS,
    LARGEST,
    LIFT,
    ONE,
    SHIFT,
    TINY,
    helper,
    real,
    whole,
)

ZERO = real(0.0)
FRACTION, BITS_OF_ONE = whole((1 << FRACTION_BITS) - 1), whole(BIAS << FRACTION_BITS)
LIFTED, LIFT_FACTOR = whole(LIFT), real(2.0**LIFT)


@helper
def floor(x):
    return np.floor(x)


@helper
def sqrt(x):
    return np.sqrt(x)


@helper
def ordinary(x):
    """x lifted into the normal numbers; 1 where it is not positive and finite."""
    safe = x if (x > ZERO) & (x <= real(LARGEST)) else ONE
    return safe * LIFT_FACTOR if safe < real(TINY) else safe


@helper
def mantissa(x):
    bits = real(ordinary(x)).view(whole)
    return whole((bits & FRACTION) | BITS_OF_ONE).view(real)


@helper
def exponent(x):
    bits = real(ordinary(x)).view(whole)
    lift = LIFTED if (x > ZERO) & (x < real(TINY)) else whole(0)
    return real((bits >> whole(FRACTION_BITS)) - whole(BIAS) - lift)


@helper
def power_of_two(k):
    return whole((whole(k) + whole(BIAS)) << whole(FRACTION_BITS)).view(real)


@helper
def scaled(x, k):
    """x·2**k in two factors, so that it is rounded once, into subnormal numbers as well."""
    k = k if k == k else ZERO
    k = min(max(k, -real(SHIFT)), real(SHIFT))
    half = np.floor(k * real(0.5))
    return x * power_of_two(half) * power_of_two(k - half)
