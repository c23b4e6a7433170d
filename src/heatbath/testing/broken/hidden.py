"""Samplers that are not the pure functions they must be."""

from __future__ import annotations

from dataclasses import dataclass, field as dataclass_field, replace
from typing import Any

from heatbath._namespace import Array
from heatbath._sampler import State
from heatbath.actions import Action
from heatbath.lattice import Lattice
from heatbath.mcmc import HMC, Metropolis
from heatbath.random import Key

__all__ = ["HiddenState", "WritesIntoItsArgument"]


@dataclass(frozen=True)
class HiddenState:
    """Metropolis whose random numbers go by a count of all calls that it keeps to itself, as a
    generator made once would: a checkpoint does not hold it, and no chain comes twice."""

    action: Action
    calls: list[None] = dataclass_field(default_factory=list, repr=False)

    name = "metropolis with a hidden count"
    exact = True
    records_scalars = True

    def on(self, lattice: Lattice | Any) -> HiddenState:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return Metropolis(self.action).init(field)

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, Any]:
        """n sweeps of every chain."""
        self.calls.append(None)
        healthy = Metropolis(self.action)
        return healthy.step(key.leaf(len(self.calls)), state, n, measure_every=measure_every)


class WritesIntoItsArgument(HMC):
    """HMC that saves memory: the new field is written over the old one, which the caller may
    still hold."""

    name = "hmc in place"

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, Any]:
        """n trajectories of every chain."""
        new, info = super().step(key, state, n, measure_every=measure_every)
        state.field[...] = new.field
        return new, info

    def on(self, lattice: Lattice | Any) -> WritesIntoItsArgument:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))
