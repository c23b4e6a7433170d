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


SLICE = 8192  # numbers of the smallest slice of rows


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
    bounds: (colours, slices + 1), the runs of colour c in slice k of the rows are
        bounds[c, k] … bounds[c, k + 1] − 1.
    slices: the first row of each slice, and the end.
    table: (rows · classes, offsets), flat: where the row at each offset starts.
    blocks: the rows, for the energy.
    """

    class_row: np.ndarray
    start: np.ndarray
    count: np.ndarray
    step: np.ndarray
    random_at: np.ndarray
    bounds: np.ndarray
    slices: np.ndarray
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
    found: list[tuple[int, ...]] = []
    slices = slices_of(layout, lattice, int(colours.max()) + 1, first, last)
    bounds = []
    for colour in range(int(colours.max()) + 1):
        begins = []
        for row in range(first, last):
            if row in slices:
                begins.append(len(found))
            for a in range(g.classes):
                columns = np.flatnonzero(colours[row, a :: g.classes] == colour)
                for start, count, apart in _runs(columns, split=g.classes > 1):
                    site = row * g.width + start * g.classes + a
                    found.append((row * g.classes + a, start, count, apart, site * g.unit))
        bounds.append([*begins, len(found)])
    of_each = np.array(found, np.int64).reshape(-1, 5).T.copy()
    table = np.ascontiguousarray(layout.starts).reshape(-1)
    blocks = layout.blocks(first, last)
    return Runs(*of_each, np.array(bounds), np.array(slices), table, blocks)


def slices_of(layout: Layout, lattice: Lattice, colours: int, first: int, last: int) -> list[int]:
    """Where slices of rows begin whose neighbours lie in the same slice or the next ones, so that
    the second colour of a slice can follow the first colour of the next one while its random
    numbers are still in the cache; else one slice of all rows."""
    g = layout.geometry
    if colours != 2 or lattice.ndim == 1 or (first, last) != (0, g.rows):
        return [first, last]
    layer = g.rows // lattice.shape[0]
    reach = max(abs(offset[0]) for offset in layout.offsets)
    layers = max(reach, -(-SLICE // (layer * g.width * g.unit)))
    if layers * layer * g.width % 4:  # random numbers come in blocks of up to four sites
        return [first, last]
    begins = list(range(0, lattice.shape[0] - layers + 1, layers))
    return [k * layer for k in begins] + [last] if len(begins) > 2 else [first, last]


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
