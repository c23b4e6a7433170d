"""Enumeration against loops in Python, published values, symmetries and relations of models."""

import math

import numpy as np
import pytest

from heatbath.exact import critical, enumeration
from spins_by_hand import MODELS, by_hand

NUMBERS = (
    *("log_z", "energy_density", "energy_variance", "specific_heat", "magnetization"),
    *("abs_magnetization", "magnetization_squared", "magnetization_fourth", "binder"),
)


def enumerated(name, shape, **arguments):
    if name == "ising":
        return enumeration.ising(shape, **arguments)
    return getattr(enumeration, name[:-1])(shape, q=int(name[-1]), **arguments)


def agree(density, expected, beta, rel=1e-12):
    found = density.at(beta)
    for name in NUMBERS:
        assert getattr(found, name) == pytest.approx(expected[name], rel=rel, abs=1e-12), name
    assert found.beta == beta


CASES = [
    ("ising", (5,), ("open",)),
    ("ising", (1, 3), ("antiperiodic", "periodic")),
    ("ising", (3, 3), ("periodic", "antiperiodic")),
    ("ising", (2, 1, 3), ("open", "periodic", "antiperiodic")),
    ("ising", (2, 2, 1, 2), ("periodic", "periodic", "open", "periodic")),
    ("potts3", (2, 3), ("periodic", "open")),
    ("potts4", (1, 2, 2), ("periodic", "periodic", "periodic")),
    ("clock3", (5,), ("periodic",)),
    ("clock4", (3, 2), ("antiperiodic", "open")),
    ("clock5", (2, 2), ("periodic", "periodic")),
    ("clock6", (1, 3), ("open", "antiperiodic")),
]


@pytest.mark.parametrize(("name", "shape", "edges"), CASES)
@pytest.mark.parametrize("beta", [0.45, -0.8])
def test_agrees_with_loops_over_all_states(name, shape, edges, beta):
    """Couplings of every bond and fields of every site: also those that nothing may read."""
    rng = np.random.default_rng(7)
    couplings, fields = rng.normal(size=(len(shape), *shape)), rng.normal(size=shape)
    density = enumerated(name, shape, couplings=couplings, field=fields, boundary=edges)
    expected = by_hand(
        MODELS[name],
        shape,
        beta=beta,
        coupling=lambda mu, x: couplings[(mu, *x)],
        field=lambda x: fields[x],
        edges=edges,
    )
    agree(density, expected, beta)
    assert density.energy_moment(3, beta=beta) == pytest.approx(expected["energy_cubed"], rel=1e-11)
    assert density.counts.tolist() == [1] * MODELS[name].q ** math.prod(shape)


@pytest.mark.parametrize(("name", "shape", "edges"), CASES)
def test_collects_the_levels_of_whole_couplings(name, shape, edges):
    strengths = [2.0, -1.0, 1.0, 3.0][: len(shape)]
    density = enumerated(name, shape, couplings=strengths, field=1, boundary=edges)
    expected = by_hand(
        MODELS[name],
        shape,
        beta=0.3,
        coupling=lambda mu, x: strengths[mu],
        field=lambda x: 1.0,
        edges=edges,
    )
    agree(density, expected, 0.3)
    energies, counts = density.by_energy()
    if name != "clock5":  # of its energies rounding keeps apart what is equal
        assert dict(zip(energies.tolist(), counts.tolist(), strict=True)) == expected["levels"]
        arrays = (density.energies, density.magnetizations, density.abs_magnetizations)
        levels = set(zip(*(a.tolist() for a in arrays), strict=True))
        assert len(levels) == density.energies.size < density.counts.sum()
    assert counts.dtype == np.int64
    assert np.all(np.diff(energies) > 0)
    assert density.counts.sum() == MODELS[name].q ** math.prod(shape)


def test_independent_values():
    # shared/exact.json: Ising_L4_{e_betac, absm, m2, U4, var}
    found = enumeration.ising((4, 4)).at(critical.ISING)
    expected = (-1.5656237876383186, 0.8438604448134204, 0.7613589085686727, 0.6171993184124589)
    got = (found.energy_density, found.abs_magnetization, found.magnetization_squared, found.binder)
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    assert found.energy_variance == pytest.approx(4.033199098962136, rel=1e-12)


def test_the_density_of_states_of_the_4_by_4_ising_model():
    """The counts that every course on flat histograms starts with."""
    energies, counts = enumeration.ising((4, 4)).by_energy()
    half = {-32: 2, -24: 32, -20: 64, -16: 424, -12: 1728, -8: 6688, -4: 13568, 0: 20524}
    expected = half | {-energy: count for energy, count in half.items()}
    assert dict(zip(energies.tolist(), counts.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("first", "second", "scale"), [("ising", "clock2", 1), ("ising", "potts2", 2)]
)
def test_two_states_are_ising(first, second, scale):
    """δ = (1 + s s')/2, and a field h on δ is h/2 on s, each up to a constant."""
    ising = enumerated(first, (3, 2), couplings=1, field=0.3).at(0.4)
    other = enumerated(second, (3, 2), couplings=scale, field=0.3 * scale).at(0.4)
    for name in NUMBERS[2:]:
        assert getattr(other, name) == pytest.approx(getattr(ising, name), rel=1e-13), name
    constant = 0.0 if scale == 1 else -2.0 - 0.3  # two bonds and one field per site, of J = h/0.3
    assert other.energy_density == pytest.approx(ising.energy_density + constant, rel=1e-13)
    assert other.log_z == pytest.approx(ising.log_z - 6 * 0.4 * constant, rel=1e-13)


def test_a_clock_of_three_states_is_potts():
    clock, potts = (enumerated(n, (3, 2), couplings=j) for n, j in (("clock3", 2), ("potts3", 3)))
    for name in ("energy_variance", *NUMBERS[4:]):
        found, expected = (getattr(d.at(0.5), name) for d in (clock, potts))
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-15), name


