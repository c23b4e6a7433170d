"""Hybrid (Hamiltonian) Monte Carlo: S. Duane et al., Phys. Lett. B 195, 216 (1987).

One update: momenta p ~ N(0, 1), a trajectory of H = p²/2 + S(φ) by a reversible integrator, and
acceptance with probability min(1, e^{−ΔH}).  The number of integration steps is drawn anew for
each trajectory and chain, uniformly from n_steps ± ⌊n_steps/2⌋: fixed lengths can resonate with
a mode of the field and make the chain non-ergodic (P. Mackenzie, Phys. Lett. B 226, 369 (1989)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heatbath import random
from heatbath._checks import check_choice, check_count, check_flag, check_positive
from heatbath._dispatch import operation
from heatbath._namespace import Array, namespace_of, require_alike
from heatbath._sampler import (
    Recording,
    State,
    check_action,
    check_state,
    check_update,
    started,
)
from heatbath._suggest import shown
from heatbath.actions import Action
from heatbath.elementary import log
from heatbath.lattice import Lattice
from heatbath.mcmc.integrators import INTEGRATORS
from heatbath.random import Key, Purpose

__all__ = ["HMC", "HMCInfo", "integrate", "trajectories"]

MOST_STEPS = 1 << 30  # `random.integers` draws up to twice as many


@dataclass(frozen=True)
class HMCInfo:
    """accepted: bool (n, *batch).  delta_h: ΔH of each proposal, (n, *batch); a non-finite ΔH is
    a diverged trajectory, always rejected.  scalars: recorded, (n // measure_every, 3, *batch)."""

    accepted: Array
    delta_h: Array
    scalars: Array

    @property
    def acceptance(self) -> Array:
        """The accepted fraction of each chain, shape (*batch,)."""
        xp = namespace_of(self.delta_h)
        return xp.mean(xp.astype(self.accepted, self.delta_h.dtype), axis=0)


@dataclass(frozen=True)
class HMC:
    """Hybrid Monte Carlo, exact for any step size.

    action: the target exp(−S).
    step_size: ε of one integration step.
    n_steps: mean number of integration steps of a trajectory; its mean length is ε·n_steps.
    integrator: "leapfrog" (one force per step) or "omelyan" (two, with a third of the ΔH).
    randomise: draw the number of steps from n_steps ± ⌊n_steps/2⌋ for each trajectory.

    >>> import numpy as np, heatbath as hb
    >>> sampler = HMC(hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4, 4)), step_size=0.2)
    >>> state, info = sampler.step(hb.random.key(1), sampler.init(np.zeros((4, 4))), n=10)
    >>> state.step, info.delta_h.shape
    (10, (10,))
    """

    action: Action
    step_size: float = 0.2
    n_steps: int = 10
    integrator: str = "leapfrog"
    randomise: bool = True

    name = "hmc"
    exact = True
    reversible = True
    records_scalars = True
    tunable = "step_size"
    target_acceptance = 0.8

    def __post_init__(self) -> None:
        check_action(self.action)
        check_settings(self.step_size, self.n_steps, self.integrator)
        object.__setattr__(self, "step_size", float(self.step_size))
        object.__setattr__(self, "n_steps", int(self.n_steps))
        object.__setattr__(self, "randomise", check_flag("randomise", self.randomise))

    def on(self, lattice: Lattice | Any) -> HMC:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return started(self.action, field)

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, HMCInfo]:
        """n trajectories of every chain; the action's scalars after each measure_every-th."""
        check_state(state)
        field, delta_h, accepted, scalars = trajectories(
            state.field,
            self.action,
            key,
            state.step,
            n,
            step_size=self.step_size,
            n_steps=self.n_steps,
            integrator=self.integrator,
            randomise=self.randomise,
            measure_every=measure_every,
        )
        return State(field, int(state.step) + int(n)), HMCInfo(accepted, delta_h, scalars)

    @property
    def order(self) -> int:
        """ΔH of a trajectory of given length is of this order in the step size."""
        return INTEGRATORS[self.integrator].order

    def trajectory(self, field: Array, momentum: Array) -> tuple[Array, Array]:
        """The proposal of one update as a map: n_steps integration steps, never more or fewer.

        field, momentum: arrays (*batch, *lattice) of one library and dtype; returns both alike.
        """
        return integrate(
            self.action,
            field,
            momentum,
            step_size=self.step_size,
            n_steps=self.n_steps,
            integrator=self.integrator,
        )


