"""Unadjusted Langevin: what it does exactly, biased as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.random import Purpose
from heatbath.sde import langevin as langevin_module

STEP = 0.05


def test_a_step_is_drift_and_noise() -> None:
    action = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 3))
    field = np.linspace(-1, 1, 12).reshape(4, 3)
    key = hb.random.key(7)
    noise = hb.random.normal(field, key, 5, dim=2, purpose=Purpose.NOISE)
    state, info = hb.Langevin(action, step_size=STEP).step(key, hb.mcmc.State(field, 5))
    expected = field + STEP * action.force(field) + np.sqrt(2 * STEP) * noise
    assert state.field == pytest.approx(expected, abs=1e-14)
    assert not info.diverged
    assert info.acceptance == 1


def test_a_runaway_is_reported() -> None:
    action = hb.actions.Phi4(kappa=0.2, lam=1.0, lattice=(4,))
    sampler = hb.Langevin(action, step_size=1.0)
    with np.errstate(all="ignore"):
        _, info = sampler.step(hb.random.key(1), sampler.init(np.full(4, 1e3)), n=20)
    assert info.diverged


@pytest.mark.parametrize("step_size", [0.0, -0.1, np.nan, None])
def test_bad_steps_are_refused(step_size: Any) -> None:
    action = hb.actions.Gaussian(m2=1.0, lattice=(2,))
    with pytest.raises(ValueError, match="step_size must be a positive number"):
        hb.Langevin(action, step_size=step_size)


def stationary(action: Any, step_size: float, chains: int, updates: int) -> Any:
    """Fields of independent chains after so many updates from 0."""
    sampler = hb.Langevin(action, step_size=step_size)
    start = np.zeros((chains, *action.placed_on.shape))
    state, _ = sampler.step(hb.random.key(5, chains=chains), sampler.init(start), n=updates)
    return state.field


def z_score(values: Any, expected: float) -> float:
    """The distance of the mean of independent values from `expected` in standard errors."""
    return float((values.mean() - expected) / (values.std() / np.sqrt(values.size)))


def mode_scores(action: Any, step_size: float, chains: int) -> list[float]:
    """For each mode of a ring: its variance against 1/(ω²(1 − εω²/2)), in standard errors.

    A mode with curvature ω² follows a ← (1 − εω²)a + √(2ε) ξ, whose variance is that.
    """
    length = action.placed_on.shape[0]
    field = stationary(action, step_size, chains, 200)
    curvature = action.couplings["m2"] + 4 * np.sin(np.pi * np.arange(length) / length) ** 2
    exact = 1 / (curvature * (1 - step_size * curvature / 2))
    power = np.abs(np.fft.fft(field, axis=1)) ** 2 / length
    return [z_score(power[:, k], exact[k]) for k in range(length // 2 + 1)]


def test_each_gaussian_mode_has_the_variance_of_euler_and_maruyama() -> None:
    action = hb.actions.Gaussian(m2=0.5, lattice=(7,))
    assert max(map(abs, mode_scores(action, 0.1, 40_000))) < 4.2


def test_the_exact_discrete_identity() -> None:
    """⟨φS'⟩ − (ε/2)⟨S'²⟩ = 1, where ⟨φS'⟩ alone is visibly not 1."""
    action = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 3))
    field = stationary(action, STEP, 30_000, 300)
    slope = -action.force(field)
    virial = (field * slope).mean(axis=(1, 2))
    squared = (slope * slope).mean(axis=(1, 2))
    assert abs(z_score(virial - 0.5 * STEP * squared, 1.0)) < 4
    assert z_score(virial, 1.0) > 10


def test_a_wrong_noise_normalisation_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """√ε instead of √(2ε), as some codes have it, halves the temperature."""
    monkeypatch.setattr(langevin_module.math, "sqrt", lambda x: np.sqrt(x / 2))
    action = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 3))
    with hb.backends.use("reference"):
        field = stationary(action, STEP, 2_000, 300)
    slope = -action.force(field)
    identity = (field * slope - 0.5 * STEP * slope * slope).mean(axis=(1, 2))
    assert abs(z_score(identity, 1.0)) > 20
    assert identity.mean() == pytest.approx(0.5, abs=0.05)
