"""exp(−S) of one site is stationary, by quadrature: no long run and no statistical error.

The random numbers of one update run through a grid, the field starts on another with weight
exp(−S), and moments after the update must be those before, up to the width of the grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.mcmc import hmc as hmc_module, metropolis as metropolis_module

ACTION = hb.actions.Phi4(kappa=0.1, lam=0.2, lattice=(1,))


def midpoints(n: int, low: float, high: float) -> np.ndarray:
    return low + (high - low) * (np.arange(n) + 0.5) / n


class Grid:
    """All combinations of a field, a first random number and the one that decides."""

    def __init__(self, first: np.ndarray, weight: np.ndarray | None = None) -> None:
        phi, last = midpoints(160, -4, 4), midpoints(40, 0, 1)
        shape = (phi.size, first.size, last.size)
        self.phi = np.broadcast_to(phi[:, None, None], shape)[..., None].copy()
        self.first = np.broadcast_to(first[None, :, None], shape)[..., None].copy()
        self.last = np.broadcast_to(last, shape).copy()
        grid_weight = np.exp(-ACTION(self.phi))
        if weight is not None:
            grid_weight = grid_weight * weight[None, :, None]
        self.weight = grid_weight / grid_weight.sum()

    def change(self, sampler: Any) -> np.ndarray:
        """Relative change of ⟨φ²⟩ and ⟨φ⁴⟩ in one update."""
        key = hb.random.key(0, chains=self.weight.size)
        with hb.backends.use("reference"):
            state, _ = sampler.step(key, sampler.init(self.phi))

        def moments(x: np.ndarray) -> np.ndarray:
            return np.array([(self.weight * x[..., 0] ** k).sum() for k in (2, 4)])

        return np.abs(moments(state.field) / moments(self.phi) - 1)


def hmc(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    p = midpoints(64, -4.5, 4.5)
    grid = Grid(p, np.exp(-0.5 * p * p))
    monkeypatch.setattr(hmc_module.random, "normal", lambda *a, **k: grid.first)
    monkeypatch.setattr(hmc_module.random, "uniform", lambda *a, **k: grid.last)
    return grid.change(hb.HMC(ACTION, step_size=0.8, n_steps=2, randomise=False))


def metropolis(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    grid = Grid(midpoints(64, 0, 1))

    def uniform(*args: Any, draw: int, **kwargs: Any) -> np.ndarray:
        return grid.first if draw == 0 else grid.last[..., None]

    monkeypatch.setattr(metropolis_module.random, "uniform", uniform)
    return grid.change(hb.Metropolis(ACTION, width=1.5))


@pytest.mark.parametrize("change", [hmc, metropolis])
def test_one_site_is_stationary(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert change(monkeypatch).max() < 4e-3


@pytest.mark.parametrize(
    "rule",
    [lambda change, *_: change == change, lambda change, *_: change < 0],
    ids=["always", "downhill"],
)
def test_wrong_rules_of_acceptance_are_not(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmc_module, "_accepted", rule)
    assert hmc(monkeypatch).max() > 0.02


def test_a_wrong_threshold_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """−2 log u in place of −log u: a temperature of its own."""
    log = metropolis_module.log
    monkeypatch.setattr(metropolis_module, "log", lambda u: 2 * log(u))
    assert metropolis(monkeypatch).max() > 0.02
