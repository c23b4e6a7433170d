"""Actions by loops over sites and bonds in Python floats, independent of heatbath.

A `Case` pairs a theory of the library with the same energies written by hand from its published
definition.  All loops read the lattice as it is defined: site x has one bond to x + mu for each
direction mu, periodically, so that on an axis of extent 1 a site is bonded to itself.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import heatbath as hb
import strategies

__all__ = ["CASES", "Case", "cliques", "difference", "energies", "force", "size_of_terms"]

H = 2.0**-10  # step of the numerical derivative; its error is of order H**4


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


def cliques(case, phi, couplings):
    """Every clique once: (its base site, the sites it sees, its energy as a function of the
    field values there)."""
    shape = phi.shape
    for x in itertools.product(*map(range, shape)):
        if case.site is not None:
            yield x, (x,), _bound(case.site, _at(couplings, x, None))
        for mu in range(len(shape) if case.bond is not None else 0):
            y = tuple((i + (nu == mu)) % n for nu, (i, n) in enumerate(zip(x, shape, strict=True)))
            yield x, (x, y), _bound(case.bond, _at(couplings, x, mu))


def energies(case, phi, couplings):
    """The energy of the cliques based at each site."""
    result = np.zeros(phi.shape)
    for base, sites, energy in cliques(case, phi, couplings):
        result[base] += energy(*(float(phi[s]) for s in sites))
    return result


def force(case, phi, couplings):
    """−∂S/∂φ by fourth-order differences of the energies."""
    result = np.zeros(phi.shape)
    for _, sites, energy in cliques(case, phi, couplings):
        for x in set(sites):
            result[x] -= _slope(lambda h, x=x, s=sites, e=energy: e(*_moved(phi, s, x, h)))
    return result


def difference(case, phi, proposal, couplings):
    """S(φ with φ_x replaced by proposal_x) − S(φ), for each site alone."""
    result = np.zeros(phi.shape)
    for _, sites, energy in cliques(case, phi, couplings):
        old = energy(*(float(phi[s]) for s in sites))
        for x in set(sites):
            new = energy(*(float(proposal[s] if s == x else phi[s]) for s in sites))
            result[x] += new - old
    return result


def size_of_terms(case, phi, couplings):
    """At each site the sum of |energy| over all cliques that see it, and 1: what rounding errors
    are compared with."""
    result = np.ones(phi.shape)
    for _, sites, energy in cliques(case, phi, couplings):
        for x in set(sites):
            result[x] += abs(energy(*(float(phi[s]) for s in sites)))
    return result


def _slope(f):
    return (8 * (f(H) - f(-H)) - (f(2 * H) - f(-2 * H))) / (12 * H)


def _moved(phi, sites, x, h):
    return [float(phi[s]) + (h if s == x else 0.0) for s in sites]


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
