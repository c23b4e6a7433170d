"""What one comparison leaves behind: times for orientation, ratios to judge.

An entry is {"unit", "times": {contender: number}, "ratios": {"a / b": number}} with a's time over
b's, so that smaller is better for a, or {"skipped": reason}; "notes" may tell more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .alternating import Rounds

__all__ = ["Entry", "entry", "rounded", "skipped"]

Entry = dict[str, Any]


def entry(
    measured: Rounds,
    ratios: Iterable[tuple[str, str]],
    *,
    unit: str,
    scale: float = 1e9,
    notes: dict[str, Any] | None = None,
) -> Entry:
    """The medians times `scale`, and the ratios of those pairs of which both took part."""
    made: Entry = {
        "unit": unit,
        "times": {name: rounded(scale * measured.median(name)) for name in measured.seconds},
        "ratios": {
            f"{a} / {b}": rounded(measured.ratio(a, b))
            for a, b in ratios
            if a in measured.seconds and b in measured.seconds
        },
    }
    return made | ({"notes": notes} if notes else {})


def skipped(reason: str) -> Entry:
    return {"skipped": reason}


def rounded(value: float, digits: int = 3) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")
