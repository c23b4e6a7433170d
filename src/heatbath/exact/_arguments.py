"""Checks of what a user hands to ``heatbath.exact``: which argument, its value, the need."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from heatbath._checks import check_choice, require_memory
from heatbath._suggest import shown

__all__ = [
    "boundaries",
    "couplings_of_axes",
    "extent",
    "extents",
    "positive",
    "quartic",
    "real",
    "real_array",
    "rectangle",
    "states",
    "tolerance",
    "within_reach",
]

LARGEST = 1e12  # of β, a coupling or a field of spins: its fourth powers are far from overflow
MOST_STATES = 64
_LEAST_TOLERANCE = 1e-30


def extent(name: str, value: object) -> int:
    """``value`` as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number of sites, at least 1; got {shown(value)}")
    if value < 1:
        raise ValueError(f"{name} must be a whole number of sites, at least 1; got {shown(value)}")
    return int(value)


def extents(shape: object) -> tuple[int, ...]:
    """``shape`` as one to four ints of at least 1."""
    need = "shape must be a tuple of one to four extents, such as (16, 16)"
    if isinstance(shape, str | bytes) or not isinstance(shape, Sequence):
        raise TypeError(f"{need}; got {shown(shape)}")
    if not 1 <= len(shape) <= 4:
        raise ValueError(f"{need}; got {len(shape)} extents: {shown(tuple(shape))}")
    whole = tuple(extent(f"shape[{mu}]", n) for mu, n in enumerate(shape))
    require_memory(48 * math.prod(whole), f"exact numbers on the shape {shown(whole)}")
    return whole


def real(name: str, value: object) -> float:
    """``value`` as a finite float; NumPy scalars pass, complex numbers and arrays do not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number; got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond 1e308
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number; got {shown(value)}")
    return number


def positive(name: str, value: object) -> float:
    """``value`` as a finite float above zero."""
    number = real(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be positive; got {name} = {number:g}")
    return number


def tolerance(name: str, value: object) -> float:
    """``value`` as a relative error; far below 1e-16 nothing but equal numbers agree."""
    number = positive(name, value)
    if not _LEAST_TOLERANCE <= number < 1.0:
        raise ValueError(
            f"{name} must lie between {_LEAST_TOLERANCE:g} and 1; got {name} = {number:g}"
        )
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


def within_reach(name: str, value: object) -> float:
    """``value`` as a float of at most 1e12 in size: β, a coupling or a field of spins."""
    number = real(name, value)
    if abs(number) > LARGEST:
        raise ValueError(f"{name} must lie between -1e12 and 1e12; got {shown(value)}")
    return number


def real_array(name: str, value: object) -> NDArray[np.float64]:
    """``value`` as a float64 array of numbers of at most 1e12 in size."""
    try:
        array = np.asarray(None if isinstance(value, np.ma.MaskedArray) else value)
    except (RuntimeError, TypeError, ValueError):  # rows of different lengths, say
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers; got {shown(value)}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float64)
    if not np.all(np.abs(array) <= LARGEST):
        raise ValueError(f"{name} must lie between -1e12 and 1e12; got {shown(value)}")
    return array


def states(q: object) -> int:
    """``q`` as a number of states of one spin, 2 to 64."""
    if isinstance(q, bool) or not isinstance(q, Integral):
        raise TypeError(f"q must be a whole number of states, 2 to 64; got {shown(q)}")
    if not 2 <= int(q) <= MOST_STATES:
        raise ValueError(f"q must be a whole number of states, 2 to 64; got {shown(q)}")
    return int(q)


def rectangle(shape: object, longest: int) -> tuple[int, int]:
    """``shape`` as two ints of 1 to ``longest``."""
    need = "shape must be a tuple of two extents, such as (16, 16)"
    if isinstance(shape, str | bytes) or not isinstance(shape, Sequence):
        raise TypeError(f"{need}; got {shown(shape)}")
    if len(shape) != 2:
        raise ValueError(f"{need}; got {len(shape)} extents: {shown(tuple(shape))}")
    first, second = (extent(f"shape[{mu}]", n) for mu, n in enumerate(shape))
    if max(first, second) > longest:
        raise ValueError(f"an extent must be at most {longest} sites; got shape = {shown(shape)}")
    return first, second


def couplings_of_axes(value: object) -> tuple[float, float]:
    """One coupling, or one for each of two axes, as two floats."""
    given = real_array("couplings", value)
    if given.shape not in ((), (2,)):
        raise ValueError(
            f"couplings must be a number, or one for each of the 2 axes; got {shown(value)}"
        )
    first, second = np.broadcast_to(given, (2,)).tolist()
    return first, second


def boundaries(value: object, ndim: int, known: tuple[str, ...]) -> tuple[str, ...]:
    """One boundary, or one for each axis, as ``ndim`` of the ``known`` names."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        if len(value) != ndim:
            raise ValueError(
                f"boundary must be one name, or one for each of {ndim} axes; got {shown(value)}"
            )
        return tuple(check_choice("boundary", name, known) for name in value)
    return (check_choice("boundary", value, known),) * ndim
