"""One p-value for many means at once, however they are correlated.

Hotelling's T² (Ann. Math. Stat. 2, 360 (1931)) of the mean of n independent vectors with p
components, T²·(n − p)/(p(n − 1)) ~ F(p, n − p), and Wilks' Λ (Biometrika 24, 471 (1932)) of the
means of several groups, with C. R. Rao's F.  Both are exact for normal vectors, and means of many
numbers nearly are.

A component that does not fluctuate has no such test: it must have its expected value to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Deviation", "deviation", "same_means"]

Floats = NDArray[np.float64]
FLAT = 1e-10
"""Eigenvalues of a correlation matrix below are no fluctuation."""


@dataclass(frozen=True)
class Deviation:
    """Of the mean of independent vectors from what it should be.

    p_value: joint, of all components.  mean, error: shape (p,), of mean − expected.
    """

    p_value: float
    mean: Floats
    error: Floats

    @property
    def largest(self) -> int:
        """The component that is most standard errors away."""
        return int(np.argmax(np.abs(self.mean) / np.where(self.error > 0.0, self.error, np.inf)))


def deviation(samples: Floats, expected: Any = 0.0) -> Deviation:
    """How far the mean of `samples`, (n, p), is from `expected`, a number or (p,).

    >>> rng = np.random.default_rng(1)
    >>> deviation(rng.normal(size=(100, 3)) + 1.0).p_value < 1e-6
    True
    """
    from scipy.stats import f as fisher

    values = np.asarray(samples, dtype=np.float64) - expected
    n, mean = len(values), values.mean(axis=0)
    if not np.isfinite(values).all():
        return Deviation(0.0, mean, np.full_like(mean, math.nan))
    error = values.std(axis=0, ddof=1) / math.sqrt(n)
    whitened, left = _whitened(values - mean, mean)
    p = len(whitened)
    if left:
        return Deviation(0.0, mean, error)
    if p == 0:
        return Deviation(1.0, mean, error)
    t2 = n * float(whitened @ whitened)
    return Deviation(float(fisher.sf(t2 * (n - p) / (p * (n - 1)), p, n - p)), mean, error)


def _whitened(residuals: Floats, mean: Floats) -> tuple[Floats, bool]:
    """The mean in units in which the residuals, (n, p), have unit covariance; and whether it has
    a part in a direction in which they do not fluctuate."""
    scale = np.sqrt((residuals**2).mean(axis=0))
    rounding = 1e-12 * np.maximum(1.0, np.abs(mean).max(initial=0.0))
    moving = scale > rounding
    if bool((np.abs(mean[~moving]) > 10.0 * rounding).any()):
        return np.zeros(0), True
    if not moving.any():
        return np.zeros(0), False
    unit, shift = residuals[:, moving] / scale[moving], mean[moving] / scale[moving]
    values, vectors = np.linalg.eigh(unit.T @ unit / (len(unit) - 1))
    large = values > FLAT
    along = shift @ vectors
    left = bool((np.abs(along[~large]) > 1e-4).any())
    return along[large] / np.sqrt(values[large]), left


def same_means(groups: Sequence[Floats]) -> float:
    """The p-value of groups of independent vectors, each (n, p), having one mean: Wilks' Λ."""
    from scipy.stats import f as fisher

    everything = np.concatenate(groups)
    grand = everything.mean(axis=0)
    means = [group.mean(axis=0) for group in groups]
    within = np.concatenate([g - m for g, m in zip(groups, means, strict=True)])
    whitened = [
        _whitened(within, math.sqrt(len(g)) * (m - grand))
        for g, m in zip(groups, means, strict=True)
    ]
    if any(left for _, left in whitened):
        return 0.0
    between = np.stack([w for w, _ in whitened])
    p, q, n = between.shape[1], len(groups) - 1, len(everything)
    if p == 0:
        return 1.0
    # _whitened scales by the covariance with n − 1; Λ = det(W) / det(W + B)
    wilks = 1.0 / np.linalg.det(np.eye(p) + between.T @ between / (n - 1))
    return _rao(float(wilks), p, q, n, fisher)


def _rao(wilks: float, p: int, q: int, n: int, fisher: Any) -> float:
    """p-value of Wilks' Λ of p components in q + 1 groups of n vectors in all."""
    m = n - 1 - (p + q + 1) / 2
    s = math.sqrt((p * p * q * q - 4) / (p * p + q * q - 5)) if p * p + q * q > 5 else 1.0
    free = m * s - p * q / 2 + 1
    root = wilks ** (1.0 / s)
    return float(fisher.sf((1.0 - root) / root * free / (p * q), p * q, free))
