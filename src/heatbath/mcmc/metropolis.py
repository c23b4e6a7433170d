"""Checkerboard Metropolis: N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953).

One update is a sweep: for one colour of the lattice after the other, every site of that colour
proposes φ' = φ + width·(2u − 1) and accepts it with probability min(1, e^{−ΔS}).  Sites of one
colour share no clique, so their updates are independent and exact for any order.  A sweep over
the colours in fixed order leaves exp(−S) invariant (it does not obey detailed balance as a whole;
each colour does).
"""

from __future__ import annotations

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
from heatbath.elementary import log
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose

__all__ = ["Metropolis", "MetropolisInfo", "sweeps"]


@dataclass(frozen=True)
class MetropolisInfo:
    """accepted: fraction of accepted proposals in each sweep, shape (n, *batch).
    scalars: recorded, (n // measure_every, 3, *batch)."""

    accepted: Array
    scalars: Array

    @property
    def acceptance(self) -> Array:
        """The accepted fraction of each chain, shape (*batch,)."""
        return namespace_of(self.accepted).mean(self.accepted, axis=0)


@dataclass(frozen=True)
class Metropolis:
    """Local Metropolis updates, exact for any width.

    action: the target exp(−S).
    width: half the width of the uniform proposal.

    >>> import numpy as np, heatbath as hb
    >>> sampler = Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)), width=1.0)
    >>> state, info = sampler.step(hb.random.key(1), sampler.init(np.zeros((4, 4))), n=5)
    >>> info.accepted.shape
    (5,)
    """

    action: Action
    width: float = 1.0

    name = "metropolis"
    exact = True
    records_scalars = True
    tunable = "width"
    target_acceptance = 0.5

    def __post_init__(self) -> None:
        check_action(self.action)
        object.__setattr__(self, "width", check_positive("width", self.width))

    def on(self, lattice: Lattice | Any) -> Metropolis:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return started(self.action, field)

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, MetropolisInfo]:
        """n sweeps of every chain; the action's scalars after each measure_every-th."""
        check_state(state)
        field, accepted, scalars = sweeps(
            state.field,
            self.action,
            key,
            state.step,
            n,
            width=self.width,
            measure_every=measure_every,
        )
        return State(field, int(state.step) + int(n)), MetropolisInfo(accepted, scalars)


def check_sweeps(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    width: float,
    measure_every: int = 0,
) -> None:
    check_update(field, action, key, step, n, measure_every)
    check_positive("width", width)


@operation("mcmc.metropolis.sweeps", check=check_sweeps)
def sweeps(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    width: float,
    measure_every: int = 0,
) -> tuple[Array, Array, Array]:
    """n sweeps of a field (*batch, *lattice): the field, the accepted fraction (n, *batch), and
    the action's scalars after each measure_every-th, (n // measure_every, 3, *batch)."""
    lattice, xp = action.placed_on, namespace_of(field)
    masks = _colour_masks(action, xp, field)
    accepted, recording = [], Recording(action, measure_every)
    for now in range(step, step + n):
        u, v = (
            random.uniform(field, key, now, dim=lattice.ndim, purpose=Purpose.PROPOSAL, draw=draw)
            for draw in (0, 1)
        )
        displacement, threshold = width * (2.0 * u - 1.0), -log(v)
        moved = xp.zeros_like(masks[0])
        for mask in masks:
            proposal = field + displacement
            accept = mask & (threshold > action.local_difference(field, proposal))
            field = xp.where(accept, proposal, field)
            moved = moved | accept
        accepted.append(_fraction(moved, lattice, field.dtype))
        recording.after(now - step + 1, field)
    return field, xp.stack(accepted), recording.scalars(field)


def _fraction(moved: Array, lattice: Lattice, dtype: Any) -> Array:
    """The fraction of true sites, shape (*batch,), from a count that is exact in any order."""
    xp = namespace_of(moved)
    count = xp.sum(xp.astype(moved, xp.int64), axis=lattice.axes)
    return xp.astype(count, dtype) * (1.0 / lattice.volume)


def _colour_masks(action: Action, xp: Any, field: Array) -> list[Array]:
    colours = xp.asarray(action.colouring().copy(), device=field.device)
    return [colours == c for c in range(int(action.colouring().max()) + 1)]
