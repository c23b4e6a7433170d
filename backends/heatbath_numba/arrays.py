"""In and out of kernels: NumPy views of the caller's arrays, and keys as words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from heatbath._namespace import as_numpy, kind_of
from heatbath.random import Key

__all__ = ["chains_of", "counter_word", "key_words", "returned"]


def chains_of(field: Any, dim: int) -> np.ndarray:
    """A fresh C-ordered copy of the field as (chains, sites); torch tensors are read in place."""
    values = as_numpy(field)
    batch = values.shape[: values.ndim - dim]
    shape = (math.prod(batch), math.prod(values.shape[values.ndim - dim :]))
    return np.array(values, order="C", copy=True).reshape(shape)


def returned(values: np.ndarray, like: Any, shape: tuple[int, ...]) -> Any:
    """The result in the caller's library, sharing memory, with the shape of the field."""
    values = values.reshape(shape)
    if kind_of(like) != "torch":
        return values
    import torch

    return torch.from_numpy(values)


def key_words(key: Key) -> np.ndarray:
    """(chains, 2) words as uint64."""
    return np.asarray(key.words, dtype=np.uint64)


def counter_word(purpose: int, draw: int = 0) -> np.uint64:
    """The counter word that holds the purpose and the draw."""
    return np.uint64(purpose << 16 | draw)
