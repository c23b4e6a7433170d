"""Kernels of `heatbath.random.distributions`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.random import Key
from heatbath.threads import get_threads
from heatbath_numba.arrays import counter_word, key_words, returned
from heatbath_numba.modules import common_module
from heatbath_numba.threads import run_together

__all__ = ["normal", "uniform"]

WORTH_A_THREAD = 100_000  # numbers


def uniform(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    made = common_module(dtype_name(like))
    return _filled(made.fill_part_uniform, like, key, step, dim, counter_word(purpose, draw))


def normal(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    made = common_module(dtype_name(like))
    return _filled(made.fill_part_normal, like, key, step, dim, counter_word(purpose, draw))


def _filled(
    fill: Callable[..., None], like: Any, key: Key, step: int, dim: int, word: np.uint64
) -> Any:
    shape = tuple(like.shape)
    n_chains = math.prod(shape[: len(shape) - dim])
    sites = math.prod(shape[len(shape) - dim :])
    out = np.empty((n_chains, sites), dtype=dtype_name(like))
    words = key_words(key)
    run_together(
        [
            lambda part=part: fill(out, words, *part, step, word)
            for part in _parts(n_chains, sites, get_threads())
        ]
    )
    return returned(out, like, shape)


def _parts(n_chains: int, sites: int, threads: int) -> list[tuple[int, int, int, int]]:
    """(begin, end, start, n) of each thread: some chains, or some sites of all of them."""
    threads = max(1, min(threads, n_chains * sites // WORTH_A_THREAD))
    if n_chains >= threads:
        bounds = [n_chains * k // threads for k in range(threads + 1)]
        return [(a, b, 0, sites) for a, b in itertools.pairwise(bounds)]
    bounds = [sites * k // threads // 4 * 4 for k in range(threads)] + [sites]
    return [(0, n_chains, a, b - a) for a, b in itertools.pairwise(bounds)]
