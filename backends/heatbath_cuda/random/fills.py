"""Kernels of `heatbath.random.distributions`."""

from __future__ import annotations

import math
from typing import Any

from heatbath._namespace import dtype_name
from heatbath.random import Key
from heatbath_cuda.arrays import device_of
from heatbath_cuda.modules import common_module
from heatbath_cuda.sweep import key_words, purpose_word

__all__ = ["normal", "uniform"]


def uniform(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    return _filled("fill_uniform", like, key, step, dim, purpose_word(purpose, draw))


def normal(like: Any, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0) -> Any:
    return _filled("fill_normal", like, key, step, dim, purpose_word(purpose, draw))


def _filled(kernel: str, like: Any, key: Key, step: int, dim: int, word: int) -> Any:
    shape, dtype = tuple(like.shape), dtype_name(like)
    chains, sites = math.prod(shape[: len(shape) - dim]), math.prod(shape[len(shape) - dim :])
    fill = getattr(common_module(dtype), kernel)
    with device_of(like) as device:
        out = device.empty((chains, sites), dtype)
        if sites:
            blocks = min(-(-sites // device.threads), device.most_blocks)
            device.launch(fill, blocks, chains, out.view, key_words(device, key), step, word)
        return device.xp.reshape(out.array, shape)
