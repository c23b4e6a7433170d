"""A sampler that never leaves the sector of its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatbath._namespace import Array, namespace_of
from heatbath._sampler import Sampler, State
from heatbath.actions import Action
from heatbath.lattice import Lattice
from heatbath.random import Key
from heatbath.testing.broken.proposals import MoveInfo

__all__ = ["FrozenSector"]


@dataclass(frozen=True)
class FrozenSector:
    """A sampler whose updates are rejected where they change the sign of the magnetization.

    In equilibrium it stays there, since the moves that are left are as frequent as their reverses;
    but each chain sees one sign alone, as in a broken phase.

    >>> import numpy as np, heatbath as hb
    >>> inner = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
    >>> sampler = FrozenSector(inner)
    >>> state, _ = sampler.step(hb.random.key(1), sampler.init(np.ones((4, 4))), n=100)
    >>> bool(state.field.mean() > 0)
    True
    """

    inner: Sampler

    exact = True

    @property
    def name(self) -> str:
        """Of the sampler inside."""
        return f"frozen {getattr(self.inner, 'name', 'sampler')}"

    @property
    def reversible(self) -> bool:
        """As the sampler inside."""
        return bool(getattr(self.inner, "reversible", True))

    @property
    def action(self) -> Action:
        """Of the sampler inside."""
        return self.inner.action

    def on(self, lattice: Lattice | Any) -> FrozenSector:
        """The same sampler with its action on `lattice`."""
        return FrozenSector(self.inner.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return self.inner.init(field)

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, MoveInfo]:
        """n updates of every chain, those undone that change the sign."""
        xp, lattice, stayed = namespace_of(state.field), self.action.placed_on, 0.0
        for _ in range(n):
            moved, _ = self.inner.step(key, state, 1)
            same = (lattice.sum(moved.field) >= 0.0) == (lattice.sum(state.field) >= 0.0)
            over_sites = same[(..., *(None,) * lattice.ndim)]
            state = State(xp.where(over_sites, moved.field, state.field), moved.step)
            stayed = stayed + xp.astype(same, state.field.dtype)
        return state, MoveInfo(stayed * (1.0 / n))