def test_a_gauge_transformation_of_a_spin_glass_changes_no_energy():
    rng = np.random.default_rng(3)
    couplings, signs = rng.normal(size=(2, 3, 4)), rng.choice([-1.0, 1.0], size=(3, 4))
    neighbours = np.stack([np.roll(signs, -1, axis=mu) for mu in (0, 1)])
    glass = enumeration.ising((3, 4), couplings=couplings).at(0.7)
    gauged = enumeration.ising((3, 4), couplings=couplings * signs * neighbours).at(0.7)
    assert gauged.log_z == pytest.approx(glass.log_z, rel=1e-13)
    assert gauged.specific_heat == pytest.approx(glass.specific_heat, rel=1e-12)
    assert gauged.magnetization_squared != pytest.approx(glass.magnetization_squared, rel=1e-3)


def test_moments_and_derivatives_of_one_density_of_states():
    density, h = enumeration.potts((3, 3), q=3), 1e-4
    at = density.at(0.9)
    slope = (density.at(0.9 + h).log_z - density.at(0.9 - h).log_z) / (2 * h)
    assert at.energy_density == pytest.approx(-slope / 9, rel=1e-7)
    mean, square = (density.energy_moment(k, beta=0.9) for k in (1, 2))
    assert at.energy_density == pytest.approx(mean / 9, rel=1e-14)
    assert at.energy_variance == pytest.approx((square - mean**2) / 9, rel=1e-12)
    assert density.energy_moment(0, beta=0.9) == pytest.approx(1, rel=1e-14)


def test_cold_and_hot():
    density = enumeration.potts((3, 3), q=3, couplings=1.5)
    cold, hot = density.at(1e12), density.at(0.0)
    assert (cold.energy_density, cold.abs_magnetization, cold.specific_heat) == (-3.0, 1.0, 0.0)
    assert hot.log_z == pytest.approx(9 * math.log(3), rel=1e-14)
    assert hot.magnetization_squared == pytest.approx(1 / 9, rel=1e-13)  # 1/V for independent spins
    assert density.at(-1e12).energy_density == 0.0  # three colours for every neighbour
    assert math.isnan(enumeration.ising((2, 1)).at(-1e12).binder)  # M = 0 alone is left


def test_the_largest_system():
    density = enumeration.ising((22,))
    exact = math.log((2 * math.cosh(0.3)) ** 22 + (2 * math.sinh(0.3)) ** 22)
    assert density.at(0.3).log_z == pytest.approx(exact, rel=1e-14)
    assert density.counts.sum() == 1 << 22


def test_results_are_read_only():
    density = enumeration.clock((2, 2), q=5)
    for array in (density.energies, density.magnetizations, density.counts):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: enumeration.ising((23,)), ValueError, "more than 2\\^22 states"),
        (lambda: enumeration.potts((12,), q=4), ValueError, "q = 4 states"),
        (lambda: enumeration.potts((2,), q=1), ValueError, "2 to 64"),
        (lambda: enumeration.potts((2,), q=65), ValueError, "2 to 64"),
        (lambda: enumeration.potts((2,), q=2.0), TypeError, "whole number of states"),
        (lambda: enumeration.potts((2,), q=3, boundary="antiperiodic"), ValueError, "no spin flip"),
        (lambda: enumeration.clock((2,), q=3, boundary="antiperiodic"), ValueError, "odd q"),
        (lambda: enumeration.ising((2,), boundary="closed"), ValueError, "boundary"),
        (lambda: enumeration.ising((2,), boundary=("open", "open")), ValueError, "each of 1 axes"),
        (lambda: enumeration.ising((2, 2), couplings=[1, 2, 3]), ValueError, "2 numbers"),
        (lambda: enumeration.ising((2, 3), couplings=np.ones((2, 3))), ValueError, r"\(2, 2, 3\)"),
        (lambda: enumeration.ising((2, 3), field=[1, 2, 3]), ValueError, r"shape \(2, 3\)"),
        (lambda: enumeration.ising((2,), field=math.nan), ValueError, "between -1e12 and 1e12"),
        (lambda: enumeration.ising((2,), couplings=1j), TypeError, "couplings must be real"),
        (lambda: enumeration.ising((2,), couplings=np.ma.masked), TypeError, "must be real"),
        (lambda: enumeration.ising((2,), couplings=[[1], [1, 2]]), TypeError, "must be real"),
        (lambda: enumeration.ising((2,)).at(1.1e12), ValueError, "beta must lie between"),
        (lambda: enumeration.ising((2,)).energy_moment(17, beta=1.0), ValueError, "0 to 16"),
        (lambda: enumeration.ising((2,)).energy_moment(True, beta=1.0), ValueError, "k must be"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
