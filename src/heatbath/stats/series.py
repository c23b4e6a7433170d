"""The border: any time series becomes a ``Series`` that is read in blocks of float64.

A series has shape ``(n,)`` (one chain) or ``(chains, n)`` (replicas). What is averaged are its
*primaries*: functions applied element by element while reading, so that one stored magnetisation m
gives ⟨|m|⟩, ⟨m²⟩ and ⟨m⁴⟩ without three more arrays. A complex primary counts as two real
*components*, its real and imaginary part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heatbath._suggest import shown

__all__ = [
    "FloatArray",
    "Primary",
    "Series",
    "SeriesLike",
    "as_source",
    "check_shape",
    "open_series",
]

FloatArray = NDArray[np.float64]
Primary = Callable[[Any], Any]


class Sliceable(Protocol):
    """What is asked of a stored series: a shape, a dtype and slicing."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, key: Any, /) -> Any: ...


SeriesLike = Sliceable | Sequence[float] | Sequence[complex] | Sequence[Sequence[float]]

MINIMUM = 4  # measurements per chain: two per half for split-R̂, two lags for a window
_READ = 1 << 16  # numbers per block: small enough for the cache, large enough to hide Python


@dataclass(frozen=True)
class Series:
    """Checked sources of shape ``(chains, n)`` and the primaries to read from them."""

    sources: tuple[Any, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...] | None
    """Keys of the mapping the user gave; the primaries then receive a mapping of blocks."""
    primaries: tuple[Primary, ...] | None
    chains: int
    n: int
    is_complex: tuple[bool, ...] = ()
    """For each primary: does it count as two components?"""
    begin: int = 0
    """First measurement, counted in the sources."""

    @property
    def total(self) -> int:
        return self.chains * self.n

    @property
    def components(self) -> int:
        return len(self.is_complex) + sum(self.is_complex)

    def read(self, start: int, stop: int) -> FloatArray:
        """Measurements ``start`` to ``stop`` as ``(components, chains, stop - start)``."""
        values = self.primary_blocks(start, stop)
        if len(values) == 1 and not self.is_complex[0]:
            return values[0][np.newaxis]
        parts: list[FloatArray] = []
        for value, split in zip(values, self.is_complex, strict=True):
            parts += [value.real, value.imag] if split else [value]
        return np.stack(parts)

    def blocks(self) -> Iterator[tuple[int, FloatArray]]:
        """All measurements in order: the position of each block and the block."""
        length = max(64, _READ // self.chains)
        for start in range(0, self.n, length):
            yield start, self.read(start, min(start + length, self.n))

    def label(self, component: int) -> str:
        """Name a component in an error message."""
        owners = [j for j, split in enumerate(self.is_complex) for _ in range(1 + split)]
        owner = owners[component]
        return self.names[owner] if self.primaries is None else f"primaries[{owner}]"

    def primary_blocks(self, start: int, stop: int) -> list[NDArray[Any]]:
        start, stop = self.begin + start, self.begin + stop
        stored = [_load(source, start, stop) for source in self.sources]
        if self.primaries is None:
            return stored
        argument = self.argument(stored)
        with np.errstate(all="ignore"):  # what is not finite is refused where it is read
            values = [primary(argument) for primary in self.primaries]
        shape = (self.chains, stop - start)
        return [_checked_primary(v, shape, f"primaries[{j}]") for j, v in enumerate(values)]

    def argument(self, stored: Sequence[Any]) -> Any:
        """What a primary is given: one block, or a mapping or a tuple of blocks."""
        if self.keys is not None:
            return dict(zip(self.keys, stored, strict=True))
        return tuple(stored) if len(stored) > 1 else stored[0]


def open_series(series: Any, primaries: Any = None, *, name: str = "series") -> Series:
    """Check what the user gave and make it readable.

    ``series`` is one series, a mapping of names to series, or a tuple or list of arrays; all of
    one shape; messages call it ``name``. Raises TypeError or ValueError saying what was wrong and
    what to do.
    """
    keys, names, stored = _name_sources(series, name)
    sources = tuple(as_source(s, name) for s, name in zip(stored, names, strict=True))
    shapes = [tuple(source.shape) for source in sources]
    for name, shape in zip(names, shapes, strict=True):
        check_shape(shape, name)
        if shape != shapes[0]:
            raise ValueError(
                f"all series must have one shape; {names[0]} has {shapes[0]} and {name} has "
                f"{shape}; cut them to the same measurements"
            )
    chains, n = shapes[0] if len(shapes[0]) == 2 else (1, shapes[0][0])
    chosen = _as_primaries(primaries)
    opened = Series(sources, names, keys, chosen, chains, n)
    # Elementwise functions fix their dtype by the input's, so one measurement tells.
    probe = opened.primary_blocks(0, 1)
    split = tuple(np.iscomplexobj(value) for value in probe)
    return Series(sources, names, keys, chosen, chains, n, split)


def _name_sources(
    series: Any, name: str
) -> tuple[tuple[str, ...] | None, tuple[str, ...], tuple[Any, ...]]:
    if isinstance(series, Mapping):
        if not series:
            raise ValueError(f"{name} is an empty mapping; give at least one named series")
        keys = tuple(series)
        return keys, tuple(f"{name}[{shown(key)}]" for key in keys), tuple(series.values())
    if isinstance(series, list | tuple) and any(getattr(item, "shape", ()) for item in series):
        return None, tuple(f"{name}[{j}]" for j in range(len(series))), tuple(series)
    return None, (name,), (series,)


def as_source(series: Any, name: str) -> Any:
    """series as something to slice, of numbers in native order; TypeError for what is none."""
    if isinstance(series, np.ma.MaskedArray):
        raise TypeError(
            f"{name} is a masked array, and masks would be ignored; drop the masked measurements"
        )
    if hasattr(series, "__cuda_array_interface__"):
        raise TypeError(
            f"{name} is on a GPU ({type(series).__name__}); this analysis runs on the CPU; "
            f"copy it with .cpu() or .get() first"
        )
    if not isinstance(getattr(series, "dtype", None), np.dtype):
        series = _to_numpy(series, name)
    dtype = series.dtype
    if dtype.kind not in "biufc":
        raise TypeError(
            f"{name} must hold real or complex numbers; got dtype {dtype}; convert it with "
            f"np.asarray(..., dtype=float)"
        )
    if not dtype.isnative:
        raise TypeError(
            f"{name} has dtype {dtype.str} of foreign byte order; convert it with "
            f".astype('{dtype.newbyteorder('=').str}')"
        )
    return series


def _to_numpy(series: Any, name: str) -> NDArray[Any]:
    """Lists, and arrays of other libraries; torch tensors lose their gradient here."""
    try:
        return np.asarray(series.detach() if hasattr(series, "detach") else series)
    except (TypeError, ValueError, RuntimeError) as trouble:
        raise TypeError(
            f"{name} of type {type(series).__name__} cannot become a NumPy array ({trouble}); "
            f"give an array of shape (n,) or (chains, n), chains being of equal length"
        ) from trouble


def check_shape(shape: tuple[int, ...], name: str) -> None:
    """ValueError unless shape is (n,) or (chains, n), with n large enough to be analysed."""
    if len(shape) not in (1, 2):
        raise ValueError(
            f"{name} must have shape (n,) for one chain or (chains, n) for replicas; got {shape}; "
            f"reduce each measurement to one number first"
        )
    if 0 in shape:
        raise ValueError(f"{name} is empty, with shape {shape}; give at least {MINIMUM} numbers")
    if shape[-1] < MINIMUM:
        transposed = len(shape) == 2 and shape[0] >= MINIMUM
        raise ValueError(
            f"{name} with shape {shape} has {shape[-1]} measurements per chain and at least "
            f"{MINIMUM} are needed; "
            + ("transpose it if its first axis is time" if transposed else "run longer")
        )


def _as_primaries(primaries: Any) -> tuple[Primary, ...] | None:
    if primaries is None:
        return None
    chosen: tuple[Any, ...] = (primaries,) if callable(primaries) else ()
    if isinstance(primaries, list | tuple):
        chosen = tuple(primaries)
    if not chosen or not all(callable(primary) for primary in chosen):
        raise TypeError(
            f"primaries must be functions of a block, such as (np.abs, np.square); got "
            f"{shown(primaries)}"
        )
    return chosen


def _load(source: Any, start: int, stop: int) -> NDArray[Any]:
    block = source[start:stop] if len(source.shape) == 1 else source[:, start:stop]
    target = np.complex128 if source.dtype.kind == "c" else np.float64
    with np.errstate(over="ignore"):  # a longdouble beyond 1e308 is refused as infinite
        block = np.asarray(block, dtype=target).reshape(-1, stop - start).view()
    if block.strides[-1] != block.itemsize:  # NumPy adds up numbers that lie apart in another order
        block = block.copy()
    block.flags.writeable = False  # a primary must not change the user's data
    return block


def _checked_primary(value: Any, shape: tuple[int, int], name: str) -> NDArray[Any]:
    result = np.asarray(value)
    if result.shape != shape or result.dtype.kind not in "biufc":
        raise ValueError(
            f"{name} must map a block of shape {shape} to numbers of the same shape, element by "
            f"element; got shape {result.shape} and dtype {result.dtype}"
        )
    return result.astype(np.complex128 if result.dtype.kind == "c" else np.float64, copy=False)
