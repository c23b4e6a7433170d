"""How each operation of the kernel table is called, and by what its time is divided.

A new operation gets one line in OPERATIONS; `tests/test_benchmarks.py` misses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import heatbath as hb

from .alternating import Call

__all__ = ["LAM", "OPERATIONS", "kappa_of", "label", "like", "phi4"]

LAM = 0.022
KEY = hb.random.key(1)


def kappa_of(dim: int) -> float:
    """A κ somewhat below the critical one."""
    return 0.52 / dim


def phi4(shape: tuple[int, ...]) -> Any:
    return hb.actions.Phi4(kappa=kappa_of(len(shape)), lam=LAM, lattice=shape)


@dataclass(frozen=True)
class Operation:
    """prepared(field, n): a call of n updates, or n fills.  unit: one of what its time is."""

    prepared: Callable[[Any, int], Call]
    unit: str


def _updates(sampler: Callable[[Any], Any]) -> Callable[[Any, int], Call]:
    def prepared(field: Any, n: int) -> Call:
        made = sampler(phi4(tuple(field.shape)))
        state = made.init(field)
        return lambda: made.step(KEY, state, n=n)

    return prepared


def _fills(fill: Callable[..., Any]) -> Callable[[Any, int], Call]:
    def prepared(field: Any, n: int) -> Call:
        return lambda: [fill(field, KEY, k, dim=field.ndim) for k in range(n)]

    return prepared


OPERATIONS = {
    "random.uniform": Operation(_fills(hb.random.uniform), "ns per number"),
    "random.normal": Operation(_fills(hb.random.normal), "ns per number"),
    "mcmc.hmc.trajectories": Operation(
        _updates(lambda a: hb.HMC(a, step_size=0.1, n_steps=10, randomise=False)),
        "ns per site and trajectory of 10 steps",
    ),
    "mcmc.metropolis.sweeps": Operation(_updates(hb.Metropolis), "ns per site and sweep"),
    "sde.langevin.steps": Operation(_updates(hb.Langevin), "ns per site and step"),
}


def like(array_type: str, shape: tuple[int, ...], dtype: str) -> Any:
    """A field of zeros as the array type of a row.  ModuleNotFoundError without its package."""
    values = np.zeros(shape, dtype)
    if array_type == "numpy.ndarray":
        return values
    if array_type == "torch.Tensor":
        import torch

        return torch.from_numpy(values)
    raise ValueError(f"no benchmark makes a {array_type} yet")


def label(shape: tuple[int, ...]) -> str:
    """A lattice in words: 16², 16 × 32."""
    if len(set(shape)) > 1:
        return " × ".join(map(str, shape))
    return f"{shape[0]}{'⁰¹²³⁴'[len(shape)]}"
