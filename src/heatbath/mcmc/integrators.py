"""Symplectic integrators as numbers: alternating drifts a and kicks b of one step.

    φ += a₀ε p;  p += b₀ε F(φ);  φ += a₁ε p;  …  ;  φ += a_m ε p

Each is symmetric, so it is reversible and of even order.  The last drift of a step and the first
of the next are one.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INTEGRATORS", "Integrator"]


@dataclass(frozen=True)
class Integrator:
    """Drift coefficients (one more than kicks) and kick coefficients; both sum to 1."""

    name: str
    drifts: tuple[float, ...]
    kicks: tuple[float, ...]
    order: int

    def scaled(self, step_size: float) -> tuple[tuple[float, ...], tuple[float, ...], float, float]:
        """(inner drifts, kicks, joined drift, outer drift), times the step size.

        The joined drift is the last of a step with the first of the next; the outer one opens
        and closes the trajectory.
        """
        first, *inner, last = self.drifts
        return (
            tuple(a * step_size for a in inner),
            tuple(b * step_size for b in self.kicks),
            (first + last) * step_size,
            first * step_size,
        )


# I. Omelyan, I. Mryglod, R. Folk, Comput. Phys. Commun. 151, 272 (2003), eq. 31: the second-order
# scheme with two forces and the smallest error.
OMELYAN = 0.1931833275037836

INTEGRATORS = {
    "leapfrog": Integrator("leapfrog", (0.5, 0.5), (1.0,), 2),
    "omelyan": Integrator("omelyan", (OMELYAN, 1.0 - 2.0 * OMELYAN, OMELYAN), (0.5, 0.5), 2),
}
