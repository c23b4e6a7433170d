"""Strips against loops, enumeration, Kaufman's formula, chains, limits and symmetries."""

import itertools
import math

import numpy as np
import pytest

from heatbath.exact import critical, enumeration, ising, strip
from spins_by_hand import MODELS, by_hand

NUMBERS = ("log_z", "energy_density", "energy_variance", "specific_heat", "magnetization")
EDGES = ("periodic", "antiperiodic", "open")


def stripped(name, shape, **arguments):
    if name == "ising":
        return strip.ising(shape, **arguments)
    return getattr(strip, name[:-1])(shape, q=int(name[-1]), **arguments)


@pytest.mark.parametrize(
    ("name", "shape", "edges"),
    [
        ("ising", (1, 1), ("periodic", "periodic")),
        ("ising", (1, 4), ("antiperiodic", "periodic")),
        ("ising", (3, 3), ("antiperiodic", "periodic")),
        ("ising", (5, 2), ("open", "periodic")),
        ("potts3", (3, 2), ("periodic", "open")),
        ("potts4", (2, 2), ("periodic", "periodic")),
        ("clock4", (3, 2), ("periodic", "antiperiodic")),
        ("clock5", (1, 3), ("open", "periodic")),
    ],
)
@pytest.mark.parametrize(("beta", "field"), [(0.5, 0.3), (-0.7, -0.2), (0.0, 1.0)])
def test_agrees_with_loops_over_all_states(name, shape, edges, beta, field):
    couplings = (0.8, -1.3)
    found = stripped(name, shape, beta=beta, field=field, couplings=couplings, boundary=edges)
    expected = by_hand(
        MODELS[name],
        shape,
        beta=beta,
        coupling=lambda mu, x: couplings[mu],
        field=lambda x: field,
        edges=edges,
    )
    for number in NUMBERS:
        value = expected[number]
        assert getattr(found, number) == pytest.approx(value, rel=1e-12, abs=1e-13), number
    second, fourth = expected["component_squared"], expected["component_fourth"]
    assert found.magnetization_squared == pytest.approx(second, rel=1e-12)
    assert found.magnetization_fourth == pytest.approx(fourth, rel=1e-12)
    assert found.binder == pytest.approx(1 - fourth / (3 * second**2), rel=1e-11, abs=1e-12)
    assert (found.shape, found.beta, found.field) == (shape, beta, field)


@pytest.mark.parametrize("edges", list(itertools.product(EDGES, repeat=2)))
@pytest.mark.parametrize(
    ("name", "shape"), [("ising", (5, 3)), ("ising", (3, 4)), ("clock4", (3, 3))]
)
def test_agrees_with_enumeration(name, shape, edges):
    """All boundaries, odd and even lengths, rows along either axis."""
    arguments = {"field": 0.1, "couplings": (1.0, 0.6), "boundary": edges}
    found = stripped(name, shape, beta=0.6, **arguments)
    if name == "ising":
        expected = enumeration.ising(shape, **arguments).at(0.6)
    else:
        expected = enumeration.clock(shape, q=4, **arguments).at(0.6)
    for number in NUMBERS:
        value = getattr(expected, number)
        assert getattr(found, number) == pytest.approx(value, rel=1e-12), number


@pytest.mark.parametrize(
    ("shape", "edges"),
    [
        ((8, 8), ("periodic", "periodic")),
        ((6, 31), ("periodic", "periodic")),
        ((31, 6), ("antiperiodic", "periodic")),
        ((7, 12), ("antiperiodic", "antiperiodic")),
        ((2, 100), ("periodic", "antiperiodic")),
    ],
)
@pytest.mark.parametrize("beta", [critical.ISING, -0.3])
def test_agrees_with_kaufman(shape, edges, beta):
    found = strip.ising(shape, beta=beta, couplings=(1.0, 0.9), boundary=edges)
    expected = ising.torus(shape, beta=beta, couplings=(1.0, 0.9), boundary=edges)
    for number in ("log_z", "energy_density", "energy_variance"):
        assert getattr(found, number) == pytest.approx(getattr(expected, number), rel=1e-11)


def test_independent_values():
    # shared/exact.json: Ising_L4_{e_betac, m2, U4, var}
    found = strip.ising((4, 4), beta=critical.ISING)
    assert found.energy_density == pytest.approx(-1.5656237876383186, rel=1e-14)
    assert found.magnetization_squared == pytest.approx(0.7613589085686727, rel=1e-13)
    assert found.binder == pytest.approx(0.6171993184124589, rel=1e-12)
    assert found.energy_variance == pytest.approx(4.033199098962136, rel=1e-12)


@pytest.mark.parametrize("length", [2, 7, 1000])
def test_a_chain_in_a_field(length):
    """λ± = e^β cosh βh ± √(e^{2β} sinh² βh + e^{−2β}); the bond across a chain is a constant."""
    beta, h = 0.8, 0.05
    root = math.sqrt(math.exp(2 * beta) * math.sinh(beta * h) ** 2 + math.exp(-2 * beta))
    plus, minus = (math.exp(beta) * math.cosh(beta * h) + sign * root for sign in (1, -1))
    share = (minus / plus) ** length
    log_z = length * math.log(plus) + math.log1p(share) + beta * length
    chain = strip.ising((length, 1), beta=beta, field=h)
    assert chain.log_z == pytest.approx(log_z, rel=1e-13)
    slope = math.exp(beta) * math.sinh(beta * h) / root
    assert chain.magnetization == pytest.approx(slope * (1 - share) / (1 + share), rel=1e-11)


