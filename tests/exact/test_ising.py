"""Kaufman's and Onsager's formulas against loops, published values, series, duality, limits."""

import itertools
import math

import mpmath
import numpy as np
import pytest

from heatbath.exact import critical, enumeration, ising
from heatbath.exact._taylor import Taylor
from spins_by_hand import MODELS, by_hand

EDGES = tuple(itertools.product(("periodic", "antiperiodic"), repeat=2))

# shared/exact.json: Ising_L{L}_e_betac, Ising_L{L}_C_betac
CRITICAL = {
    4: (-1.5656237876383186, 4.033199098962136),
    8: (-1.4915891074397065, 5.8987159180021695),
    16: (-1.453064852813477, 7.71713455972525),
    32: (-1.4336584661462484, 9.50937935014252),
    64: (-1.423938389833011, 11.288139268586344),
    128: (-1.4190762720849852, 13.060082358649424),
}
# shared/exact.json: Ising_L32_e_beta{beta}
AWAY = {
    0.43: -1.3277628764033886,
    0.44: -1.427090607709773,
    0.4407: -1.4337840376653563,
    0.45: -1.513840287971149,
}


@pytest.mark.parametrize("length", CRITICAL)
def test_independent_values_at_criticality(length):
    torus = ising.torus((length, length), beta=critical.ISING)
    energy, variance = CRITICAL[length]
    assert torus.energy_density == pytest.approx(energy, rel=1e-13)
    assert torus.energy_variance == pytest.approx(variance, rel=1e-11)
    assert torus.specific_heat == pytest.approx(critical.ISING**2 * variance, rel=1e-11)


@pytest.mark.parametrize("beta", AWAY)
def test_independent_values_away_from_it(beta):
    torus = ising.torus((32, 32), beta=beta)
    assert torus.energy_density == pytest.approx(AWAY[beta], rel=1e-13)


