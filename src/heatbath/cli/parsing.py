"""Texts of the command line as values: shapes, NAME=VALUE pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from heatbath._suggest import unknown

__all__ = ["couplings_from", "shape_from", "targets_from"]


def shape_from(text: str) -> tuple[int, ...]:
    """
    >>> shape_from("16,16"), shape_from("8x8x8")
    ((16, 16), (8, 8, 8))
    """
    parts = text.replace("x", ",").split(",")
    try:
        extents = tuple(int(part) for part in parts)
    except ValueError:
        extents = ()
    if not 1 <= len(extents) <= 4 or min(extents) < 1:
        raise ValueError(
            f"--shape must be one to four whole extents of at least 1, such as 16,16; got {text!r}"
        )
    return extents


def couplings_from(pairs: Iterable[str], known: Iterable[str], theory: str) -> dict[str, float]:
    """The couplings given by `--set NAME=VALUE`, each at most once.

    >>> couplings_from(["kappa=0.27"], ["kappa", "lam"], "phi4")
    {'kappa': 0.27}
    """
    names = list(known)
    found: dict[str, float] = {}
    for name, text in _pairs("--set", pairs, "kappa=0.27"):
        if name not in names:
            raise ValueError(unknown(f"coupling of {theory}", name, names))
        found[name] = _number(f"--set {name}", text)
    return found


def targets_from(pairs: Iterable[str]) -> dict[str, float | str]:
    """The errors wanted by `--target NAME=ERROR`: absolute, or a percentage of the value.

    >>> targets_from(["susceptibility=0.4%", "binder=1e-3"])
    {'susceptibility': '0.4%', 'binder': 0.001}
    """
    found: dict[str, float | str] = {}
    for name, text in _pairs("--target", pairs, "susceptibility=0.4%"):
        number = _number(f"--target {name}", text.removesuffix("%"))
        if number <= 0:
            raise ValueError(f"--target {name} must be a positive error; got {text}")
        found[name] = text if text.endswith("%") else number
    return found


def _pairs(option: str, pairs: Iterable[str], example: str) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    for pair in pairs:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not name or not text:
            raise ValueError(f"{option} takes NAME=VALUE, such as {example}; got {pair!r}")
        if name in seen:
            raise ValueError(f"{option} {name} was given twice; give it once")
        seen.add(name)
        yield name, text


def _number(what: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{what} must be a number; got {text!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{what} must be a finite number; got {text}")
    return number
