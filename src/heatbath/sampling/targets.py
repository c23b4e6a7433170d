"""The errors at which a run may stop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from heatbath._checks import check_choice, check_mapping
from heatbath._suggest import shown
from heatbath.sampling.standard import estimated
from heatbath.stats import Estimate

__all__ = ["checked_targets", "reached"]

LEAST_TAU = 100  # below so many τ_int, τ_int itself is a guess


def checked_targets(
    targets: Mapping[str, float | str] | None, known: Iterable[str]
) -> dict[str, float | str]:
    """The targets as they will be stored; ValueError for an unknown name or a bad error."""
    names = list(known)
    checked: dict[str, float | str] = {}
    given = check_mapping("target_error", targets, "names of observables to errors")
    for name, target in given.items():
        check_choice("observable in target_error", name, names)
        _allowed(name, target, 1.0)
        checked[name] = target if isinstance(target, str) else float(target)
    return checked


def reached(targets: Mapping[str, float | str], history: Mapping[str, Any], volume: int) -> bool:
    """Whether every error is at most its target and known from at least 100 τ_int."""
    return all(
        _reached(name, target, estimated(name, history, volume)) for name, target in targets.items()
    )


def _reached(name: str, target: float | str, e: Estimate) -> bool:
    known = math.isfinite(abs(e.error)) and math.isfinite(e.tau_int_error)
    enough = known and e.n >= LEAST_TAU * e.tau_int
    return enough and abs(e.error) <= _allowed(name, target, abs(e.value))


def _allowed(name: str, target: Any, size: float) -> float:
    """The absolute error that a target allows."""
    relative = isinstance(target, str) and target.strip().endswith("%")
    try:
        plain = isinstance(target, str | Real) and not isinstance(target, bool)
        text = target.strip().removesuffix("%") if isinstance(target, str) else target
        number = float(text) if plain else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(
            f"the target error of {name} must be a positive number or a text such as '0.4%'; got "
            f"{shown(target)}"
        )
    return size * number / 100.0 if relative else number
