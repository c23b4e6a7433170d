"""Rings against free fields, brute-force quadrature, identities and independent values."""

import math

import numpy as np
import pytest

from heatbath.exact import free_field, transfer_matrix


@pytest.mark.parametrize("length", [1, 2, 5, 8])
@pytest.mark.parametrize("kappa", [0.4, -0.3])
def test_is_the_free_field_at_vanishing_coupling(length, kappa):
    ring = transfer_matrix.phi4(length, kappa=kappa, lam=0.0)
    free = free_field.phi4((length,), kappa=kappa)
    np.testing.assert_allclose(ring.propagator, free.propagator, atol=1e-11)
    for name in ("phi_squared", "phi_fourth", "magnetization_squared", "action_density", "log_z"):
        assert getattr(ring, name) == pytest.approx(getattr(free, name), rel=1e-11), name


@pytest.mark.parametrize("length", [1, 2, 7])
def test_is_the_gaussian_field(length):
    ring = transfer_matrix.ring(
        length,
        site_energy=lambda phi: 0.4 * phi**2,
        bond_energy=lambda a, b: 0.5 * (a - b) ** 2,
    )
    free = free_field.gaussian((length,), m2=0.8)
    np.testing.assert_allclose(ring.propagator, free.propagator, atol=1e-11)
    assert ring.log_z == pytest.approx(free.log_z, abs=1e-11)
    assert ring.action_density == pytest.approx(0.5, abs=1e-11)


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize(
    ("kappa", "lam", "reach"), [(0.25, 0.25, 3.5), (0.6, 1.0, 2.6), (-0.3, 0.1, 4.5)]
)
def test_agrees_with_the_direct_integral(length, kappa, lam, reach):
    x, w = np.polynomial.legendre.leggauss(70)
    phi = np.stack(np.meshgrid(*[reach * x] * length, indexing="ij"))
    weight = math.prod(np.meshgrid(*[reach * w] * length, indexing="ij"))
    action = np.sum((1 - 2 * lam) * phi**2 + lam * phi**4, axis=0)
    for site in range(length):
        action = action - 2 * kappa * phi[site] * phi[(site + 1) % length]
    weight = weight * np.exp(-action)
    z = weight.sum()
    ring = transfer_matrix.phi4(length, kappa=kappa, lam=lam)
    expected = [
        np.log(z),
        np.sum(weight * phi[0] ** 2) / z,
        np.sum(weight * phi[0] ** 4) / z,
        np.sum(weight * phi.mean(axis=0) ** 2) / z,
        np.sum(weight * action) / z / length,
        *(np.sum(weight * phi[0] * phi[r]) / z for r in range(length)),
    ]
    got = [
        ring.log_z,
        ring.phi_squared,
        ring.phi_fourth,
        ring.magnetization_squared,
        ring.action_density,
        *ring.propagator,
    ]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_independent_values():
    # shared/exact.json: MRF_homog_{lnZ, phi0^2, phi0^4, phi0phi1}, 4 sites
    ring = transfer_matrix.ring(
        4, site_energy=lambda phi: phi**2 + 0.25 * phi**4, bond_energy=lambda a, b: -0.5 * a * b
    )
    got = (ring.log_z, ring.phi_squared, ring.phi_fourth, *ring.propagator[[1, 3]])
    expected = (1.9006043607000338, 0.36315328882968617, 0.33944812020860926)
    np.testing.assert_allclose(got, (*expected, 0.06575469786798133, 0.06575469786798133), 1e-12)


def test_independent_values_of_one_site():
    # shared/exact.json: phi0_m2=-1_g=0.4_{Z, mom2, mom4}; a double well, no bond
    ring = transfer_matrix.ring(
        1,
        site_energy=lambda phi: -0.5 * phi**2 + 0.4 / 24 * phi**4,
        bond_energy=lambda a, b: 0.0 * a * b,
    )
    got = (math.exp(ring.log_z), ring.phi_squared, ring.phi_fourth)
    np.testing.assert_allclose(got, (162.0531615617736, 13.6730337538957, 220.0955063084355), 1e-12)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_schwinger_dyson_identity(length):
    # ⟨φ_x ∂S/∂φ_x⟩ = 1, with one bond to the left and one to the right
    kappa, lam = 0.4, 0.3
    ring = transfer_matrix.phi4(length, kappa=kappa, lam=lam)
    quadratic = 2 * (1 - 2 * lam) * ring.phi_squared + 4 * lam * ring.phi_fourth
    assert quadratic - 4 * kappa * ring.propagator[1 % length] == pytest.approx(1, abs=1e-10)


def test_a_shifted_well_has_a_mean():
    # φ = 30 + χ with ½χ² per site and ½(χ_x − χ_{x+1})² per bond
    ring = transfer_matrix.ring(
        3,
        site_energy=lambda phi: 0.5 * (phi - 30) ** 2,
        bond_energy=lambda a, b: 0.5 * (a - b) ** 2,
    )
    free = free_field.gaussian((3,), m2=1.0)
    assert ring.mean == pytest.approx(30, abs=1e-10)
    assert ring.phi_squared - 900 == pytest.approx(free.phi_squared, abs=1e-9)
    assert ring.log_z == pytest.approx(free.log_z, abs=1e-11)


