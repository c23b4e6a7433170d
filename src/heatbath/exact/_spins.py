"""Spins of q states: what enumeration and transfer matrices sum, and over which bonds."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath.exact._arguments import boundaries, states

__all__ = ["BOUNDARIES", "Spins", "bonds_of", "clock", "edges_of", "ising", "over_states", "potts"]

Array = NDArray[np.float64]
Bond = tuple[int, int, float]

BOUNDARIES = ("periodic", "antiperiodic", "open")


@dataclass(frozen=True, eq=False)
class Spins:
    """H = −Σ J pair(s_x, s_y) − Σ h along(s_x), and the order parameter."""

    q: int
    """Number of states."""
    pair: Array
    """Of two spins, shape (q, q), symmetric."""
    along: Array
    """What a field h acts on, shape (q,)."""
    component: Array
    """The order parameter along the field, shape (q,), 1 for the state 0."""
    vector: Array
    """The order parameter itself, shape (components, q), each state of length 1; empty for Potts,
    where it has q − 1 components and ``overlap`` is exact."""
    overlap: Array
    """``grain`` times the product of the order parameters of two states, shape (q, q)."""
    grain: int
    """This times `pair`, `component` and the product of two order parameters is whole; 0: none."""
    flips: bool
    """Whether some rotation s → s' turns pair into −pair: an antiperiodic boundary exists."""


def ising() -> Spins:
    """States 0 and 1 are s = +1 and −1; pair = s s'."""
    s = np.array([1.0, -1.0])
    same = np.outer(s, s)
    return Spins(2, same, s, s, s[None, :], same, grain=1, flips=True)


def potts(q: object) -> Spins:
    """pair = δ(s, s'), along = δ(s, 0); m·m' = (q δ − 1)/(q − 1), the corners of a simplex."""
    n = states(q)
    same, none = np.eye(n), np.empty((0, n))
    overlap = n * same - 1.0
    return Spins(n, same, same[0], overlap[0] / (n - 1), none, overlap, grain=n - 1, flips=False)


def clock(q: object) -> Spins:
    """pair = cos(2π(s − s')/q), along = cos(2πs/q); the vectors are (cos, sin)."""
    n = states(q)
    cosines = np.array([_cosine(k, n) for k in range(n)])
    sines = np.array([_cosine(4 * k - n, 4 * n) for k in range(n)])
    differences = (np.arange(n)[:, None] - np.arange(n)) % n
    grain = 2 if n in (2, 3, 4, 6) else 0
    vector = np.stack([cosines, sines])
    pair = cosines[differences]
    return Spins(n, pair, cosines, cosines, vector, grain * pair, grain, flips=n % 2 == 0)


def _cosine(k: int, n: int) -> float:
    """cos(2πk/n), exact where it is 0, ±½ or ±1."""
    value = float(np.cos(2.0 * np.pi * (k % n) / n))
    nearest = round(2.0 * value) / 2.0
    return nearest if abs(value - nearest) < 1e-12 else value


def edges_of(spins: Spins, boundary: object, ndim: int) -> tuple[str, ...]:
    """The user's boundary as one name for each axis."""
    edges = boundaries(boundary, ndim, known=BOUNDARIES)
    if "antiperiodic" in edges and not spins.flips:
        raise ValueError(
            'boundary must be "periodic" or "open" for Potts spins and clocks of odd q, which '
            'have no spin flip; got "antiperiodic"'
        )
    return edges


def bonds_of(shape: tuple[int, ...], strengths: Array, edges: tuple[str, ...]) -> Iterator[Bond]:
    """(x, y, J) of every bond, sites numbered in C order."""
    number = np.arange(math.prod(shape)).reshape(shape)
    for x in itertools.product(*map(range, shape)):
        for mu, n in enumerate(shape):
            strength, last = float(strengths[(mu, *x)]), x[mu] == n - 1
            if last and edges[mu] == "open":
                continue
            if last and edges[mu] == "antiperiodic":
                strength = -strength
            y = (*x[:mu], (x[mu] + 1) % n, *x[mu + 1 :])
            yield int(number[x]), int(number[y]), strength


def over_states(sites: Array, bonds: Sequence[Bond], pair: Array) -> Array:
    """Σ_x sites[x, s_x] + Σ_(x,y,J) J pair[s_x, s_y] of every state, shape (q^V,).

    The states of x + 1 sites are those of x sites beside each state of the next one, so the work
    is that of the last few sites.
    """
    q, total = len(pair), np.zeros(1)
    for x, own in enumerate(sites):
        longer = total + own[:, None]
        for a, b, strength in bonds:
            y = min(a, b)
            if max(a, b) == x != y:
                spread = longer.reshape(q, q ** (x - 1 - y), q, q**y)
                spread += strength * pair[:, None, :, None]
            elif a == b == x:
                longer += strength * pair.diagonal()[:, None]
        total = longer.reshape(-1)
    return total
