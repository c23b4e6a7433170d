"""Where chains begin: over-dispersed, cold, hot, or at an array.

Over-dispersed starts are φ = m + a z with z ~ N(0, 1) at each site.  Chain k has its own m, from
−m₁ to m₁, and its own a, from 0 to a₁, so that chains begin well below and well above
equilibrium and split-R̂ can see a chain that has not moved.  m₁ and a₁ come from the action: beyond
the lowest energy, the first power of two at which uniform fields (white noise) cost `ABOVE` more
per site, where equilibrium costs about ½.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from heatbath import random
from heatbath._checks import check_choice
from heatbath._dispatch import use
from heatbath._namespace import Array, as_numpy, namespace_of
from heatbath.actions import Action
from heatbath.random import Key, Purpose
from heatbath.sampling.placement import Placement

__all__ = ["STARTS", "given_start", "make_start"]

STARTS = ("over-dispersed", "cold", "hot")
ABOVE = 2.0
POWERS = range(-16, 17)
# Fractional parts of k/g and k/g², g the plastic number, fill the unit square evenly: any few
# chains with successive numbers are far apart.
GOLDEN = (0.7548776662466927, 0.5698402909980532)


def make_start(start: str, action: Action, key: Key, placement: Placement) -> Array:
    """The fields of all chains of `key`, shape (chains, *lattice)."""
    check_choice("start", start, STARTS)
    with use("reference"):  # the same bits; kernels for this one call would take seconds to compile
        return _made(start, action, key, placement)


def _made(start: str, action: Action, key: Key, placement: Placement) -> Array:
    lattice = action.placed_on
    zeros = placement.zeros((len(key.chains), *lattice.shape))
    if start == "cold":
        return zeros
    noise = random.normal(zeros, key, 0, dim=lattice.ndim, purpose=Purpose.START)
    if start == "hot":
        return noise
    means, widths = _dispersed(action, key, placement)
    column = (-1, *(1,) * lattice.ndim)
    xp = namespace_of(zeros)
    return xp.reshape(means, column) + xp.reshape(widths, column) * noise


def given_start(start: Array, action: Action) -> Array:
    """A copy of a start array (*batch, *lattice) as (chains, *lattice)."""
    action.check(start, "start")
    if getattr(start, "requires_grad", False):
        raise ValueError("start needs a gradient, and chains keep none; give start.detach()")
    xp = namespace_of(start)
    return xp.reshape(xp.asarray(start, copy=True), (-1, *action.placed_on.shape))


def _dispersed(action: Action, key: Key, placement: Placement) -> tuple[Array, Array]:
    """The mean m and width a of each chain, shape (chains,)."""
    lattice = action.placed_on
    flat = placement.zeros(lattice.shape) + 1.0
    shared = Key(key.seed, (0,), ("start",))  # the same for any choice of chains
    noise = random.normal(flat, shared, 0, dim=lattice.ndim, purpose=Purpose.START)
    widest = _scale(lambda a: _energy(action, a * noise)) or 1.0
    farthest = _scale(lambda m: _energy(action, m * flat)) or widest
    offsets = random.uniform(placement.zeros((1, 2)), shared, 1, dim=1, purpose=Purpose.START)
    shift = [float(x) for x in as_numpy(offsets)[0]]
    where = [
        [_fraction(shift[i] + _number(key, k) * GOLDEN[i]) for i in (0, 1)]
        for k in range(len(key.chains))
    ]
    means = placement.from_numpy([farthest * (2.0 * u - 1.0) for u, _ in where])
    widths = placement.from_numpy([widest * v for _, v in where])
    return means, widths


def _scale(energy: Callable[[float], float]) -> float | None:
    """The first power of two beyond the lowest energy that costs ABOVE more; None if none does."""
    lowest, found = math.inf, None
    for scale in (2.0**k for k in POWERS):
        e = energy(scale)
        if e < lowest:
            lowest, found = e, None
        elif found is None and e >= lowest + ABOVE:
            found = scale
    return found


def _energy(action: Action, field: Array) -> float:
    return float(action(field)) / action.placed_on.volume


def _number(key: Key, k: int) -> int:
    """A chain's number: its name, or for a text a hash of it."""
    name: Any = key.chains[k]
    return name if isinstance(name, int) else Key(0, (name,)).words[0][0]


def _fraction(x: float) -> float:
    return x - math.floor(x)
