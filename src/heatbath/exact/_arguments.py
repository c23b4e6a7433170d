"""Checks of what a user hands to ``heatbath.exact``: which argument, its value, the need."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

__all__ = ["extent", "extents", "positive", "quartic", "real"]


def extent(name: str, value: object) -> int:
    """``value`` as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number of sites, at least 1; got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be a whole number of sites, at least 1; got {value!r}")
    return int(value)


def extents(shape: object) -> tuple[int, ...]:
    """``shape`` as one to four ints of at least 1."""
    need = "shape must be a tuple of one to four extents, such as (16, 16)"
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        raise TypeError(f"{need}; got {shape!r}")
    if not 1 <= len(shape) <= 4:
        raise ValueError(f"{need}; got {len(shape)} extents: {tuple(shape)!r}")
    return tuple(extent(f"shape[{mu}]", n) for mu, n in enumerate(shape))


def real(name: str, value: object) -> float:
    """``value`` as a finite float; NumPy scalars pass, complex numbers and arrays do not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number; got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number; got {value!r}")
    return float(value)


def positive(name: str, value: object) -> float:
    """``value`` as a finite float above zero."""
    number = real(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be positive; got {name} = {number:g}")
    return number


def quartic(lam: object) -> float:
    """``lam`` as a float of at least zero: a negative λ has no normalisable weight."""
    number = real("lam", lam)
    if number < 0:
        raise ValueError(
            f"lam must not be negative, or exp(-S) grows without bound at large phi; "
            f"got lam = {number:g}: choose lam >= 0"
        )
    return number