def check_settings(step_size: float, n_steps: int, integrator: str) -> None:
    check_positive("step_size", step_size)
    if check_count("n_steps", n_steps) > MOST_STEPS:
        raise ValueError(f"n_steps must be at most 2**30; got {shown(n_steps)}")
    check_choice("integrator", integrator, INTEGRATORS)


def check_trajectories(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    step_size: float,
    n_steps: int,
    integrator: str,
    randomise: bool,
    measure_every: int = 0,
) -> None:
    check_update(field, action, key, step, n, measure_every)
    check_settings(step_size, n_steps, integrator)
    check_flag("randomise", randomise)


@operation("mcmc.hmc.trajectories", check=check_trajectories)
def trajectories(
    field: Array,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    step_size: float,
    n_steps: int,
    integrator: str,
    randomise: bool,
    measure_every: int = 0,
) -> tuple[Array, Array, Array, Array]:
    """n HMC updates of a field (*batch, *lattice): the field, ΔH and acceptance, (n, *batch), and
    the action's scalars after each measure_every-th, (n // measure_every, 3, *batch)."""
    lattice, xp = action.placed_on, namespace_of(field)
    delta_h, accepted, recording = [], [], Recording(action, measure_every)
    for now in range(step, step + n):
        p = random.normal(field, key, now, dim=lattice.ndim, purpose=Purpose.MOMENTUM)
        spread = n_steps // 2 if randomise else 0
        lengths = n_steps - spread + _per_chain_integer(field, key, now, 2 * spread + 1, lattice)
        new, p_new = _trajectory(action, field, p, lengths, n_steps + spread, step_size, integrator)
        kinetic = 0.5 * (p_new * p_new - p * p)
        change = lattice.sum((action.energies(new) - action.energies(field)) + kinetic)
        accept = _accepted(change, key, now)
        field = xp.where(_spread_out(accept, lattice), new, field)
        delta_h.append(change)
        accepted.append(accept)
        recording.after(now - step + 1, field)
    return field, xp.stack(delta_h), xp.stack(accepted), recording.scalars(field)


def integrate(
    action: Action,
    field: Array,
    momentum: Array,
    *,
    step_size: float,
    n_steps: int,
    integrator: str = "leapfrog",
) -> tuple[Array, Array]:
    """The field and momentum after n_steps of the equations of motion of p²/2 + S; shapes as
    given.  Reversible: with −momentum it returns to the start."""
    check_action(action)
    action.check(field)
    action.check(momentum, "momentum")
    require_alike(momentum, field, "momentum")
    check_settings(step_size, n_steps, integrator)
    step_size, n_steps = float(step_size), int(n_steps)
    xp = namespace_of(field)
    lengths = xp.full(
        field.shape[: field.ndim - action.placed_on.ndim],
        n_steps,
        dtype=xp.int64,
        device=field.device,
    )
    return _trajectory(action, field, momentum, lengths, n_steps, step_size, integrator)


def _trajectory(
    action: Action,
    q: Array,
    p: Array,
    lengths: Array,
    longest: int,
    step_size: float,
    integrator: str,
) -> tuple[Array, Array]:
    """All chains together; those whose length is reached stand still."""
    xp = namespace_of(q)
    inner, kicks, joined, outer = INTEGRATORS[integrator].scaled(step_size)
    lengths = _spread_out(lengths, action.placed_on)
    q = q + outer * p
    for k in range(longest):
        q_new, p_new = q, p
        for stage, kick in enumerate(kicks):
            p_new = p_new + kick * action.force(q_new)
            if stage < len(inner):
                q_new = q_new + inner[stage] * p_new
        closed = q_new + outer * p_new
        q_new = xp.where(k + 1 < lengths, q_new + joined * p_new, closed)
        moving = k < lengths
        q, p = xp.where(moving, q_new, q), xp.where(moving, p_new, p)
    return q, p


def _per_chain_integer(field: Array, key: Key, step: int, high: int, lattice: Lattice) -> Array:
    like = _one_per_chain(field, lattice)
    return random.integers(like, key, step, high=high, dim=0, purpose=Purpose.LENGTH)


def _accepted(change: Array, key: Key, step: int) -> Array:
    """−log u > ΔH: the rule of Metropolis without an exponential; false for NaN."""
    u = random.uniform(change, key, step, dim=0, purpose=Purpose.ACCEPT)
    return -log(u) > change


def _one_per_chain(field: Array, lattice: Lattice) -> Array:
    return field[(..., *(0,) * lattice.ndim)]


def _spread_out(per_chain: Array, lattice: Lattice) -> Array:
    """(*batch,) as (*batch, 1, …, 1)."""
    return per_chain[(..., *(None,) * lattice.ndim)]
