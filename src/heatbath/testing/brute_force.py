"""Energies, force and local differences of an action by loops over sites and bonds.

Every clique is visited once, and its energy is the user's own function, called on Python floats:
nothing here knows recorded formulas, derivatives, programs or kernels.  The loops read a lattice
as it is defined: site x has one bond to x + μ for each direction μ, periodically, so that on an
axis of extent 1 a site is bonded to itself, and on one of extent 2 to one neighbour by two bonds.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath._namespace import as_numpy
from heatbath.actions import Action
from heatbath.formula import Clique

__all__ = ["STEP", "Visit", "around", "differences", "energies", "slopes", "visits"]

Site = tuple[int, ...]
Field = Any  # a NumPy array of the lattice's shape: one chain

STEP = 2.0**-10
"""The step h of numerical derivatives: their error h⁴/30 · f⁽⁵⁾ is then as small as rounding."""


@dataclass(frozen=True)
class Visit:
    """One clique at its place.

    base: the site it is based at, where the energies of an action are kept.
    sites: the sites it sees, in the order of the energy's arguments.
    energy: the energy as a function of the field at these sites.
    clique, couplings: the formula, and the numbers it was given.
    """

    base: Site
    sites: tuple[Site, ...]
    energy: Callable[..., float]
    clique: Clique | None = None
    couplings: Mapping[str, float] | None = None

    @property
    def distinct(self) -> tuple[Site, ...]:
        """The sites it sees, each once."""
        return tuple(dict.fromkeys(self.sites))

    def values(self, phi: Field, moved: Site | None = None, by: float = 0.0) -> list[float]:
        """The field at the sites; `moved` is shifted."""
        return [float(phi[s]) + (by if s == moved else 0.0) for s in self.sites]


def visits(action: Action) -> list[Visit]:
    """Every clique of the action's lattice once: sites, then bonds in each direction."""
    shape = action.placed_on.shape
    numbers = {name: as_numpy(v) for name, v in action.couplings.items()}
    return [
        _visit(clique, numbers, x, mu, shape)
        for x in itertools.product(*map(range, shape))
        for clique in action.theory.cliques
        for mu in (range(len(shape)) if clique.n_sites == 2 else (None,))
    ]


def energies(cliques: Sequence[Visit], phi: Field) -> Any:
    """The energy of the cliques based at each site; S is their sum."""
    result = np.zeros(phi.shape)
    for visit in cliques:
        result[visit.base] += visit.energy(*visit.values(phi))
    return result


def differences(cliques: Sequence[Visit], phi: Field, proposal: Field) -> Any:
    """S(φ with φ_x replaced by proposal_x) − S(φ), for each site x alone."""
    result = np.zeros(phi.shape)
    for visit in cliques:
        old = visit.energy(*visit.values(phi))
        for x in visit.distinct:
            new = (float(proposal[s] if s == x else phi[s]) for s in visit.sites)
            result[x] += visit.energy(*new) - old
    return result


def slopes(cliques: Sequence[Visit], phi: Field) -> tuple[Any, Any]:
    """∂S/∂φ by differences of fourth order, with the steps h and 2h.

    (8[f(h) − f(−h)] − [f(2h) − f(−2h)]) / 12h = f′ − h⁴/30 f⁽⁵⁾ + O(h⁶); the second is 16 times as
    far from the truth as the first, so that their distance bounds the error of the first.
    """
    single, double = np.zeros(phi.shape), np.zeros(phi.shape)
    for visit, x in around(cliques):
        near, twice, far = (
            visit.energy(*visit.values(phi, x, by)) - visit.energy(*visit.values(phi, x, -by))
            for by in (STEP, 2 * STEP, 4 * STEP)
        )
        single[x] += (8 * near - twice) / (12 * STEP)
        double[x] += (8 * twice - far) / (24 * STEP)
    return single, double


def around(cliques: Sequence[Visit]) -> Iterator[tuple[Visit, Site]]:
    """Each clique with each of the sites that it sees."""
    return ((visit, x) for visit in cliques for x in visit.distinct)


def _visit(
    clique: Clique, numbers: Mapping[str, Any], x: Site, mu: int | None, shape: Site
) -> Visit:
    values = {name: _at(numbers[name], x, mu) for name in clique.couplings}
    sites = (x,) if mu is None else (x, _next(x, mu, shape))
    return Visit(x, sites, lambda *fields: float(clique.energy(*fields, **values)), clique, values)


def _next(x: Site, mu: int, shape: Site) -> Site:
    return tuple((i + (nu == mu)) % n for nu, (i, n) in enumerate(zip(x, shape, strict=True)))


def _at(values: Any, x: Site, mu: int | None) -> float:
    """A coupling at a site, or at the bond from there in direction μ."""
    if np.ndim(values) == 0:
        return float(values)
    return float(values[x] if mu is None else values[(mu, *x)])
