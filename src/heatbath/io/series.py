"""Stored arrays, cut to what is committed and read when sliced."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Stored"]


class Stored:
    """A stored array up to the committed length of one axis.

    array: what is read by a tuple of slices.  length: what is committed of `axis`.  Slicing reads
    and gives NumPy arrays, as does `numpy.asarray`.
    """

    def __init__(self, array: Any, length: int, axis: int) -> None:
        self._array, self._length, self._axis = array, length, axis

    @property
    def shape(self) -> tuple[int, ...]:
        """With the committed length."""
        shape = tuple(self._array.shape)
        return (*shape[: self._axis], self._length, *shape[self._axis + 1 :])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored numbers."""
        dtype: np.dtype[Any] = np.dtype(self._array.dtype)
        return dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        keys = list(key) if isinstance(key, tuple) else [key]
        for at in [i for i, k in enumerate(keys) if k is Ellipsis][:1]:
            keys[at : at + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        keys += [slice(None)] * (self.ndim - len(keys))
        if not all(isinstance(k, int | np.integer | slice) for k in keys):
            return self._read([slice(None)] * self.ndim)[key]
        if len(keys) > self.ndim:
            raise IndexError(f"too many indices: the array has shape {self.shape}; got {key!r}")
        return self._read(keys)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self[...], dtype=dtype)

    def __repr__(self) -> str:
        return f"<stored array of shape {self.shape} and dtype {self.dtype}>"

    def _read(self, keys: list[Any]) -> Any:
        """Read the smallest range of each axis that holds what is asked, and pick from it."""
        ranges, picks = zip(
            *(_range_and_pick(k, n) for k, n in zip(keys, self.shape, strict=True)), strict=True
        )
        return np.asarray(self._array[tuple(ranges)])[tuple(picks)]


def _range_and_pick(key: Any, n: int) -> tuple[slice, Any]:
    if not isinstance(key, slice):
        i = int(key) + n if key < 0 else int(key)
        if not 0 <= i < n:
            raise IndexError(f"index {key} is out of bounds for an axis with {n} entries")
        return slice(i, i + 1), 0
    wanted = range(n)[key]
    if not wanted:
        return slice(0, 0), slice(None)
    low, high = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
    return slice(low, high + 1), slice(None, None, wanted.step)
