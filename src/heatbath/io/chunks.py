"""Arrays of chunk files: each is read whole, compared with its checksum, and cut to what is asked.

A file holds the numbers of its chunk in C order, little-endian, and nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from heatbath.io.checksums import Checksums
from heatbath.io.layout import Grid
from heatbath.io.reading import digest, read

__all__ = ["Chunks", "as_bytes"]


def as_bytes(grid: Grid, values: Any) -> bytes:
    """The file of a chunk that begins with `values`; zeros follow where they are fewer."""
    values = np.asarray(values)
    chunk = np.zeros(grid.chunk, grid.stored)
    chunk[tuple(slice(n) for n in values.shape)] = values
    return chunk.tobytes()


class Chunks:
    """A stored array, read when it is indexed by one slice per axis, of step 1.

    damaged: makes the error of a file that is not what was written.
    """

    def __init__(
        self,
        directory: Path,
        grid: Grid,
        checksums: Checksums,
        damaged: Callable[[Grid, int], Exception],
    ) -> None:
        self.shape, self.dtype = grid.shape, np.dtype(grid.dtype)
        self._directory, self._grid = directory, grid
        self._checksums, self._damaged = checksums, damaged
        self._last: tuple[int, Any] | None = None

    def __getitem__(self, ranges: tuple[slice, ...]) -> Any:
        grid = self._grid
        if not grid.shape:
            return self._chunk(0).astype(self.dtype)
        bounds = [r.indices(n)[:2] for r, n in zip(ranges, grid.shape, strict=True)]
        found = np.empty([end - begin for begin, end in bounds], self.dtype)
        begin, end = bounds[grid.axis]
        length = grid.chunk[grid.axis]
        cuts = [begin, *range(begin // length * length + length, end, length), end]
        for first, last in itertools.pairwise(cuts) if begin < end else ():
            k = first // length
            inside = [slice(*bound) for bound in bounds]
            inside[grid.axis] = slice(first - k * length, last - k * length)
            place = [slice(None)] * len(bounds)
            place[grid.axis] = slice(first - begin, last - begin)
            found[tuple(place)] = self._chunk(k)[tuple(inside)]
        return found

    def _chunk(self, k: int) -> Any:
        """The k-th chunk; the last one read is kept, since readers go through them in order."""
        if self._last is None or self._last[0] != k:
            self._last = None  # not two at once
            self._last = (k, self._read(k))
        return self._last[1]

    def _read(self, k: int) -> Any:
        grid, item = self._grid, self._checksums.find(self._grid, k)
        data = read(self._directory / item.name)
        if data is None or len(data) != grid.size or digest(data) != self._checksums.of(item):
            raise self._damaged(grid, k)
        return np.frombuffer(data, grid.stored).reshape(grid.chunk)
