"""How kernels store fields: rows of vector registers with room for periodic images between them.

A field of shape (n1, …, nd) is n1·…·n(d−1) rows of nd sites.  Before and behind each row lie its
periodic images, so that sweeps along a row need no edge code; rows at an offset are found through
a table.  Two things vary:

- `unit`: how many chains lie side by side at each site.  With one, the lanes of a register are
  successive sites; with as many as a register has lanes, a register is one site of that many
  chains, and every neighbour is an aligned register: the form for narrow rows.
- `classes`: with two, the even columns of a row and the odd ones are rows of their own, so that
  the sites of one colour of a checkerboard are contiguous.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

__all__ = ["SLACK", "Blocks", "Geometry", "Layout", "aligned"]

Offset = tuple[int, ...]
LINE = 64  # bytes of a cache line
SLACK = 512  # numbers: a group of random numbers, or a register, may reach beyond the sites
SUMMED = 16  # up to so many registers of a row are summed in registers
LONG = 1024  # numbers of the longest block: what was kicked is still in the cache for its drift


class Geometry(NamedTuple):
    """What the loops know of a layout; lengths and places count numbers.

    rows, width, unit, classes: see above.
    whole: whether the sums of a row can stay in registers (`row_registers.sum_scalars`).
    lead: where the first row starts.  stride: from a row to the next, of the same or another
        class.  registers: vector registers that hold a row.
    places: of each column, from the start of the row of class 0.
    images: (target, source) pairs, flat: what lies around a row, likewise.
    """

    rows: int
    width: int
    unit: int
    classes: int
    whole: bool
    lead: int
    stride: int
    registers: int
    places: np.ndarray
    images: np.ndarray


class Blocks(NamedTuple):
    """A range of rows cut into blocks: rows that follow each other, as do their neighbours at
    each offset, so that one loop sweeps them and what lies between.

    at, count: where each block starts; its rows if they are written out, else the registers of
        its one row.
    table: (blocks, offsets), flat: where the block at each offset starts.
    order, ready: when blocks may be overwritten in a sweep that reads their neighbours:
        order[:ready[k]] once block k is done; at the end of order those that other members of a
        team read as well.
    """

    at: np.ndarray
    count: np.ndarray
    table: np.ndarray
    order: np.ndarray
    ready: np.ndarray


@dataclass(frozen=True, eq=False)
class Layout:
    """A geometry and the offsets of a stencil.

    written_out: whether loops have the registers of a row one after the other, since they are
        few, and sweep blocks of several rows.
    starts, reads: (rows, classes, offsets) where the row at each offset starts, and
        (rows, offsets) which row that is.
    """

    geometry: Geometry
    offsets: tuple[Offset, ...]
    lanes: int
    written_out: bool
    starts: np.ndarray
    reads: np.ndarray

    @staticmethod
    @lru_cache(maxsize=64)
    def of(
        shape: tuple[int, ...],
        offsets: tuple[Offset, ...],
        lanes: int,
        unit: int = 1,
        classes: int = 1,
        most_written_out: int = 8,
    ) -> Layout:
        """The layout of a lattice for a stencil with these offsets, on registers of `lanes`; up
        to `most_written_out` of a row are written out."""
        rows, width = math.prod(shape[:-1]), shape[-1]
        columns = -(-width // classes)
        reach = max(-(-abs(o[-1]) // classes) for o in offsets)
        lead = _rounded_up(reach * unit, lanes)
        registers = -(-columns * unit // lanes)
        # no register of a row reaches the next row's images, even if it begins inside the row
        inside = lanes - 1 if classes > 1 else 0
        fills = width == columns * classes and columns == registers * lanes
        power = (registers & (registers - 1)) == 0
        whole = registers <= SUMMED and (unit > 1 or (fills and power))
        needed = max((columns + reach) * unit + inside, registers * lanes)
        stride = _rounded_up(needed + reach * unit, lanes)

        def place(column: int) -> int:
            return (column % classes) * stride + (column // classes) * unit

        around = (*range(-reach * classes, 0), *range(width, width + reach * classes))
        reads = _rows_at(shape, offsets)
        steps = [[place(a + o[-1]) for o in offsets] for a in range(classes)]
        starts = lead + reads[:, None, :] * (classes * stride) + np.array(steps)[None, :, :]
        starts = starts.astype(np.int64)
        geometry = Geometry(
            rows,
            width,
            unit,
            classes,
            whole,
            lead,
            stride,
            registers,
            np.array([place(j) for j in range(width)]),
            np.array([(place(j), place(j % width)) for j in around], np.int64).reshape(-1),
        )
        written_out = classes == 1 and registers <= most_written_out
        return Layout(geometry, offsets, lanes, written_out, starts, reads)

    @property
    def size(self) -> int:
        """Numbers of a stored field."""
        g = self.geometry
        return _rounded_up(g.lead + g.rows * g.classes * g.stride + SLACK, LINE)

    def packed(self, field: np.ndarray) -> np.ndarray:
        """A field of shape (*lattice) as stored, the same for each chain of a unit."""
        g, packed = self.geometry, np.zeros(self.size, dtype=field.dtype)
        first = g.lead + np.arange(g.rows)[:, None] * (g.classes * g.stride)
        pairs = g.images.reshape(-1, 2)
        for chain in range(g.unit):
            packed[first + g.places + chain] = field.reshape(g.rows, g.width)
            packed[first + pairs[:, 0] + chain] = packed[first + pairs[:, 1] + chain]
        return packed

    @lru_cache(maxsize=64)  # noqa: B019, layouts are few and kept anyway
    def blocks(self, first: int, last: int) -> Blocks:
        """The blocks of the rows first … last − 1; with two classes each row, without order."""
        g = self.geometry
        if g.classes > 1:
            own = np.arange(first * g.classes, last * g.classes)
            table = np.ascontiguousarray(self.starts[first:last]).reshape(-1)
            none = np.zeros(1, np.int64)
            count = np.full(len(own), g.registers)
            return Blocks(g.lead + own * g.stride, count, table, none, none)
        starts = self.starts[:, 0, :]
        longest = max(1, LONG // g.stride) if self.written_out else 1
        begins = [first]
        for row in range(first + 1, last):
            follows = (starts[row] - starts[row - 1] == g.stride).all()
            if not follows or row - begins[-1] == longest:
                begins.append(row)
        begin = np.array(begins)
        order, ready = self._overwriting(begin, first, last)
        return Blocks(
            g.lead + begin * g.stride,
            np.diff(begin, append=last) if self.written_out else np.full(len(begin), g.registers),
            starts[begin].reshape(-1),
            order,
            ready,
        )

    def _overwriting(
        self, begin: np.ndarray, first: int, last: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """order and ready of `Blocks`."""
        rows = np.arange(len(self.reads))
        block_of = np.searchsorted(begin, rows, side="right") - 1
        inside = (rows >= first) & (rows < last)
        final = np.zeros(len(begin), dtype=np.int64)
        shared = np.zeros(len(begin), dtype=bool)
        for targets in self.reads.T:
            ours = inside[targets]
            own = ours & inside
            np.maximum.at(final, block_of[targets[own]], block_of[own])
            shared[block_of[targets[ours & ~inside]]] = True
        inner, edge = np.flatnonzero(~shared), np.flatnonzero(shared)
        inner = inner[np.argsort(final[inner], kind="stable")]
        ready = np.searchsorted(final[inner], np.arange(len(begin)), side="right")
        return np.concatenate([inner, edge]), ready


def aligned(n: int, dtype: str) -> np.ndarray:
    """n zeros that start on a cache line."""
    size = np.dtype(dtype).itemsize
    memory = np.zeros(n * size + LINE, dtype=np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + n * size].view(dtype)


def _rows_at(shape: tuple[int, ...], offsets: tuple[Offset, ...]) -> np.ndarray:
    """(rows, offsets): the number of the row at each offset from each row."""
    rows = math.prod(shape[:-1])
    numbers = np.arange(rows, dtype=np.int64).reshape(shape[:-1])
    found = np.empty((rows, len(offsets)), dtype=np.int64)
    for k, offset in enumerate(offsets):
        moved = numbers
        for axis, step in enumerate(offset[:-1]):
            moved = np.roll(moved, -step, axis)
        found[:, k] = moved.reshape(rows)
    return found


def _rounded_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple
