"""Transfer matrices of strips of discrete spins; the formulas are on the page of `strip`.

All weights are at most 1: energies are counted from that of the largest weight. A weight is a list
of Taylor coefficients in ε of exp(−βE + εX), with X the energy E or the magnetization.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath.exact._spins import Spins, bonds_of, over_states
from heatbath.exact._taylor import product

__all__ = ["System", "strip"]

Array = NDArray[np.float64]
Weight = list[Array]

MOST_STATES = 1 << 12  # of one row
MOST_WORK = 1 << 26  # about a minute
_TOGETHER = 128  # rows whose images are taken at once
_SMALLEST = 1e-200
"""Of the largest weight after one step: what float64 drops below it (1e−308) must not matter."""


@dataclass(frozen=True, eq=False)
class System:
    """A strip of ``length`` rows; energies are counted from the ``least`` one."""

    beta: float
    length: int
    """Number of rows N."""
    edge: str
    """The boundary along the strip."""
    rows: Array
    """Energy of the bonds and fields within a row, shape (q^W,)."""
    magnetization: Array
    """Σ_x of the order parameter along the field in a row, shape (q^W,)."""
    between: tuple[Array, Array]
    """Energy of the bonds between two rows, for the left and the right half of their sites."""
    closing: tuple[Array, Array]
    """The same between the last row and the first."""
    least: float
    """The energy that all others are counted from."""
    starts: NDArray[np.int64]
    """Rows from which all others follow by symmetry, shape (classes,)."""
    multiplicities: Array
    """Number of rows of each class, shape (classes,)."""

    def energies(self, order: int) -> list[float]:
        """ln Z and ⟨E⟩, ⟨E²⟩, …, E counted from ``least``."""
        half = self._weight(0.5 * self.rows, 0.5 * self.rows, order)
        between, closing = (
            [self._weight(energy, energy, order) for energy in halves]
            for halves in (self.between, self.closing)
        )
        return self._moments(half, between, closing)

    def magnetizations(self, order: int) -> list[float]:
        """ln Z and ⟨X⟩, ⟨X²⟩, … of the magnetization X = V M_∥."""
        half = self._weight(0.5 * self.rows, 0.5 * self.magnetization, order)
        between, closing = (
            [self._weight(energy, energy, 0) for energy in halves]
            for halves in (self.between, self.closing)
        )
        return self._moments(half, between, closing)

    def _weight(self, energy: Array, x: Array, order: int) -> Weight:
        weight = np.exp(-self.beta * energy)
        return [weight * x**k / math.factorial(k) for k in range(order + 1)]

    def _moments(self, half: Weight, between: list[Weight], closing: list[Weight]) -> list[float]:
        """ln Z_0 and k! Z_k / Z_0, summed over the rows that the strip starts with."""
        blocks = self._blocks(half, between, closing)
        logs, *z = (np.concatenate(part) for part in zip(*blocks, strict=True))
        highest = float(logs.max())
        shares = np.exp(logs - highest)
        z_0, *others = (math.fsum(shares * z_k) for z_k in z)
        if not z_0 > _SMALLEST:
            raise ArithmeticError(_SPREAD)
        moments = (math.factorial(k + 1) * z_k / z_0 for k, z_k in enumerate(others))
        return [highest + math.log(z_0), *moments]

    def _blocks(
        self, half: Weight, between: list[Weight], closing: list[Weight]
    ) -> Iterator[tuple[Array, ...]]:
        """Of each starting row r, block by block, the log of a scale and the coefficients of the
        number of such rows times ⟨S^a r| S |S^b r⟩."""
        step = _Step(half, between)
        if self.edge == "open":
            short, long, log = _images(step, [h[None, :] for h in half], self.length - 1)
            yield log, *_overlaps(short, long)
            return
        last = _Step(half, closing)
        for first in range(0, self.starts.size, _TOGETHER):
            block = slice(first, first + _TOGETHER)
            start = _unit_vectors(self.rows.size, self.starts[block], len(half))
            short, long, log = _images(step, start, self.length - 1)
            yield log + np.log(self.multiplicities[block]), *_overlaps(short, last(long))


class _Step:
    """S = √D V √D on vectors of shape (vectors, q^W); V is A ⊗ B, for the halves of a row."""

    def __init__(self, half: Weight, between: list[Weight]) -> None:
        self.half = half
        self.a, self.b = between

    def __call__(self, x: Weight) -> Weight:
        rows = (-1, len(self.a[0]), len(self.b[0]))
        x = [part.reshape(rows) for part in product(self.half, x)]
        x = product(self.b, product(self.a, x, np.matmul), lambda b, part: part @ b)
        return product(self.half, [part.reshape(len(part), -1) for part in x])


def _images(step: _Step, x: Weight, n: int) -> tuple[Weight, Weight, Array]:
    """S^a x and S^b x with a = ⌊n/2⌋ and a + b = n, and the sum of the logs of their scales."""
    logs = np.zeros(len(x[0]))
    for _ in range(n // 2):
        x, scale = _scaled(step(x))
        logs += 2.0 * np.log(scale)
    if n % 2 == 0:
        return x, x, logs
    y, scale = _scaled(step(x))
    return x, y, logs + np.log(scale)


def _scaled(x: Weight) -> tuple[Weight, Array]:
    """Each vector with a largest entry of 1, and what it was, shape (vectors,)."""
    scale = x[0].max(axis=1)
    if not scale.min() > _SMALLEST:
        raise ArithmeticError(_SPREAD)
    return [part / scale[:, None] for part in x], scale


def _overlaps(x: Weight, y: Weight) -> list[Array]:
    """⟨x_c|y_c⟩ of each vector c, shape (vectors,), coefficient by coefficient."""
    return product(x, y, lambda a, b: np.einsum("cr,cr->c", a, b))


def _unit_vectors(size: int, rows: NDArray[np.int64], terms: int) -> Weight:
    """For each of ``rows`` the vector that is 1 there, with no dependence on ε."""
    ones = np.zeros((rows.size, size))
    ones[np.arange(rows.size), rows] = 1.0
    return [ones, *(np.zeros_like(ones) for _ in range(terms - 1))]


_SPREAD = (
    "the weights of this strip differ by more than float64 can hold: choose a smaller |beta|, "
    "weaker couplings or a weaker field, or exact.enumeration for few spins"
)


def strip(
    spins: Spins,
    *,
    beta: float,
    field: float,
    extents: tuple[int, int],
    couplings: tuple[float, float],
    edges: tuple[str, str],
) -> System:
    """The strip; of the pairs the first number is for the axis across it, the second along it."""
    (width, length), (across, along) = extents, couplings
    starts, multiplicities = _classes(spins.q, width, length, edges)
    bonds = list(bonds_of((width,), np.full((1, width), across), edges[:1]))
    fields, components = (
        np.tile(part, (width, 1)) for part in (-field * spins.along, spins.component)
    )
    rows, least_row = _above_least(beta, over_states(fields, bonds, -spins.pair))
    pair, least = _above_least(beta, -along * spins.pair)
    last, least_last = pair, least
    if edges[1] == "antiperiodic":
        last, least_last = _above_least(beta, along * spins.pair)
    least_bonds = (length - 1) * least + (least_last if edges[1] != "open" else 0.0)
    return System(
        beta=beta,
        length=length,
        edge=edges[1],
        rows=rows,
        magnetization=over_states(components, [], spins.pair),
        between=(_of_sites(pair, width - width // 2), _of_sites(pair, width // 2)),
        closing=(_of_sites(last, width - width // 2), _of_sites(last, width // 2)),
        least=length * least_row + width * least_bonds,
        starts=starts,
        multiplicities=multiplicities,
    )


def _above_least(beta: float, energies: Array) -> tuple[Array, float]:
    """Energies counted from that of the largest weight, and that one."""
    least = float(energies.flat[np.argmin(beta * energies)])
    return energies - least, least


def _of_sites(pair: Array, sites: int) -> Array:
    """The energy of the bonds between equal sites of two rows, shape (q^sites, q^sites)."""
    total = np.zeros((1, 1))
    for _ in range(sites):
        total = total[:, None, :, None] + pair[None, :, None, :]
        total = total.reshape(total.shape[0] * total.shape[1], -1)
    return total


def _classes(
    q: int, width: int, length: int, edges: tuple[str, str]
) -> tuple[NDArray[np.int64], Array]:
    """One row of each class, and the sizes of the classes, after a look at the work.

    A reflection maps a row onto one of equal weight, and where its bonds form a ring a rotation.
    """
    if width * math.log2(q) > math.log2(MOST_STATES):
        raise ValueError(
            f"shape has rows of {width} sites or more, which with q = {q} states of a spin have "
            f"more than {MOST_STATES} states, too many for a transfer matrix: choose a smaller one"
        )
    size = q**width
    states = np.arange(size)[:, None] // q ** np.arange(width) % q
    images = [states, states[:, ::-1]]
    if edges[0] == "periodic":
        images = [np.roll(image, k, axis=1) for image in images for k in range(width)]
    codes = np.min([image @ q ** np.arange(width) for image in images], axis=0)
    starts, counts = np.unique(codes, return_counts=True)
    columns = 1 if edges[1] == "open" else starts.size
    if size * columns * length > MOST_WORK:
        raise ValueError(
            f"a strip of {length} rows of {width} sites with q = {q} states of a spin would take "
            "minutes: choose a smaller shape, or an open boundary along the strip"
        )
    return starts, counts.astype(np.float64)
