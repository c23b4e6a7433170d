"""Free fields against dense matrices, the independent reference values and each other."""

import math
from itertools import product

import numpy as np
import pytest

from heatbath.exact import free_field

SHAPES = [(1,), (2,), (3,), (1, 4), (2, 3), (2, 3, 5), (1, 2, 3), (2, 2, 3, 2), (1, 1, 1, 1)]

# shared/exact.json: free_L{L}_k{kappa}_{phi2, nn_sum, VM2, lnZ}, two dimensions
REFERENCE = [
    (4, 0.1, 0.5223214285714286, 0.11160714285714282, 0.8333333333333334, 9.326659769408101),
    (4, 0.2, 0.6587301587301586, 0.39682539682539686, 2.5000000000000004, 10.017371484850747),
    (4, 0.24, 1.3095379523950945, 1.6865374008231138, 12.49999999999999, 10.954573521869369),
    (8, 0.1, 0.5220282228584894, 0.11014111429244668, 0.8333333333333334, 37.302508935601544),
    (8, 0.2, 0.6354349942258741, 0.3385874855646853, 2.5000000000000004, 39.87912794055858),
    (8, 0.24, 0.9010530488399815, 0.8355271850832947, 12.49999999999999, 42.41896908718527),
    (16, 0.1, 0.5220281706447669, 0.1101408532238346, 0.8333333333333334, 149.2100343428622),
    (16, 0.2, 0.6351246968936054, 0.33781174223401367, 2.5000000000000004, 159.51170581133488),
    (16, 0.24, 0.8582733137561857, 0.7464027369920534, 12.49999999999999, 169.3804150526451),
]


def bonds(shape):
    """Every bond (mu, x, y) once, sites numbered in C order."""
    for x in product(*map(range, shape)):
        for mu, n in enumerate(shape):
            y = list(x)
            y[mu] = (x[mu] + 1) % n
            yield mu, np.ravel_multi_index(x, shape), np.ravel_multi_index(tuple(y), shape)


def dense(shape, *, kappa=None, m2=None):
    """The matrix K of S = ½ φᵀ K φ, filled bond by bond from the action as written."""
    volume = math.prod(shape)
    matrix = np.eye(volume) * (2.0 if m2 is None else m2)
    for _, x, y in bonds(shape):
        if m2 is None:  # −2κ φ_x φ_y
            matrix[x, y] -= 2 * kappa
            matrix[y, x] -= 2 * kappa
        else:  # ½ (φ_y − φ_x)²
            matrix[x, x] += 1
            matrix[y, y] += 1
            matrix[x, y] -= 1
            matrix[y, x] -= 1
    return matrix


def theories(shape):
    d = len(shape)
    for kappa in (0.4 / d, 0.05, 0.0, -0.4 / d):
        yield free_field.phi4(shape, kappa=kappa), dense(shape, kappa=kappa)
    for m2 in (0.3, 2.0):
        yield free_field.gaussian(shape, m2=m2), dense(shape, m2=m2)