@pytest.mark.parametrize("q", [3, 6])
def test_a_chain_of_potts_spins(q):
    """Eigenvalues e^β + q − 1 once, e^β − 1 q − 1 times; an open chain has the first alone."""
    beta, n = 1.1, 9
    first, other = math.exp(beta) + q - 1, math.exp(beta) - 1
    ring = strip.potts((n, 1), q=q, beta=beta, couplings=(1.0, 0.0))
    assert ring.log_z == pytest.approx(math.log(first**n + (q - 1) * other**n), rel=1e-13)
    chain = strip.potts((n, 1), q=q, beta=beta, couplings=(1.0, 0.0), boundary="open")
    assert chain.log_z == pytest.approx(math.log(q * first ** (n - 1)), rel=1e-13)
    assert chain.energy_density == pytest.approx(-(n - 1) / n * math.exp(beta) / first, rel=1e-13)


def test_the_order_parameter_of_potts_spins_is_isotropic():
    found = strip.potts((3, 4), q=3, beta=0.9)
    whole = enumeration.potts((3, 4), q=3).at(0.9)
    assert 2 * found.magnetization_squared == pytest.approx(whole.magnetization_squared, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "shape"), [("ising", (9, 5)), ("potts3", (4, 6)), ("clock5", (6, 3))]
)
def test_magnetization_is_a_derivative(name, shape):
    """V β ⟨g⟩ = ∂ ln Z/∂h, and the energy is −∂ ln Z/∂β, by differences."""
    beta, h, step = 0.4, 0.2, 1e-4
    found = stripped(name, shape, beta=beta, field=h)
    up, down = (stripped(name, shape, beta=beta, field=h + s).log_z for s in (step, -step))
    slope = (up - down) / (2 * step * beta * math.prod(shape))
    q = MODELS[name].q
    along = (found.magnetization * (q - 1) + 1) / q if name == "potts3" else found.magnetization
    assert slope == pytest.approx(along, rel=1e-6)
    up, down = (stripped(name, shape, beta=beta + s, field=h).log_z for s in (step, -step))
    slope = (up - down) / (2 * step * math.prod(shape))
    assert found.energy_density == pytest.approx(-slope, rel=1e-6)


def test_the_energy_of_the_self_dual_point():
    """e = −(1 + 1/√q) on the infinite lattice at β_c: between long strips that close and open."""
    for q, width in ((3, 4), (4, 3)):
        beta, exact = critical.potts(q), -(1 + 1 / math.sqrt(q))
        closed = strip.potts((40, width), q=q, beta=beta).energy_density
        half = strip.potts((40, width), q=q, beta=beta, boundary=("periodic", "open"))
        assert closed < exact < half.energy_density
        assert closed == pytest.approx(exact, rel=0.08)


def test_moments_of_ising_spins_at_twelve_sites_across():
    """The magnetic numbers of long cold strips: all spins equal, M = ±1."""
    found = strip.ising((2, 12), beta=1.5)
    assert found.magnetization == pytest.approx(0, abs=1e-15)
    assert found.binder == pytest.approx(2 / 3, abs=1e-4)
    assert strip.ising((2, 12), beta=1.5, field=0.5).magnetization == pytest.approx(1, abs=1e-4)


def test_cold_strips():
    found = strip.ising((40, 4), beta=20.0)
    assert found.energy_density == -2.0
    assert found.energy_variance == pytest.approx(64 * math.exp(-160.0), rel=1e-9)
    assert found.log_z == pytest.approx(math.log(2) + 2 * 20.0 * 160, rel=1e-15)
    frustrated = strip.ising((40, 3), beta=-20.0)
    assert frustrated.energy_density == pytest.approx(1 + 1 / 3, rel=1e-13)  # a bad bond per row


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: strip.ising((13, 13), beta=1.0), ValueError, "more than 4096 states"),
        (lambda: strip.potts((8, 8), q=3, beta=1.0), ValueError, "q = 3 states"),
        (lambda: strip.ising((12, 8192), beta=1.0), ValueError, "take minutes"),
        (lambda: strip.ising((1, 8193), beta=1.0), ValueError, "at most 8192"),
        (lambda: strip.ising((4, 4, 4), beta=1.0), ValueError, "two extents"),
        (lambda: strip.ising((4, 4), beta=1.0, field=[1.0]), TypeError, "field must be a real"),
        (lambda: strip.ising((4, 4), beta=1.0, couplings=np.ones(3)), ValueError, "the 2 axes"),
        (lambda: strip.clock((4, 4), q=5, beta=1.0, boundary="antiperiodic"), ValueError, "odd q"),
        (lambda: strip.ising((4, 4), beta=1e6), ArithmeticError, "more than float64 can hold"),
        (
            lambda: strip.ising((2, 2), beta=150.0, boundary="antiperiodic"),
            ArithmeticError,
            "more than float64 can hold",
        ),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
