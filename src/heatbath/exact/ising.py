r"""The Ising model without field on rectangles of any size, and on the infinite square lattice.

    H = −Σ_μ J_μ Σ_x s_x s_{x+μ},   s = ±1,   weight exp(−βH),   K_μ = β J_μ

Kaufman: on m × n sites (m rows, coupling K between them, K' within them) the transfer matrix is
that of free fermions, of energy γ_k ≥ 0 at momentum k,

    cosh γ_k = a_k / sinh 2K,       a_k = cosh 2K cosh 2K' − sinh 2K' cos k,

and with k = π(2j+1)/n in the sector of even, k = 2πj/n in that of odd fermion number

    Z = ½ (2 sinh 2K)^(mn/2) [Π_odd 2cosh(mγ/2) + Π_odd 2sinh(mγ/2)
                              + Π_even 2cosh(mγ/2) + Π_even 2sinh(mγ/2)],

the k = 0 factor with γ_0 = 2K' + ln tanh K, negative above T_c. We use R_k = exp(γ_k) sinh 2K =
a_k + √(a_k² − sinh² 2K), regular at K = 0, and u_k = exp(−mγ_k), of which the sum and the
difference of two products hold the even and the odd powers: positive terms, no cancellation.
A row counts n bonds within it and n bonds to the next one, also for n or m of 1 and 2.

Spin flips across a boundary: along a row they exchange the sums with the differences, from the
last row to the first they change the sign of the sector of odd fermion number. A negative coupling
is a positive one with s_x → (−1)^(x_μ) s_x, and such a flip where the extent is odd.

    infinite lattice:  ln Z / V = ½ ln 2 + (1/2π) ∫_0^π dk ln R_k

Source: B. Kaufman, Phys. Rev. 76 (1949) 1232, doi:10.1103/PhysRev.76.1232; L. Onsager,
Phys. Rev. 65 (1944) 117, doi:10.1103/PhysRev.65.117; C. N. Yang, Phys. Rev. 85 (1952) 808,
doi:10.1103/PhysRev.85.808; for J_0 ≠ J_1 C. H. Chang, Phys. Rev. 88 (1952) 1422,
doi:10.1103/PhysRev.88.1422.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from heatbath.exact._arguments import boundaries, couplings_of_axes, rectangle, within_reach
from heatbath.exact._quadrature import gauss_legendre
from heatbath.exact._taylor import Taylor

__all__ = ["InfiniteIsing", "IsingTorus", "infinite", "torus"]

Array = NDArray[np.float64]

LONGEST = 1 << 16
_COLD = 40.0
"""Above this mγ_0 two more walls across a row, of weight exp(−2mγ_0), are below rounding."""
_CANCELLED = 1e-4
"""Share of a difference of sectors that must be left: below, derivatives have few digits."""
_ROUNDING = 1e-15
"""Two numbers of order one this close cannot be told from equal."""


@dataclass(frozen=True)
class IsingTorus:
    """The exact numbers of an Ising model on a rectangle of V sites."""

    shape: tuple[int, int]
    """Extents (n0, n1)."""
    beta: float
    """Inverse temperature β."""
    log_z: float
    """ln Z, the sum over all 2^V states."""
    energy_density: float
    """⟨H⟩/V."""
    energy_variance: float
    """(⟨H²⟩ − ⟨H⟩²)/V, equal to −d(⟨H⟩/V)/dβ."""
    specific_heat: float
    """β² (⟨H²⟩ − ⟨H⟩²)/V."""


@dataclass(frozen=True)
class InfiniteIsing:
    """The exact numbers of an Ising model on the infinite square lattice."""

    beta: float
    """Inverse temperature β."""
    log_z_density: float
    """ln Z / V; −log_z_density / β is the free energy of a site."""
    energy_density: float
    """⟨H⟩/V."""
    energy_variance: float
    """(⟨H²⟩ − ⟨H⟩²)/V; infinite at β_c."""
    specific_heat: float
    """β² (⟨H²⟩ − ⟨H⟩²)/V; infinite at β_c, where it diverges as ln |β − β_c|."""
    spontaneous_magnetization: float
    """|⟨s⟩| of an ordered phase, zero for β ≤ β_c; staggered along axes with β J_μ < 0."""


def torus(
    shape: Sequence[int],
    *,
    beta: float,
    couplings: float | Sequence[float] = 1.0,
    boundary: str | Sequence[str] = "periodic",
) -> IsingTorus:
    """Ising model on ``shape`` = (n0, n1) sites by Kaufman's formula, at any ``beta``.

    ``couplings`` is J or (J_0, J_1), of either sign. ``boundary`` is "periodic" or "antiperiodic",
    or one for each axis. Extents go up to 65536, and an axis of extent 1 or 2 has as many bonds as
    sites. Derivatives are those of the formula, not differences.

    ArithmeticError where both axes are antiperiodic, or are odd with antiferromagnetic bonds, and
    so large or cold that the sectors cancel to less than ten digits.

    >>> from heatbath.exact import critical
    >>> torus((32, 32), beta=critical.ISING).energy_density
    -1.433658466...
    >>> torus((64, 64), beta=critical.ISING).energy_density
    -1.423938389...
    """
    extents, inverse = rectangle(shape, LONGEST), within_reach("beta", beta)
    twisted = [
        name == "antiperiodic"
        for name in boundaries(boundary, 2, known=("periodic", "antiperiodic"))
    ]
    strengths = []
    for mu, coupling in enumerate(couplings_of_axes(couplings)):
        ferromagnetic = _ferromagnetic(inverse, coupling)
        strengths.append(Taylor(inverse * ferromagnetic, ferromagnetic, 0.0))
        twisted[mu] ^= ferromagnetic != coupling and extents[mu] % 2 == 1
    log_z = _log_z(extents, strengths, twisted)
    volume = math.prod(extents)
    first, second = (float(f) / volume for f in log_z.coefficients[1:])
    variance = max(2.0 * second, 0.0)
    return IsingTorus(
        shape=extents,
        beta=inverse,
        log_z=float(log_z.value),
        energy_density=-first,
        energy_variance=variance,
        specific_heat=variance * inverse**2,
    )


def infinite(*, beta: float, couplings: float | Sequence[float] = 1.0) -> InfiniteIsing:
    """Ising model on the infinite square lattice, at any ``beta``.

    ``couplings`` is J or (J_0, J_1), of either sign. For J_0 = J_1 = 1 the energy is Onsager's
    −coth(2β) [1 + (2/π)(2 tanh² 2β − 1) K(k)], k = 2 sinh 2β / cosh² 2β.

    >>> from heatbath.exact import critical
    >>> ising = infinite(beta=critical.ISING)                # −√2, 2 Catalan/π + ½ ln 2
    >>> round(ising.energy_density, 12), round(ising.log_z_density, 12), ising.specific_heat
    (-1.414213562373, 0.929695398342, inf)
    >>> infinite(beta=0.5).spontaneous_magnetization         # (1 − 1/sinh⁴ 2β)^⅛
    0.9113193...
    """
    inverse = within_reach("beta", beta)
    ferromagnetic = [_ferromagnetic(inverse, j) for j in couplings_of_axes(couplings)]
    within, between = (Taylor(inverse * j, j, 0.0) for j in sorted(ferromagnetic, key=abs))
    k, weights = _half_period()
    modes = _Modes(between, within, k)
    log_z = between + within + 0.5 * math.log(2.0) + (modes.log_r * (weights / (2 * np.pi))).sum()
    _, first, second = (float(f) for f in log_z.coefficients)
    variance = math.inf if modes.critical else max(2.0 * second, 0.0)
    return InfiniteIsing(
        beta=inverse,
        log_z_density=float(log_z.value),
        energy_density=-first,
        energy_variance=variance,
        specific_heat=variance * inverse**2,
        spontaneous_magnetization=_spontaneous(float(between.value), float(within.value)),
    )


def _ferromagnetic(beta: float, coupling: float) -> float:
    """±J such that βJ ≥ 0; at β = 0, where the formula is analytic, J itself."""
    return coupling if coupling * beta >= 0 else -coupling


class _Modes:
    """R_k and exp(−γ_k) at momenta ``k``, and what k = 0 needs, in units of exp(2K + 2K').

    With q = exp(−2K) and p = exp(−2K') no β overflows. No difference of nearly equal numbers
    remains but the mass, sinh 2K sinh γ_0 = sinh² K exp(2K') − cosh² K exp(−2K').
    """

    def __init__(self, between: Taylor, within: Taylor, k: Array) -> None:
        q, p = (-2.0 * between).exp(), (-2.0 * within).exp()
        rise, fall = -1.0 * (-2.0 * between).expm1(), (q + 1.0) * p
        self.grow = rise * math.sqrt(0.5)  # √(exp(γ_0) sinh 2K) = √2 sinh K exp(K')
        self.decay = fall * math.sqrt(0.5)  # √(exp(−γ_0) sinh 2K) = √2 cosh K exp(−K')
        self.mass = 0.25 * (rise - fall) * (rise + fall)
        self.critical = bool(abs((rise - fall).value) <= _ROUNDING and p.value < 1.0)
        at_zero = 0.25 * (rise * rise + fall * fall)
        above = q * (-4.0 * within).expm1() * (-(np.sin(0.5 * k) ** 2))
        root = (self.mass * self.mass + above * (2.0 * at_zero + above)).sqrt()
        r = at_zero + above + root
        self.log_r = r.log()
        self.sinh = -0.5 * (-4.0 * between).expm1()  # exp(−2K) sinh 2K
        self.ratio = self.sinh * p / r
        self.tanh = rise / (q + 1.0)
        self.within = within

    def gamma(self) -> Taylor:
        """γ_k, also where exp(−γ_k) underflows; K > 0."""
        return 2.0 * self.within + self.log_r - self.sinh.log()

    def gamma_zero(self) -> Taylor:
        """γ_0 = 2K' + ln tanh K; K > 0."""
        return 2.0 * self.within + self.tanh.log()

    def log_vacuum(self, m: int) -> Taylor:
        """½ m Σ_k ln R_k."""
        return 0.5 * m * self.log_r.sum()


def _log_z(extents: tuple[int, int], strengths: list[Taylor], twisted: list[bool]) -> Taylor:
    """ln Z for couplings K_μ ≥ 0, with spin flips across the boundaries that are ``twisted``.

    Rows lie along the twisted axis, if both are along the shorter one, where the sectors cancel
    least; without, along that of the weaker bonds, or the longer one.
    """
    if any(twisted):
        row = min((1, 0), key=lambda mu: (not twisted[mu], extents[mu]))
    else:
        row = min((0, 1), key=lambda mu: (strengths[mu].value, -extents[mu]))
    m, n = extents[1 - row], extents[row]
    between, within = strengths[1 - row], strengths[row]
    j = np.arange(n, dtype=np.float64)
    odd = _Modes(between, within, np.pi * (2.0 * j + 1.0) / n)
    even = _Modes(between, within, 2.0 * np.pi * j[1:] / n)
    if twisted[row] and even.mass.value > 0 and m * even.gamma_zero().value > _COLD:
        gamma = even.gamma().joined(even.gamma_zero())
        log_a, a = _one_wall(m, even.log_vacuum(m) + m * even.grow.log(), gamma)
        log_b, b = _one_wall(m, odd.log_vacuum(m), odd.gamma())
    else:
        log_a, a = _even(m, even, twisted[row])
        log_b, common, difference = _products(m, odd)
        b = difference if twisted[row] else common
    log_z = m * n * (between + within + 0.5 * math.log(2.0))
    return log_z + (_log_difference if all(twisted) else _log_sum)(log_a, a, log_b, b)


def _products(m: int, modes: _Modes) -> tuple[Taylor, Taylor, Taylor]:
    """ln p, and what p Π(1 + u) and p Π(1 − u) have in common and not: ½(sum), ½(difference).

    p = Π R^(m/2) Π(1 + u), u = exp(−mγ), so that both numbers lie between 0 and 1.
    """
    u = modes.ratio**m
    plus, minus = u.log1p().sum(), (-u).log1p().sum()
    difference = -0.5 * (minus - plus).expm1()
    return modes.log_vacuum(m) + plus, 1.0 - difference, difference


def _even(m: int, modes: _Modes, twisted: bool) -> tuple[Taylor, Taylor]:
    """ln p and the rest of the sector of k = 2πj/n; grow^m ± decay^m are its factors of k = 0."""
    log_p, common, difference = _products(m, modes)
    if twisted:
        common, difference = difference, common
    scale = max(float(modes.grow.value), float(modes.decay.value))
    if scale == 0.0:
        raise ArithmeticError(
            "couplings along the axis with a spin flip across its boundary are so much larger "
            "than the others that weights underflow: choose a smaller |beta|"
        )
    grow, decay = (modes.grow * (1.0 / scale)) ** m, (modes.decay * (1.0 / scale)) ** m
    return log_p + m * math.log(scale), common * grow + difference * decay


def _one_wall(m: int, log_vacuum: Taylor, gamma: Taylor) -> tuple[Taylor, Taylor]:
    """The sector exp(log_vacuum) Σ_k exp(−mγ_k), for a cold twisted row: one wall, no more."""
    exponents = gamma * -float(m)
    highest = float(exponents.value.max())
    return log_vacuum + highest, (exponents - highest).exp().sum()


def _log_sum(log_a: Taylor, a: Taylor, log_b: Taylor, b: Taylor) -> Taylor:
    """ln(a exp(log_a) + b exp(log_b)), the larger exponential taken out."""
    if log_a.value < log_b.value:
        log_a, a, log_b, b = log_b, b, log_a, a
    return log_a + (a + (log_b - log_a).exp() * b).log()


def _log_difference(log_a: Taylor, a: Taylor, log_b: Taylor, b: Taylor) -> Taylor:
    """ln(a exp(log_a) − b exp(log_b)), or words where nearly all of it cancels."""
    left = a - (log_b - log_a).exp() * b
    if not left.value > _CANCELLED * a.value:
        raise ArithmeticError(
            "with spin flips across both boundaries (antiperiodic ones, or odd extents with "
            "antiferromagnetic bonds) the two sectors cancel to less than 1e-4 of each, "
            "and too few digits are left: choose smaller extents or a smaller |beta|, "
            "or exact.enumeration"
        )
    return log_a + left.log()


@lru_cache(maxsize=1)
def _half_period() -> tuple[Array, Array]:
    """Nodes and weights on (0, π): panels that halve towards the kink of γ_k at k = 0."""
    edges = [0.0, *(math.pi / 2.0**j for j in range(52, -1, -1))]
    rules = [gauss_legendre(low, high, 16) for low, high in itertools.pairwise(edges)]
    k, weights = np.concatenate(rules, axis=1)
    return k, weights


def _spontaneous(first: float, second: float) -> float:
    """(1 − 1/(sinh 2K_0 sinh 2K_1)²)^⅛, with 1/sinh as 2q/(1 − q²), q = exp(−2K)."""
    if min(first, second) == 0.0:
        return 0.0
    inverse = math.prod(-2.0 * math.exp(-2.0 * k) / math.expm1(-4.0 * k) for k in (first, second))
    return (1.0 - inverse**2) ** 0.125 if inverse < 1.0 else 0.0
