"""Kernel of `heatbath.mcmc.hmc.trajectories`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.mcmc.integrators import INTEGRATORS
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import counter_word, returned
from heatbath_numba.sweep import Sweep

__all__ = ["trajectories"]


class Passes(NamedTuple):
    """The addresses of the passes."""

    kick_and_drift: int
    drift: int
    energies: int
    sums: int

    @staticmethod
    def files() -> tuple[str, ...]:
        """Where they are."""
        return ("mcmc/hmc_passes.py", "energy_passes.py")


class Settings(NamedTuple):
    """What one trajectory does; kicks and inner drifts as (stages, lanes)."""

    n_steps: int
    spread: int
    kicks: np.ndarray
    inner: np.ndarray
    joined: Any
    outer: Any
    purposes: np.ndarray
    every: int


class Work(NamedTuple):
    """The memory of one group of chains."""

    fields: np.ndarray
    row_sums: np.ndarray
    scratch: np.ndarray
    limit: np.ndarray
    accept: np.ndarray
    hits: np.ndarray
    lanes: np.ndarray
    lengths: np.ndarray
    keys: np.ndarray


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
    sweep = Sweep(field, action, key, ("energy", "force"), "run_hmc", Passes, n, measure_every)
    dtype = dtype_name(field)
    inner, kicks, joined, outer = INTEGRATORS[integrator].scaled(step_size)
    real = np.dtype(dtype).type
    settings = Settings(
        n_steps,
        n_steps // 2 if randomise else 0,
        sweep.per_lane(kicks),
        sweep.per_lane(inner),
        real(joined),
        real(outer),
        np.array([counter_word(p) for p in (Purpose.MOMENTUM, Purpose.LENGTH, Purpose.ACCEPT)]),
        measure_every,
    )
    delta_h, accepted = sweep.series(dtype), sweep.series("bool")
    scalars = sweep.recorded()
    sweep.run(step, (delta_h, accepted, scalars), settings, lambda members: _work(sweep, members))
    batch = sweep.batch
    return (
        returned(sweep.fields, field, tuple(field.shape)),
        returned(delta_h, field, (n, *batch)),
        returned(accepted, field, (n, *batch)),
        returned(scalars, field, (len(scalars), 3, *batch)),
    )


def _work(sweep: Sweep, members: int) -> Work:
    dtype, lanes = sweep.dtype, sweep.lanes
    return Work(
        sweep.memory(6),
        sweep.row_sums(),
        sweep.scratch(members),
        sweep.group(),
        np.zeros(lanes, dtype),
        np.zeros(1, np.int64),
        np.zeros((members, 2, lanes), dtype),
        np.zeros((members, sweep.layout.geometry.unit), np.int64),
        sweep.key_words(members),
    )
