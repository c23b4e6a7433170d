r"""Scalar φ⁴ theory in the hopping form.

    S = Σ_x [ −2κ Σ_μ φ_x φ_{x+μ} + (1 − 2λ) φ_x² + λ φ_x⁴ ],

as written in arXiv:2309.17082, eq. 22, up to the constant λ (I. Montvay, G. Münster, Quantum
Fields on a Lattice, §2.1).  κ is `kappa`, λ is `lam`.  At λ = 0 it is Gaussian, stable for
κ < 1/(2d).  In d = 2 and λ = 0.022 the critical point is near κ = 0.2709.
"""

from __future__ import annotations

from typing import Any

from heatbath.actions.action import Theory

__all__ = ["Phi4"]


def site_energy(phi: Any, *, lam: Any) -> Any:
    return (1 - 2 * lam) * phi * phi + lam * phi * phi * phi * phi


def bond_energy(phi: Any, neighbour: Any, *, kappa: Any) -> Any:
    return -2 * kappa * phi * neighbour


Phi4 = Theory(
    "phi4",
    site=site_energy,
    bond=bond_energy,
    doc="""φ⁴ theory, S = Σ_x[−2κ Σ_μ φ_x φ_{x+μ} + (1−2λ)φ_x² + λφ_x⁴], with κ = kappa, λ = lam.

    >>> import numpy as np
    >>> action = Phi4(kappa=0.27, lam=0.022, lattice=(2, 2))
    >>> float(action(np.ones((2, 2))))
    -0.408...
    """,
)
