"""Chains that start in equilibrium stay there, or the check says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.testing import CheckFailed, check_stationarity
from heatbath.testing.broken import AdaptedWhileMeasuring, Rescaling
from samplers import cubic, phi4

FEW = {"chains": 8192}


@pytest.mark.parametrize(
    ("sampler", "lattice"),
    [
        (hb.cycle(hb.HMC(cubic(4), step_size=0.7, n_steps=3), hb.Metropolis(cubic(4))), None),
        (hb.Metropolis(phi4(4, 4), width=1.5), None),
        (hb.HMC(hb.actions.Gaussian(m2=0.5, lattice=(4,)), integrator="omelyan"), (1,)),
        (Rescaling(phi4(4)), None),
    ],
    ids=["cycle", "metropolis", "omelyan", "rescaling"],
)
def test_right_samplers_stay_in_equilibrium(sampler: Any, lattice: Any) -> None:
    assert check_stationarity(sampler, lattice=lattice, chains=16384).passed


def test_a_step_size_adapted_while_measuring_is_seen_after_the_first_update() -> None:
    found = check_stationarity.examine(AdaptedWhileMeasuring(phi4(4, 4)), chains=32768)
    assert found.numbers["p_value after 1"] > 1e-3
    assert found.numbers["p_value after 10"] < 1e-6
    assert "does the state carry a setting that adapts" in found.advice


def test_a_finite_step_without_acceptance_is_seen() -> None:
    with pytest.raises(CheckFailed, match="does not leave exp"):
        check_stationarity(hb.Langevin(phi4(4), step_size=0.2), **FEW)


def test_a_field_that_leaves_the_numbers_is_seen() -> None:
    assert check_stationarity.examine(hb.Langevin(phi4(4), step_size=50.0), **FEW).p_value == 0.0


def test_it_is_the_same_everywhere() -> None:
    """Kernel, reference and torch make the same chains."""
    sampler = hb.Metropolis(phi4(4), width=1.5)
    found = [check_stationarity.examine(sampler, namespace=n, **FEW) for n in ("numpy", "torch")]
    with hb.backends.use("reference"):
        found.append(check_stationarity.examine(sampler, **FEW))
    assert found[0] == found[1] == found[2]
    assert found[0] != check_stationarity.examine(sampler, seed=2, **FEW)


@pytest.mark.parametrize("updates", [(), (3, 1), (2, 2), (0,), (1.5,)])
def test_wrong_numbers_of_updates_are_refused(updates: Any) -> None:
    with pytest.raises(ValueError, match="updates must be"):
        check_stationarity(hb.HMC(phi4(4)), updates=updates)


def test_couplings_that_depend_on_the_site_are_refused() -> None:
    action = hb.actions.Gaussian(m2=np.full((4,), 0.5), lattice=(4,))
    with pytest.raises(TypeError, match="m2 of the action depend on the site"):
        check_stationarity(hb.HMC(action))
