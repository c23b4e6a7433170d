"""Kernels of `heatbath.random.distributions`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.random import Key
from heatbath_numba.arrays import counter_word, key_words, over_chains, returned
from heatbath_numba.modules import common_module

__all__ = ["normal", "uniform"]


def uniform(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    made = common_module(dtype_name(like))
    return _filled(made.fill_chains_uniform, like, key, step, dim, counter_word(purpose, draw))


def normal(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    made = common_module(dtype_name(like))
    return _filled(made.fill_chains_normal, like, key, step, dim, counter_word(purpose, draw))


def _filled(
    fill: Callable[..., None], like: Any, key: Key, step: int, dim: int, word: np.uint64
) -> Any:
    shape = tuple(like.shape)
    n_chains = math.prod(shape[: len(shape) - dim])
    sites = math.prod(shape[len(shape) - dim :])
    out = np.empty((n_chains, sites), dtype=dtype_name(like))
    words = key_words(key)
    over_chains(n_chains, lambda part: fill(out[part], words[part], step, word))
    return returned(out, like, shape)
