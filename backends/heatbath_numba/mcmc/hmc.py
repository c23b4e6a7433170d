"""Kernel of `heatbath.mcmc.hmc.trajectories`."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.mcmc.integrators import INTEGRATORS
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import chains_of, counter_word, key_words, over_chains, returned
from heatbath_numba.formulas import compiled, operands
from heatbath_numba.modules import module

__all__ = ["trajectories"]

KINDS = ("energy", "force")


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
) -> tuple[Any, Any, Any]:
    dtype, shape = dtype_name(field), tuple(field.shape)
    dim = action.placed_on.ndim
    made = compiled(action, KINDS)
    run = module(("mcmc/hmc_loops.py",), dtype, made.source).run_chains
    scalars, loads = operands(action, KINDS, made, dtype)
    fields, words = chains_of(field, dim), key_words(key)
    delta_h = np.empty((n, len(fields)), dtype=dtype)
    accepted = np.empty((n, len(fields)), dtype=bool)
    inner, kicks, joined, outer = INTEGRATORS[integrator].scaled(step_size)
    real = np.dtype(dtype).type
    purposes = np.array(
        [counter_word(p) for p in (Purpose.MOMENTUM, Purpose.LENGTH, Purpose.ACCEPT)]
    )
    layout = made.layout
    settings = (
        purposes,
        n_steps,
        n_steps // 2 if randomise else 0,
        np.array(inner, dtype),
        np.array(kicks, dtype),
        real(joined),
        real(outer),
        layout.table,
        layout.width,
        layout.halo,
        scalars,
        loads,
    )

    def part(chains: slice) -> None:
        # contiguous results of its own: one compiled signature for any split
        dh, acc = (
            np.ascontiguousarray(delta_h[:, chains]),
            np.ascontiguousarray(accepted[:, chains]),
        )
        run(fields[chains], words[chains], step, dh, acc, *settings)
        delta_h[:, chains], accepted[:, chains] = dh, acc

    over_chains(len(fields), part)
    batch = (n, *shape[: len(shape) - dim])
    return (
        returned(fields, field, shape),
        returned(delta_h, field, batch),
        returned(accepted, field, batch),
    )
