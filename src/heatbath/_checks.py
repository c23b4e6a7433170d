"""Checks of arguments at the public border: which argument, what it was, what is needed.

Whole numbers may be NumPy's, and come back as Python's; a float or a bool is none.  Texts and
large things are quoted short, on one line.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from heatbath._suggest import shown, unknown

__all__ = [
    "PYTHON",
    "available_memory",
    "check_choice",
    "check_count",
    "check_flag",
    "check_mapping",
    "check_path",
    "check_positive",
    "is_whole",
    "python_numbers",
    "require_memory",
]


LONGEST_PATH = 4096


def is_whole(value: Any) -> bool:
    """Whether value is a whole number, Python's or NumPy's; no bool."""
    return type(value) is int or (isinstance(value, Integral) and not isinstance(value, bool))


def check_count(name: str, value: Any, least: int = 1) -> int:
    """value as an int; ValueError unless it is a whole number of at least `least`."""
    if type(value) is int and value >= least:
        return value
    if not is_whole(value) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; got {shown(value)}")
    return int(value)


def check_positive(name: str, value: Any) -> float:
    """value as a float; ValueError unless it is a positive finite number."""
    if type(value) is float and 0.0 < value < math.inf:
        return value
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond 1e308
            number = math.inf
    if not 0.0 < number < math.inf:
        raise ValueError(f"{name} must be a positive number; got {shown(value)}")
    return number


def check_flag(name: str, value: Any) -> bool:
    """value as a bool; TypeError for anything else, such as the text "no", which is true."""
    if value is True or value is False or isinstance(value, np.bool_):
        return bool(value)
    raise TypeError(f"{name} must be True or False; got {shown(value)}")


def check_choice(what: str, value: Any, known: Collection[str]) -> str:
    """value; ValueError with the nearest name unless it is one of the known texts."""
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(unknown(what, value, known))


def check_mapping(name: str, value: Any, of_what: str) -> dict[Any, Any]:
    """value as a dict, None as an empty one; TypeError for what is no mapping."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must map {of_what}; got {shown(value)}")
    return dict(value)


def check_path(name: str, value: Any) -> str:
    """value as the text of a path; TypeError or ValueError for what no file can be called."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a path, a text such as 'my-run'; got {shown(value)}")
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a path of text, not of bytes; got {shown(path)}")
    surrogates = any("\ud800" <= letter <= "\udbff" for letter in path)  # no bytes stand for those
    if not path or "\0" in path or surrogates or len(path) > LONGEST_PATH:
        raise ValueError(f"{name} must name a file or directory; got {shown(path)}")
    return path


def available_memory() -> float:
    """The memory of this machine in bytes; infinite where it is not known."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # Windows says it otherwise
        return math.inf


def require_memory(needed: int, what: str) -> None:
    """MemoryError where `needed` bytes are more than this machine has, before it swaps.

    what: the things that need them, plural.
    """
    if needed <= 1 << 28:  # asking the system takes a microsecond
        return
    available = available_memory()
    if needed > available:
        raise MemoryError(
            f"{what} need {_gibibytes(needed)} GiB, and this machine has "
            f"{_gibibytes(available)} GiB"
        )


def _gibibytes(size: float) -> str:
    return f"{size / 2**30:.3g}" if size < 1e300 else "more than 1e291"


PYTHON: set[type] = set()  # types that `_python` leaves alone, as it has seen


def python_numbers(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
    """Arguments with numbers that are not Python's, such as NumPy's, as Python's, and all but the
    first, a field, which stays as it is: kernels are compiled for Python's numbers, and np.float64
    times a float32 array is a float64 array."""
    args = (args[0], *map(_python, args[1:]))
    kwargs = {name: _python(value) for name, value in kwargs.items()}
    return args, kwargs, (*args[1:], *kwargs.values())


def _python(value: Any) -> Any:
    if isinstance(value, np.generic) or not isinstance(value, int | float):
        if isinstance(value, np.bool_):
            return bool(value)
        if isinstance(value, Real):
            return int(value) if isinstance(value, Integral) else float(value)
    PYTHON.add(type(value))
    return value
