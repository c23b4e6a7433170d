"""The arrays of a run: shapes, chunks and files, all fixed when it is created."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["CONFIGURATIONS", "WARM", "Grid", "Layout"]

CONFIGURATIONS = "configurations"
WARM = "after_warmup"
FILES = ("checksums", "lock")  # names that no array may have
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


@dataclass(frozen=True)
class Grid:
    """An array of shape `shape`, cut into chunks of `length` along `axis`; each is a file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    axis: int = 0
    length: int | None = None  # one chunk

    @property
    def chunk(self) -> tuple[int, ...]:
        """The shape of a chunk."""
        if self.length is None:
            return self.shape
        return (*self.shape[: self.axis], self.length, *self.shape[self.axis + 1 :])

    @property
    def stored(self) -> np.dtype[Any]:
        """The dtype in the files, little-endian."""
        return np.dtype(self.dtype).newbyteorder("<")

    @property
    def size(self) -> int:
        """Bytes of each file."""
        return math.prod(self.chunk) * self.stored.itemsize

    def file(self, k: int = 0) -> str:
        """The file of the k-th chunk, relative to the run."""
        index = [str(k if axis == self.axis else 0) for axis in range(len(self.shape))]
        return f"{self.name}/{'.'.join(['c', *index])}"

    def number(self, file: str) -> int | None:
        """The k of a file; None if it is none of the array's."""
        _, *index = file.removeprefix(f"{self.name}/").split(".")
        k = index[self.axis] if len(index) == len(self.shape) else ""
        return int(k) if k.isdecimal() and self.file(int(k)) == file else None

    @property
    def metadata(self) -> str:
        """The file that describes the array."""
        return f"{self.name}/zarr.json"


@dataclass(frozen=True)
class Layout:
    """chains: of each series.  samples: its full length.  chunk: measurements per commit.
    save_every: measurements between two stored configurations; divides chunk.
    shape: of the lattice.  dtype: of the field.  series: name -> dtype.
    given: name -> (dtype, shape) of further arrays, written when the run is created.

    Arrays: each series (chains, samples); `after_warmup` (chains, *shape); `configurations`
    (⌈samples/save_every⌉, chains, *shape): after every save_every-th measurement, and the last.
    """

    chains: int
    samples: int
    chunk: int
    save_every: int
    shape: tuple[int, ...]
    dtype: str
    series: Mapping[str, str]
    given: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing here may lead out of the directory, or be anything but numbers."""
        counts = (self.chains, self.samples, self.chunk, self.save_every, *self.shape)
        shapes = [n for _, shape in self.given.values() for n in shape]
        if not all(type(n) is int and n >= 1 for n in (*counts, *shapes)):
            raise ValueError(f"all lengths in the layout of a run must be at least 1; got {self}")
        if self.chunk % self.save_every:
            raise ValueError(
                f"save_every must divide chunk; got {self.save_every} and {self.chunk}"
            )
        for grid in self.grids:
            if grid.dtype not in DTYPES:
                raise ValueError(
                    f"the array {grid.name!r} has the dtype {grid.dtype}, which a run does not "
                    f"store; use one of {', '.join(DTYPES)}"
                )
            if not grid.name.replace("_", "a").isalnum():
                raise ValueError(
                    f"the name of an array must consist of letters, digits and underscores; got "
                    f"{grid.name!r}"
                )
        names = sorted([*FILES, *(grid.name.casefold() for grid in self.grids)])
        for name, other in itertools.pairwise(names):
            if name == other:
                raise ValueError(f"two things in a run would be called {name!r}; rename an array")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, read back by `from_dict`."""
        given = {name: [dtype, list(shape)] for name, (dtype, shape) in self.given.items()}
        return {**asdict(self), "shape": list(self.shape), "given": given}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Layout:
        """The layout that `to_dict` wrote."""
        given = {name: (dtype, tuple(shape)) for name, (dtype, shape) in stored["given"].items()}
        return cls(**{**stored, "shape": tuple(stored["shape"]), "given": given})

    @property
    def configurations(self) -> int:
        """How many configurations a complete run holds."""
        return self.stored_configurations(self.samples)

    def stored_configurations(self, n: int) -> int:
        """How many there are after n committed measurements."""
        return -(-n // self.save_every)

    def commits(self, n: int) -> int:
        """How many commits n measurements take, after that of warm-up."""
        return -(-n // self.chunk)

    @cached_property
    def of_commit(self) -> tuple[Grid, ...]:
        """The arrays that grow by a file with each commit."""
        series = [
            Grid(name, dtype, (self.chains, self.samples), axis=1, length=self.chunk)
            for name, dtype in self.series.items()
        ]
        shape = (self.configurations, self.chains, *self.shape)
        together = self.chunk // self.save_every
        return (*series, Grid(CONFIGURATIONS, self.dtype, shape, axis=0, length=together))

    @cached_property
    def warm(self) -> Grid:
        """The configurations after warm-up."""
        return Grid(WARM, self.dtype, (self.chains, *self.shape))

    @cached_property
    def of_creation(self) -> tuple[Grid, ...]:
        """The given arrays."""
        return tuple(Grid(name, dtype, shape) for name, (dtype, shape) in self.given.items())

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """All arrays."""
        return (*self.of_creation, self.warm, *self.of_commit)

    def grid(self, name: str) -> Grid:
        """One of them; KeyError if there is none of that name."""
        return {grid.name: grid for grid in self.grids}[name]
