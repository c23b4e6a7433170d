"""Lattices of one and two sites, solved: exact means, exact draws, exact distribution functions.

The energy is a sum of the theory's own clique formulas, written here as a loop over sites and
bonds, so that it shares nothing with the programs that samplers run.  The weight exp(−S) is
tabulated on cells of (φ_a + φ_b)/√2 and (φ_a − φ_b)/√2, along and across the ridge of a strong
coupling, and summed by the midpoint rule, whose error falls exponentially.

Draws take the cell by the inverse of the table's cumulative sum, are uniform within it, and carry
the weight π/q ≈ 1 of the small rest: means with these weights are exact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.actions import Action
from heatbath.exact._quadrature import midpoint, support
from heatbath.lattice import Lattice

__all__ = ["Functions", "SmallSystem", "one_site", "two_sites"]

Floats = NDArray[np.float64]
RTOL = 1e-9
CELLS = {1: (1024, 2048, 4096), 2: (256, 512, 1024)}
"""Cells per axis that are tried, for each number of sites."""


def one_site(action: Action) -> tuple[int, ...]:
    """The one-site lattice of the action's dimension, such as (1, 1)."""
    return (1,) * action.placed_on.ndim


def two_sites(action: Action) -> tuple[int, ...]:
    """The two-site lattice of the action's dimension, such as (2, 1)."""
    return (2, *one_site(action)[1:])


class SmallSystem:
    """exp(−S) of an action on one or two sites.

    action: its couplings must be numbers.
    lattice: a shape of one or two sites, such as (1,), (2,), (1, 1), (2, 1).

    Raises TypeError where couplings depend on the site or the lattice is larger, ValueError where
    exp(−S) cannot be normalised or is too narrow for the table.

    >>> import heatbath as hb
    >>> system = SmallSystem(hb.actions.Gaussian(m2=4.0), (1,))
    >>> round(system.mean(lambda phi: phi[..., 0] ** 2), 12)
    0.25
    """

    def __init__(self, action: Action, lattice: Sequence[int]) -> None:
        placed = Lattice(tuple(lattice))
        if placed.volume > 2:
            raise TypeError(
                f"lattice must have one or two sites to be solved by quadrature, such as "
                f"{(2, *(1,) * (placed.ndim - 1))}; got {placed.shape}"
            )
        if action.arrays:
            names = ", ".join(sorted(action.arrays))
            raise TypeError(
                f"the couplings {names} of the action depend on the site, so it is not defined on "
                f"a lattice of {placed.volume} sites: give numbers"
            )
        self.action, self.lattice, self.volume = action, placed, placed.volume
        self._couplings = {name: float(value) for name, value in action.couplings.items()}
        self._tabulate()

    def energy(self, phi: Floats) -> Floats:
        """S of fields (*batch, *lattice), shape (*batch,), from the clique formulas."""
        total = np.zeros(phi.shape[: phi.ndim - self.lattice.ndim])
        with np.errstate(all="ignore"):  # far outside exp(−S) is zero or S no number: see support
            for clique in self.action.theory.cliques:
                for placed in clique.placed(self.lattice.ndim):
                    values = {name: self._couplings[name] for name in placed.couplings}
                    for x in itertools.product(*map(range, self.lattice.shape)):
                        sites = [self._neighbour(x, offset) for offset in placed.offsets]
                        total += placed.energy(*(_at(phi, y) for y in sites), **values)
        return total

    def mean(self, observable: Callable[[Floats], Floats]) -> Any:
        """⟨observable⟩ by quadrature; it gets fields (cells, *lattice) and returns (…, cells)."""
        found = observable(self._fields) @ self._masses
        return float(found) if np.ndim(found) == 0 else found

    def draw(self, uniforms: Floats) -> tuple[Floats, Floats]:
        """Fields with the distribution exp(−S)/Z, and weights near 1 that make means exact.

        uniforms: (chains, volume), each 0 ≤ u < 1.  Returns (chains, *lattice) and (chains,).
        """
        widths = np.array([width for _, width in self._axes])
        inner = len(self._masses) // len(self._axes[0][0])  # cells of one row of the table
        rows = self._cumulative[::inner]
        cell, within = _located(rows, uniforms[:, 0])
        parts = [within]
        if self.volume == 2:
            low, high = rows[cell], rows[cell + 1]
            cell, within = _located(self._cumulative, low + uniforms[:, 1] * (high - low))
            parts.append(within)
        middle = np.stack(parts, axis=1) - 0.5
        drawn = self._field(self._coordinates[cell] + middle * widths)
        return drawn, np.exp(self._lowest - self.energy(drawn)) / self._unnormalised[cell]

    def quantile(self, phi: Floats) -> Floats:
        """The distribution function of the field at one site, at each value of `phi`."""
        low, high = self._marginal.x[0], self._marginal.x[-1]
        return np.asarray(np.clip(self._marginal(np.clip(phi, low, high)), 0.0, 1.0))

    # ---- the table -------------------------------------------------------------------------
    def _tabulate(self) -> None:
        """Cells so narrow that half as many give the same numbers."""
        self._bounds = self._supports()
        previous = None
        for cells in CELLS[self.volume]:
            self._axes = [self._axis(bounds, cells) for bounds in self._bounds]
            grids = np.meshgrid(*(nodes for nodes, _ in self._axes), indexing="ij")
            self._coordinates = np.stack([g.ravel() for g in grids], axis=1)
            self._fields = self._field(self._coordinates)
            energies = self.energy(self._fields)
            self._lowest = float(energies.min())
            self._unnormalised = np.exp(self._lowest - energies)
            total = float(self._unnormalised.sum())
            self._masses = self._unnormalised / total
            self._cumulative = np.concatenate([[0.0], np.cumsum(self._masses)])
            volume = total * math.prod(h for _, h in self._axes)
            found = np.array(
                [math.log(volume) - self._lowest, *self._masses @ self._coordinates**2]
            )
            if previous is not None and np.allclose(found, previous, rtol=RTOL, atol=RTOL):
                return
            previous = found
        raise ValueError(
            f"exp(-S) of {self.action} on {self.lattice.shape} is too narrow, or too rough, for a "
            f"table of {CELLS[self.volume][-1]} cells per axis: take couplings of order one"
        )

    def _supports(self) -> list[tuple[float, float]]:
        """Where exp(−S) is, along each coordinate."""
        if self.volume == 1:
            return [support(lambda x: self.energy(self._field(x[:, None])))]

        def along(axis: int) -> Callable[[Floats], Floats]:
            def lowest(x: Floats) -> Floats:
                pair = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
                energies = self.energy(self._field(pair if axis == 0 else pair[..., ::-1]))
                return np.asarray(energies.min(axis=1))

            return lowest

        return [support(along(axis)) for axis in range(2)]

    @staticmethod
    def _axis(bounds: tuple[float, float], cells: int) -> tuple[Floats, float]:
        nodes, widths = midpoint(*bounds, cells)
        return nodes, float(widths[0])

    def _field(self, coordinates: Floats) -> Floats:
        """Fields (*batch, *lattice) from coordinates (*batch, volume): sum and difference."""
        if self.volume == 2:
            s, t = coordinates[..., 0], coordinates[..., 1]
            coordinates = np.stack([s + t, s - t], axis=-1) / math.sqrt(2.0)
        return coordinates.reshape(*coordinates.shape[:-1], *self.lattice.shape)

    def _neighbour(self, x: tuple[int, ...], offset: tuple[int, ...]) -> tuple[int, ...]:
        return tuple((i + o) % n for i, o, n in zip(x, offset, self.lattice.shape, strict=True))

    @cached_property
    def _marginal(self) -> Any:
        """The distribution function of one site: Simpson's rule in each of many cells, and cubics
        between, with the density as their slope."""
        from scipy.interpolate import CubicHermiteSpline

        reach = np.array(self._bounds).T / math.sqrt(self.volume)
        low, high = reach[0].sum(), reach[1].sum()
        x = np.linspace(low, high, 2 * CELLS[1][0] + 1)
        density = self._density(x)
        step = x[2] - x[0]
        simpson = (density[:-2:2] + 4.0 * density[1::2] + density[2::2]) * step / 6.0
        total = simpson.sum()
        cumulative = np.concatenate([[0.0], np.cumsum(simpson)]) / total
        return CubicHermiteSpline(x[::2], cumulative, density[::2] / total)

    def _density(self, x: Floats) -> Floats:
        """The density at one site, up to a factor: the other one is integrated out."""
        if self.volume == 1:
            return np.exp(self._lowest - self.energy(self._field(x[:, None])))
        t, _ = self._axis(self._bounds[1], CELLS[2][1])
        pairs = np.stack(np.broadcast_arrays(x[:, None], x[:, None] - math.sqrt(2.0) * t), axis=-1)
        energies = self.energy(pairs.reshape(*pairs.shape[:-1], *self.lattice.shape))
        return np.asarray(np.exp(self._lowest - energies).sum(axis=1))


