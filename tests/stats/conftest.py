"""Chains whose autocorrelations are known: AR(1), x(t+1) = a x(t) + η, ρ(t) = a^t."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def coefficient(tau: float) -> float:
    """a of the AR(1) chain with τ_int = (1 + a) / (2 (1 − a))."""
    return (2 * tau - 1) / (2 * tau + 1)


def _ar1(seed: int, count: int, n: int, tau: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """``count`` stationary chains of mean 0 and variance 1, shape (count, n)."""
    a = coefficient(tau)
    x = np.random.default_rng(seed).normal(size=(n, count))
    x[1:] *= np.sqrt(1 - a * a)
    for t in range(1, n):
        x[t] += a * x[t - 1]
    return np.ascontiguousarray(x.T)


@pytest.fixture(scope="session")
def ar1() -> Callable[..., Any]:
    return _ar1


@pytest.fixture(scope="session")
def ar1_coefficient() -> Callable[[float], float]:
    return coefficient
