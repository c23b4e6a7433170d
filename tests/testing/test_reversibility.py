"""`check_reversibility` passes HMC and rejects maps that do not return, or lose their volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import brute_force
import heatbath as hb
from heatbath.testing import broken, check_reversibility
from heatbath.testing.reversibility import _volume, has_trajectory
from samplers import phi4

SHAPES = [(1,), (2,), (5,), (2, 3), (2, 1, 3), (1, 2, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("integrator", hb.mcmc.INTEGRATORS)
def test_hmc_passes(integrator: str, shape: Any) -> None:
    numbers = check_reversibility(hb.HMC(phi4(*shape), integrator=integrator)).numbers
    assert numbers["return tolerance"] < 1e-8
    assert numbers["volume tolerance"] < 1e-3
    assert numbers["order tolerance"] == 0.5


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_wrong_maps_do_not(shape: Any) -> None:
    action = phi4(*shape)
    assert check_reversibility(broken.PlainHMC(action))
    for wrong in (broken.NotReversible(action), broken.ForgottenJacobianInTheMap(action)):
        with pytest.raises(hb.testing.CheckFailed, match="FAILED"):
            check_reversibility(wrong)


def test_each_part_sees_its_own_mistake() -> None:
    """What does not return keeps its volume, and the other way round."""
    action = phi4(4, 3)
    not_back = broken.NotReversible(action)
    assert check_reversibility.examine(not_back).figure.startswith("return: ")
    deviation, tolerance = _volume(not_back, *np.random.default_rng(1).normal(size=(2, 4, 3)))
    assert deviation <= tolerance
    no_jacobian = check_reversibility.examine(broken.ForgottenJacobianInTheMap(action))
    assert no_jacobian.figure.startswith("volume: ")
    assert no_jacobian.numbers["return deviation"] <= no_jacobian.numbers["return tolerance"]


@pytest.mark.parametrize("name", ["rich", "shared", "gaussian"])
def test_other_theories_with_couplings_of_sites(name: str) -> None:
    case = brute_force.CASES[name]
    action = case.theory(**case.couplings((2, 3), local=True), lattice=(2, 3))
    field = 0.3 * np.random.default_rng(1).normal(size=(4, 2, 3))
    assert check_reversibility(hb.HMC(action, step_size=0.05, n_steps=4), field)


def test_dtypes_and_namespaces(dtype: str, xp: Any) -> None:
    field = xp.asarray(np.random.default_rng(2).normal(size=(3, 2, 3)).astype(dtype))
    assert check_reversibility(hb.HMC(phi4(2, 3), n_steps=5), field)
    wrong = broken.NotReversible(phi4(2, 3))
    assert not check_reversibility.examine(wrong, field).passed


# ---- other mistakes --------------------------------------------------------------------------
class Untidy(broken.PlainHMC):
    """A force with noise of one part in 10⁶, as of a solver that stops too early."""

    def one_step(self, phi: Any, p: Any) -> Any:
        phi, p = super().one_step(phi, p)
        return phi, p * (1.0 + 1e-6 * np.sin(1e4 * phi))


class Damped(broken.PlainHMC):
    """Friction on the way out, which comes back on the way in: it returns, but not its volume."""

    def one_step(self, phi: Any, p: Any) -> Any:
        p = p * np.exp(0.05 * phi)
        phi, p = super().one_step(phi, p)
        return phi, p * np.exp(-0.05 * phi)


class WrongHalf(broken.PlainHMC):
    """Drifts of 0.45 instead of a half: symmetric and of unit volume, but not a second order."""

    def one_step(self, phi: Any, p: Any) -> Any:
        phi = phi + 0.45 * self.step_size * p
        p = p + self.step_size * self.action.force(phi)
        return phi + 0.45 * self.step_size * p, p


MISTAKES = {"return": Untidy, "volume": Damped, "order": WrongHalf}


@pytest.mark.parametrize("part", MISTAKES)
def test_more_mistakes(part: str) -> None:
    found = check_reversibility.examine(MISTAKES[part](phi4(3, 2)))
    assert not found.passed
    assert found.figure.startswith(f"{part}: ")


def test_a_wrong_force_is_no_matter_of_reversibility() -> None:
    """HMC with the force of another action is exact, if inefficient: only ΔH tells."""
    found = check_reversibility.examine(
        broken.PlainHMC(broken.WrongSignForce.of(phi4(3)), step_size=0.05)
    )
    assert found.figure.startswith("order: ")


# ---- where it looks --------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(300,), (16, 16), (5, 5, 5)], ids=str)
def test_large_lattices_are_exchanged(shape: Any) -> None:
    found = check_reversibility(hb.HMC(phi4(*shape), n_steps=5))
    assert hb.Lattice(eval(found.subject.removeprefix("hmc of phi4 on "))).volume <= 24


@dataclass(frozen=True)
class Someones:
    """A sampler of a user's own, with nothing but what the check asks for."""

    action: Any

    def trajectory(self, field: Any, momentum: Any) -> Any:
        return hb.mcmc.integrate(self.action, field, momentum, step_size=0.1, n_steps=7)


def test_any_sampler_with_trajectories() -> None:
    found = check_reversibility(Someones(phi4(2, 2)))
    assert found.subject == "Someones of phi4 on (2, 2)"
    assert "order deviation" not in found.numbers


def test_samplers_without_trajectories() -> None:
    assert has_trajectory(hb.HMC(phi4(4)))
    assert not has_trajectory(hb.Metropolis(phi4(4)))
    with pytest.raises(TypeError, match=r"Metropolis has no method trajectory\(field, momentum\)"):
        check_reversibility(hb.Metropolis(phi4(4)))


def test_what_it_cannot_tell_is_said() -> None:
    with pytest.raises(ValueError, match="has 400 sites; the determinant"):
        check_reversibility(hb.HMC(phi4(20, 20)), np.zeros((20, 20)))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="leave the finite numbers"):
        check_reversibility(hb.HMC(phi4(4), step_size=5.0, n_steps=50), 10 * np.ones((2, 4)))
    lam = np.full((3,), 0.1, "float32")
    action = hb.actions.Phi4(kappa=0.2, lam=lam, lattice=(3,))
    with pytest.raises(ValueError, match="couplings are float32 arrays"):
        check_reversibility(hb.HMC(action))


def test_the_trajectory_of_hmc_is_the_integrator_s() -> None:
    rng = np.random.default_rng(3)
    field, momentum = rng.normal(size=(2, 3, 4))
    sampler = hb.HMC(phi4(3, 4), step_size=0.13, n_steps=4, integrator="omelyan")
    expected = hb.mcmc.integrate(
        phi4(3, 4), field, momentum, step_size=0.13, n_steps=4, integrator="omelyan"
    )
    assert np.array_equal(sampler.trajectory(field, momentum), expected)
    assert sampler.order == 2
