"""What the samplers report, counted: accepted fraction and diverged updates.

The counts are Python floats made by exact or correctly rounded sums, chunk by chunk, so that a
resumed run reports the same acceptance as an uninterrupted one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath._namespace import as_numpy, namespace_of

__all__ = ["Tally", "accepted_fractions", "counted"]


@dataclass(frozen=True)
class Tally:
    """accepted: sum of accepted fractions.  updates: how many were summed.
    diverged: updates that left the finite numbers."""

    accepted: float = 0.0
    updates: float = 0.0
    diverged: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.accepted + other.accepted,
            self.updates + other.updates,
            self.diverged + other.diverged,
        )

    @property
    def acceptance(self) -> float:
        """The mean accepted fraction; NaN before the first update."""
        return self.accepted / self.updates if self.updates else math.nan


def counted(infos: Sequence[Any]) -> Tally:
    """The tally of the infos of successive calls of one sampler's `step`."""
    first = infos[0]
    if hasattr(first, "parts"):
        tallies = [
            counted([i for info in infos for i in info.parts[k]]) for k in range(len(first.parts))
        ]
        return sum(tallies, Tally())
    if hasattr(first, "delta_h"):
        diverged = ~np.isfinite(_joined([info.delta_h for info in infos]))
        accepted = _joined([info.accepted for info in infos])
        return Tally(float(accepted.sum()), float(accepted.size), int(diverged.sum()))
    if hasattr(first, "accepted"):
        fractions = _joined([info.accepted for info in infos])
    else:
        fractions = _joined([info.acceptance for info in infos])
    diverged = [info.diverged for info in infos if hasattr(info, "diverged")]
    return Tally(
        math.fsum(fractions.ravel().tolist()),
        float(fractions.size),
        int(_joined(diverged).sum()) if diverged else 0,
    )


def accepted_fractions(info: Any) -> list[float]:
    """The accepted fractions of all updates and chains of one call, as Python floats."""
    values = getattr(info, "accepted", None)
    return [float(a) for a in as_numpy(info.acceptance if values is None else values).ravel()]


def _joined(arrays: list[Any]) -> Any:
    """One host array from many: a single copy from the device."""
    if len(arrays) == 1:
        return np.atleast_1d(as_numpy(arrays[0]))
    return as_numpy(namespace_of(arrays[0]).stack(arrays))
