"""Kernel of `heatbath.sde.langevin.steps`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from heatbath.actions import Action
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import counter_word, returned
from heatbath_numba.sweep import Sweep

__all__ = ["steps"]


class Passes(NamedTuple):
    """The addresses of the passes."""

    diffuse: int
    energies: int
    sums: int

    @staticmethod
    def files() -> tuple[str, ...]:
        """Where they are."""
        return ("sde/langevin_passes.py", "energy_passes.py")


class Settings(NamedTuple):
    """n steps of φ + (step_size · F + amplitude · ξ), measured after every `every`-th."""

    n: int
    step_size: np.ndarray
    amplitude: np.ndarray
    purpose: Any
    every: int


class Work(NamedTuple):
    """The memory of one group of chains."""

    fields: np.ndarray
    row_sums: np.ndarray
    scratch: np.ndarray
    keys: np.ndarray


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
    sweep = Sweep(field, action, key, ("force", "energy"), "run_langevin", Passes, n, measure_every)
    settings = Settings(
        n,
        *sweep.per_lane((step_size, math.sqrt(2.0 * step_size))),
        counter_word(Purpose.NOISE),
        measure_every,
    )
    scalars = sweep.recorded()

    def work(members: int) -> Work:
        return Work(
            sweep.memory(4), sweep.row_sums(), sweep.scratch(members), sweep.key_words(members)
        )

    sweep.run(step, (scalars,), settings, work)
    return (
        returned(sweep.fields, field, tuple(field.shape)),
        returned(scalars, field, (len(scalars), 3, *sweep.batch)),
    )
