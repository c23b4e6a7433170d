"""One call of a sweep: its layout and formula, its chains on threads, its results."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.formula import Kind
from heatbath.random import Key
from heatbath.threads import get_threads
from heatbath_numba.arrays import chains_of, key_words
from heatbath_numba.calls import entry_point
from heatbath_numba.formulas import compiled, operands
from heatbath_numba.lanes import width_of
from heatbath_numba.layout import SLACK, aligned
from heatbath_numba.modules import module
from heatbath_numba.team import Team
from heatbath_numba.threads import run_together

__all__ = ["Sweep"]

# Below so many sites and updates a second thread costs more than it gives.
WORTH_A_THREAD = 200_000
# A lattice is shared between threads where each has so many sites between two barriers.
WORTH_A_BARRIER = 1 << 17


class Sweep:
    """The chains of one call, and the compiled loops and passes for them."""

    def __init__(
        self,
        field: Any,
        action: Action,
        key: Key,
        kinds: tuple[Kind, ...],
        loops: str,
        passes: Any,
        n: int,
        measure_every: int,
    ) -> None:
        lattice = action.placed_on
        self.dtype, self.lanes = dtype_name(field), width_of(dtype_name(field))
        self.batch = tuple(field.shape[: len(field.shape) - lattice.ndim])
        self.fields, self.keys = chains_of(field, lattice.ndim), key_words(key)
        self.n, self.every = n, measure_every
        chains = side_by_side(len(self.fields), lattice.shape[-1], self.lanes)
        made = compiled(action, kinds, self.dtype, chains=chains)
        self.layout = made.layout
        self.operands = operands(action, kinds, made, self.dtype)
        own = module(passes.files(), self.dtype, made.source)
        self.loops = getattr(own, loops)
        self.passes = _entry_points(passes, own)

    def run(
        self,
        step: int,
        outputs: tuple[np.ndarray, ...],
        settings: Any,
        work: Callable[[int], Any],
        plan: Callable[[int, int], Any] | None = None,
    ) -> None:
        """Run all chains.

        work: the memory of a group of chains for a number of members.
        plan: what the loops sweep in a range of rows; by default the layout's blocks.
        """
        plan = plan or self.layout.blocks
        common = (self.fields, self.keys, step, *outputs, settings, self.passes)
        common = (*common, self.layout.geometry)
        jobs = [
            partial(self.loops, *common, plan(*member[2:4]), Team(*member), memory, self.operands)
            for part in self._parts()
            for memory in [work(len(part))]
            for member in part
        ]
        run_together(jobs)

    def _parts(self) -> list[list[tuple[Any, ...]]]:
        """The teams: each has its chains and, on large lattices, several members."""
        g = self.layout.geometry
        n_chains, volume = len(self.fields), g.rows * g.width
        groups = -(-n_chains // g.unit)
        threads = get_threads()
        if volume * n_chains * self.n < WORTH_A_THREAD:
            threads = 1
        parts = min(threads, groups)
        members = max(1, min(threads // parts, volume // WORTH_A_BARRIER, g.rows // 4))
        chains = [min(groups * k // parts * g.unit, n_chains) for k in range(parts + 1)]
        rows = [g.rows * k // members // 4 * 4 for k in range(members)] + [g.rows]
        return [
            [
                (r, members, rows[r], rows[r + 1], chains[k], chains[k + 1], arrivals)
                for r in range(members)
            ]
            for k in range(parts)
            for arrivals in [np.zeros(1, np.int64)]
        ]

    def per_lane(self, values: tuple[float, ...]) -> np.ndarray:
        """(values, lanes): each value in every lane."""
        return np.repeat(np.array(values, self.dtype), self.lanes).reshape(-1, self.lanes)

    def series(self, dtype: str) -> np.ndarray:
        """Memory for one number per update and chain."""
        return np.empty((self.n, len(self.fields)), dtype)

    def recorded(self) -> np.ndarray:
        """Memory for the scalars: (n // every, 3, chains)."""
        times = self.n // self.every if self.every else 0
        return np.empty((times, 3, len(self.fields)), self.dtype)

    def memory(self, n: int) -> np.ndarray:
        """Memory for n fields."""
        size = self.layout.size
        return aligned(n * size, self.dtype).reshape(n, size)

    def row_sums(self) -> np.ndarray:
        """Memory for the sums of rows: three numbers per row and lane."""
        g = self.layout.geometry
        return np.empty(3 * g.rows * g.unit, self.dtype)

    def scratch(self, members: int) -> np.ndarray:
        """Memory for the sums of each member of a team: of a row, its columns, or of all rows."""
        g = self.layout.geometry
        return np.empty((members, max(2 * g.width, g.rows) * g.unit + SLACK), self.dtype)

    def key_words(self, members: int) -> np.ndarray:
        """Memory for the keys of the chains in the lanes, for each member of a team."""
        return np.zeros((members, 2 * self.lanes), np.uint64)

    def group(self) -> np.ndarray:
        """Memory for one group of random numbers."""
        return np.empty(SLACK, self.dtype)


@lru_cache(maxsize=256)
def _entry_points(passes: Any, own: ModuleType) -> Any:
    """The addresses of a module's passes, as the named tuple `passes`."""
    return passes(*(entry_point(getattr(own, name)) for name in passes._fields))


def side_by_side(n_chains: int, width: int, lanes: int) -> bool:
    """Whether chains should share registers: enough of them, and rows too narrow to fill any."""
    return n_chains >= lanes and width < 2 * lanes
