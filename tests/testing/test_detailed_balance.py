"""Detailed balance by integration: right samplers obey it, cycles do not, mistakes are seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.mcmc import hmc as hmc_module, metropolis as metropolis_module
from heatbath.testing import CheckFailed, check_detailed_balance, transition_matrix
from heatbath.testing.broken import BiasedProposal, DriftingWalk, ForgottenJacobian, HiddenState
from samplers import cubic

PHI4 = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 4))
GAUSSIAN = hb.actions.Gaussian(m2=0.5, lattice=(6,))
FAST = {"points": 2048}
ROUGH = {"step_size": 0.7, "n_steps": 3}  # many rejections


@dataclass(frozen=True)
class Toy:
    """A sampler of one site with a given map of the field and the key."""

    action: Any
    update: Any

    exact = True

    def on(self, lattice: Any) -> Any:
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Any) -> Any:
        return hb.mcmc.started(self.action, field)

    def step(self, key: Any, state: Any, n: int = 1) -> tuple[Any, Any]:
        field = state.field
        for now in range(state.step, state.step + n):
            field = self.update(field, key, now)
        return hb.mcmc.State(field, state.step + n), None


def noise(field: Any, key: Any, step: int) -> Any:
    return hb.random.normal(field, key, step, dim=1, purpose=hb.random.Purpose.NOISE)


# ---------------------------------------------------------------- the matrix
def test_the_matrix_of_an_exact_process() -> None:
    """φ' = rφ + √(1 − r²) z keeps N(0, 1), and two normal numbers with correlation r have the rank
    correlation (6/π) arcsin(r/2) (C. Spearman's ρ): that is the element P1 P1."""
    r = 0.6
    exact = Toy(
        hb.actions.Gaussian(m2=1.0, lattice=(1,)),
        lambda field, *place: r * field + math.sqrt(1 - r * r) * noise(field, *place),
    )
    matrix = transition_matrix(exact, degree=2, replicates=16, points=4096)
    assert matrix.names == ("1", "P1", "P2")
    assert matrix.values[1, 1] == pytest.approx(6 / math.pi * math.asin(r / 2), abs=2e-4)
    assert matrix.errors[1, 1] < 1e-4
    np.testing.assert_allclose(matrix.values[0], [1, 0, 0], atol=2e-4)
    np.testing.assert_allclose(matrix.values[1, 2], 0, atol=2e-4)
    assert check_detailed_balance(exact, lattice=(1,)).passed


def test_errors_are_honest_and_small() -> None:
    """Different scramblings scatter as their errors say."""
    sampler = hb.HMC(PHI4, **ROUGH)
    values, errors = [], []
    for seed in range(10):
        matrix = transition_matrix(sampler, degree=2, replicates=16, points=512, seed=seed)
        values.append(matrix.values[1, 1])
        errors.append(matrix.errors[1, 1])
    assert 0.5 < np.std(values, ddof=1) / np.mean(errors) < 1.8
    assert np.mean(errors) < 0.7 / math.sqrt(16 * 512)  # of random points about 1/√N


# ---------------------------------------------------------------- right samplers
@pytest.mark.parametrize(
    ("sampler", "lattice"),
    [
        (hb.HMC(PHI4, **ROUGH), (2, 1)),
        (hb.HMC(cubic(5), **ROUGH, integrator="omelyan"), (1,)),
        (hb.Metropolis(cubic(5), width=1.5), (1,)),
        (DriftingWalk(GAUSSIAN), (2,)),
    ],
    ids=["hmc", "omelyan", "metropolis", "drifting walk"],
)
def test_right_samplers_obey_it(sampler: Any, lattice: Any) -> None:
    found = check_detailed_balance(sampler, lattice=lattice, points=4096)
    assert found.passed
    assert found.numbers["largest_error"] < 4e-3


def test_hmc_is_examined_on_one_and_two_sites_others_on_one() -> None:
    assert " on (1, 1) and (2, 1)" in str(check_detailed_balance(hb.HMC(PHI4, **ROUGH), **FAST))
    assert "(2, 1)" not in str(check_detailed_balance(hb.Metropolis(PHI4), **FAST))


# ---------------------------------------------------------------- what does not obey it
def test_a_cycle_of_two_reversible_updates_does_not() -> None:
    parts = hb.HMC(PHI4, **ROUGH), hb.Metropolis(PHI4, width=1.5)
    with pytest.raises(CheckFailed, match="reversible = False"):
        check_detailed_balance(hb.cycle(*parts), **FAST)


def test_a_palindrome_of_them_does() -> None:
    parts = hb.Metropolis(PHI4, width=1.5), hb.HMC(PHI4, **ROUGH)
    assert check_detailed_balance(hb.cycle(*parts, parts[0]), **FAST).passed


def test_a_sweep_over_two_sites_does_not() -> None:
    assert not check_detailed_balance.examine(hb.Metropolis(PHI4), lattice=(2, 1), **FAST).passed


@pytest.mark.parametrize("broken", [BiasedProposal, ForgottenJacobian])
def test_broken_proposals_do_not(broken: Any) -> None:
    found = check_detailed_balance.examine(broken(cubic(5)), **FAST)
    assert not found.passed
    assert "Hastings" in found.advice


@pytest.mark.parametrize(
    "rule",
    [lambda change, *_: change == change, lambda change, *_: change < 0],
    ids=["always", "downhill"],
)
def test_wrong_rules_of_acceptance_do_not(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmc_module, "_accepted", rule)
    found = check_detailed_balance.examine(hb.HMC(PHI4, **ROUGH), lattice=(1, 1), **FAST)
    assert not found.passed
    assert "not even stationary" in found.advice


def test_a_wrong_threshold_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """−2 log u in place of −log u: a temperature of its own."""
    log = metropolis_module.log
    monkeypatch.setattr(metropolis_module, "log", lambda u: 2 * log(u))
    assert not check_detailed_balance.examine(hb.Metropolis(PHI4, width=1.5), **FAST).passed


def test_a_small_step_without_acceptance_does_not() -> None:
    assert not check_detailed_balance.examine(hb.Langevin(PHI4, step_size=0.01), **FAST).passed


# ---------------------------------------------------------------- what it cannot examine
def test_foreign_random_numbers_are_told() -> None:
    rng = np.random.default_rng(1)
    foreign = Toy(
        hb.actions.Gaussian(m2=1.0, lattice=(1,)),
        lambda field, *place: 0.6 * field + 0.8 * rng.normal(size=field.shape),
    )
    for sampler in (foreign, HiddenState(PHI4)):
        with pytest.raises(TypeError, match="random numbers that are not its key's"):
            check_detailed_balance(sampler)


def test_an_update_that_moves_nothing_shows_nothing() -> None:
    still = Toy(hb.actions.Gaussian(m2=1.0, lattice=(1,)), lambda field, *place: field)
    assert "moved no field" in check_detailed_balance(still).skipped


@pytest.mark.parametrize("wrong", [PHI4, hb.HMC, None])
def test_what_is_no_sampler_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="sampler must have init, step, action"):
        check_detailed_balance(wrong)
