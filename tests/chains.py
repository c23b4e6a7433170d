"""Long runs and their comparison with exact numbers, for the tests marked `statistics`.

A table of numbers has one bound on all its distances (Bonferroni), so that a right program fails
with probability ALPHA per table, and it must be sharp: an error of 1 % would be six standard
errors or more.  Seeds are fixed, so a table that passed once passes always on one machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

import heatbath as hb
from heatbath.random import Purpose

__all__ = ["Table", "compare", "means", "run", "standard"]

ALPHA = 3e-4  # one number: 3.6 standard errors; five: 4.0
SHARP = 6.0
BLOCKS = 100  # effective measurements, below which an error is not known well enough

Series = dict[str, np.ndarray]
Observe = Callable[[np.ndarray, Any], dict[str, np.ndarray]]


def run(
    sampler: Any,
    observe: Observe,
    *,
    chains: int,
    n: int,
    seed: int,
    every: int = 1,
    warm: int = 200,
) -> Series:
    """Series (chains, n) of what `observe(field, info)` returns, after `warm` updates of a narrow
    random start.  (Of 10⁴ wide starts a few lie so far out that HMC accepts nothing there.)"""
    lattice, key = sampler.action.placed_on, hb.random.key(seed, chains=chains)
    empty = np.empty((chains, *lattice.shape))
    start = hb.random.normal(empty, key, 0, dim=lattice.ndim, purpose=Purpose.START)
    state, _ = sampler.step(key, sampler.init(0.3 * start), warm)
    rows: dict[str, list[np.ndarray]] = {}
    for _ in range(n):
        state, info = sampler.step(key, state, every)
        for name, values in observe(state.field, info).items():
            rows.setdefault(name, []).append(values)
    return {name: np.stack(values, axis=1) for name, values in rows.items()}


def standard(action: Any, *names: str) -> Observe:
    """Per chain: phi2, phi4, bond, m, abs_m, m2, m4, s (action per site), phi_ds (φ ∂S/∂φ)."""
    lattice = action.placed_on
    axes, volume = lattice.axes, lattice.volume

    def bond(phi: np.ndarray) -> np.ndarray:
        return sum((phi * np.roll(phi, -1, axis)).mean(axis=axes) for axis in axes) / len(axes)

    def magnetization(phi: np.ndarray) -> np.ndarray:
        return phi.mean(axis=axes)

    formulas: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "phi2": lambda phi: (phi * phi).mean(axis=axes),
        "phi4": lambda phi: (phi * phi * phi * phi).mean(axis=axes),
        "bond": bond,
        "m": magnetization,
        "abs_m": lambda phi: np.abs(magnetization(phi)),
        "m2": lambda phi: magnetization(phi) ** 2,
        "m4": lambda phi: magnetization(phi) ** 4,
        "s": lambda phi: action(phi) / volume,
        "phi_ds": lambda phi: (-phi * action.force(phi)).mean(axis=axes),
    }
    return lambda phi, info: {name: formulas[name](phi) for name in names}


def means(series: Series) -> dict[str, Any]:
    """The mean of each series with its error."""
    return {name: hb.stats.estimate(values) for name, values in series.items()}


@dataclass(frozen=True)
class Table:
    """Rows (name, found, expected, error of both, distance in errors) and one bound on all."""

    rows: tuple[tuple[str, Any, float, float, float], ...]
    bound: float

    @property
    def agrees(self) -> bool:
        """Whether no distance exceeds the bound."""
        return all(abs(row[4]) <= self.bound for row in self.rows)

    @property
    def sharp(self) -> bool:
        """Whether an error of 1 % in any number would be seen, and the errors can be trusted."""
        return all(
            0.01 * abs(expected) >= SHARP * error and found.ess >= BLOCKS and not found.warnings
            for _, found, expected, error, _ in self.rows
        )

    def __str__(self) -> str:
        lines = [f"bound {self.bound:.2f} errors"]
        for name, found, expected, error, distance in self.rows:
            seen = 0.01 * abs(expected) / error
            lines.append(
                f"  {name:12s} {found!s:>16s}  expected {expected:<10.6g} distance "
                f"{distance:+6.2f}  1 % is {seen:5.1f} errors  n_eff {found.ess:9.0f}"
                f"  {' '.join(found.warnings)}"
            )
        return "\n".join(lines)


def compare(found: Mapping[str, Any], expected: Mapping[str, float | tuple[float, float]]) -> Table:
    """Estimates against exact numbers, or (value, error) pairs."""
    assert set(found) == set(expected)
    rows = []
    for name, estimate in found.items():
        pair = expected[name]
        value, uncertain = pair if isinstance(pair, tuple) else (pair, 0.0)
        error = math.hypot(estimate.error, uncertain)
        rows.append((name, estimate, value, error, (estimate.value - value) / error))
    table = Table(tuple(rows), NormalDist().inv_cdf(1 - ALPHA / (2 * len(rows))))
    print(table)
    return table
