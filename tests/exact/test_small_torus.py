"""The 2x2 torus against independent values, rings, free fields and identities."""

import math

import numpy as np
import pytest

from heatbath.exact import free_field, small_torus, transfer_matrix

# shared/exact.json: phi4_L2_k{kappa}_l0.022_{lnZ, phi2, phi4, nn, m2, UL, S_per_site}
REFERENCE = {
    0.27: (
        *(3.8096366273078317, 2.2308290259973917, 9.909489288909793, 1.9154537755236456),
        *(1.9697625794669877, 0.3933452299696536, 0.28199123564398476),
    ),
    0.21: (
        *(2.8410481391162854, 0.8740125153694821, 2.0579037833939173, 0.5072663466220922),
        *(0.5729331420982965, 0.12454236658288498, 0.45472611676533364),
    ),
    0.25: (
        *(3.3320327021196334, 1.4872720720420989, 5.1534829605460795, 1.1485853511362742),
        *(1.207142955751443, 0.2765582320476595, 0.38662337486798604),
    ),
}


@pytest.mark.parametrize("kappa", REFERENCE)
def test_independent_values(kappa):
    exact = small_torus.phi4(kappa=kappa, lam=0.022)
    got = (
        *(exact.log_z, exact.phi_squared, exact.phi_fourth, exact.bond),
        *(exact.magnetization_squared, exact.binder, exact.action_density),
    )
    np.testing.assert_allclose(got, REFERENCE[kappa], rtol=1e-12)


@pytest.mark.parametrize("kappa", [0.1, 0.22, -0.24])
def test_is_the_free_field_at_vanishing_coupling(kappa):
    exact, free = small_torus.phi4(kappa=kappa, lam=0.0), free_field.phi4((2, 2), kappa=kappa)
    shared = ("phi_squared", "phi_fourth", "abs_magnetization", "magnetization_squared")
    for name in (*shared, "action_density", "log_z"):
        assert getattr(exact, name) == pytest.approx(getattr(free, name), rel=1e-10), name
    assert exact.bond == pytest.approx(free.bonds[0], rel=1e-10)
    assert exact.diagonal == pytest.approx(free.propagator[1, 1], rel=1e-10)
    assert exact.binder == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize(
    ("kappa", "lam"), [(0.27, 0.022), (0.5, 0.022), (0.3, 1.0), (-0.4, 0.1), (0.6, 3.0)]
)
def test_is_a_ring_of_four_sites_with_doubled_bonds(kappa, lam):
    exact = small_torus.phi4(kappa=kappa, lam=lam)
    ring = transfer_matrix.ring(
        4,
        site_energy=lambda phi: (1 - 2 * lam) * phi**2 + lam * phi**4,
        bond_energy=lambda a, b: -4 * kappa * a * b,
    )
    shared = ("phi_squared", "phi_fourth", "magnetization_squared", "action_density", "log_z")
    for name in shared:
        assert getattr(exact, name) == pytest.approx(getattr(ring, name), rel=1e-10), name
    np.testing.assert_allclose((exact.bond, exact.diagonal), ring.propagator[1:3], rtol=1e-10)


def test_moments_of_the_mean_field_by_the_direct_integral():
    kappa, lam, n = 0.3, 0.5, 40
    x, w = np.polynomial.legendre.leggauss(n)
    phi, w = 3.0 * x, 3.0 * w
    a, b, c, d = np.ix_(phi, phi, phi, phi)
    action = sum(lam * f**4 + (1 - 2 * lam) * f**2 for f in (a, b, c, d))
    action = action - 4 * kappa * (a * b + a * c + b * d + c * d)
    weight = np.exp(-action) * math.prod(np.ix_(w, w, w, w))
    m = np.abs(a + b + c + d) / 4
    z = weight.sum()
    exact = small_torus.phi4(kappa=kappa, lam=lam)
    assert exact.log_z == pytest.approx(math.log(z), rel=1e-8)
    assert exact.magnetization_fourth == pytest.approx(np.sum(weight * m**4) / z, rel=1e-7)
    # |M| has its kink inside the product rule, which therefore converges slowly.
    assert exact.abs_magnetization == pytest.approx(np.sum(weight * m) / z, rel=1e-3)


@pytest.mark.parametrize(("kappa", "lam"), [(0.27, 0.022), (-0.2, 0.7)])
def test_schwinger_dyson_identity(kappa, lam):
    exact = small_torus.phi4(kappa=kappa, lam=lam)
    own = 2 * (1 - 2 * lam) * exact.phi_squared + 4 * lam * exact.phi_fourth
    assert own - 8 * kappa * exact.bond == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"kappa": 0.25, "lam": 0.0}, ValueError, "got kappa = 0.25"),
        ({"kappa": 0.2, "lam": -0.1}, ValueError, "lam must not be negative"),
        ({"kappa": "0.2", "lam": 0.1}, TypeError, "kappa must be a real number"),
        ({"kappa": 0.2, "lam": 0.1, "max_nodes": 1}, ValueError, "at least 128"),
        ({"kappa": 0.2, "lam": 0.1, "rtol": 1e-30, "max_nodes": 128}, ArithmeticError, "converged"),
    ],
)
def test_refusals(arguments, error, words):
    with pytest.raises(error, match=words):
        small_torus.phi4(**arguments)
