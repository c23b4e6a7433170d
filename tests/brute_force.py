"""Theories, their energies written by hand, and what loops over sites and bonds make of them.

A `Case` pairs a theory of the library with the same energies from its published definition; the
loops are those of `heatbath.testing.brute_force`, which know no recorded formula.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import heatbath as hb
import strategies
from heatbath.testing import brute_force as loops

__all__ = ["CASES", "Case", "cliques", "difference", "energies", "force", "size_of_terms"]


@dataclass(frozen=True)
class Case:
    """site(phi, c) and bond(phi, neighbour, c), with c the couplings at that site or bond."""

    theory: hb.Theory
    site: Callable[..., float] | None
    bond: Callable[..., float] | None

    def couplings(self, shape, *, local, seed=11, dtype="float64"):
        """Values for all couplings: numbers, or arrays wherever the theory allows them."""
        rng = np.random.default_rng(seed)
        values = {}
        for name in self.theory.couplings:
            size = strategies.site_dependent(self.theory, name, shape) if local else None
            drawn = rng.uniform(0.2, 0.9, size=size)
            values[name] = float(drawn) if size is None else drawn.astype(dtype)
        return values


def cliques(case, shape, couplings):
    """Every clique once, with its energy written by hand."""
    visits = []
    for x in itertools.product(*map(range, shape)):
        if case.site is not None:
            visits.append(loops.Visit(x, (x,), _bound(case.site, _at(couplings, x, None))))
        for mu in range(len(shape) if case.bond is not None else 0):
            y = tuple((i + (nu == mu)) % n for nu, (i, n) in enumerate(zip(x, shape, strict=True)))
            visits.append(loops.Visit(x, (x, y), _bound(case.bond, _at(couplings, x, mu))))
    return visits


def energies(case, phi, couplings):
    """The energy of the cliques based at each site."""
    return loops.energies(cliques(case, phi.shape, couplings), phi)


def force(case, phi, couplings):
    """−∂S/∂φ by fourth-order differences of the energies."""
    return -loops.slopes(cliques(case, phi.shape, couplings), phi)[0]


def difference(case, phi, proposal, couplings):
    """S(φ with φ_x replaced by proposal_x) − S(φ), for each site alone."""
    return loops.differences(cliques(case, phi.shape, couplings), phi, proposal)


def size_of_terms(case, phi, couplings):
    """At each site the sum of |energy| over all cliques that see it, and 1: what rounding errors
    are compared with."""
    result = np.ones(phi.shape)
    for visit, x in loops.around(cliques(case, phi.shape, couplings)):
        result[x] += abs(visit.energy(*visit.values(phi)))
    return result


def _bound(energy, values):
    return lambda *fields: energy(*fields, values)


def _at(couplings, x, mu):
    """The couplings that a clique at x sees: site couplings have one axis per dimension."""
    values = {}
    for name, value in couplings.items():
        if np.ndim(value) == len(x):
            values[name] = float(value[x])
        elif np.ndim(value):
            values[name] = None if mu is None else float(value[(mu, *x)])
        else:
            values[name] = value
    return values


# ---- the theories, once in the library's language and once by hand --------------------------
def _rich_site(phi, *, g, h, beta):
    e = hb.elementary
    wells = e.exp(-g * phi * phi) + e.log(1.0 + phi * phi) / beta
    return wells + h * phi + e.sqrt(2.0 + phi**2) + phi**3 / (3 + e.exp(-beta) * phi**2)


def _rich_bond(a, b, *, j, r):
    e = hb.elementary
    spins = e.cos(a - b) + 0.5 * e.sin(a) * b
    return -j * spins + (a - b) ** 4 / (1 + r) + r / (1 + a * a + b * b) - 2 / j * a


def _rich_site_by_hand(p, c):
    return (
        math.exp(-c["g"] * p**2)
        + math.log(1 + p**2) / c["beta"]
        + c["h"] * p
        + math.sqrt(2 + p**2)
        + p**3 / (3 + math.exp(-c["beta"]) * p**2)
    )


def _rich_bond_by_hand(a, b, c):
    return (
        -c["j"] * (math.cos(a - b) + 0.5 * math.sin(a) * b)
        + (a - b) ** 4 / (1 + c["r"])
        + c["r"] / (1 + a**2 + b**2)
        - 2 / c["j"] * a
    )


def _shared_site(phi, *, beta):
    return beta * phi**4


def _shared_bond(a, b, *, beta):
    return beta * (a * a * b - a)


CASES = {
    "phi4": Case(
        hb.actions.Phi4,
        lambda p, c: (1 - 2 * c["lam"]) * p**2 + c["lam"] * p**4,
        lambda a, b, c: -2 * c["kappa"] * a * b,
    ),
    "gaussian": Case(
        hb.actions.Gaussian,
        lambda p, c: c["m2"] * p**2 / 2,
        lambda a, b, c: (b - a) ** 2 / 2,
    ),
    # every operation of the language, not symmetric under a <-> b
    "rich": Case(
        hb.Theory("rich", site=_rich_site, bond=_rich_bond), _rich_site_by_hand, _rich_bond_by_hand
    ),
    # one coupling in both energies
    "shared": Case(
        hb.Theory("shared", site=_shared_site, bond=_shared_bond),
        lambda p, c: c["beta"] * p**4,
        lambda a, b, c: c["beta"] * (a * a * b - a),
    ),
    # bonds alone
    "bonds": Case(
        hb.Theory("bonds", bond=lambda a, b, *, j: j * a * b * b),
        None,
        lambda a, b, c: c["j"] * a * b**2,
    ),
}
