"""A sampler that tunes itself while it measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatbath._namespace import Array, namespace_of
from heatbath._sampler import State, started
from heatbath.random import Key
from heatbath.testing.broken.proposals import MoveInfo, Walk

__all__ = ["AdaptedState", "AdaptedWhileMeasuring"]


@dataclass(frozen=True)
class AdaptedState(State):
    """width: of the next proposal of each chain, shape (*batch,)."""

    width: Any = None


@dataclass(frozen=True)
class AdaptedWhileMeasuring(Walk):
    """A walk whose width grows with each accepted proposal and shrinks with each rejected one.

    Each update alone is exact for its width.  But the width knows where the chain has been:
    rejections make it small where the action is low, and small steps stay there.

    >>> import numpy as np, heatbath as hb
    >>> sampler = AdaptedWhileMeasuring(hb.actions.Gaussian(m2=1.0, lattice=(3,)))
    >>> state, info = sampler.step(hb.random.key(1), sampler.init(np.zeros(3)), n=3)
    >>> bool(state.width != sampler.width)
    True
    """

    gain: float = 2.0

    name = "walk adapted while measuring"

    def init(self, field: Array) -> AdaptedState:
        """The state at `field`, an array (*batch, *lattice), with the first width."""
        first = self.width * namespace_of(field).ones_like(self.per_chain(field))
        return AdaptedState(started(self.action, field).field, 0, first)

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, MoveInfo]:
        """n updates of every chain; state: an `AdaptedState`."""
        if not isinstance(state, AdaptedState):
            raise TypeError(f"state must be made by sampler.init(field); got {state!r}")
        taken, field, step, width = 0.0, state.field, state.step, state.width
        for _ in range(n):
            walk = Walk(self.action, self.over_sites(width))
            moved, info = walk.step(key, State(field, step))
            field, step = moved.field, moved.step
            accepted = info.acceptance  # 0 or 1, of one update
            width = width * (self.gain * accepted + (1.0 - accepted) / self.gain)
            taken = taken + accepted
        return AdaptedState(field, step, width), MoveInfo(taken * (1.0 / n))
