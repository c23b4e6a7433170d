"""Chains forget where they began, or the check says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.testing import CheckFailed, Sectors, check_ergodicity
from heatbath.testing.broken import BiasedProposal, FrozenSector, Rescaling
from heatbath.testing.chains import Chains, autocorrelation
from samplers import cubic, phi4

DEEP = hb.actions.Phi4(kappa=0.34, lam=0.022, lattice=(6, 6))


@pytest.mark.parametrize(
    "sampler",
    [
        hb.HMC(phi4(8, 8)),
        hb.HMC(cubic(6), step_size=0.4, n_steps=3, integrator="omelyan"),
        hb.Metropolis(hb.actions.Gaussian(m2=0.5, lattice=(6, 6)), width=1.5),
        hb.cycle(hb.HMC(phi4(4)), hb.Metropolis(phi4(4))),
    ],
    ids=["hmc", "omelyan", "metropolis", "cycle"],
)
def test_right_samplers_forget_their_start(sampler: Any) -> None:
    found = check_ergodicity(sampler)
    assert found.passed
    assert found.numbers["sector changes"] > 1000


def test_a_frozen_sector_is_seen() -> None:
    """Though it is stationary, and the action hardly cares for signs."""
    found = check_ergodicity.examine(FrozenSector(hb.HMC(phi4(4, 4))))
    assert not found.passed
    assert found.numbers["M > 0 from M > 0"] == 1.0
    assert found.numbers["M > 0 from M < 0"] == 0.0
    assert found.numbers["sector changes"] == 0
    assert "stay in the sector of their start" in found.advice


@pytest.mark.parametrize("make", [hb.HMC, hb.Metropolis])
def test_a_broken_phase_is_seen(make: Any) -> None:
    with pytest.raises(CheckFailed, match=r"0 changes of sector(.|\n)*stay in the sector"):
        check_ergodicity(make(DEEP))


def test_unequal_weights_of_the_two_signs_are_seen() -> None:
    """All starts agree; but S(φ) = S(−φ)."""
    found = check_ergodicity.examine(BiasedProposal(hb.actions.Gaussian(m2=1.0, lattice=(2,))))
    assert found.numbers["p_value of symmetry"] < 1e-10 < found.numbers["p_value of starts"]
    assert "not the same weight" in found.advice


def test_no_symmetry_is_asked_of_an_action_that_has_none() -> None:
    assert "p_value of symmetry" not in check_ergodicity(hb.Metropolis(cubic(4))).numbers


def test_chains_that_never_move_are_seen() -> None:
    found = check_ergodicity.examine(hb.HMC(phi4(4, 4), step_size=100.0))
    assert found.p_value == 0.0
    assert found.numbers["chains that stand still"] > 0
    assert "never moved" in found.advice


def test_a_direction_that_is_never_left_is_seen() -> None:
    """Rescaling alone keeps the shape of a field."""
    assert not check_ergodicity.examine(Rescaling(phi4(4))).passed


def test_sectors_of_ones_own() -> None:
    """The sign of the first site, in an action of independent sites."""
    action = hb.actions.Phi4(kappa=0.0, lam=0.022, lattice=(3,))
    sectors = Sectors(
        ("up", "down"),
        lambda phi: phi[:, 0] < 0,
        (np.array([1.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0])),
    )
    found = check_ergodicity(hb.HMC(action), sectors=sectors, updates=128)
    assert 0.4 < found.numbers["up from down"] < 0.6
    frozen = FirstSiteFrozen(action)
    assert not check_ergodicity.examine(frozen, sectors=sectors, updates=128).passed


class FirstSiteFrozen(hb.Metropolis):
    """Moves that change the sign of the first site are undone."""

    def step(self, key: Any, state: Any, n: int = 1, *, measure_every: int = 0) -> Any:
        new, info = super().step(key, state, n, measure_every=measure_every)
        same = (new.field[:, :1] < 0) == (state.field[:, :1] < 0)
        return hb.mcmc.State(np.where(same, new.field, state.field), new.step), info


def test_it_is_the_same_in_torch() -> None:
    sampler = hb.HMC(phi4(4, 4))
    assert check_ergodicity(sampler, updates=64) == check_ergodicity(
        sampler, updates=64, namespace="torch"
    )


# ---------------------------------------------------------------- how long a run is
def test_the_autocorrelation_time_of_a_known_process() -> None:
    """x' = ρx + noise has τ = ½ (1 + ρ)/(1 − ρ)."""
    rho, rng = 0.9, np.random.default_rng(1)
    x = [rng.normal(size=400) / np.sqrt(1 - rho**2)]
    for _ in range(2000):
        x.append(rho * x[-1] + rng.normal(size=400))
    series = np.stack(x)[:, None, :] + 100.0 * rng.normal(size=400)  # each about its own mean
    assert autocorrelation(series) == pytest.approx(9.5, rel=0.05)


def test_slow_chains_run_longer() -> None:
    def length(width: float) -> int:
        sampler = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(2,)), width=width)
        run = Chains(sampler, hb.random.key(1, chains=8), np.zeros((8, 2)))
        return len(run.settle())

    assert length(1.5) == 256
    assert length(0.3) > 256


def test_a_sampler_that_does_not_record_gives_the_same_series() -> None:
    sampler = hb.HMC(phi4(4))
    plain = type("Plain", (hb.HMC,), {"records_scalars": False})(phi4(4))
    key, start = hb.random.key(1, chains=3), np.ones((3, 4))
    assert np.array_equal(Chains(sampler, key, start).make(5), Chains(plain, key, start).make(5))
