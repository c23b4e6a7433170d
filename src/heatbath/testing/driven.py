"""The random numbers of a sampler as an argument: an update is a function of numbers in [0, 1).

A sampler of this library is a pure function of a field and of the Philox blocks that it demands
from its key.  A `DrivenKey` answers these demands with given points u ∈ [0, 1)^d in place of
Philox, so that one update is a map y = T(x, u), and

    ∫dx π(x) ∫du f(x) g(T(x, u))

is an integral like any other: low-discrepancy points do it to more digits than a chain of the
same cost, and randomised ones (scrambled Sobol points, A. B. Owen, SIAM J. Numer. Anal. 34, 1884
(1997)) say with which error.

A block of four words takes two coordinates, one for each pair of words, in the order in which
blocks are first demanded.  Uniform numbers are the coordinates, and of the purposes in `NORMAL`
normal numbers are Φ⁻¹ of them: smooth functions, as integration by points likes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.random import Key, Purpose
from heatbath.random.philox import Words

__all__ = ["DrivenKey", "Points", "coordinates", "driven_key"]

Floats = NDArray[np.float64]
Place = tuple[Any, ...]
NORMAL = (Purpose.MOMENTUM, Purpose.NOISE)
"""What normal numbers are for.  Of other purposes they are as normal, but less smooth in u."""
EDGE = 2.0**-53
PER_BLOCK = 2
"""Coordinates of one block."""
MOST = 40
"""Blocks that get coordinates; what is demanded beyond comes from Philox, which is as right."""


class Points:
    """The points of all chains, shape (chains, d), and which block reads which coordinates.

    places: (path, counter words) of each block -> its number, in the order of first demand.
    """

    def __init__(self, values: Floats, places: dict[Place, int] | None = None) -> None:
        self.values = values
        self.places: dict[Place, int] = {} if places is None else places

    def words(self, place: Place) -> tuple[Floats, ...] | None:
        """The four words of the block at `place`, each (chains,); None where the coordinates are
        used up."""
        number = self.places.setdefault(place, len(self.places))
        blocks = self.values.shape[1] // PER_BLOCK
        if number >= blocks:
            return None
        # The first coordinates of low-discrepancy points are the best: they go to the words 0 and
        # 1, the only ones of a block for one number.
        pair = self.values[:, number], self.values[:, blocks + number]
        return _words_of_normals(*pair) if place[2] >> 16 in NORMAL else _words(*pair)


@dataclass(frozen=True, eq=False)
class DrivenKey(Key):
    """A key whose Philox blocks are read from points.  Made by `driven_key`; float64 only."""

    points: Points = field(default_factory=lambda: Points(np.zeros((1, 0))))

    @property
    def words(self) -> tuple[tuple[int, int], ...]:
        """Not there: kernels read it, and they make their random numbers themselves."""
        raise RuntimeError(
            "the random numbers of a driven key are given, and kernels make their own: run the "
            'sampler inside `with hb.backends.use("reference")`'
        )

    def blocks(self, counter: Words, xp: Any, device: Any) -> Words:
        """The blocks of every chain at counters (1, blocks), from the points."""
        columns = zip(*(np.asarray(c)[0].tolist() for c in counter), strict=True)
        found = [self.points.words((self.path, *place)) for place in columns]
        if any(words is None for words in found):
            philox = Key(self.seed, self.chains, self.path).blocks(counter, np, None)
            drawn = list(zip(*(np.moveaxis(w, 1, 0) for w in philox), strict=True))
            found = [d if f is None else f for f, d in zip(found, drawn, strict=True)]
        stacked = [np.stack(w, axis=1) for w in zip(*found, strict=True)]
        w0, w1, w2, w3 = (xp.asarray(w, dtype=xp.int64, device=device) for w in stacked)
        return w0, w1, w2, w3


def driven_key(
    values: Floats, *, places: dict[Place, int] | None = None, seed: int = 0
) -> DrivenKey:
    """The key of as many chains as `values` has rows, (chains, d), each 0 ≤ u < 1.

    places: which block reads which coordinates, as `coordinates` found it.
    seed: of the Philox blocks that are demanded beyond the d coordinates.

    >>> import numpy as np, heatbath as hb
    >>> key = driven_key(np.array([[0.25, 0.5], [0.75, 0.5]]))
    >>> with hb.backends.use("reference"):
    ...     hb.random.uniform(np.zeros(2), key, 0, dim=0)
    array([0.25, 0.75])
    """
    return DrivenKey(seed, tuple(range(len(values))), (), Points(values, places))


def coordinates(update: Callable[[DrivenKey], object]) -> tuple[int, dict[Place, int]]:
    """How many coordinates `update(key)`, of one chain, reads, and which block reads which."""
    key = driven_key(np.full((1, PER_BLOCK * MOST), 0.5))
    update(key)
    places = key.points.places
    return PER_BLOCK * min(len(places), MOST), places


def _words(first: Floats, second: Floats) -> tuple[Any, ...]:
    """Four words whose uniform numbers are the given ones, and the signs of normal ones the last
    two bits of the second."""
    w2, w3 = _halves(second)
    last = np.floor(second * 2.0**52).astype(np.int64)
    return (*_halves(first), w2 | last & 1, w3 | last >> 1 & 1)


def _words_of_normals(first: Floats, second: Floats) -> tuple[Any, ...]:
    """Four words whose normal numbers are Φ⁻¹(first) and Φ⁻¹(second): Box and Muller backwards."""
    from scipy.special import ndtri

    x, y = (ndtri(np.clip(u, EDGE, 1.0 - EDGE)) for u in (first, second))
    angle = np.arctan2(np.abs(y), np.abs(x)) / (0.5 * math.pi)
    w2, w3 = _halves(angle)
    return (*_halves(np.exp(-0.5 * (x * x + y * y))), w2 | (x < 0), w3 | (y < 0))


def _halves(u: Floats) -> tuple[Any, Any]:
    k = np.minimum(np.floor(u * 2.0**52), 2.0**52 - 1.0).astype(np.int64)
    return k >> 26 << 6, (k & (1 << 26) - 1) << 6
