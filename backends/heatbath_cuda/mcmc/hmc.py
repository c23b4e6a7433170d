"""Kernel of `heatbath.mcmc.hmc.trajectories`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath import random
from heatbath.actions import Action
from heatbath.formula import Kind
from heatbath.mcmc.integrators import INTEGRATORS
from heatbath.random import Key, Purpose
from heatbath_cuda.arrays import Buffer, device_of
from heatbath_cuda.sweep import Sweep, purpose_word

__all__ = ["trajectories"]

KINDS: tuple[Kind, ...] = ("energy", "force")
PURPOSES = (Purpose.MOMENTUM, Purpose.LENGTH, Purpose.ACCEPT)


def trajectories(
    field: Any,
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
) -> tuple[Any, Any, Any, Any]:
    course = Course.of(integrator, step_size, n_steps, randomise)
    with device_of(field) as device:
        loops = "mcmc/hmc_loops.py"
        sweep = Sweep(device, loops, KINDS, field, action, key, n, measure_every, summed=True)
        space = Space.of(sweep)
        run = run_in_blocks if sweep.alone else run_over_grid
        run(sweep, space, step, course)
        return (
            sweep.final(space.fields.array),
            sweep.per_update(space.delta_h.array),
            sweep.per_update(space.accepted.array),
            sweep.scalars(),
        )


@dataclass(frozen=True)
class Course:
    """A trajectory: between n_steps − spread and n_steps + spread steps, of which each has
    `kicks` with `drifts` after them; `outer` is the drift that opens and closes it."""

    n_steps: int
    spread: int
    kicks: tuple[float, ...]
    drifts: tuple[float, ...]
    outer: float

    @staticmethod
    def of(integrator: str, step_size: float, n_steps: int, randomise: bool) -> Course:
        inner, kicks, joined, outer = INTEGRATORS[integrator].scaled(step_size)
        return Course(n_steps, n_steps // 2 if randomise else 0, kicks, (*inner, joined), outer)

    def longest(self, key: Key, step: int) -> int:
        """The steps of the chains' longest trajectory.  They follow from key and step alone, so
        the host need not ask the device."""
        chains, high = np.empty(len(key.chains)), 2 * self.spread + 1
        drawn = random.integers(chains, key, step, high=high, dim=0, purpose=Purpose.LENGTH)
        return self.n_steps - self.spread + int(drawn.max())


@dataclass(frozen=True)
class Space:
    """fields, q (two, in turn), p: (chains, sites).  delta_h, accepted: (n, chains)."""

    fields: Buffer
    q: tuple[Buffer, Buffer]
    p: Buffer
    delta_h: Buffer
    accepted: Buffer
    purposes: Buffer

    @staticmethod
    def of(sweep: Sweep) -> Space:
        per_update = (sweep.n, sweep.chains)
        return Space(
            sweep.copied(),
            (sweep.space(), sweep.space()),
            sweep.space(),
            sweep.device.empty(per_update, sweep.dtype),
            sweep.device.empty(per_update, "bool"),
            sweep.device.uploaded(np.array([purpose_word(p) for p in PURPOSES])),
        )


def run_in_blocks(sweep: Sweep, space: Space, step: int, course: Course) -> None:
    """One block per chain, many updates a launch."""
    kicks, drifts = (
        sweep.device.uploaded(np.array(numbers, sweep.dtype)).view
        for numbers in (course.kicks, course.drifts)
    )
    for begin, end in sweep.pieces((course.n_steps + course.spread) * len(course.kicks)):
        sweep.per_chain(
            sweep.kernels.run_chains,
            space.fields.view,
            space.q[0].view,
            space.q[1].view,
            space.p.view,
            sweep.values.view,
            sweep.keys,
            step,
            begin,
            end,
            space.delta_h.view,
            space.accepted.view,
            space.purposes.view,
            course.n_steps,
            course.spread,
            kicks,
            drifts,
            sweep.real(course.outer),
            *sweep.measuring,
            *sweep.stencil,
        )


def run_over_grid(sweep: Sweep, space: Space, step: int, course: Course) -> None:
    """One launch per pass; a trajectory ends in q[0] or q[1], as the number of its kicks is."""
    made, volume, stages = sweep.kernels, sweep.volume, len(course.kicks)
    fields, p, q = space.fields.view, space.p.view, (space.q[0].view, space.q[1].view)
    lengths = sweep.device.empty((sweep.chains,), "int64").view
    keys, values, purposes = sweep.keys, sweep.values.view, space.purposes.view
    outer, draw = sweep.real(course.outer), (purposes, course.n_steps, course.spread)
    kicks, drifts = map(sweep.real, course.kicks), map(sweep.real, course.drifts)
    passes = tuple(zip(kicks, drifts, strict=True))
    ends = (*q, lengths, stages)
    for i in range(sweep.n):
        now = step + i
        sweep.over(volume, made.start_all, q[0], p, fields, lengths, keys, now, *draw, outer)
        for k in range(course.longest(sweep.key, now) * stages):
            old, new = q[k % 2], q[1 - k % 2]
            amounts = (*passes[k % stages], outer)
            sweep.over(
                volume, made.kick_all, new, old, p, lengths, k, stages, *amounts, *sweep.stencil
            )
        drawn = (keys, now, purposes)
        sweep.over(
            volume,
            made.changes_of_all,
            values,
            fields,
            *q,
            p,
            lengths,
            stages,
            *drawn,
            *sweep.stencil,
        )
        sweep.sum_values(1)
        delta_h, accepted = space.delta_h.view, space.accepted.view
        sweep.over(sweep.chains, made.decide_all, delta_h, accepted, i, values, *drawn, groups=1)
        sweep.over(volume, made.keep_accepted, fields, *ends, accepted, i)
        sweep.record(i, fields)
