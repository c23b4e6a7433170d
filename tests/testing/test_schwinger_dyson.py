"""Exact identities of any action of a real field, in long chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.testing import CheckFailed, check_schwinger_dyson
from heatbath.testing.broken import BondCountedTwice, WrongAcceptance
from heatbath.testing.schwinger_dyson import identities
from heatbath.testing.small_systems import SmallSystem
from samplers import cubic, phi4


@pytest.mark.parametrize("shape", [(1,), (2,), (2, 1)])
def test_the_identities_hold_by_quadrature(shape: tuple[int, ...]) -> None:
    action = cubic(*shape)
    system = SmallSystem(action, shape)
    found = system.mean(lambda phi: identities(action, phi)[1].T)
    assert len(found) == (3 if shape == (1,) else 4)
    np.testing.assert_allclose(found, 0.0, atol=1e-9)


@pytest.mark.parametrize(
    "sampler",
    [
        hb.HMC(phi4(8, 8)),
        hb.Metropolis(cubic(6), width=1.5),
        hb.cycle(hb.HMC(phi4(4, 4), n_steps=4), hb.Metropolis(phi4(4, 4))),
        hb.HMC(hb.actions.Gaussian(m2=0.5, lattice=(3, 3, 3)), n_steps=4, integrator="omelyan"),
        hb.HMC(hb.actions.Gaussian(m2=np.linspace(0.4, 0.9, 8), lattice=(8,))),
    ],
    ids=["hmc", "metropolis", "cycle", "omelyan", "local couplings"],
)
def test_right_samplers_satisfy_them(sampler: Any) -> None:
    found = check_schwinger_dyson(sampler, warm_up=100)
    assert found.passed
    assert found.numbers["percent error"] < 0.6


def test_the_bias_of_a_finite_step_is_seen_and_has_its_size() -> None:
    """A mode of a Gaussian field with S = λφ²/2 has ⟨φS'⟩ = 1/(1 − ελ/2)."""
    action = hb.actions.Gaussian(m2=0.5, lattice=(8, 8))
    found = check_schwinger_dyson.examine(hb.Langevin(action, step_size=0.02))
    assert not found.passed
    axis = 4 * np.sin(np.pi * np.arange(8) / 8) ** 2
    lam = 0.5 + axis[:, None] + axis
    expected = 100 * (1 / (1 - 0.01 * lam) - 1).mean()
    assert found.numbers["percent"] == pytest.approx(expected, abs=0.8)


def test_a_wrong_acceptance_is_seen() -> None:
    with pytest.raises(CheckFailed, match="The distribution is not exp"):
        check_schwinger_dyson(WrongAcceptance(phi4(3)), chains=64, warm_up=100)


def test_consistent_mistakes_of_the_action_are_not_its_business() -> None:
    """The identities hold for whatever action the chain and the force have in common."""
    assert check_schwinger_dyson(
        hb.HMC(BondCountedTwice.of(hb.actions.Gaussian(m2=1.0, lattice=(6,))))
    ).passed


def test_it_is_the_same_in_torch() -> None:
    sampler, few = hb.HMC(phi4(4)), {"warm_up": 20, "measurements": 4, "chains": 32}
    assert check_schwinger_dyson(sampler, **few) == check_schwinger_dyson(
        sampler, **few, namespace="torch"
    )


@pytest.mark.parametrize(
    "wrong", [{"chains": 3}, {"measurements": 0}, {"every": 0}, {"warm_up": -1}]
)
def test_wrong_counts_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be a whole number"):
        check_schwinger_dyson(hb.HMC(phi4(4)), **wrong)
