"""Kernel of `heatbath.mcmc.metropolis.sweeps`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.formula import Clique, interaction_offsets
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose
from heatbath_numba.arrays import counter_word, returned
from heatbath_numba.layout import Blocks, Layout
from heatbath_numba.sweep import Sweep

__all__ = ["sweeps"]


class Passes(NamedTuple):
    """The addresses of the passes."""

    update: int
    energies: int
    sums: int

    @staticmethod
    def files() -> tuple[str, ...]:
        """Where they are."""
        return ("mcmc/metropolis_passes.py", "energy_passes.py")


class Settings(NamedTuple):
    """Half the width of the proposal, the counter words of the random numbers of proposal and
    decision, and how often to measure."""

    width: np.ndarray
    proposal: Any
    decision: Any
    every: int


class Work(NamedTuple):
    """The memory of one group of chains."""

    fields: np.ndarray
    counts: np.ndarray
    row_sums: np.ndarray
    scratch: np.ndarray
    keys: np.ndarray


class Runs(NamedTuple):
    """Sites of one colour in one row, equally spaced.

    class_row: row · classes + class.  start, count, step: the first site, in sites of the class,
        how many there are, and how far apart.
    random_at: where the random numbers of the first are.
    colours: runs[colours[c] : colours[c + 1]] are those of colour c.
    table: (rows · classes, offsets), flat: where the row at each offset starts.
    blocks: the rows, for the energy.
    """

    class_row: np.ndarray
    start: np.ndarray
    count: np.ndarray
    step: np.ndarray
    random_at: np.ndarray
    colours: np.ndarray
    table: np.ndarray
    blocks: Blocks


def sweeps(
    field: Any,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    width: float,
    measure_every: int = 0,
) -> tuple[Any, Any, Any]:
    dtype = dtype_name(field)
    sweep = Sweep(
        field, action, key, ("difference", "energy"), "run_metropolis", Passes, n, measure_every
    )
    settings = Settings(
        sweep.per_lane((width,))[0],
        counter_word(Purpose.PROPOSAL, 0),
        counter_word(Purpose.PROPOSAL, 1),
        measure_every,
    )
    accepted, scalars = sweep.series(dtype), sweep.recorded()

    def work(members: int) -> Work:
        counts = np.zeros((members, sweep.lanes), np.int64)
        return Work(
            sweep.memory(3),
            counts,
            sweep.row_sums(),
            sweep.scratch(members),
            sweep.key_words(members),
        )

    def runs(first: int, last: int) -> Runs:
        return runs_of(sweep.layout, action.theory.cliques, action.placed_on, first, last)

    sweep.run(step, (accepted, scalars), settings, work, runs)
    return (
        returned(sweep.fields, field, tuple(field.shape)),
        returned(accepted, field, (n, *sweep.batch)),
        returned(scalars, field, (len(scalars), 3, *sweep.batch)),
    )


@lru_cache(maxsize=64)
def runs_of(
    layout: Layout, cliques: tuple[Clique, ...], lattice: Lattice, first: int, last: int
) -> Runs:
    """The runs of all colours in the rows first … last − 1."""
    g = layout.geometry
    colouring = lattice.colouring(interaction_offsets(cliques, lattice.ndim))
    colours = np.asarray(colouring).reshape(g.rows, g.width)
    found, bounds = [], [0]
    for colour in range(int(colours.max()) + 1):
        for row in range(first, last):
            for a in range(g.classes):
                columns = np.flatnonzero(colours[row, a :: g.classes] == colour)
                for start, count, apart in _runs(columns, split=g.classes > 1):
                    site = row * g.width + start * g.classes + a
                    found.append((row * g.classes + a, start, count, apart, site * g.unit))
        bounds.append(len(found))
    columns_of = np.array(found, np.int64).reshape(-1, 5).T.copy()
    table = np.ascontiguousarray(layout.starts).reshape(-1)
    return Runs(*columns_of, np.array(bounds), table, layout.blocks(first, last))


def _runs(columns: np.ndarray, *, split: bool) -> list[tuple[int, int, int]]:
    """Whole numbers in rising order as (start, count, step); `split` allows no step but 1."""
    runs, k = [], 0
    while k < len(columns):
        step = int(columns[k + 1] - columns[k]) if k + 1 < len(columns) else 1
        step = 1 if split else step
        count = 1
        while k + count < len(columns) and columns[k + count] - columns[k + count - 1] == step:
            count += 1
        runs.append((int(columns[k]), count, step))
        k += count
    return runs