def test_an_angle_on_its_interval():
    # XY ring: Z = Σ_n (2π I_n(β))^L, with I_n by its power series
    beta, length = 1.3, 5

    def bessel(n):
        return sum(
            (beta / 2) ** (2 * k + n) / math.factorial(k) / math.factorial(k + n) for k in range(40)
        )

    ring = transfer_matrix.ring(
        length,
        site_energy=lambda angle: 0 * angle,
        bond_energy=lambda a, b: -beta * np.cos(a - b),
        interval=(-math.pi, math.pi),
    )
    z = sum((2 * math.pi * bessel(abs(n))) ** length for n in range(-20, 21))
    assert ring.log_z == pytest.approx(math.log(z), abs=1e-12)


def test_one_site_with_a_repelling_bond_on_itself():
    # S = φ² − 2κφ² + ..., a stiff single well whose off-diagonal transfer matrix is enormous
    one = transfer_matrix.phi4(1, kappa=-2.0, lam=0.02)
    same = transfer_matrix.ring(
        1, site_energy=lambda phi: 4.96 * phi**2 + 0.02 * phi**4, bond_energy=lambda a, b: 0 * a * b
    )
    assert one.phi_squared == pytest.approx(same.phi_squared, rel=1e-12)
    assert one.log_z == pytest.approx(same.log_z, rel=1e-12)


def test_a_frustrated_ring_is_right_or_refused():
    ring = transfer_matrix.phi4(3, kappa=-0.65, lam=0.022)
    own = 2 * (1 - 0.044) * ring.phi_squared + 0.088 * ring.phi_fourth
    assert own + 2.6 * ring.propagator[1] == pytest.approx(1, abs=1e-9)
    with pytest.raises(ArithmeticError, match="odd ring of 3 sites"):
        transfer_matrix.phi4(3, kappa=-1.5, lam=0.022)


def test_long_rings_and_deep_wells_do_not_overflow():
    ring = transfer_matrix.phi4(400, kappa=0.8, lam=0.02, rtol=1e-8)
    assert math.isfinite(ring.log_z)
    assert ring.action_density < -1
    assert ring.propagator[0] == pytest.approx(ring.phi_squared, rel=1e-10)
    assert ring.magnetization_squared < ring.phi_squared


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"length": 0}, ValueError, "length must be a whole number"),
        ({"length": 2.5}, TypeError, "length must be a whole number"),
        ({"rtol": 0.0}, ValueError, "rtol must be positive"),
        ({"max_nodes": 64}, ValueError, "max_nodes must be at least 128"),
        ({"bond_energy": lambda a, b: a**4 * b**2}, ValueError, "must equal bond_energy"),
        ({"site_energy": lambda phi: -phi * phi}, ValueError, "does not grow"),
        ({"site_energy": lambda phi: phi**2 + np.nan}, ValueError, "must be finite"),
        ({"interval": (1.0, -1.0)}, ValueError, "low < high"),
        ({"interval": (-1e5, 1e5), "max_nodes": 128}, ArithmeticError, "64 and 128 nodes differ"),
        ({"interval": 3.0}, ValueError, "two numbers"),
        ({"site_energy": lambda phi: 1.0}, ValueError, "keep their shape"),
        ({"rtol": 1e-30, "max_nodes": 128}, ArithmeticError, "has not converged"),
    ],
)
def test_refusals(change, error, words):
    arguments = {
        "length": 3,
        "site_energy": lambda phi: phi**2,
        "bond_energy": lambda a, b: 0.5 * (a - b) ** 2,
    } | change
    with pytest.raises(error, match=words):
        transfer_matrix.ring(arguments.pop("length"), **arguments)


def test_finds_a_weight_whose_cheapest_field_is_neither_uniform_nor_staggered():
    # Z = ∫∫ exp(−c(a² + b²) − 2 g a² b²): the cheapest neighbour of a large a is 0
    c, g = 0.5, 0.5
    ring = transfer_matrix.ring(
        2, site_energy=lambda phi: c * phi**2, bond_energy=lambda a, b: g * a**2 * b**2
    )
    x, w = np.polynomial.legendre.leggauss(400)
    a, w = 12 * x, 12 * w
    weight = w * np.exp(-c * a**2) * np.sqrt(np.pi / (c + 2 * g * a**2))
    assert math.exp(ring.log_z) == pytest.approx(weight.sum(), rel=1e-10)
    assert ring.phi_squared == pytest.approx(np.sum(weight * a**2) / weight.sum(), rel=1e-10)


@pytest.mark.parametrize(
    ("kappa", "lam", "words"),
    [(0.5, 0.0, "got kappa = 0.5"), (0.1, -0.1, "lam must not be negative")],
)
def test_phi4_refuses_unstable_couplings(kappa, lam, words):
    with pytest.raises(ValueError, match=words):
        transfer_matrix.phi4(4, kappa=kappa, lam=lam)
