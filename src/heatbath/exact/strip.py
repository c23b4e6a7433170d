r"""Strips of discrete spins in a field, by transfer matrices: up to 12 Ising spins across.

    H = −Σ_μ J_μ Σ_x f(s_x, s_{x+μ}) − h Σ_x g(s_x),    weight exp(−βH)

with f and g of the Ising, Potts and clock models as in `enumeration`, and bonds
counted as there. Let r be the states of one row of W sites, D(r) the weight of its own bonds and
fields, and V(r, r') that of the W bonds between two rows, a product over the sites. Then

    S = √D V √D,     Z = Tr S^N = Σ_r ⟨S^⌊N/2⌋ r | S^⌈N/2⌉ r⟩,

an antiperiodic boundary along the strip changes the sign of f in one V, an open one replaces the
trace by ⟨√D| S^(N−1) |√D⟩. V acts as two Kronecker factors of half a row each, and rows r that a
rotation or a reflection of the row maps onto each other count once.

Each weight is carried as the Taylor series of exp(−εH) or exp(ε V M_∥), so that exact derivatives
come out: ⟨H⟩ and ⟨H²⟩, ⟨M_∥⟩ to ⟨M_∥⁴⟩. Source: H. A. Kramers and G. H. Wannier, Phys. Rev. 60
(1941) 252, doi:10.1103/PhysRev.60.252.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from heatbath.exact import _spins, _transfer
from heatbath.exact._arguments import couplings_of_axes, rectangle, within_reach
from heatbath.exact._spins import Spins, edges_of

__all__ = ["Strip", "clock", "ising", "potts"]

LONGEST = 1 << 13


@dataclass(frozen=True)
class Strip:
    """The exact numbers of a strip of V discrete spins."""

    shape: tuple[int, int]
    """Extents (n0, n1)."""
    beta: float
    """Inverse temperature β."""
    field: float
    """The field h."""
    log_z: float
    """ln Z, the sum over all q^V states."""
    energy_density: float
    """⟨H⟩/V, the field's part included."""
    energy_variance: float
    """(⟨H²⟩ − ⟨H⟩²)/V."""
    specific_heat: float
    """β² (⟨H²⟩ − ⟨H⟩²)/V."""
    magnetization: float
    """⟨M_∥⟩: the mean spin, or the component of the order parameter along the field."""
    magnetization_squared: float
    """⟨M_∥²⟩; for Ising spins ⟨M²⟩."""
    magnetization_fourth: float
    """⟨M_∥⁴⟩; for Ising spins ⟨M⁴⟩."""
    binder: float
    """U = 1 − ⟨M_∥⁴⟩ / (3 ⟨M_∥²⟩²), NaN where M_∥ is always zero."""


def ising(
    shape: Sequence[int],
    *,
    beta: float,
    field: float = 0.0,
    couplings: float | Sequence[float] = 1.0,
    boundary: str | Sequence[str] = "periodic",
) -> Strip:
    """Ising spins on ``shape`` = (n0, n1) sites, of which the smaller is at most 12.

    ``couplings`` is J or (J_0, J_1), ``field`` h, of either sign as ``beta``. ``boundary`` is
    "periodic", "antiperiodic" or "open", or one for each axis. The work grows as (n0 + n1) 4^W:
    12 × 12 sites take seconds. ArithmeticError where weights of more than 200 decades meet, at
    very large |beta|; ValueError where the strip would take minutes.

    >>> from heatbath.exact import critical
    >>> strip = ising((8, 4), beta=critical.ISING)
    >>> round(strip.energy_density, 12), round(strip.binder, 12)
    (-1.496804457832, 0.589808670905)
    """
    return _strip(_spins.ising(), shape, beta, field, couplings, boundary)


def potts(
    shape: Sequence[int],
    *,
    q: int,
    beta: float,
    field: float = 0.0,
    couplings: float | Sequence[float] = 1.0,
    boundary: str | Sequence[str] = "periodic",
) -> Strip:
    """Potts spins of ``q`` states, q^W ≤ 4096 for W sites across; arguments as for `ising`.

    The field favours the state 0, and M_∥ = (q ρ_0 − 1)/(q − 1) with ρ_0 the share of that state.
    Without field ⟨|M|²⟩ = (q − 1) ⟨M_∥²⟩. ``boundary`` is "periodic" or "open".

    >>> from heatbath.exact import critical
    >>> round(potts((6, 5), q=3, beta=critical.potts(3)).energy_density, 12)
    -1.679285950516
    """
    return _strip(_spins.potts(q), shape, beta, field, couplings, boundary)


def clock(
    shape: Sequence[int],
    *,
    q: int,
    beta: float,
    field: float = 0.0,
    couplings: float | Sequence[float] = 1.0,
    boundary: str | Sequence[str] = "periodic",
) -> Strip:
    """Clock spins of ``q`` states, q^W ≤ 4096 for W sites across; arguments as for `ising`.

    M_∥ is the mean of cos(2πs/q). "antiperiodic" turns the spin by π and needs an even q.

    >>> round(clock((5, 4), q=5, beta=1.0).energy_density, 12)
    -1.468733406124
    """
    return _strip(_spins.clock(q), shape, beta, field, couplings, boundary)


def _strip(
    spins: Spins, shape: object, beta: object, field: object, couplings: object, boundary: object
) -> Strip:
    """All numbers, after the checks of what the user handed in."""
    extents, inverse = rectangle(shape, LONGEST), within_reach("beta", beta)
    h, strengths = within_reach("field", field), couplings_of_axes(couplings)
    edges = edges_of(spins, boundary, 2)
    # Rows lie along the shorter axis, and for a square not along an open one.
    row = min((1, 0), key=lambda mu: (extents[mu], edges[mu] == "open"))
    system = _transfer.strip(
        spins,
        beta=inverse,
        field=h,
        extents=(extents[row], extents[1 - row]),
        couplings=(strengths[row], strengths[1 - row]),
        edges=(edges[row], edges[1 - row]),
    )
    log_z, excess, squared = system.energies(order=2)
    _, first, second, _, fourth = system.magnetizations(order=4)
    volume = math.prod(extents)
    variance = (squared - excess**2) / volume
    return Strip(
        shape=extents,
        beta=inverse,
        field=h,
        log_z=log_z - inverse * system.least,
        energy_density=(system.least + excess) / volume,
        energy_variance=variance,
        specific_heat=inverse**2 * variance,
        magnetization=first / volume,
        magnetization_squared=second / volume**2,
        magnetization_fourth=fourth / volume**4,
        binder=1.0 - fourth / second / (3.0 * second) if second > 0 else math.nan,
    )
