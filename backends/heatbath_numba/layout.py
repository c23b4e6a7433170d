"""How kernels store a field: padded rows of the last axis, in any dimension.

A field of shape (n1, …, nd) is n1·…·n(d−1) rows of nd sites.  Each row lies between two pads of
8 numbers, of which those next to the row hold its periodic images, so that sweeps along a row
need no edge code.  Rows at an offset are found through a table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heatbath_numba.header import PAD

__all__ = ["PAD", "Layout"]

Offset = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows, their width, the halo in use, and `table[row, k]`: the row at row_offsets[k]."""

    rows: int
    width: int
    halo: int
    row_offsets: tuple[Offset, ...]
    table: np.ndarray

    @staticmethod
    @lru_cache(maxsize=256)
    def of(shape: tuple[int, ...], offsets: tuple[Offset, ...]) -> Layout:
        """The layout of a lattice for a stencil with these offsets."""
        row_offsets = tuple(dict.fromkeys(o[:-1] for o in offsets))
        rows = math.prod(shape[:-1])
        numbers = np.arange(rows, dtype=np.int64).reshape(shape[:-1])
        table = np.empty((rows, len(row_offsets)), dtype=np.int64)
        for k, offset in enumerate(row_offsets):
            moved = numbers
            for axis, step in enumerate(offset):
                moved = np.roll(moved, -step, axis)
            table[:, k] = moved.reshape(rows)
        return Layout(rows, shape[-1], max(abs(o[-1]) for o in offsets), row_offsets, table)

    def packed(self, field: np.ndarray) -> np.ndarray:
        """One field of shape (*lattice) as padded rows."""
        rows = np.ascontiguousarray(field).reshape(self.rows, self.width)
        images = np.arange(-PAD, self.width + PAD) % self.width
        return np.ascontiguousarray(rows[:, images])
