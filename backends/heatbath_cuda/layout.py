"""Where neighbours lie: a field is rows of the last axis, found at an offset through a table.

A field of shape (n1, …, nd) is n1·…·n(d−1) rows of nd sites, one after the other.  The neighbour
at an offset lies in the row that the table gives, one number for many threads, at the column plus
the offset's last number on the periodic row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["Layout"]

Offset = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """table[k, row]: the first site (int32) of the row at row_offsets[k] from `row`.
    span: the width; a multiplier and a shift that divide sites by it; the steps along the row.
    """

    rows: int
    width: int
    row_offsets: tuple[Offset, ...]
    steps: tuple[int, ...]
    table: np.ndarray

    @property
    def span(self) -> tuple[int, ...]:
        """⌊site / width⌋ = ⌊2·site·multiplier / 2³²⌋ / 2^shift for sites below 2³¹, with
        multiplier = ⌈2^(31 + shift) / width⌉ and width ≤ 2^shift (T. Granlund, P. Montgomery,
        PLDI 1994).  Steps are from 0 to width − 1."""
        shift = (self.width - 1).bit_length()
        multiplier = -(-(1 << (31 + shift)) // self.width)
        return (self.width, multiplier, shift, *(step % self.width for step in self.steps))

    @staticmethod
    @lru_cache(maxsize=64)
    def of(shape: tuple[int, ...], offsets: tuple[Offset, ...]) -> Layout:
        """The layout of a lattice for a stencil with these offsets."""
        rows, width = math.prod(shape[:-1]), shape[-1]
        if rows * width >= 1 << 31:
            raise ValueError(
                f"CUDA kernels count the sites of a lattice in 31 bits; {shape} has "
                f"{rows * width}: run it with hb.backends.use('reference')"
            )
        row_offsets = tuple(dict.fromkeys(o[:-1] for o in offsets))
        starts = width * np.arange(rows, dtype=np.int32).reshape(shape[:-1])
        table = np.empty((len(row_offsets), rows), dtype=np.int32)
        for k, offset in enumerate(row_offsets):
            moved = starts
            for axis, step in enumerate(offset):
                moved = np.roll(moved, -step, axis)
            table[k] = moved.reshape(rows)
        table.setflags(write=False)
        steps = tuple(dict.fromkeys(o[-1] for o in offsets))
        return Layout(rows, width, row_offsets, steps, table)
