"""One and two sites against closed formulas, the 2-site transfer matrix, and brute force."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, qmc

import heatbath as hb
from brute_force import CASES
from heatbath.testing.small_systems import Functions, SmallSystem

M2 = 0.7
NARROW = hb.Theory("narrow", site=lambda phi, *, q: q * (phi * phi - 25.0) ** 2)(q=1e6)


def gaussian(shape: tuple[int, ...]) -> SmallSystem:
    return SmallSystem(hb.actions.Gaussian(m2=M2), shape)


@pytest.mark.parametrize(("shape", "bonds"), [((1,), 0), ((1, 1, 1), 0), ((2,), 2), ((2, 1), 2)])
def test_gaussian_second_moments(shape: tuple[int, ...], bonds: int) -> None:
    """S = m²/2 Σφ² + bonds/2 (a − b)²: the modes a ± b have the inverse variances m², m² + 2·bonds;
    a bond of a site with itself costs nothing."""
    system = gaussian(shape)
    plus, minus = 1 / M2, 1 / (M2 + 2 * bonds)

    def moments(phi: np.ndarray) -> np.ndarray:
        flat = phi.reshape(len(phi), -1)
        return np.stack([flat[:, 0] ** 2, flat[:, 0] * flat[:, -1]])

    expected = [plus, plus] if system.volume == 1 else [(plus + minus) / 2, (plus - minus) / 2]
    np.testing.assert_allclose(system.mean(moments), expected, rtol=1e-12)
    x = np.linspace(-3, 3, 31)
    scale = math.sqrt(expected[0])
    np.testing.assert_allclose(system.quantile(x), norm.cdf(x / scale), atol=1e-9)


def test_two_sites_of_phi4_against_the_transfer_matrix() -> None:
    system = SmallSystem(hb.actions.Phi4(kappa=0.2, lam=0.1), (2,))
    exact = hb.exact.transfer_matrix.phi4(2, kappa=0.2, lam=0.1)
    found = system.mean(lambda phi: np.stack([phi[:, 0] ** 2, phi.mean(axis=1) ** 2]))
    np.testing.assert_allclose(found, [exact.phi_squared, exact.magnetization_squared], rtol=1e-9)


@pytest.mark.parametrize("name", ["phi4", "gaussian", "rich"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (2,)])
def test_the_energy_is_that_of_the_library(name: str, shape: tuple[int, ...]) -> None:
    theory = CASES[name].theory
    action = theory(**dict.fromkeys(theory.couplings, 0.3), lattice=shape)
    phi = np.random.default_rng(2).normal(size=(7, *shape))
    system = SmallSystem(action, shape) if name != "rich" else None
    if system is None:  # it cannot be normalised; its energy is still defined
        system = SmallSystem(hb.actions.Gaussian(m2=1.0), shape)
        system.action, system._couplings = action, dict.fromkeys(theory.couplings, 0.3)
    np.testing.assert_allclose(system.energy(phi), action(phi), rtol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (2, 1)])
def test_draws_with_their_weights_are_exact(shape: tuple[int, ...]) -> None:
    """Low-discrepancy points in, so that the error is far below that of random ones."""
    system = SmallSystem(hb.actions.Phi4(kappa=0.2, lam=0.1), shape)
    points = qmc.Sobol(system.volume, bits=52, seed=np.random.default_rng(5)).random(2**14)
    phi, weights = system.draw(points)
    functions = Functions(system, degree=3)
    assert weights.mean() == pytest.approx(1.0, abs=1e-3)
    assert weights.min() > 0.8
    assert weights.max() < 1.25
    found = (functions(phi) * weights).mean(axis=1)
    np.testing.assert_allclose(found, functions.means, atol=2e-3)


def test_functions_are_orthonormal_on_one_site() -> None:
    functions = Functions(SmallSystem(hb.actions.Phi4(kappa=0.2, lam=0.1), (1,)), degree=4)
    products = functions.system.mean(
        lambda phi: np.einsum("kn,ln->kln", functions(phi), functions(phi))
    )
    np.testing.assert_allclose(products, np.eye(5), atol=1e-6)
    np.testing.assert_allclose(functions.means, np.eye(5)[0], atol=1e-8)


def test_an_asymmetric_density_has_its_median_at_one_half() -> None:
    theory = hb.Theory("tilted", site=lambda phi, *, h: 0.5 * phi * phi - h * phi)
    system = SmallSystem(theory(h=1.5), (2,))
    assert system.quantile(np.array([1.5]))[0] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("action", "shape", "error", "words"),
    [
        (hb.actions.Gaussian(m2=1.0), (2, 2), TypeError, "lattice must have one or two sites"),
        (
            hb.actions.Gaussian(m2=np.ones(2)),
            (2,),
            TypeError,
            "m2 of the action depend on the site",
        ),
        (hb.actions.Gaussian(m2=-1.0), (1,), ValueError, "cannot be normalised"),
        (NARROW, (1,), ValueError, "too narrow, or too rough"),
    ],
)
def test_what_cannot_be_solved_is_said(
    action: Any, shape: tuple[int, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        SmallSystem(action, shape)