SHAPES = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2), (3, 3), (4, 2), (1, 5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("edges", EDGES)
def test_agrees_with_loops_over_all_states(shape, edges):
    """Extents of 1, 2, odd and even, couplings of both signs, with flips across each boundary."""
    for beta, couplings in [(0.5, (1.0, 1.0)), (-0.6, (1.0, 0.7)), (0.4, (-0.3, 1.7))]:
        torus = ising.torus(shape, beta=beta, couplings=couplings, boundary=edges)
        expected = by_hand(
            MODELS["ising"],
            shape,
            beta=beta,
            coupling=lambda mu, x, j=couplings: j[mu],
            edges=edges,
        )
        for name in ("log_z", "energy_density", "energy_variance", "specific_heat"):
            assert getattr(torus, name) == pytest.approx(expected[name], rel=1e-11, abs=1e-11), name


@pytest.mark.parametrize("shape", [(4, 3), (3, 5), (2, 7)])
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("beta", [0.0, critical.ISING, -0.9])
def test_agrees_with_enumeration(shape, edges, beta):
    torus = ising.torus(shape, beta=beta, couplings=(-0.8, 1.1), boundary=edges)
    small = enumeration.ising(shape, couplings=(-0.8, 1.1), boundary=edges).at(beta)
    for name in ("log_z", "energy_density", "energy_variance"):
        expected = getattr(small, name)
        assert getattr(torus, name) == pytest.approx(expected, rel=1e-11, abs=1e-12), name


def test_the_axes_can_be_exchanged():
    for edges, swapped in zip(EDGES, (e[::-1] for e in EDGES), strict=True):
        a = ising.torus((9, 14), beta=0.4, couplings=(1.0, 1.2), boundary=edges)
        b = ising.torus((14, 9), beta=0.4, couplings=(1.2, 1.0), boundary=swapped)
        assert a.log_z == pytest.approx(b.log_z, rel=1e-14)
        assert a.energy_variance == pytest.approx(b.energy_variance, rel=1e-12)


def kaufman(m, n, beta):
    """Z as B. Kaufman writes it, in the numbers of mpmath."""
    k = mpmath.mpf(beta)
    gammas = [2 * k + mpmath.log(mpmath.tanh(k))]
    for r in range(1, 2 * n):
        a = mpmath.cosh(2 * k) * mpmath.coth(2 * k) - mpmath.cos(mpmath.pi * r / n)
        gammas.append(mpmath.acosh(a))
    products = [
        mpmath.fprod(2 * f(m * gamma / 2) for gamma in gammas[parity::2])
        for f in (mpmath.cosh, mpmath.sinh)
        for parity in (0, 1)
    ]
    return (2 * mpmath.sinh(2 * k)) ** (mpmath.mpf(m * n) / 2) * mpmath.fsum(products) / 2


@pytest.mark.parametrize("shape", [(8, 8), (7, 12), (24, 5)])
@pytest.mark.parametrize("beta", [0.05, 0.44, 0.9])
def test_energies_are_derivatives_of_log_z(shape, beta):
    """⟨H⟩ = −d ln Z/dβ and the variance d² ln Z/dβ², by mpmath with forty digits."""
    torus, volume = ising.torus(shape, beta=beta), math.prod(shape)
    with mpmath.workdps(40):
        log_z = [mpmath.diff(lambda b: mpmath.log(kaufman(*shape, b)), beta, n) for n in range(3)]
    assert torus.log_z == pytest.approx(float(log_z[0]), rel=1e-14)
    assert torus.energy_density == pytest.approx(-float(log_z[1]) / volume, rel=1e-12)
    assert torus.energy_variance == pytest.approx(float(log_z[2]) / volume, rel=1e-10)


@pytest.mark.parametrize("shape", [(4, 4), (5, 7), (16, 6), (9, 8)])
@pytest.mark.parametrize("beta", [0.25, 0.5])
def test_duality_of_the_torus(shape, beta):
    """Closed loops on the torus are domain walls of dual spins, with flips where they wind:
    Z(β) / (2 cosh² β)^V = Σ_boundaries Z*(β*) / (2 exp(2β* V)), tanh β = exp(−2β*)."""
    dual, volume = -0.5 * math.log(math.tanh(beta)), math.prod(shape)
    walls = [ising.torus(shape, beta=dual, boundary=edges).log_z for edges in EDGES]
    left = ising.torus(shape, beta=beta).log_z
    left -= volume * math.log(2 * math.cosh(beta) ** 2)
    right = np.logaddexp.reduce(walls) - math.log(2) - 2 * dual * volume
    assert left == pytest.approx(right, rel=1e-11, abs=1e-11)


def test_high_temperature_series_of_the_torus():
    """ln Z/V = ln 2 + 2 ln cosh β + t⁴ + 2 t⁶ + 9/2 t⁸ + …, t = tanh β, on large tori."""
    beta = 0.05
    t = math.tanh(beta)
    series = math.log(2) + 2 * math.log(math.cosh(beta)) + t**4 + 2 * t**6 + 4.5 * t**8 + 12 * t**10
    for n in (12, 13):
        assert ising.torus((n, n), beta=beta).log_z / n**2 == pytest.approx(series, abs=1e-14)
    assert ising.infinite(beta=beta).log_z_density == pytest.approx(series, abs=1e-14)


def test_low_temperature_series_of_the_torus():
    """Z = 2 exp(2βV) [1 + V x⁴ + 2V x⁶ + …], x = exp(−2β): overturned spins, then pairs."""
    beta, volume = 3.0, 11 * 12
    torus, x = ising.torus((11, 12), beta=beta), math.exp(-2 * 3.0)
    walls = volume * x**4 + 2 * volume * x**6
    assert torus.log_z == pytest.approx(math.log(2) + 2 * beta * volume + walls, rel=1e-15)
    assert torus.energy_density == pytest.approx(-2 + 8 * x**4 + 24 * x**6, rel=1e-9 * x**4)
    assert torus.energy_variance == pytest.approx(64 * x**4 + 288 * x**6, rel=2e-4)


@pytest.mark.parametrize("shape", [(30, 40), (40, 30)])
def test_one_wall_across_a_cold_lattice(shape):
    """Spin flips along one boundary leave a wall of n bonds, free to sit in any of m places; at
    low temperature its tension is Onsager's, 2β + ln tanh β."""
    m, n = shape
    for beta in (20.0, 800.0):
        torus = ising.torus(shape, beta=beta, boundary=("antiperiodic", "periodic"))
        assert torus.energy_density == pytest.approx(-2 + 2 / m, rel=1e-14)
        assert torus.log_z == pytest.approx(2 * beta * (m * n - n) + math.log(2 * m), rel=1e-14)
    beta = 0.7
    free, wall = (
        ising.torus(shape, beta=beta, boundary=(edge, "periodic")).log_z
        for edge in ("periodic", "antiperiodic")
    )
    # The wall is the path of a free particle of energy γ(k), with momenta of both sectors.
    c = math.cosh(2 * beta) / math.tanh(2 * beta)
    gammas = [2 * beta + math.log(math.tanh(beta))]
    gammas += [math.acosh(c - math.cos(math.pi * j / m)) for j in range(1, 2 * m)]
    expected = np.logaddexp.reduce([-n * gamma for gamma in gammas]) - math.log(2)
    assert wall - free == pytest.approx(expected, rel=1e-9)


def test_the_two_ways_to_a_wall_agree(monkeypatch):
    """With many walls and with one alone, where both hold: 2mγ_0 of 60 is below rounding."""
    found = []
    for threshold in (0.0, 1e9):
        monkeypatch.setattr(ising, "_COLD", threshold)
        found.append(ising.torus((14, 9), beta=1.5, boundary=("periodic", "antiperiodic")))
    assert found[0].log_z == pytest.approx(found[1].log_z, rel=1e-14)
    assert found[0].energy_variance == pytest.approx(found[1].energy_variance, rel=1e-9)


@pytest.mark.parametrize("beta", [0.1, 0.3, 0.6, 1.0, -0.6])
def test_large_tori_are_the_infinite_lattice(beta):
    torus, infinite = ising.torus((256, 200), beta=beta), ising.infinite(beta=beta)
    degenerate = math.log(2) / (256 * 200) if abs(beta) > critical.ISING else 0.0
    assert torus.log_z / (256 * 200) == pytest.approx(
        infinite.log_z_density + degenerate, rel=1e-14
    )
    assert torus.energy_density == pytest.approx(infinite.energy_density, rel=1e-12)
    assert torus.specific_heat == pytest.approx(infinite.specific_heat, rel=1e-10)


@pytest.mark.parametrize("beta", [1e-3, 0.2, 0.44, 0.440686, 0.440687, 0.5, 1.5])
def test_onsagers_closed_forms(beta):
    with mpmath.workdps(30):
        b = mpmath.mpf(beta)
        t, k = mpmath.tanh(2 * b), 2 * mpmath.sinh(2 * b) / mpmath.cosh(2 * b) ** 2
        kk, ee, kappa = mpmath.ellipk(k**2), mpmath.ellipe(k**2), 2 * t**2 - 1
        energy = -(1 + 2 / mpmath.pi * kappa * kk) / t
        heat = 4 / mpmath.pi * (b / t) ** 2
        heat *= kk - ee - (1 - t**2) * (mpmath.pi / 2 + kappa * kk)
    infinite = ising.infinite(beta=beta)
    assert infinite.energy_density == pytest.approx(float(energy), rel=1e-11)
    assert infinite.specific_heat == pytest.approx(float(heat), rel=1e-9)


def test_the_infinite_lattice_at_criticality():
    infinite = ising.infinite(beta=critical.ISING)
    free = 2 * float(mpmath.catalan) / math.pi + math.log(2) / 2
    assert infinite.log_z_density == pytest.approx(free, rel=1e-14)
    assert infinite.energy_density == pytest.approx(-math.sqrt(2), rel=1e-14)
    assert infinite.energy_variance == infinite.specific_heat == math.inf
    assert infinite.spontaneous_magnetization == 0


def test_the_infinite_lattice_with_different_couplings():
    """Duality: sinh 2K_0 sinh 2K_1* = 1 maps ln Z/V − ½ ln(sinh 2K_0 sinh 2K_1); criticality."""
    k0, k1 = 0.3, 0.8
    d0, d1 = (0.5 * math.asinh(1 / math.sinh(2 * k)) for k in (k1, k0))
    original = ising.infinite(beta=1.0, couplings=(k0, k1)).log_z_density
    dual = ising.infinite(beta=1.0, couplings=(d0, d1)).log_z_density
    between = 0.5 * math.log(math.sinh(2 * k0) * math.sinh(2 * k1))
    assert original - dual == pytest.approx(between, rel=1e-13)
    at_criticality = ising.infinite(beta=0.5, couplings=(0.7, math.asinh(1 / math.sinh(0.7))))
    assert at_criticality.energy_variance == math.inf
    swapped = ising.infinite(beta=-1.0, couplings=(k1, -k0))
    assert swapped.log_z_density == original
    assert swapped.energy_density == -ising.infinite(beta=1.0, couplings=(k0, k1)).energy_density


def test_chains_without_bonds_between_them():
    """J_0 = 0: m rings of n spins, Z = [(2 cosh β)^n + (2 sinh β)^n]^m."""
    for beta in (0.4, 3.0):
        ring = math.log((2 * math.cosh(beta)) ** 6 + (2 * math.sinh(beta)) ** 6)
        for couplings, shape in (((0.0, 1.0), (4, 6)), ((1.0, 0.0), (6, 4))):
            torus = ising.torus(shape, beta=beta, couplings=couplings)
            assert torus.log_z == pytest.approx(4 * ring, rel=1e-14)
            infinite = ising.infinite(beta=beta, couplings=couplings)
            assert infinite.log_z_density == pytest.approx(math.log(2 * math.cosh(beta)), rel=1e-13)
            assert infinite.energy_variance == pytest.approx(1 / math.cosh(beta) ** 2, rel=1e-10)
            assert infinite.spontaneous_magnetization == 0
    frozen = ising.torus((4, 6), beta=500.0, couplings=(0.0, 1.0))
    assert (frozen.energy_density, frozen.energy_variance) == (-1.0, 0.0)
    assert ising.infinite(beta=500.0, couplings=(0.0, 1.0)).energy_variance == 0.0


def test_spontaneous_magnetization():
    """Yang; M² of a large cold torus is its square up to exponentially little."""
    for beta in (0.45, 0.7, -0.7):
        yang = (1 - math.sinh(2 * beta) ** -4) ** 0.125
        found = ising.infinite(beta=beta).spontaneous_magnetization
        assert found == pytest.approx(yang, rel=1e-14)
    small = enumeration.ising((4, 4)).at(1.2).magnetization_squared
    assert math.sqrt(small) == pytest.approx(
        ising.infinite(beta=1.2).spontaneous_magnetization, rel=1e-5
    )
    chang = (1 - (math.sinh(1.0) * math.sinh(3.0)) ** -2) ** 0.125
    both = ising.infinite(beta=0.5, couplings=(1.0, -3.0)).spontaneous_magnetization
    assert both == pytest.approx(chang, rel=1e-14)
    assert ising.infinite(beta=0.43).spontaneous_magnetization == 0
    assert ising.infinite(beta=1e6).spontaneous_magnetization == 1


def test_very_cold_very_hot_and_huge():
    for beta in (400.0, 1e12):
        torus, infinite = ising.torus((9, 8), beta=beta), ising.infinite(beta=beta)
        assert torus.log_z == pytest.approx(2 * beta * 72 + math.log(2), rel=1e-15)
        assert torus.energy_density == infinite.energy_density == -2.0
        assert torus.specific_heat == infinite.specific_heat == 0.0
    hot = ising.torus((9, 8), beta=0.0, couplings=(-1.0, 2.0))
    assert hot.log_z == pytest.approx(72 * math.log(2), rel=1e-14)
    assert (hot.energy_density, hot.energy_variance) == pytest.approx((0.0, 5.0), abs=1e-13)
    huge = ising.torus((65536, 5), beta=0.5)
    ring = ising.torus((300, 5), beta=0.5), ising.torus((301, 5), beta=0.5)
    assert huge.log_z == pytest.approx(65536 * (ring[1].log_z - ring[0].log_z), rel=1e-11)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ising.torus((4,), beta=1.0), ValueError, "two extents.*got 1 extents"),
        (lambda: ising.torus("44", beta=1.0), TypeError, "two extents"),
        (lambda: ising.torus((0, 4), beta=1.0), ValueError, r"shape\[0\]"),
        (lambda: ising.torus((4, 65537), beta=1.0), ValueError, "at most 65536"),
        (lambda: ising.torus((4, 4), beta=math.nan), ValueError, "beta must be a finite"),
        (lambda: ising.torus((4, 4), beta=1.1e12), ValueError, "beta must lie between"),
        (lambda: ising.torus((4, 4), beta=1.0, couplings=(1, 1, 1)), ValueError, "the 2 axes"),
        (lambda: ising.torus((4, 4), beta=1.0, couplings="11"), TypeError, "couplings"),
        (lambda: ising.torus((4, 4), beta=1.0, boundary="open"), ValueError, "boundary"),
        (lambda: ising.infinite(beta=None), TypeError, "beta"),
        (
            lambda: ising.torus((9, 9), beta=-2.0),
            ArithmeticError,
            "flips across both boundaries.*choose smaller",
        ),
        (
            lambda: ising.torus((3, 5), beta=-500.0, couplings=(0, 1)),
            ArithmeticError,
            "couplings along the axis",
        ),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_taylor_series():
    """Each operation against the derivatives that mpmath finds."""
    x = Taylor(0.7, 1.0, 0.0, 0.0)
    cases = [
        ((x * x + 2.0).log(), lambda t: mpmath.log(t * t + 2)),
        ((x + 1.0).sqrt(), lambda t: mpmath.sqrt(t + 1)),
        ((x * 0.3).exp(), lambda t: mpmath.exp(t * 0.3)),
        ((-x).expm1(), lambda t: mpmath.expm1(-t)),
        ((x * x).log1p(), lambda t: mpmath.log1p(t * t)),
        (x**5, lambda t: t**5),
        ((2.0 - x) / (x * x * x), lambda t: (2 - t) / t**3),
        (x**0, lambda t: mpmath.mpf(1)),
    ]
    for found, function in cases:
        expected = mpmath.taylor(function, 0.7, 3)
        np.testing.assert_allclose(found.coefficients, np.array(expected, dtype=float), atol=1e-13)
