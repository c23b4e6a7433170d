"""The file `checksums`: a line for each file of a run, as `sha256sum --check` reads it.

It grows by the lines of each commit, and run.json holds the SHA-256 of what is committed of it.  So
run.json stays small, and speaks for each byte of the run.  Where a line begins follows from the
layout, so that nobody keeps the file in memory.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heatbath.io import durable
from heatbath.io.layout import Grid, Layout
from heatbath.io.reading import digest, read, require_damage
from heatbath.io.zarr_json import ROOT

__all__ = ["FILE", "Checksums", "Item", "line"]

FILE = "checksums"
BLOCK = 1 << 20


def line(name: str, checksum: str) -> bytes:
    """The line of a file."""
    return f"{checksum}  {name}\n".encode()


@dataclass(frozen=True)
class Item:
    """A file: its name, where its line begins, and the chunk of which array it holds; a file
    without an array is a zarr.json."""

    name: str
    begin: int
    grid: Grid | None = None
    k: int = 0


class Checksums:
    """What is committed of the file.

    begun: whether warm-up is.  commits: of chunks.  ended: whether nothing may follow; else a dead
    writer may have left lines.
    """

    def __init__(
        self, directory: Path, layout: Layout, *, begun: bool, commits: int, ended: bool
    ) -> None:
        self._path, self._layout = directory / FILE, layout
        self._begun, self._commits = begun, commits
        self._running = self._hash(None if ended else self._size)

    @staticmethod
    def create(directory: Path, checksums: Mapping[str, str]) -> str:
        """Write the lines of all that is there when a run is created; their SHA-256."""
        lines = b"".join(line(name, checksum) for name, checksum in checksums.items())
        durable.put(directory / FILE, lines)
        return digest(lines)

    @property
    def total(self) -> str:
        """SHA-256 of what is committed."""
        return str(self._running.hexdigest())

    def extend(self, checksums: Mapping[str, str]) -> str:
        """Write the lines of a commit, in place of what a dead writer left; the SHA-256 of all."""
        lines = b"".join(line(name, checksum) for name, checksum in checksums.items())
        durable.extend(self._path, self._size, lines)
        self._running.update(lines)
        if lines:
            self._commits += self._begun
            self._begun = True
        return self.total

    def of(self, item: Item) -> str | None:
        """The checksum of a file; None if its line is damaged."""
        found = read(self._path, item.begin, _width(item.name)) or b""
        checksum = found[:64].decode(errors="replace")
        return checksum if found == line(item.name, checksum) else None

    def items(self) -> Iterator[Item]:
        """All files that are committed, in the order of their lines."""
        yield from self.of_creation()
        if self._begun:
            yield self.find(self._layout.warm, 0)
        begin = self._begin_of_commit(0)
        for k in range(self._commits):
            for grid in self._layout.of_commit:
                name = grid.file(k)
                yield Item(name, begin, grid, k)
                begin += _width(name)

    def of_creation(self) -> Iterator[Item]:
        """Those that were there from the beginning."""
        begin = 0
        for name, grid in files_of_creation(self._layout):
            yield Item(name, begin, grid)
            begin += _width(name)

    def find(self, grid: Grid, k: int) -> Item:
        """The file of the k-th chunk of an array, committed or not."""
        if grid.name in self._layout.given:
            return next(item for item in self.of_creation() if item.grid == grid)
        if grid == self._layout.warm:
            return Item(grid.file(), self._end_of_creation, grid)
        arrays = self._layout.of_commit
        before = arrays[: arrays.index(grid)]
        begin = self._begin_of_commit(k) + sum(_width(other.file(k)) for other in before)
        return Item(grid.file(k), begin, grid, k)

    @property
    def _size(self) -> int:
        """Bytes committed."""
        if not self._begun:
            return self._end_of_creation
        return self._begin_of_commit(self._commits)

    @property
    def _end_of_creation(self) -> int:
        return sum(_width(name) for name, _ in files_of_creation(self._layout))

    def _begin_of_commit(self, k: int) -> int:
        """Lines differ in the digits of the commit's number alone."""
        arrays = self._layout.of_commit
        shortest = sum(_width(grid.file(0)) for grid in arrays)
        further_digits = sum(max(0, k - 10**d) for d in range(1, len(str(k))))
        first = self._end_of_creation + _width(self._layout.warm.file())
        return int(first + k * shortest + further_digits * len(arrays))

    def _hash(self, size: int | None) -> Any:
        """Of the first `size` bytes, or of all."""
        whole = hashlib.sha256()
        try:
            with self._path.open("rb") as file:
                rest = os.fstat(file.fileno()).st_size if size is None else size
                while block := file.read(min(rest, BLOCK)):
                    whole.update(block)
                    rest -= len(block)
        except OSError as trouble:
            require_damage(self._path, trouble)
        return whole


def files_of_creation(layout: Layout) -> Iterator[tuple[str, Grid | None]]:
    """The files that are there when a run is created, with their arrays."""
    yield ROOT, None
    yield from ((grid.metadata, None) for grid in layout.grids)
    yield from ((grid.file(), grid) for grid in layout.of_creation)


def _width(name: str) -> int:
    return 64 + 2 + len(name.encode()) + 1
