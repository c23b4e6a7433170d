"""Unadjusted Langevin dynamics: G. Parisi, Y. Wu, Sci. Sin. 24, 483 (1981).

dφ = −∂S/∂φ dt + √2 dW in Euler–Maruyama steps,

    φ ← φ + ε F(φ) + √(2ε) ξ,   F = −∂S/∂φ,  ξ ~ N(0, 1).

It is *biased*: without an accept step its stationary distribution differs from exp(−S) by O(ε).
Exactly, for any ε at which it converges, ⟨φS'⟩ − (ε/2)⟨S'²⟩ = 1 per site, where an exact sampler
has ⟨φS'⟩ = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from heatbath import random
from heatbath._checks import check_positive
from heatbath._dispatch import operation
from heatbath._namespace import Array, namespace_of
from heatbath._sampler import (
    Recording,
    State,
    check_action,
    check_state,
    check_update,
    started,
)
from heatbath.actions import Action
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose

__all__ = ["Langevin", "LangevinInfo", "steps"]


@dataclass(frozen=True)
class LangevinInfo:
    """acceptance: 1 for each chain, shape (*batch,); every step is taken.
    diverged: bool (*batch,), whether the field has left the finite numbers; use a smaller step.
    scalars: recorded, (n // measure_every, 3, *batch)."""

    acceptance: Array
    diverged: Array
    scalars: Array


@dataclass(frozen=True)
class Langevin:
    """Unadjusted Langevin steps: biased by O(step_size); extrapolate, or use an exact sampler.

    action: S in the drift −∂S/∂φ.
    step_size: the Langevin time ε of one step.

    >>> import numpy as np, heatbath as hb
    >>> sampler = Langevin(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)), step_size=0.01)
    >>> state, _ = sampler.step(hb.random.key(1), sampler.init(np.zeros((4, 4))), n=100)
    >>> sampler.exact
    False
    """

    action: Action
    step_size: float = 0.01

    name = "langevin"
    exact = False
    records_scalars = True

    def __post_init__(self) -> None:
        check_action(self.action)
        object.__setattr__(self, "step_size", check_positive("step_size", self.step_size))

    def on(self, lattice: Lattice | Any) -> Langevin:
        """The same process with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return started(self.action, field)

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, LangevinInfo]:
        """n steps of every chain; the action's scalars after each measure_every-th."""
        check_state(state)
        field, scalars = steps(
            state.field,
            self.action,
            key,
            state.step,
            n,
            step_size=self.step_size,
            measure_every=measure_every,
        )
        xp = namespace_of(field)
        total = self.action.placed_on.sum(field)
        info = LangevinInfo(xp.ones_like(total), ~xp.isfinite(total), scalars)
        return State(field, int(state.step) + int(n)), info


def check_steps(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    step_size: float,
    measure_every: int = 0,
) -> None:
    check_update(field, action, key, step, n, measure_every)
    check_positive("step_size", step_size)


@operation("sde.langevin.steps", check=check_steps)
def steps(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    step_size: float,
    measure_every: int = 0,
) -> tuple[Array, Array]:
    """n Euler–Maruyama steps of a field (*batch, *lattice): the field, and the action's scalars
    after each measure_every-th, (n // measure_every, 3, *batch)."""
    amplitude, recording = math.sqrt(2.0 * step_size), Recording(action, measure_every)
    for now in range(step, step + n):
        noise = random.normal(field, key, now, dim=action.placed_on.ndim, purpose=Purpose.NOISE)
        field = field + (step_size * action.force(field) + amplitude * noise)
        recording.after(now - step + 1, field)
    return field, recording.scalars(field)