def _at(phi: Floats, site: tuple[int, ...]) -> Any:
    return phi[(..., *site)]  # type: ignore[arg-type]


def _located(edges: Floats, targets: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The cell between growing edges that each target is in, and which part of it lies below."""
    cell = np.clip(np.searchsorted(edges, targets, side="right") - 1, 0, len(edges) - 2)
    mass = edges[cell + 1] - edges[cell]
    return cell, np.where(
        mass > 0.0, (targets - edges[cell]) / np.where(mass > 0.0, mass, 1.0), 0.5
    )


class Functions:
    """Smooth functions of a field: products of Legendre polynomials of the sites' quantiles.

    √(2k+1) P_k(2F(φ) − 1), k = 0, 1, …, with F the distribution function, are orthonormal in the
    equilibrium of one site; on two sites all products up to a total degree are taken.

    degree: the largest total degree.  The first function is the constant 1.

    >>> import heatbath as hb, numpy as np
    >>> functions = Functions(SmallSystem(hb.actions.Gaussian(m2=1.0), (1,)), degree=2)
    >>> functions.names
    ('1', 'P1', 'P2')
    >>> functions(np.zeros((1, 1))).round(3).tolist()
    [[1.0], [0.0], [-1.118]]
    """

    def __init__(self, system: SmallSystem, degree: int) -> None:
        self.system = system
        powers = itertools.product(range(degree + 1), repeat=system.volume)
        self._degrees = sorted((d for d in powers if sum(d) <= degree), key=lambda d: (sum(d), d))
        self._norms = np.sqrt(2.0 * np.arange(degree + 1) + 1.0)

    @property
    def names(self) -> tuple[str, ...]:
        """Such as P1 on one site, P1·P2 on two."""
        shown = ["·".join(f"P{k}" for k in d) if any(d) else "1" for d in self._degrees]
        return tuple(shown)

    def __call__(self, phi: Floats) -> Floats:
        """The values at fields (chains, *lattice), shape (functions, chains)."""
        at = self.system.quantile(phi.reshape(len(phi), self.system.volume))
        legendre = np.polynomial.legendre.legvander(2.0 * at - 1.0, len(self._norms) - 1)
        legendre = legendre * self._norms
        columns = [
            math.prod(legendre[:, site, k] for site, k in enumerate(d)) for d in self._degrees
        ]
        return np.stack(columns)

    @cached_property
    def means(self) -> Floats:
        """Their exact means, shape (functions,)."""
        return np.asarray(self.system.mean(self))
