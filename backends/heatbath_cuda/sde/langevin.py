"""Kernel of `heatbath.sde.langevin.steps`."""

from __future__ import annotations

import math
from typing import Any

from heatbath.actions import Action
from heatbath.formula import Kind
from heatbath.random import Key, Purpose
from heatbath_cuda.arrays import Buffer, device_of
from heatbath_cuda.sweep import Sweep, purpose_word

__all__ = ["steps"]

KINDS: tuple[Kind, ...] = ("energy", "force")


def steps(
    field: Any,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    step_size: float,
    measure_every: int = 0,
) -> tuple[Any, Any]:
    with device_of(field) as device:
        sweep = Sweep(device, "sde/langevin_loops.py", KINDS, field, action, key, n, measure_every)
        fields = (sweep.copied(), sweep.space())
        numbers = (
            purpose_word(Purpose.NOISE),
            sweep.real(step_size),
            sweep.real(math.sqrt(2.0 * step_size)),
        )
        run = run_in_blocks if sweep.alone else run_over_grid
        run(sweep, fields, step, numbers)
        return sweep.final(fields[n % 2].array), sweep.scalars()


def run_in_blocks(
    sweep: Sweep, fields: tuple[Buffer, Buffer], step: int, numbers: tuple[Any, ...]
) -> None:
    """One block per chain, many steps a launch."""
    for begin, end in sweep.pieces(1):
        sweep.per_chain(
            sweep.kernels.run_chains,
            fields[0].view,
            fields[1].view,
            sweep.values.view,
            sweep.keys,
            step,
            begin,
            end,
            *numbers,
            *sweep.measuring,
            *sweep.stencil,
        )


def run_over_grid(
    sweep: Sweep, fields: tuple[Buffer, Buffer], step: int, numbers: tuple[Any, ...]
) -> None:
    """One launch per step; step i reads fields[i % 2] and writes the other."""
    views = (fields[0].view, fields[1].view)
    for i in range(sweep.n):
        old, new = views[i % 2], views[1 - i % 2]
        kernel = sweep.kernels.advance_all
        sweep.over(sweep.volume, kernel, new, old, sweep.keys, step + i, *numbers, *sweep.stencil)
        sweep.record(i, new)
