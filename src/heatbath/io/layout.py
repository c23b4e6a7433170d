"""The arrays of a run: all shapes and chunks, fixed when it is created."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CONFIGURATIONS", "WARM", "Layout"]

CONFIGURATIONS = "configurations"
WARM = "after_warmup"


@dataclass(frozen=True)
class Layout:
    """chains: of each series.  samples: its full length.  chunk: measurements per commit.
    save_every: measurements between two stored configurations; divides chunk.
    shape: of the lattice.  dtype: of the field.  series: name -> dtype.

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

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, read back by `from_dict`."""
        return {**asdict(self), "shape": list(self.shape)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Layout:
        """The layout that `to_dict` wrote."""
        return cls(**{**stored, "shape": tuple(stored["shape"])})

    @property
    def configurations(self) -> int:
        """How many configurations a complete run holds."""
        return self.stored_configurations(self.samples)

    def stored_configurations(self, n: int) -> int:
        """How many there are after n committed measurements."""
        return -(-n // self.save_every)

    def create(self, root: Path, attributes: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Create the store with empty arrays, and `arrays` with their values."""
        import zarr

        group = zarr.open_group(root, mode="w", zarr_format=3, attributes=dict(attributes))
        for name, dtype in self.series.items():
            whole, chunk = (self.chains, self.samples), (self.chains, self.chunk)
            _raw_array(group, name, whole, chunk, dtype)
        field = (self.chains, *self.shape)
        together = self.chunk // self.save_every
        _raw_array(group, WARM, field, field, self.dtype)
        _raw_array(
            group, CONFIGURATIONS, (self.configurations, *field), (together, *field), self.dtype
        )
        for name, values in arrays.items():
            array = group.create_array(
                name, shape=values.shape, dtype=values.dtype.name, chunks=values.shape
            )
            array[...] = values
        with warnings.catch_warnings():
            # Consolidated, so that listing the store does not trip over run.json; Zarr warns
            # that other software may not know it, which then reads the arrays one by one.
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(root)

    def files(self, n: int) -> Iterator[tuple[str, int]]:
        """The files of n committed measurements, after warm-up, with their sizes in bytes."""
        field = self.chains * math.prod(self.shape) * np.dtype(self.dtype).itemsize
        yield f"{WARM}/{self.file(WARM, 0)}", field
        for name, dtype in self.series.items():
            size = self.chains * self.chunk * np.dtype(dtype).itemsize
            for k in range(-(-n // self.chunk)):
                yield f"{name}/{self.file(name, k)}", size
        for k in range(-(-n // self.chunk)):
            size = field * (self.chunk // self.save_every)
            yield f"{CONFIGURATIONS}/{self.file(CONFIGURATIONS, k)}", size

    def file(self, name: str, k: int) -> str:
        """The name of the file in which the k-th commit writes the array `name`."""
        if name == WARM:
            return ".".join(["c", "0", *("0" for _ in self.shape)])
        if name == CONFIGURATIONS:
            return ".".join(["c", str(k), "0", *("0" for _ in self.shape)])
        return f"c.0.{k}"


def _raw_array(
    group: Any, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: str
) -> None:
    # Raw chunks: random digits do not compress.  All files of an array lie in one directory, so
    # that a commit syncs one directory per array.
    group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        compressors=None,
        filters=None,
        chunk_key_encoding={"name": "default", "separator": "."},
        fill_value=0,
    )
