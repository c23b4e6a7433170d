r"""φ⁴ theory on the 2×2 torus, by three nested one-dimensional integrals.

Name the sites a b / c d. Extent 2 counts both bonds of each pair, and every neighbour pair joins
one of {a, d} with one of {b, c}; the bonds therefore factorise,

    S = V(a) + V(b) + V(c) + V(d) − 4κ (a + d)(b + c),      V(φ) = (1−2λ) φ² + λ φ⁴.

With the pair density p(s) = ∫ da exp(−V(a) − V(s−a)) and p₂, p₄ the same with ½(a² + d²) and
½(a⁴ + d⁴) under the integral, s = a + d and t = b + c:

    Z = ∫∫ ds dt p(s) p(t) exp(4κ s t)          4M = s + t
    ⟨φ²⟩ = ⟨p₂(s)/p(s)⟩,  ⟨φ⁴⟩ likewise         ⟨φ_x φ_{x+μ}⟩ = ⟨s t⟩ / 4
    ⟨a d⟩ = ½⟨s²⟩ − ⟨φ²⟩                        U = 1 − ⟨M⁴⟩ / (3 ⟨M²⟩²)

In σ = s + t and δ = s − t the kink of |M| sits at σ = 0, the edge of a Gauss–Legendre rule on
σ ≥ 0; δ and a − d take the midpoint rule. Source: derived here; U is K. Binder's cumulant,
Z. Phys. B 43 (1981) 119, doi:10.1007/BF01293604.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath.exact._arguments import extent, quartic, real, tolerance
from heatbath.exact._quadrature import converged, gauss_legendre, midpoint, support

__all__ = ["SmallTorus", "phi4"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SmallTorus:
    """The exact numbers of a φ⁴ theory on the 2×2 torus."""

    phi_squared: float
    """⟨φ²⟩ of one site."""
    phi_fourth: float
    """⟨φ⁴⟩ of one site."""
    bond: float
    """⟨φ_x φ_{x+μ}⟩, the same in both directions."""
    diagonal: float
    """⟨φ_x φ_{x+1+2}⟩ across the plaquette."""
    abs_magnetization: float
    """⟨|M|⟩ of the mean field M."""
    magnetization_squared: float
    """⟨M²⟩."""
    magnetization_fourth: float
    """⟨M⁴⟩."""
    binder: float
    """U = 1 − ⟨M⁴⟩ / (3 ⟨M²⟩²)."""
    action_density: float
    """⟨S⟩ per site."""
    log_z: float
    """ln Z with the flat measure Π_x dφ_x."""


def phi4(*, kappa: float, lam: float, rtol: float = 1e-10, max_nodes: int = 512) -> SmallTorus:
    """φ⁴ theory S = Σ_x [−2κ Σ_μ φ_x φ_{x+μ} + (1−2λ) φ_x² + λ φ_x⁴] on 2×2 sites.

    The derivation is the module's page; the number of nodes doubles from 64 until all results
    agree to ``rtol``. ValueError unless λ ≥ 0, and |κ| < ¼ at λ = 0; ArithmeticError where
    ``max_nodes`` does not suffice.

    >>> exact = phi4(kappa=0.27, lam=0.022)
    >>> round(exact.phi_squared, 8), round(exact.bond, 8), round(exact.binder, 8)
    (2.23082903, 1.91545378, 0.39334523)
    """
    hopping, strength = real("kappa", kappa), quartic(lam)
    allowed, largest = tolerance("rtol", rtol), extent("max_nodes", max_nodes)
    if largest < 128:
        raise ValueError(f"max_nodes must be at least 128, to compare 64 with 128; got {largest}")
    if strength == 0 and abs(hopping) >= 0.25:
        raise ValueError(
            f"at lam = 0 kappa must lie between -0.25 and 0.25 on the 2x2 torus, or exp(-S) is not "
            f"normalisable; got kappa = {hopping:g}: move kappa inside, or choose lam > 0"
        )

    def numbers(nodes: int) -> Array:
        return _numbers(hopping, strength, nodes)

    return SmallTorus(*map(float, converged(numbers, rtol=allowed, nodes=64, max_nodes=largest)))


def _site(phi: Array, lam: float) -> Array:
    square = phi * phi
    return (1.0 - 2.0 * lam) * square + lam * square * square


def _reach(kappa: float, lam: float) -> tuple[float, float]:
    """Largest |s + t| (and |s − t|), largest |a − d|, that a float64 sum can notice.

    2xy ≤ x² + y² bounds S from below by the sum over sites of V(φ) − 4|κ| φ², cheapest at the far
    end for equal sites; the range of a − d is widest at s = 0, where p weighs it with 2 V(r/2).
    """
    _, of_sum = support(
        lambda sigma: 4.0 * (_site(sigma / 4.0, lam) - abs(kappa) * sigma * sigma / 4.0)
    )
    _, of_difference = support(lambda r: 2.0 * _site(r / 2.0, lam))
    return of_sum, of_difference


def _pair(s: Array, lam: float, reach: float, nodes: int) -> Array:
    """ln p(s), p₂(s)/p(s), p₄(s)/p(s), shape (3, *s.shape).

    With r = a − d: a² + d² = ½(s² + r²) and a⁴ + d⁴ = ⅛(s⁴ + 6 s² r² + r⁴).
    """
    r, widths = midpoint(0.0, reach, nodes)
    r2, s2 = r * r, s * s
    energy = 2.0 * _site(r / 2.0, lam) + (0.75 * lam * s2)[..., None] * r2
    lowest = energy.min(axis=-1)
    weight = np.exp(lowest[..., None] - energy)
    total = weight.sum(axis=-1)
    r2_mean, r4_mean = weight @ r2 / total, weight @ (r2 * r2) / total
    # da = ½ dr at fixed s, and r < 0 weighs as much as r > 0.
    log_p = np.log(widths[0] * total) - lowest - 2.0 * _site(s / 2.0, lam)
    fourths = (s2 * s2 + 6.0 * s2 * r2_mean + r4_mean) / 16.0
    return np.stack([log_p, (s2 + r2_mean) / 4.0, fourths])


def _numbers(kappa: float, lam: float, nodes: int) -> Array:
    """The fields of :class:`SmallTorus`, in order."""
    reach, reach_pair = _reach(kappa, lam)
    sigma, sigma_weights = gauss_legendre(0.0, reach, nodes)
    delta, delta_weights = midpoint(-reach, reach, nodes)
    # One node of σ at a time keeps the arrays small. p is even, so t = (σ − δ)/2 is the s of −δ.
    rows = np.stack([_pair(0.5 * (value + delta), lam, reach_pair, nodes // 2) for value in sigma])
    log_p, squares, fourths = rows[:, 0], rows[:, 1], rows[:, 2]
    s, t = 0.5 * (sigma[:, None] + delta), 0.5 * (sigma[:, None] - delta)
    log_weight = log_p + log_p[:, ::-1] + 4.0 * kappa * s * t
    highest = float(log_weight.max())
    weight = sigma_weights[:, None] * np.exp(log_weight - highest) * delta_weights
    total = float(weight.sum())
    weight /= total

    def mean(values: Array) -> float:
        return float(np.sum(weight * values))

    log_z = highest + np.log(total)  # ds dt = ½ dσ dδ, and σ < 0 weighs as much as σ > 0
    phi_squared, phi_fourth, bond = mean(squares), mean(fourths), mean(s * t) / 4.0
    m = sigma[:, None] / 4.0
    m1, m2, m4 = mean(m), mean(m**2), mean(m**4)
    action = (1.0 - 2.0 * lam) * phi_squared + lam * phi_fourth - 4.0 * kappa * bond
    diagonal = 0.5 * mean(s * s) - phi_squared
    binder = 1.0 - m4 / (3.0 * m2**2)
    return np.array([phi_squared, phi_fourth, bond, diagonal, m1, m2, m4, binder, action, log_z])
