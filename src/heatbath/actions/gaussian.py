r"""The free scalar field,

    S = Σ_x [ ½ Σ_μ (φ_{x+μ} − φ_x)² + ½ m² φ_x² ],

with propagator G(p) = 1/(m² + Σ_μ 4 sin²(p_μ/2)) (`heatbath.exact.free_field`).  m² is `m2`.
"""

from __future__ import annotations

from typing import Any

from heatbath.actions.action import Theory

__all__ = ["Gaussian"]


def site_energy(phi: Any, *, m2: Any) -> Any:
    return 0.5 * m2 * phi * phi


def bond_energy(phi: Any, neighbour: Any) -> Any:
    return 0.5 * (neighbour - phi) * (neighbour - phi)


Gaussian = Theory(
    "gaussian",
    site=site_energy,
    bond=bond_energy,
    doc="""The free field, S = Σ_x[½ Σ_μ (φ_{x+μ} − φ_x)² + ½ m² φ_x²], with m² = m2.

    >>> import numpy as np
    >>> action = Gaussian(m2=1.0, lattice=(4, 4))
    >>> float(action(np.ones((4, 4))))
    8.0
    """,
)
