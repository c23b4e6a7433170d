"""Kernel of `heatbath.mcmc.metropolis.sweeps`."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import chains_of, counter_word, key_words, over_chains, returned
from heatbath_numba.formulas import compiled, operands
from heatbath_numba.modules import module

__all__ = ["sweeps"]

KINDS = ("difference",)


def sweeps(
    field: Any, action: Action, key: Key, step: int, n: int, *, width: float
) -> tuple[Any, Any]:
    dtype, shape = dtype_name(field), tuple(field.shape)
    dim = action.placed_on.ndim
    made = compiled(action, KINDS)
    run = module(("mcmc/metropolis_loops.py",), dtype, made.source).run_chains
    scalars, loads = operands(action, KINDS, made, dtype)
    fields, words = chains_of(field, dim), key_words(key)
    accepted = np.empty((n, len(fields)), dtype=dtype)
    colours = np.ascontiguousarray(action.colouring()).reshape(-1).copy()
    purposes = np.array([counter_word(Purpose.PROPOSAL, draw) for draw in (0, 1)])
    layout = made.layout
    settings = (
        purposes,
        np.dtype(dtype).type(width),
        colours,
        int(colours.max()) + 1,
        layout.table,
        layout.width,
        layout.halo,
        scalars,
        loads,
    )

    def part(chains: slice) -> None:
        acc = np.ascontiguousarray(accepted[:, chains])
        run(fields[chains], words[chains], step, acc, *settings)
        accepted[:, chains] = acc

    over_chains(len(fields), part)
    batch = (n, *shape[: len(shape) - dim])
    return returned(fields, field, shape), returned(accepted, field, batch)
