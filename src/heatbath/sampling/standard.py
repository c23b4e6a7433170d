"""The standard observables: what is estimated from the stored scalars.

With M the mean field of a configuration and V the number of sites:

    abs_magnetization ⟨|M|⟩, magnetization ⟨M⟩, magnetization_squared ⟨M²⟩,
    susceptibility χ = V(⟨M²⟩ − ⟨|M|⟩²), binder U_L = 1 − ⟨M⁴⟩/(3⟨M²⟩²),
    phi_squared ⟨φ²⟩ and action_density ⟨S⟩/V.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath.io import RunError
from heatbath.stats import Estimate, estimate, split_rhat

__all__ = ["SCALARS", "STANDARD", "Absolute", "estimated", "rhats", "rhats_of"]

SCALARS = ("magnetization", "phi_squared", "action_density")
STANDARD = (
    "abs_magnetization",
    "magnetization",
    "magnetization_squared",
    "susceptibility",
    "binder",
    "phi_squared",
    "action_density",
)


def estimated(name: str, history: Mapping[str, Any], volume: int) -> Estimate:
    """The estimate of one observable, standard or the user's, from the stored series.

    What cannot be estimated (fewer than 4 measurements, a diverged chain) is NaN, and the reason
    is in its warnings.  RunError if a file of the series is damaged.
    """
    source = "magnetization" if name in STANDARD[:5] else name
    series = history[source]
    try:
        return _estimate(name, series, volume)
    except RunError:  # a damaged file is no matter of statistics
        raise
    except ValueError as trouble:
        n = math.prod(series.shape)
        return Estimate(math.nan, math.nan, math.nan, n, warnings=(_cause(series, trouble),))


def rhats(history: Mapping[str, Any]) -> dict[str, float]:
    """Split-R̂ of |M| and of every stored series; NaN where it cannot be told."""
    return rhats_of({"abs_magnetization": Absolute(history["magnetization"]), **history})


def rhats_of(series: Mapping[str, Any]) -> dict[str, float]:
    """Split-R̂ of each series; NaN where it cannot be told."""
    return {name: _rhat(values) for name, values in series.items()}


@dataclass(frozen=True)
class Absolute:
    """|x| of a series, taken while it is read."""

    series: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """As of the series."""
        return tuple(self.series.shape)

    @property
    def dtype(self) -> Any:
        """As of the series."""
        return self.series.dtype

    def __getitem__(self, key: Any) -> Any:
        return np.abs(self.series[key])


def _estimate(name: str, series: Any, volume: int) -> Estimate:
    match name:
        case "abs_magnetization":
            return estimate(series, primaries=np.abs)
        case "magnetization_squared":
            return estimate(series, primaries=np.square)
        case "susceptibility":
            return estimate(
                series, primaries=(np.square, np.abs), function=lambda m2, m: volume * (m2 - m * m)
            )
        case "binder":
            return estimate(series, primaries=(np.square, _fourth), function=_binder)
    return estimate(series)


def _fourth(m: Any) -> Any:
    return np.square(np.square(m))


def _binder(m2: float, m4: float) -> float:
    return 1.0 - m4 / (3.0 * m2 * m2) if m2 else math.nan


def _cause(series: Any, trouble: ValueError) -> str:
    return f"not estimated: {trouble}"


def _rhat(series: Any) -> float:
    try:
        return split_rhat(series)
    except ValueError:
        return math.nan
