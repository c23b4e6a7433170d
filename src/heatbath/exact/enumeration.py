r"""Small systems of discrete spins, by summing over all q^V states.

    H = −Σ_<xy> J_xy f(s_x, s_y) − Σ_x h_x g(s_x),    weight exp(−βH)

    Ising:  f = s s',  s = ±1             g = s
    Potts:  f = δ(s, s'),  s = 0 … q−1    g = δ(s, 0)
    clock:  f = cos(2π(s − s')/q)         g = cos(2πs/q)

Each site x has one bond to x + μ̂ in each direction μ: on an axis of extent 1 a bond to itself, on
one of extent 2 two bonds to the other site. An open boundary leaves out the bond from the last
site to the first, an antiperiodic one changes its sign.

The order parameter M = (1/V) Σ_x m(s_x) is a vector of unit vectors m: ±1 for Ising, (cos, sin) for
clock, the corners of a simplex for Potts (so |M|² = (q Σ_a ρ_a² − 1)/(q − 1) with ρ_a the share of
state a). For q = 2 all three agree, for q = 3 clock and Potts.

One enumeration serves all β: it leaves the joint density of states g(H, M_∥, |M|), with M_∥ the
component along the field. Sums over states go by halves in one order, x[:n−h] + x[h:].
Source: the definition; U is K. Binder's cumulant, Z. Phys. B 43 (1981) 119,
doi:10.1007/BF01293604.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heatbath._suggest import shown
from heatbath.exact import _spins
from heatbath.exact._arguments import extents, real_array, within_reach
from heatbath.exact._spins import Spins, bonds_of, edges_of, over_states

__all__ = ["DensityOfStates", "SpinSystem", "clock", "ising", "potts"]

Array = NDArray[np.float64]

MOST = 1 << 22


@dataclass(frozen=True)
class SpinSystem:
    """The exact numbers of a small system of V spins at one β."""

    beta: float
    """Inverse temperature β."""
    log_z: float
    """ln Z, the sum over all q^V states."""
    energy_density: float
    """⟨H⟩/V."""
    energy_variance: float
    """(⟨H²⟩ − ⟨H⟩²)/V."""
    specific_heat: float
    """β² (⟨H²⟩ − ⟨H⟩²)/V."""
    magnetization: float
    """⟨M_∥⟩, zero up to rounding without a field."""
    abs_magnetization: float
    """⟨|M|⟩."""
    magnetization_squared: float
    """⟨|M|²⟩."""
    magnetization_fourth: float
    """⟨|M|⁴⟩."""
    binder: float
    """U = 1 − ⟨|M|⁴⟩ / (3 ⟨|M|²⟩²), NaN where M is always zero."""


@dataclass(frozen=True, eq=False)
class DensityOfStates:
    """All states of a small system by energy and order parameter: `counts` states at each level.

    Where couplings and fields are whole numbers (and for clock spins q = 2, 3, 4 or 6) states of
    equal energy and order parameter share one level; else every state is a level of its own.
    """

    shape: tuple[int, ...]
    """Extents (n1, ..., nd)."""
    energies: Array
    """H of each level, shape (levels,)."""
    magnetizations: Array
    """M_∥ of each level, shape (levels,)."""
    abs_magnetizations: Array
    """|M| of each level, shape (levels,)."""
    counts: NDArray[np.int64]
    """Number of states of each level, shape (levels,)."""

    def by_energy(self) -> tuple[Array, NDArray[np.int64]]:
        """The density of states g(H): the different energies, ascending, and their counts."""
        energies, level = np.unique(self.energies, return_inverse=True)
        counts = np.zeros(energies.size, dtype=np.int64)
        np.add.at(counts, level, self.counts)
        return energies, counts

    def at(self, beta: float) -> SpinSystem:
        """The system at inverse temperature ``beta``, of either sign.

        >>> ising((2, 2)).at(0.3).log_z                    # ln(2 e^{8β} + 12 + 2 e^{−8β})
        3.53303...
        """
        inverse = within_reach("beta", beta)
        probability, log_z = self._probability(inverse)
        volume = math.prod(self.shape)

        def mean(values: Array) -> float:
            return _sum(probability * values)

        energy, squares = mean(self.energies), self.abs_magnetizations**2
        variance = mean((self.energies - energy) ** 2) / volume
        second, fourth = mean(squares), mean(squares**2)
        return SpinSystem(
            beta=inverse,
            log_z=log_z,
            energy_density=energy / volume,
            energy_variance=variance,
            specific_heat=inverse**2 * variance,
            magnetization=mean(self.magnetizations),
            abs_magnetization=mean(self.abs_magnetizations),
            magnetization_squared=second,
            magnetization_fourth=fourth,
            binder=1.0 - fourth / second / (3.0 * second) if second > 0 else math.nan,
        )

    def energy_moment(self, k: int, *, beta: float) -> float:
        """⟨H^k⟩ at ``beta`` for k = 0 to 16; H is the energy of all V sites.

        >>> ising((2, 2)).energy_moment(2, beta=0.0)       # (2·8² + 2·8²) / 16
        16.0
        """
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 0 <= k <= 16:
            raise ValueError(f"k must be a whole number from 0 to 16; got {shown(k)}")
        probability, _ = self._probability(within_reach("beta", beta))
        return _sum(probability * self.energies ** int(k))

    def _probability(self, beta: float) -> tuple[Array, float]:
        """Of each level, shape (levels,), and ln Z."""
        exponents = -beta * self.energies
        highest = float(exponents.max())
        weights = self.counts.astype(np.float64) * np.exp(exponents - highest)
        total = _sum(weights)
        return weights / total, highest + math.log(total)


def ising(
    shape: Sequence[int],
    *,
    couplings: float | ArrayLike = 1.0,
    field: float | ArrayLike = 0.0,
    boundary: str | Sequence[str] = "periodic",
) -> DensityOfStates:
    """Every state of Ising spins on ``shape``, one to four extents, of up to 2^22 states.

    ``couplings`` is one number, one for each axis, or an array (d, *shape) with entry (μ, x) for
    the bond from x to x + μ̂ (a spin glass); ``field`` one number or an array of ``shape``.
    ``boundary`` is "periodic", "antiperiodic" or "open", or one for each axis.

    >>> from heatbath.exact import critical
    >>> square = ising((4, 4)).at(critical.ISING)
    >>> square.binder, square.abs_magnetization
    (0.61719931841..., 0.84386044481...)
    >>> ising((4,), boundary="open").by_energy()
    (array([-3., -1.,  1.,  3.]), array([2, 6, 6, 2]))
    """
    return _enumerate(_spins.ising(), shape, couplings, field, boundary)


def potts(
    shape: Sequence[int],
    *,
    q: int,
    couplings: float | ArrayLike = 1.0,
    field: float | ArrayLike = 0.0,
    boundary: str | Sequence[str] = "periodic",
) -> DensityOfStates:
    """Every state of Potts spins of ``q`` states; arguments as for `ising`.

    ``field`` favours the state 0. ``boundary`` is "periodic" or "open".

    >>> potts((2, 2), q=3).by_energy()
    (array([-8., -4., -2.,  0.]), array([ 3, 36, 24, 18]))
    """
    return _enumerate(_spins.potts(q), shape, couplings, field, boundary)


def clock(
    shape: Sequence[int],
    *,
    q: int,
    couplings: float | ArrayLike = 1.0,
    field: float | ArrayLike = 0.0,
    boundary: str | Sequence[str] = "periodic",
) -> DensityOfStates:
    """Every state of clock spins of ``q`` states; arguments as for `ising`.

    ``field`` favours the state 0. "antiperiodic" turns the spin by π and needs an even q.

    >>> round(clock((3,), q=5).at(1.0).energy_density, 10)
    -0.5771111824
    """
    return _enumerate(_spins.clock(q), shape, couplings, field, boundary)


def _enumerate(
    spins: Spins, shape: object, couplings: object, field: object, boundary: object
) -> DensityOfStates:
    """The levels of all states, after the checks of what the user handed in."""
    lattice = extents(shape)
    volume = math.prod(lattice)
    if volume * math.log2(spins.q) > math.log2(MOST):
        raise ValueError(
            f"shape = {shown(lattice)} with q = {spins.q} states of a spin has more than 2^22 "
            "states in all: choose a smaller shape, or exact.strip or exact.ising"
        )
    strengths = _strengths(couplings, lattice)
    fields = _fields(field, lattice)
    edges = edges_of(spins, boundary, len(lattice))
    bonds = list(bonds_of(lattice, strengths, edges))
    energies = over_states(-fields.reshape(-1, 1) * spins.along, bonds, -spins.pair)
    along = over_states(np.tile(spins.component, (volume, 1)), [], spins.pair)
    squares = _squares(spins, volume)
    largest = float(np.abs(energies).max())
    whole = all(np.all(given == np.rint(given)) for given in (strengths, fields))
    if spins.grain and whole and largest < 1 << 30:
        return _collected(lattice, spins.grain, energies, along, squares)
    counts = np.ones(energies.size, dtype=np.int64)
    return _levels(lattice, energies, along / volume, np.sqrt(squares) / volume, counts)


def _strengths(couplings: object, shape: tuple[int, ...]) -> Array:
    """J of every bond, shape (d, *shape)."""
    given, d = real_array("couplings", couplings), len(shape)
    if given.shape == (d,):
        given = given.reshape(d, *(1 for _ in shape))
    if given.shape not in ((), (d, *(1 for _ in shape)), (d, *shape)):
        raise ValueError(
            f"couplings must be a number, {d} numbers (one for each axis) or an array of shape "
            f"{(d, *shape)} (one for each bond); got shape {given.shape}"
        )
    return np.broadcast_to(given, (d, *shape))


def _fields(field: object, shape: tuple[int, ...]) -> Array:
    """h of every site, of ``shape``."""
    given = real_array("field", field)
    if given.shape not in ((), shape):
        raise ValueError(
            f"field must be a number or an array of shape {shape} (one for each site); got shape "
            f"{given.shape}"
        )
    return np.broadcast_to(given, shape)


def _squares(spins: Spins, volume: int) -> Array:
    """V² |M|² of every state, shape (q^V,): by components, or over all pairs of sites."""
    if len(spins.vector):
        parts = (over_states(np.tile(v, (volume, 1)), [], spins.pair) for v in spins.vector)
        return sum((part * part for part in parts), np.zeros(()))
    own = np.full((volume, spins.q), float(spins.grain))
    pairs = [(y, x, 2.0) for x in range(volume) for y in range(x)]
    return over_states(own, pairs, spins.overlap) / spins.grain


def _collected(
    shape: tuple[int, ...], grain: int, energies: Array, along: Array, squares: Array
) -> DensityOfStates:
    """The levels where H, V M_∥ and V² |M|² are whole multiples of 1/grain: one key for each."""
    volume = math.prod(shape)
    key, sizes = np.zeros(energies.size, dtype=np.int64), []
    for values in (energies, along, squares):
        whole = np.rint(grain * values).astype(np.int64)
        least = int(whole.min())
        sizes.append((least, int(whole.max()) - least + 1))
        key = key * sizes[-1][1] + (whole - least)
    key, counts = np.unique(key, return_counts=True)
    numbers = []
    for least, size in reversed(sizes):
        key, number = np.divmod(key, size)
        numbers.append((number + least) / grain)
    squares, along, energies = numbers
    return _levels(shape, energies, along / volume, np.sqrt(squares) / volume, counts)


def _levels(
    shape: tuple[int, ...], energies: Array, along: Array, size: Array, counts: NDArray[np.int64]
) -> DensityOfStates:
    """The result, read-only."""
    for array in (energies, along, size, counts):
        array.flags.writeable = False
    return DensityOfStates(shape, energies, along, size, counts)


def _sum(values: Array) -> float:
    """The sum by halves: x[:n−h] + x[h:] with h = ⌈n/2⌉."""
    while values.size > 1:
        half = (values.size + 1) // 2
        folded = values[:half].copy()
        folded[: values.size - half] += values[half:]
        values = folded
    return float(values[0])
