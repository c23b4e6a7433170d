"""Hamiltonian dynamics and the rule of acceptance: identities that need no long run."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.mcmc import INTEGRATORS, integrate
from heatbath.mcmc.hmc import _accepted
from heatbath.random import Purpose

INTEGRATOR_NAMES = tuple(INTEGRATORS)


def action(shape: tuple[int, ...] = (6, 5)) -> Any:
    return hb.actions.Phi4(kappa=0.24, lam=0.1, lattice=shape)


def equilibrium(action: Any, chains: int) -> tuple[Any, Any]:
    """Fields of many chains near equilibrium, and fresh momenta."""
    key = hb.random.key(3, chains=chains)
    lattice = action.placed_on
    empty = np.empty((chains, *lattice.shape))
    start = hb.random.normal(empty, key, 0, dim=lattice.ndim, purpose=Purpose.START)
    sampler = hb.HMC(action, step_size=0.25, n_steps=6)
    state, _ = sampler.step(key, sampler.init(0.3 * start), n=100)
    momentum = hb.random.normal(empty, key, 0, dim=lattice.ndim)
    return state.field, momentum


def energy(action: Any, field: Any, momentum: Any) -> Any:
    return action(field) + 0.5 * np.sum(momentum * momentum, axis=action.placed_on.axes)


@pytest.mark.parametrize("name", INTEGRATOR_NAMES)
def test_integrators_are_symmetric_and_consistent(name: str) -> None:
    scheme = INTEGRATORS[name]
    assert scheme.drifts == scheme.drifts[::-1]
    assert scheme.kicks == scheme.kicks[::-1]
    assert sum(scheme.drifts) == pytest.approx(1, abs=1e-15)
    assert sum(scheme.kicks) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("name", INTEGRATOR_NAMES)
def test_a_thousand_steps_back_and_forth_return(name: str) -> None:
    """Reversibility: to 1e-11 over 1000 steps of 0.001 and back."""
    theory = action((4, 4))
    field, momentum = equilibrium(theory, 2)
    settings = {"step_size": 0.001, "n_steps": 1000, "integrator": name}
    there, p = integrate(theory, field, momentum, **settings)
    assert np.max(np.abs(there - field)) > 0.1
    back, p = integrate(theory, there, -p, **settings)
    assert np.max(np.abs(back - field)) <= 1e-11
    assert np.max(np.abs(p + momentum)) <= 1e-11


@pytest.mark.parametrize("name", INTEGRATOR_NAMES)
def test_a_harmonic_oscillator_against_its_matrix(name: str) -> None:
    """One site with S = ½ω²φ² (extent 1: bonds close on the site): each step is a known matrix
    of determinant 1."""
    theory = hb.actions.Gaussian(m2=2.0, lattice=(1,))
    scheme, step = INTEGRATORS[name], 0.3
    matrix = np.eye(2)
    for k, a in enumerate(scheme.drifts):
        matrix = np.array([[1, a * step], [0, 1]]) @ matrix
        if k < len(scheme.kicks):
            matrix = np.array([[1, 0], [-scheme.kicks[k] * step * 2.0, 1]]) @ matrix
    assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-13)
    expected = np.linalg.matrix_power(matrix, 7) @ [0.4, -1.1]
    q, p = integrate(
        theory, np.array([0.4]), np.array([-1.1]), step_size=step, n_steps=7, integrator=name
    )
    assert [q[0], p[0]] == pytest.approx(expected, abs=1e-13)


def rms_violation(name: str, step: float) -> float:
    theory = action()
    field, momentum = equilibrium(theory, 64)
    there, p = integrate(
        theory, field, momentum, step_size=step, n_steps=round(1.2 / step), integrator=name
    )
    violation = energy(theory, there, p) - energy(theory, field, momentum)
    return float(np.sqrt(np.mean(violation**2)))


@pytest.mark.parametrize("name", INTEGRATOR_NAMES)
def test_the_energy_violation_falls_with_the_square_of_the_step(name: str) -> None:
    steps = np.array([0.12, 0.06, 0.03, 0.015])
    violations = [rms_violation(name, step) for step in steps]
    slope = np.polyfit(np.log(steps), np.log(violations), 1)[0]
    assert slope == pytest.approx(INTEGRATORS[name].order, abs=0.08)


def test_omelyan_violates_energy_less_at_equal_cost() -> None:
    assert rms_violation("omelyan", 0.12) < 0.5 * rms_violation("leapfrog", 0.06)


def test_delta_h_is_the_change_of_the_energy() -> None:
    """What a step reports is S + p²/2 after minus before, for the momenta of its key."""
    theory, key = action(), hb.random.key(8, chains=3)
    field, _ = equilibrium(theory, 3)
    sampler = hb.HMC(theory, step_size=0.3, n_steps=5, randomise=False)
    state = dataclasses.replace(sampler.init(field), step=17)
    _, info = sampler.step(key, state)
    p = hb.random.normal(field, key, 17, dim=2, purpose=Purpose.MOMENTUM)
    there, p_there = integrate(theory, field, p, step_size=0.3, n_steps=5)
    expected = energy(theory, there, p_there) - energy(theory, field, p)
    assert info.delta_h[0] == pytest.approx(expected, abs=1e-11)


def test_what_is_accepted_is_what_the_rule_says() -> None:
    """−log u > ΔH for the number u of the step; the others stay where they were."""
    theory, key = action(), hb.random.key(4, chains=200)
    field, _ = equilibrium(theory, 200)
    sampler = hb.HMC(theory, step_size=0.55, n_steps=4)
    state, info = sampler.step(key, sampler.init(field))
    u = hb.random.uniform(info.delta_h[0], key, 0, dim=0, purpose=Purpose.ACCEPT)
    accepted = u < np.exp(-info.delta_h[0])
    assert 0.1 < accepted.mean() < 0.9
    assert np.array_equal(info.accepted[0], accepted)
    moved = np.any(state.field != field, axis=(1, 2))
    assert np.array_equal(moved, accepted)
    assert np.array_equal(info.acceptance, info.accepted.mean(axis=0))


def test_nan_and_infinity_are_rejected() -> None:
    change = np.array([np.nan, np.inf, -np.inf, -1.0])
    verdict = _accepted(change, hb.random.key(1, chains=4), 0)
    assert verdict.tolist() == [False, False, True, True]


@pytest.mark.parametrize("wish", ["reference", "kernel"])
def test_a_diverged_trajectory_leaves_the_field(wish: str) -> None:
    theory = action((2, 2))
    sampler = hb.HMC(theory, step_size=1e3, n_steps=20)
    field = np.full((2, 2), 1e3)
    with hb.backends.use(wish), np.errstate(all="ignore"):
        state, info = sampler.step(hb.random.key(1), sampler.init(field), n=3)
    assert np.array_equal(state.field, field)
    assert not info.accepted.any()
    assert not np.isfinite(info.delta_h).all()


def test_lengths_spread_around_their_mean() -> None:
    """Uniform on n_steps ± ⌊n_steps/2⌋, anew for each chain and update.

    Without a force (m² tiny, one site) a trajectory moves by p × length, which shows the length.
    """
    theory, chains, n = hb.actions.Gaussian(m2=1e-12, lattice=(1,)), 400, 9
    sampler = hb.HMC(theory, step_size=0.01, n_steps=n)
    key, lengths = hb.random.key(2, chains=chains), []
    state = sampler.init(np.zeros((chains, 1)))
    for step in range(5):
        p = hb.random.normal(state.field, key, step, dim=1, purpose=Purpose.MOMENTUM)
        before = state.field
        state, _ = sampler.step(key, state)
        lengths.append(np.rint((state.field - before) / (0.01 * p)))
    found = np.stack(lengths).ravel()
    assert set(found) == set(range(5, 14))
    assert found.mean() == pytest.approx(n, abs=5 * np.sqrt(60 / 9 / found.size))
    assert len(set(np.stack(lengths)[:, 0, 0])) > 1
    fixed, _ = dataclasses.replace(sampler, randomise=False).step(key, sampler.init(before))
    p = hb.random.normal(before, key, 0, dim=1, purpose=Purpose.MOMENTUM)
    assert np.rint((fixed.field - before) / (0.01 * p)) == pytest.approx(n)


def test_one_step_stays_one_step() -> None:
    sampler = hb.HMC(action(), step_size=0.1, n_steps=1)
    field, _ = equilibrium(action(), 1)
    key = hb.random.key(5)
    state, _ = sampler.step(key, sampler.init(field))
    fixed, _ = dataclasses.replace(sampler, randomise=False).step(key, sampler.init(field))
    assert np.array_equal(state.field, fixed.field)


BAD = [
    ({"step_size": 0.0}, ValueError, "step_size must be a positive number; got 0.0"),
    ({"step_size": -0.1}, ValueError, "step_size must be a positive number"),
    ({"step_size": np.nan}, ValueError, "step_size must be a positive number"),
    ({"step_size": "0.1"}, ValueError, "step_size must be a positive number"),
    ({"n_steps": 0}, ValueError, "n_steps must be a whole number of at least 1"),
    ({"n_steps": 2.5}, ValueError, "n_steps must be a whole number of at least 1"),
    ({"integrator": "leapfrg"}, ValueError, "did you mean 'leapfrog'"),
]


@pytest.mark.parametrize(("settings", "error", "words"), BAD)
def test_bad_settings_are_refused(settings: dict[str, Any], error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        hb.HMC(action(), **settings)


def test_integrate_checks_its_arguments() -> None:
    field = np.zeros((6, 5))
    with pytest.raises(ValueError, match=r"momentum must have shape \(\*batch, 6, 5\)"):
        integrate(action(), field, np.zeros((5, 6)), step_size=0.1, n_steps=2)
    with pytest.raises(ValueError, match="n_steps must be a whole number"):
        integrate(action(), field, field, step_size=0.1, n_steps=0)
