"""The flow of the equations of motion beyond its steps: areas, exact orbits, batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import heatbath as hb
from samplers import field, phi4

BOTH = sorted(hb.mcmc.INTEGRATORS)


@pytest.mark.parametrize("name", BOTH)
def test_scaled_coefficients_make_one_step(name: str) -> None:
    """The outer drift opens and closes; the joined one is the last of a step with the first of
    the next."""
    inner, kicks, joined, outer = hb.mcmc.INTEGRATORS[name].scaled(0.5)
    assert 2 * outer + sum(inner) == pytest.approx(0.5)
    assert joined == 2 * outer
    assert sum(kicks) == 0.5


@pytest.mark.parametrize("name", BOTH)
def test_areas_are_kept(name: str) -> None:
    """The Jacobian of (φ, p) → (φ', p') has determinant 1, at a step where energy is far off."""
    action = phi4(3)

    def flow(z: Any) -> Any:
        return torch.cat(
            hb.mcmc.integrate(action, z[:3], z[3:], step_size=0.6, n_steps=4, integrator=name)
        )

    jacobian = torch.autograd.functional.jacobian(flow, torch.from_numpy(field(6)))
    assert float(torch.linalg.det(jacobian)) == pytest.approx(1, abs=1e-12)
    assert not torch.allclose(jacobian, torch.eye(6, dtype=torch.float64), atol=0.1)


def test_leapfrog_moves_an_oscillator_on_its_ellipse() -> None:
    """Of H = (p² + ω²φ²)/2 drift-kick-drift conserves p²(1 − ω²ε²/4) + ω²φ² exactly."""
    omega, step_size = 1.7, 0.9
    squeeze = 1 - (omega * step_size / 2) ** 2
    action = hb.actions.Gaussian(m2=omega**2, lattice=(1,))  # a bond to itself costs nothing
    q, p = np.array([0.8]), np.array([-0.3])
    for n_steps in (1, 2, 7, 100):
        a, b = hb.mcmc.integrate(action, q, p, step_size=step_size, n_steps=n_steps)
        assert abs(b - p) > 0.01
        np.testing.assert_allclose(
            squeeze * b**2 + omega**2 * a**2, squeeze * p**2 + omega**2 * q**2, rtol=1e-13
        )


@pytest.mark.parametrize("name", BOTH)
def test_the_orbit_converges_to_the_oscillators(name: str) -> None:
    """φ(t) = φ₀ cos ωt + p₀/ω sin ωt, with an error that falls as ε²."""
    omega, time = 1.7, 2.0
    action = hb.actions.Gaussian(m2=omega**2, lattice=(1,))
    q, p = np.array([0.8]), np.array([-0.3])
    exact = 0.8 * math.cos(omega * time) - 0.3 / omega * math.sin(omega * time)
    errors = []
    for n in (20, 40, 80):
        end, _ = hb.mcmc.integrate(action, q, p, step_size=time / n, n_steps=n, integrator=name)
        errors.append(abs(float(end[0]) - exact))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    np.testing.assert_allclose(orders, 2, atol=0.05)


def test_chains_of_a_batch_do_not_touch() -> None:
    q, p = field(2, 3, 3, 4), field(2, 3, 3, 4, seed=6)
    settings: dict[str, Any] = {"step_size": 0.1, "n_steps": 5}
    together, _ = hb.mcmc.integrate(phi4(3, 4), q, p, **settings)
    alone, _ = hb.mcmc.integrate(phi4(3, 4), q[1, 2], p[1, 2], **settings)
    np.testing.assert_array_equal(together[1, 2], alone)


def test_wrong_arguments_are_refused_in_words() -> None:
    action, q = phi4(3, 4), field(3, 4)
    with pytest.raises(ValueError, match="unknown integrator 'omelan'; did you mean 'omelyan'"):
        hb.mcmc.integrate(action, q, q, step_size=0.1, n_steps=2, integrator="omelan")
    with pytest.raises(ValueError, match=r"momentum has the shape \(2, 3, 4\), the field \(3, 4\)"):
        hb.mcmc.integrate(action, q, field(2, 3, 4), step_size=0.1, n_steps=2)
    with pytest.raises(TypeError, match="momentum is float32 of numpy, the field float64"):
        hb.mcmc.integrate(action, q, q.astype("float32"), step_size=0.1, n_steps=2)


@pytest.mark.parametrize("wish", ["reference", "kernel"])
def test_the_bare_functions_check_their_settings(wish: str) -> None:
    """Samplers check theirs when they are made; these have nothing before them."""
    q, key = field(3, 4), hb.random.key(1)
    settings: dict[str, Any] = {"step_size": 0.1, "n_steps": 2, "randomise": True}
    with hb.backends.use(wish):
        with pytest.raises(ValueError, match="unknown integrator 'omelan'; did you mean 'omelyan'"):
            hb.mcmc.trajectories(q, phi4(3, 4), key, 0, 1, integrator="omelan", **settings)
        with pytest.raises(ValueError, match=r"step_size must be a positive number; got -0\.1"):
            hb.sde.steps(q, phi4(3, 4), key, 0, 1, step_size=-0.1)
        with pytest.raises(ValueError, match="width must be a positive number; got 0"):
            hb.mcmc.sweeps(q, phi4(3, 4), key, 0, 1, width=0)