@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_the_dense_inverse(shape):
    for free, matrix in theories(shape):
        inverse = np.linalg.inv(matrix)
        volume = len(matrix)
        np.testing.assert_allclose(free.propagator.ravel(), inverse[0], atol=1e-13)
        np.testing.assert_allclose(np.diag(inverse), free.phi_squared, rtol=1e-12)
        np.testing.assert_allclose(free.magnetization_squared, inverse.sum() / volume**2)
        np.testing.assert_allclose(
            np.sort(free.spectrum.ravel()), np.linalg.eigvalsh(matrix), atol=1e-13
        )
        for mu, x, y in bonds(shape):
            assert inverse[x, y] == pytest.approx(free.bonds[mu], abs=1e-13)
        log_z = 0.5 * (volume * math.log(2 * math.pi) - np.linalg.slogdet(matrix)[1])
        assert free.log_z == pytest.approx(log_z, abs=1e-12)
        assert free.action_density == pytest.approx(
            0.5 * np.trace(matrix @ inverse) / volume, abs=1e-12
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_action_density_is_the_sum_of_its_terms(shape):
    kappa = 0.4 / len(shape)
    free = free_field.phi4(shape, kappa=kappa)
    assert free.phi_squared - 2 * kappa * sum(free.bonds) == pytest.approx(0.5, abs=1e-12)
    free = free_field.gaussian(shape, m2=0.7)
    gradient = sum(free.phi_squared - bond for bond in free.bonds)
    assert gradient + 0.35 * free.phi_squared == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(("length", "kappa", "phi2", "nn_sum", "vm2", "log_z"), REFERENCE)
def test_independent_values(length, kappa, phi2, nn_sum, vm2, log_z):
    free = free_field.phi4((length, length), kappa=kappa)
    got = (free.phi_squared, sum(free.bonds), length**2 * free.magnetization_squared, free.log_z)
    np.testing.assert_allclose(got, (phi2, nn_sum, vm2, log_z), rtol=1e-13)


def test_the_two_parametrisations_are_one_theory():
    # φ_Gaussian = √(2κ) φ, m² = 1/κ − 2d
    kappa, shape = 0.11, (3, 4, 2)
    free, gauss = (
        free_field.phi4(shape, kappa=kappa),
        free_field.gaussian(shape, m2=1 / kappa - 2 * len(shape)),
    )
    np.testing.assert_allclose(gauss.propagator, 2 * kappa * free.propagator, rtol=1e-12)


def test_gaussian_moments():
    free = free_field.gaussian((4, 3), m2=0.5)
    draws = np.random.default_rng(1).standard_normal(200_000)
    m = math.sqrt(free.magnetization_squared) * draws
    assert free.abs_magnetization == pytest.approx(np.abs(m).mean(), rel=1e-2)
    assert free.phi_fourth == pytest.approx(3 * free.phi_squared**2)


def test_a_small_mass_keeps_its_digits():
    free = free_field.gaussian((4, 4), m2=1e-12)
    assert free.magnetization_squared == pytest.approx(1 / (16 * 1e-12), rel=1e-14)


def test_arrays_cannot_be_changed():
    free = free_field.gaussian((4,), m2=1.0)
    with pytest.raises(ValueError, match="read-only"):
        free.propagator[0] = 0


@pytest.mark.parametrize(
    ("shape", "kappa", "words"),
    [
        ((4, 4), 0.25, r"below 1/\(2d\) = 0.25 .* 2 dimensions; got kappa = 0.25"),
        ((4,), 0.6, r"below 1/\(2d\) = 0.5 .* 1 dimension; got kappa = 0.6"),
        ((4, 4), -0.25, r"above -0.25 .*\(4, 4\); got kappa = -0.25"),
        ((3,), -1.0, r"above -1 "),
        ((4, 4), math.nan, "kappa must be a finite number"),
    ],
)
def test_refuses_an_unstable_kappa(shape, kappa, words):
    with pytest.raises(ValueError, match=words):
        free_field.phi4(shape, kappa=kappa)


def test_accepts_negative_kappa_where_no_mode_is_staggered():
    assert free_field.phi4((3,), kappa=-0.9).spectrum.min() > 0
    assert free_field.phi4((1, 1), kappa=-7.0).phi_squared == pytest.approx(1 / 58)


@pytest.mark.parametrize("m2", [0.0, -0.1])
def test_refuses_an_unstable_mass(m2):
    with pytest.raises(ValueError, match=f"m2 must be positive.*got m2 = {m2:g}"):
        free_field.gaussian((4,), m2=m2)


@pytest.mark.parametrize(
    ("shape", "error", "words"),
    [
        ((), ValueError, "one to four extents"),
        ((2,) * 5, ValueError, "got 5 extents"),
        ((4, 0), ValueError, r"shape\[1\] must be a whole number"),
        ((4, 2.0), TypeError, r"shape\[1\] must be a whole number"),
        (4, TypeError, "shape must be a tuple"),
    ],
)
def test_refuses_a_wrong_shape(shape, error, words):
    with pytest.raises(error, match=words):
        free_field.gaussian(shape, m2=1.0)


def test_refuses_what_is_not_a_number():
    with pytest.raises(TypeError, match="m2 must be a real number; got 1j"):
        free_field.gaussian((4,), m2=1j)
