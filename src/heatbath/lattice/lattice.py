"""The lattice: extents, boundary, neighbours, colourings, and sums in one fixed order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from heatbath._checks import check_choice, is_whole, require_memory
from heatbath._namespace import Array, dtype_name, namespace_of
from heatbath._suggest import shown

__all__ = ["Lattice", "tree_sum"]

Offset = tuple[int, ...]
BOUNDARIES = ("periodic",)
SUMMED = ("float64", "float32", "complex128", "complex64", "int64")  # the sum of two bools is "or"
MOST_SITES = 1 << 48  # the counter of the random numbers has no names for more


@dataclass(frozen=True)
class Lattice:
    """A hypercubic lattice of spacing 1.

    shape: one to four extents, each at least 1.  On an axis of extent 1 a site is its own
        neighbour; on an axis of extent 2 it meets the same neighbour in both directions.
    boundary: "periodic".

    >>> Lattice((16, 16)).volume
    256
    """

    shape: tuple[int, ...]
    boundary: str = "periodic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _checked_shape(self.shape))
        check_choice("boundary", self.boundary, BOUNDARIES)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def volume(self) -> int:
        """The number of sites."""
        return math.prod(self.shape)

    @property
    def axes(self) -> tuple[int, ...]:
        """The lattice axes of a field of shape (*batch, *lattice), counted from the end."""
        return tuple(range(-self.ndim, 0))

    def shift(self, field: Array, offset: Offset) -> Array:
        """The field at x + offset, as an array over x; shape (*batch, *lattice) as the field.

        offset: one whole number per axis.
        """
        self._check_axes(field)
        offset = _checked_offset(offset, self.ndim)
        if not any(offset):
            return field
        moves = {axis: -step for axis, step in zip(self.axes, offset, strict=True) if step}
        return namespace_of(field).roll(field, tuple(moves.values()), axis=tuple(moves))

    def sum(self, field: Array) -> Array:
        """The sum over all sites in the fixed order of `tree_sum`; shape (*batch,)."""
        self._check_axes(field)
        return tree_sum(field, self.ndim)

    def colouring(self, offsets: tuple[Offset, ...]) -> Any:
        """Colours 0, 1, … (a NumPy int64 array of the lattice's shape) such that two sites at
        one of the given offsets, or its opposite, differ, unless they are the same site.

        MemoryError where the lattice is too large for that array.
        """
        if not isinstance(offsets, tuple | list | Set):
            raise TypeError(
                f"offsets must be a tuple of offsets such as ((1, 0), (0, 1)); got {shown(offsets)}"
            )
        checked = tuple(_checked_offset(offset, self.ndim) for offset in offsets)
        require_memory(32 * self.volume, f"the colours of {self.volume} sites")
        return _colouring(self.shape, checked)

    def _check_axes(self, field: Array) -> None:
        """Raise unless the last axes of an array are those of this lattice."""
        namespace_of(field)
        if tuple(field.shape[max(len(field.shape) - self.ndim, 0) :]) != self.shape:
            raise ValueError(
                f"field must have shape (*batch, {', '.join(map(str, self.shape))}) for this "
                f"lattice; got {tuple(field.shape)}"
            )


def tree_sum(field: Array, dim: int) -> Array:
    """The sum over the last `dim` axes by a fixed tree: rows of the last axis, then the rows.

    A tree of n numbers adds x[i] + x[i + h] with h = ⌈n/2⌉ (an odd middle one rides along)
    until one is left: the same bits in every library, thread count and batch, and an error that
    grows with log n.

    >>> import numpy as np
    >>> float(tree_sum(np.ones((3, 5)), 2))
    15.0
    """
    xp = namespace_of(field)
    if dtype_name(field) not in SUMMED:
        raise TypeError(
            f"field must hold numbers of {', '.join(SUMMED)}; got {dtype_name(field)}: convert it"
        )
    if not is_whole(dim) or not 0 <= dim <= len(field.shape):
        raise ValueError(
            f"dim, the number of axes to sum, must lie between 0 and {len(field.shape)}; got "
            f"{shown(dim)}"
        )
    batch = field.shape[: field.ndim - dim]
    if dim == 0:
        return field
    rows = _halved(field, field.shape[-1])
    rows = xp.reshape(rows, (*batch, -1))
    return xp.reshape(_halved(rows, rows.shape[-1]), batch)


def _halved(x: Array, n: int) -> Array:
    """Sum the last axis of length n to length 1."""
    xp = namespace_of(x)
    while n > 1:
        h = (n + 1) // 2
        total = x[..., : n - h] + x[..., h:n]
        x = total if n % 2 == 0 else xp.concat([total, x[..., n - h : h]], axis=-1)
        n = h
    return x


def _checked_shape(shape: Any) -> tuple[int, ...]:
    several = isinstance(shape, Iterable) and not isinstance(shape, str | bytes | Set | Mapping)
    extents = tuple(shape) if several and getattr(shape, "shape", True) else (shape,)
    if not all(map(is_whole, extents)) or not 1 <= len(extents) <= 4 or min(extents) < 1:
        raise ValueError(
            f"a lattice shape is one to four whole extents of at least 1, such as (16, 16); "
            f"got {shown(shape)}"
        )
    whole = tuple(map(int, extents))
    if math.prod(whole) >= MOST_SITES:
        raise ValueError(f"a lattice must have less than 2**48 sites; got the shape {shown(whole)}")
    return whole


def _checked_offset(offset: Any, ndim: int) -> Offset:
    """An offset of one whole number per axis."""
    if not isinstance(offset, tuple | list) or not all(map(is_whole, offset)):
        raise TypeError(f"offset must be a tuple of whole numbers; got {shown(offset)}")
    if len(offset) != ndim:
        raise ValueError(
            f"offset must have one number for each of {ndim} axes; got {shown(offset)}"
        )
    return tuple(map(int, offset))


@lru_cache(maxsize=64)
def _colouring(shape: tuple[int, ...], offsets: tuple[Offset, ...]) -> Any:
    if all(sum(map(abs, o)) == 1 for o in offsets):
        colours = _nearest_colouring(shape)
    else:
        colours = _greedy_colouring(shape, offsets)
    colours.setflags(write=False)
    return colours


def _nearest_colouring(shape: tuple[int, ...]) -> Any:
    """Per axis 0, 1, 0, 1, …, the last site of an odd axis 2; the sum of the axes modulo 2 if
    all extents are even, else modulo 3."""
    total = np.zeros(shape, dtype=np.int64)
    odd = False
    for axis, n in enumerate(shape):
        colour = np.arange(n) % 2
        if n % 2 and n > 1:
            colour[-1] = 2
            odd = True
        total += np.expand_dims(colour, [a for a in range(len(shape)) if a != axis])
    return total % (3 if odd else 2)


def _greedy_colouring(shape: tuple[int, ...], offsets: tuple[Offset, ...]) -> Any:
    """The smallest colour that no neighbour has, in C order of the sites."""
    colours = np.full(shape, -1, dtype=np.int64)
    both = {*offsets, *(tuple(-i for i in o) for o in offsets)}
    for x in itertools.product(*map(range, shape)):
        around = [tuple((i + j) % n for i, j, n in zip(x, o, shape, strict=True)) for o in both]
        taken = {int(colours[y]) for y in around if y != x}
        colours[x] = next(c for c in itertools.count() if c not in taken)
    return colours
