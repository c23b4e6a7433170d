"""A sampler whose fast path is not quite its reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heatbath._namespace import Array
from heatbath._sampler import State
from heatbath.actions import Action
from heatbath.backends import explain
from heatbath.lattice import Lattice
from heatbath.mcmc import HMC
from heatbath.random import Key

__all__ = ["OffInTheLastBit"]


@dataclass(frozen=True)
class OffInTheLastBit:
    """HMC that, where a kernel runs, rounds its fields once too often: as a fused multiply-add or
    a sum in another order would, in the last bit of a few sites."""

    action: Action

    name = "hmc off in the last bit"
    exact = True

    def on(self, lattice: Lattice | Any) -> OffInTheLastBit:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return HMC(self.action).init(field)

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, Any]:
        """n trajectories of every chain."""
        after, info = HMC(self.action).step(key, state, n)
        if explain("mcmc.hmc.trajectories", state.field, self.action).chosen == "reference":
            return after, info
        third = 1.0 / 3.0
        return State((after.field * third) / third, after.step), info
