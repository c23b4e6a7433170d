"""Published values that `heatbath run` prints beside its own.

φ⁴ in two dimensions at L = 16, κ = 0.27, λ = 0.022: the values that the project was
given to meet, made with an independent code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from heatbath.actions import Action, Gaussian, Phi4

__all__ = ["Reference", "free_mass", "reference_for"]


@dataclass(frozen=True)
class Reference:
    """A value and its standard error."""

    value: float
    error: float


PHI4_16 = {
    "abs_magnetization": Reference(0.76277, 0.00027),
    "susceptibility": Reference(24.056, 0.020),
    "binder": Reference(0.53223, 0.00016),
    "phi_squared": Reference(1.45807, 0.00027),
    "action_density": Reference(0.394585, 0.000046),
}


def reference_for(action: Action) -> Mapping[str, Reference]:
    """The known values of an action's observables; empty where none are known."""
    same = (
        action.theory.text == Phi4.text
        and action.placed_on.shape == (16, 16)
        and action.couplings == {"kappa": 0.27, "lam": 0.022}
    )
    return PHI4_16 if same else {}


def free_mass(action: Action) -> float | None:
    """The exact mass E = 2 asinh(m/2) of a free field, None where the theory is not free.

    In the hopping form at λ = 0, K(p) = 2(1 − 2dκ) + 2κ Σ 4 sin²(p/2) (`heatbath.exact`), so that
    m² = (1 − 2dκ)/κ.
    """
    m2 = -1.0
    if not action.arrays and action.theory.text == Gaussian.text:
        m2 = action.couplings["m2"]
    elif not action.arrays and action.theory.text == Phi4.text and action.couplings["lam"] == 0:
        kappa = action.couplings["kappa"]
        m2 = (1 - 2 * action.placed_on.ndim * kappa) / kappa if kappa > 0 else -1.0
    return 2 * math.asinh(math.sqrt(m2) / 2) if m2 > 0 else None
