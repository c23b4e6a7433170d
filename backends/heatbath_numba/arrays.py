"""In and out of kernels: NumPy views of the caller's arrays, keys as words, chains on threads."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any

import numpy as np

from heatbath._namespace import as_numpy, kind_of
from heatbath.random import Key

__all__ = ["chains_of", "counter_word", "key_words", "over_chains", "returned"]


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


def over_chains(n_chains: int, run: Callable[[slice], None]) -> None:
    """Call run(slice of chains) on as many threads as HEATBATH_NUM_THREADS allows.

    Chains are independent and write to places of their own, so the bits do not depend on it.
    """
    n = min(_threads(os.environ.get("HEATBATH_NUM_THREADS", "1")), n_chains)
    if n <= 1:
        run(slice(0, n_chains))
        return
    bounds = [n_chains * k // n for k in range(n + 1)]
    jobs = [
        _pool(n, os.getpid()).submit(copy_context().run, run, slice(a, b))
        for a, b in itertools.pairwise(bounds)
    ]
    for job in jobs:
        job.result()


@cache
def _threads(wanted: str) -> int:
    try:
        return int(wanted)
    except ValueError:
        raise ValueError(f"HEATBATH_NUM_THREADS must be a whole number; got {wanted!r}") from None


@cache
def _pool(n: int, process: int) -> ThreadPoolExecutor:
    """One pool per process: after a fork the child makes its own."""
    return ThreadPoolExecutor(n, thread_name_prefix="heatbath")
