"""Kernel of `heatbath.sde.langevin.steps`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import chains_of, counter_word, key_words, over_chains, returned
from heatbath_numba.formulas import compiled, operands
from heatbath_numba.modules import module

__all__ = ["steps"]

KINDS = ("force",)


def steps(field: Any, action: Action, key: Key, step: int, n: int, *, step_size: float) -> Any:
    dtype = dtype_name(field)
    made = compiled(action, KINDS)
    run = module(("sde/langevin_loops.py",), dtype, made.source).run_chains
    scalars, loads = operands(action, KINDS, made, dtype)
    fields, words = chains_of(field, action.placed_on.ndim), key_words(key)
    real, layout = np.dtype(dtype).type, made.layout
    settings = (
        n,
        counter_word(Purpose.NOISE),
        real(step_size),
        real(math.sqrt(2.0 * step_size)),
        layout.table,
        layout.width,
        layout.halo,
        scalars,
        loads,
    )
    over_chains(len(fields), lambda part: run(fields[part], words[part], step, *settings))
    return returned(fields, field, tuple(field.shape))
