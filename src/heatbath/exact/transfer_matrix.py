r"""Exact results on a periodic ring of L sites, for any site and bond energy.

    S = Σ_x [s(φ_x) + u(φ_x, φ_{x+1})],      u(a, b) = u(b, a)

Split every site energy between its two bonds: exp(−S) = Π_x T(φ_x, φ_{x+1}) with
T(a, b) = exp(−½ s(a) − u(a, b) − ½ s(b)), so that Z = Tr T^L. On quadrature nodes a_i of weight w_i
T becomes the symmetric matrix √w_i T(a_i, a_j) √w_j = Q diag(t) Qᵀ, and with X = Qᵀ diag(a) Q

    ⟨φ_0 φ_r⟩ = Σ_jk t_j^(L−r) X_jk² t_k^r / Z         Z = Σ_j t_j^L
    ⟨f(φ)⟩ = Σ_i f(a_i) ρ_i,   ρ_i = Σ_j t_j^L Q_ij² / Z
    ⟨u⟩ = Σ_j t_j^(L−1) (Qᵀ (u∘T) Q)_jj / Z            ⟨M²⟩ = (1/L) Σ_r ⟨φ_0 φ_r⟩

Nothing is assumed about L: at L = 1 the trace closes the bond u(φ, φ) on its own site, at L = 2
both bonds of the pair are counted. The nodes reach as far as the weight: with E(a, b) the exponent
of T, a field that is a at one site costs S ≥ 2 min_b E(a, b) + (L−2) min E.

Limit: on an odd ring whose bonds want a staggered field, t_0^L and −|t_1|^L cancel in the traces;
where six digits or more would go the ring is refused (φ⁴ with L = 3, λ = 0.022: from κ = −0.8).

Source: J. B. Kogut, Rev. Mod. Phys. 51 (1979) 659, doi:10.1103/RevModPhys.51.659;
I. Montvay and G. Münster, *Quantum Fields on a Lattice* (Cambridge, 1994), chapter 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath._suggest import shown
from heatbath.exact._arguments import extent, quartic, real, tolerance
from heatbath.exact._quadrature import converged, gauss_legendre, midpoint, support

__all__ = ["Ring", "phi4", "ring"]

Array = NDArray[np.float64]
SiteEnergy = Callable[[Array], Array]
BondEnergy = Callable[[Array, Array], Array]

LONGEST = 1 << 16
_CANCELLED = 1e-6
"""Share of Σ|t|^L that Z must keep: below, float64 leaves fewer than ten digits."""


@dataclass(frozen=True, eq=False)
class Ring:
    """The exact numbers of a theory on a periodic ring of ``length`` sites."""

    length: int
    """Number of sites L."""
    mean: float
    """⟨φ⟩ of one site, zero up to rounding where φ → −φ is a symmetry."""
    phi_squared: float
    """⟨φ²⟩ of one site."""
    phi_fourth: float
    """⟨φ⁴⟩ of one site."""
    propagator: Array
    """⟨φ_0 φ_r⟩ for r = 0, ..., L−1, shape (L,); nothing is subtracted."""
    magnetization_squared: float
    """⟨M²⟩ of the mean field M."""
    action_density: float
    """⟨S⟩/L."""
    log_z: float
    """ln Z with the flat measure Π_x dφ_x."""


def ring(
    length: int,
    *,
    site_energy: SiteEnergy,
    bond_energy: BondEnergy,
    interval: tuple[float, float] | None = None,
    rtol: float = 1e-10,
    max_nodes: int = 1024,
) -> Ring:
    """Exact ring of ``length`` sites with S = Σ_x [site_energy(φ_x) + bond_energy(φ_x, φ_{x+1})].

    Both energies take NumPy arrays elementwise; ``bond_energy`` must be symmetric. The number of
    quadrature nodes doubles from 64 until all results agree to ``rtol``. ``interval`` is found
    from the energies; give it for a field that is bounded, such as an angle in (−π, π), where
    Gauss-Legendre nodes replace equidistant ones.

    ValueError: asymmetric bond, energy that does not grow, arguments out of range.
    ArithmeticError: no agreement up to ``max_nodes``; cancellation on a frustrated odd ring.

    >>> oscillator = ring(
    ...     8,
    ...     site_energy=lambda phi: 0.5 * phi * phi,
    ...     bond_energy=lambda a, b: 0.5 * (a - b) * (a - b),
    ... )
    >>> round(oscillator.phi_squared, 10), round(oscillator.action_density, 10)
    (0.4476...
    """
    sites, allowed = extent("length", length), tolerance("rtol", rtol)
    largest = extent("max_nodes", max_nodes)
    if largest < 128:
        raise ValueError(f"max_nodes must be at least 128, to compare 64 with 128; got {largest}")
    if sites > LONGEST:
        raise ValueError(f"length must be at most {LONGEST} sites; got {shown(length)}")
    for name, energy in (("site_energy", site_energy), ("bond_energy", bond_energy)):
        if not callable(energy):
            raise TypeError(f"{name} must be a function of NumPy arrays; got {shown(energy)}")
    low, high = (-1.0, 1.0) if interval is None else _ordered(interval)
    _check_energies(low, high, site_energy, bond_energy)
    rule = gauss_legendre
    if interval is None:
        (low, high), rule = _support(sites, site_energy, bond_energy), midpoint

    def numbers(nodes: int) -> Array:
        return _numbers(sites, *rule(low, high, nodes), site_energy, bond_energy)

    return _as_ring(converged(numbers, rtol=allowed, nodes=64, max_nodes=largest))


def phi4(length: int, *, kappa: float, lam: float, rtol: float = 1e-10) -> Ring:
    """φ⁴ theory on a ring: S = Σ_x [−2κ φ_x φ_{x+1} + (1−2λ) φ_x² + λ φ_x⁴].

    `ring` with these two energies. ValueError unless λ ≥ 0, and |κ| < ½ at λ = 0.

    >>> round(phi4(4, kappa=0.25, lam=0.25).phi_squared, 10)
    0.5104013743
    """
    hopping, strength = real("kappa", kappa), quartic(lam)
    if strength == 0 and abs(hopping) >= 0.5:
        raise ValueError(
            f"at lam = 0 kappa must lie between -0.5 and 0.5 on a ring, or exp(-S) is not "
            f"normalisable; got kappa = {hopping:g}: move kappa inside, or choose lam > 0"
        )

    def site_energy(phi: Array) -> Array:
        square = phi * phi
        return (1.0 - 2.0 * strength) * square + strength * square * square

    def bond_energy(a: Array, b: Array) -> Array:
        return -2.0 * hopping * a * b

    return ring(length, site_energy=site_energy, bond_energy=bond_energy, rtol=rtol)


def _ordered(interval: tuple[float, float]) -> tuple[float, float]:
    """The user's interval as two finite floats, the lower one first."""
    if not isinstance(interval, tuple | list) or len(interval) != 2:
        raise ValueError(f"interval must be two numbers (low, high); got {shown(interval)}")
    low, high = (real("interval", end) for end in interval)
    if low >= high:
        raise ValueError(f"interval must be (low, high) with low < high; got {shown(interval)}")
    return low, high


def _support(sites: int, site_energy: SiteEnergy, bond_energy: BondEnergy) -> tuple[float, float]:
    """Where a site of the ring can be; the bound is the module's page."""

    def own_neighbour(phi: Array) -> Array:
        return site_energy(phi) + bond_energy(phi, phi)

    def cheapest(phi: Array) -> Array:
        pair = bond_energy(phi[:, None], phi[None, :]) + 0.5 * site_energy(phi)
        least: Array = site_energy(phi) + 2.0 * pair.min(axis=1)
        return least

    return support(own_neighbour if sites == 1 else cheapest)


def _check_energies(
    low: float, high: float, site_energy: SiteEnergy, bond_energy: BondEnergy
) -> None:
    """Shapes, finite values and u(a, b) = u(b, a) on a coarse grid of the interval."""
    with np.errstate(all="ignore"):  # what is not finite is refused below
        phi, _ = midpoint(low, high, 17)
        a, b = phi[:, None], phi[None, :]
        forward, backward = np.broadcast_arrays(bond_energy(a, b), bond_energy(b, a))
        site = site_energy(phi)
    if np.shape(site) != phi.shape or forward.shape not in ((), (17, 17)):
        raise ValueError(
            "site_energy(phi) and bond_energy(a, b) must work elementwise on NumPy arrays and "
            f"keep their shape; for 17 nodes got {np.shape(site)} and {forward.shape}"
        )
    if not (np.isfinite(forward).all() and np.isfinite(site).all()):
        raise ValueError(f"site_energy and bond_energy must be finite on [{low:g}, {high:g}]")
    scale = 1.0 + float(np.max(np.abs(forward)))
    if float(np.max(np.abs(forward - backward))) > 1e-10 * scale:
        raise ValueError(
            "bond_energy(a, b) must equal bond_energy(b, a), so that the transfer matrix is "
            "symmetric; it does not: use ½[u(a, b) + u(b, a)] if the reflected theory is meant"
        )


def _numbers(
    sites: int, phi: Array, weights: Array, site_energy: SiteEnergy, bond_energy: BondEnergy
) -> Array:
    """All results on these nodes as one array: seven numbers, then the propagator."""
    nodes, site = phi.size, site_energy(phi)
    if sites == 1:  # the trace itself: eigenvalues of both signs would cancel in it
        return _one_site(phi, weights, site + bond_energy(phi, phi))
    bond = np.broadcast_to(bond_energy(phi[:, None], phi[None, :]), (nodes, nodes))
    energy = 0.5 * (site[:, None] + site[None, :]) + bond
    energy = 0.5 * (energy + energy.T)
    lowest = float(energy.min())
    roots = np.sqrt(weights)
    matrix = roots[:, None] * np.exp(lowest - energy) * roots
    t, q = np.linalg.eigh(matrix)
    largest = float(np.abs(t).max())
    t = t / largest
    z = _trace(t, sites)
    density = q**2 @ t**sites / z
    bond_mean = float(np.einsum("ij,ij,ij->", q @ (q * t ** (sites - 1)).T, bond, matrix))
    field = ((q.T * phi) @ q) ** 2
    propagator = [t ** (sites - r) @ field @ t**r / z for r in range(sites)]
    moments = [float(phi**power @ density) for power in (1, 2, 4)]
    action = float(site @ density) + bond_mean / (largest * z)
    log_z = np.log(z) + sites * (np.log(largest) - lowest)
    return np.array([sites, *moments, np.mean(propagator), action, log_z, *propagator])


def _trace(t: Array, sites: int) -> float:
    """Tr T^L from the eigenvalues, or words where eigenvalues of both signs cancel in it."""
    powers = t**sites
    z, size = float(powers.sum()), float(np.abs(powers).sum())
    if z < _CANCELLED * size:
        raise ArithmeticError(
            f"on this odd ring of {sites} sites the bonds want a staggered field, which does not "
            f"fit; the eigenvalues then cancel in Z to {max(z, 0.0) / size:.0e} of their sum and "
            "too few digits are left. Choose an even number of sites or a weaker bond"
        )
    return z


def _one_site(phi: Array, weights: Array, energy: Array) -> Array:
    """The same for L = 1, where S is ``energy``, a function of one φ."""
    lowest = float(energy.min())
    density = weights * np.exp(lowest - energy)
    z = float(density.sum())
    mean, phi2, phi4_, action = (float(f @ density) / z for f in (phi, phi**2, phi**4, energy))
    return np.array([1, mean, phi2, phi4_, phi2, action, np.log(z) - lowest, phi2])


def _as_ring(numbers: Array) -> Ring:
    """The array of ``_numbers`` under its names."""
    sites, mean, phi_squared, phi_fourth, magnetization_squared, action, log_z = numbers[:7]
    propagator = numbers[7:].copy()
    propagator.flags.writeable = False
    return Ring(
        length=int(sites),
        mean=float(mean),
        phi_squared=float(phi_squared),
        phi_fourth=float(phi_fourth),
        propagator=propagator,
        magnetization_squared=float(magnetization_squared),
        action_density=float(action),
        log_z=float(log_z),
    )
