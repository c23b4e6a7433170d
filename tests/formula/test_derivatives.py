"""Derivatives of recorded formulas: each rule against differences, all of them exactly.

Polynomials and quotients are compared with exact rational arithmetic on dual numbers, a + b ε
with ε² = 0, so that only the rounding of the library's own evaluation is left.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import heatbath as hb
from heatbath.elementary import cos, exp, log, sin, sqrt
from heatbath.formula.derivative import derivative
from heatbath.formula.expression import coupling, field
from heatbath.formula.polynomial import as_polynomial, horner
from heatbath.formula.source import compiled, python_source

# every rule, with x once, twice, on both sides, as a shared subexpression
RULES = {
    "x": lambda x, y: x,
    "x + y": lambda x, y: x + y,
    "x + x": lambda x, y: x + x,
    "x - y": lambda x, y: x - y,
    "y - x": lambda x, y: y - x,
    "x - sin x": lambda x, y: x - sin(x),
    "x y": lambda x, y: x * y,
    "y x": lambda x, y: y * x,
    "x x": lambda x, y: x * x,
    "sin x sin x": lambda x, y: sin(x) * sin(x),
    "x sin x": lambda x, y: x * sin(x),
    "x / y": lambda x, y: x / y,
    "y / x": lambda x, y: y / x,
    "x / x": lambda x, y: sin(x) / x,
    "-x": lambda x, y: -x,
    "exp": lambda x, y: exp(x * y),
    "log": lambda x, y: log(x + y),
    "sin": lambda x, y: sin(x * y),
    "cos": lambda x, y: cos(x * x),
    "sqrt": lambda x, y: sqrt(x * x + y),
    "x^7": lambda x, y: x**7,
    "chain": lambda x, y: exp(-sqrt(1 + cos(x * y) ** 2)) / (1 + log(1 + x * x)),
    "shared": lambda x, y: (x * y) * exp(x * y) - (x * y) ** 3,
    "y alone": lambda x, y: y * y,
}
POINTS = [(0.7, 1.3), (1.9, 0.4), (0.8, 2.1)]


def value_at(e, x, y):
    if not e.has_field:
        return e.payload
    return compiled(python_source("f", e, ("phi", "n1"), literal=repr), "f")(x, y)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("x", "y"), POINTS)
def test_each_rule_against_differences(name, x, y):
    f, h = RULES[name], 2.0**-10
    found = value_at(derivative(f(field(0), field(1)), field(0)), x, y)
    slope = (8 * (f(x + h, y) - f(x - h, y)) - (f(x + 2 * h, y) - f(x - 2 * h, y))) / (12 * h)
    assert found == pytest.approx(slope, rel=2e-10, abs=2e-10)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_against_torch(name):
    """To rounding: autograd differentiates the same operations with its own rules."""
    import torch

    for x, y in POINTS:
        t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        result = RULES[name](t, torch.tensor(y, dtype=torch.float64))
        expected = torch.autograd.grad(result, t)[0] if result.requires_grad else 0.0
        found = value_at(derivative(RULES[name](field(0), field(1)), field(0)), x, y)
        assert found == pytest.approx(float(expected), rel=1e-13, abs=1e-14)


# ---- exact arithmetic ------------------------------------------------------------------------
@dataclass(frozen=True)
class Dual:
    """value + slope ε in exact rational arithmetic, and the sums of the absolute values of all
    terms in both: what rounding errors are proportional to."""

    value: Fraction
    slope: Fraction
    size: Fraction
    slope_size: Fraction

    def __add__(self, other):
        o = dual(other)
        return Dual(
            self.value + o.value,
            self.slope + o.slope,
            self.size + o.size,
            self.slope_size + o.slope_size,
        )

    def __mul__(self, other):
        o = dual(other)
        return Dual(
            self.value * o.value,
            self.value * o.slope + self.slope * o.value,
            self.size * o.size,
            self.size * o.slope_size + self.slope_size * o.size,
        )

    def __neg__(self):
        return Dual(-self.value, -self.slope, self.size, self.slope_size)

    def __sub__(self, other):
        return self + -dual(other)

    def __rsub__(self, other):
        return dual(other) + -self

    def __truediv__(self, number):
        return self * (1 / Fraction(number))

    def __pow__(self, n):
        result = dual(1)
        for _ in range(n):
            result = result * self
        return result

    __radd__, __rmul__ = __add__, __mul__


def dual(x):
    if isinstance(x, Dual):
        return x
    return Dual(Fraction(x), Fraction(0), abs(Fraction(x)), Fraction(0))


def leaves():
    numbers = st.integers(-3, 3).filter(bool)
    return st.sampled_from(["a", "b", "j", "k"]) | numbers


def trees():
    """Sums, products, powers and division by powers of two (exact), as nested tuples."""
    return st.recursive(
        leaves(),
        lambda t: (
            st.tuples(st.sampled_from(["+", "-", "*"]), t, t)
            | st.tuples(st.just("neg"), t)
            | st.tuples(st.just("**"), t, st.integers(1, 3))
            | st.tuples(st.just("/"), t, st.sampled_from([2, -4, 0.5]))
        ),
        max_leaves=8,
    )


def planted(tree, leaves):
    """The value of a tree on numbers, dual numbers or symbols."""
    if not isinstance(tree, tuple):
        return leaves.get(tree, tree)
    op, *rest = tree
    if op == "neg":
        return -planted(rest[0], leaves)
    if op in ("**", "/"):
        x = planted(rest[0], leaves)
        return x ** rest[1] if op == "**" else x / rest[1]
    x, y = (planted(r, leaves) for r in rest)
    return x + y if op == "+" else x - y if op == "-" else x * y


def theory_of(site, bond):
    """phi and a·b are added so that every such theory depends on its fields."""
    return hb.Theory(
        "t",
        site=lambda phi, *, k: phi + planted(site, {"a": phi, "b": phi * phi, "j": k, "k": k}),
        bond=lambda phi, n, *, j: phi * n + planted(bond, {"a": phi, "b": n, "j": j, "k": j}),
    )


def exact(site, bond, phi, j, k, moving):
    """S as a dual number, with the slope in the field at site `moving`."""
    fields = [
        Dual(Fraction(p), Fraction(x == moving), abs(Fraction(p)), Fraction(x == moving))
        for x, p in enumerate(phi)
    ]
    total = dual(0)
    for x, p in enumerate(fields):
        q = fields[(x + 1) % len(phi)]
        total += p + planted(site, {"a": p, "b": p * p, "j": dual(k), "k": dual(k)})
        total += p * q + planted(bond, {"a": p, "b": q, "j": dual(j), "k": dual(j)})
    return total


@settings(max_examples=100)
@given(trees(), trees(), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_short_forms_of_polynomials_are_exact_to_rounding(site, bond, n, seed):
    """Energy, force and local difference of random polynomial theories on rings of n sites."""
    theory = theory_of(site, bond)
    rng = np.random.default_rng(seed)
    phi, new = rng.normal(size=(2, n))
    j, k = map(float, rng.normal(size=2))
    action = theory(j=j, k=k, lattice=(n,))
    force, difference = action.force(phi), action.local_difference(phi, new)
    eps = Fraction(1, 2**47)  # a few dozen operations of error 2⁻⁵³ each
    for x in range(n):
        here = exact(site, bond, phi, j, k, moving=x)
        there = exact(site, bond, [*phi[:x], new[x], *phi[x + 1 :]], j, k, moving=x)
        assert abs(Fraction(float(action(phi))) - here.value) <= eps * here.size
        assert abs(Fraction(force[x]) + here.slope) <= eps * here.slope_size
        error = Fraction(difference[x]) - (there.value - here.value)
        assert abs(error) <= eps * (here.size + there.size)


def short_trees():
    """Trees without products of sums, and linear in b: those that have a short form."""
    factor = st.sampled_from(["a", "j", "k"])
    return st.recursive(
        leaves() | st.tuples(st.just("**"), factor, st.integers(1, 4)),
        lambda t: (
            st.tuples(st.sampled_from(["+", "-"]), t, t)
            | st.tuples(st.just("*"), t, factor)
            | st.tuples(st.just("*"), factor, t)
            | st.tuples(st.just("neg"), t)
            | st.tuples(st.just("/"), t, st.sampled_from([2, -4, 0.5]))
        ),
        max_leaves=8,
    )


@given(short_trees())
def test_the_short_form_is_the_expression(tree):
    """Exactly, in rational arithmetic."""
    leaf = {"a": field(0), "b": field(1), "j": coupling("j"), "k": coupling("k")}
    e = field(0) + planted(tree, leaf)
    short = horner(as_polynomial(e, field(0)), field(0))
    for a, b, j, k in itertools.islice(itertools.permutations((2, -3, 5, 7, -1), 4), 0, 120, 29):
        leaf = {("field", 0): a, ("field", 1): b, ("coupling", "j"): j, ("coupling", "k"): k}
        assert rational(short, leaf) == rational(e, leaf)


def rational(e, leaves):
    if not e.args:
        return Fraction(leaves.get((e.op, e.payload), e.payload))
    a = [rational(x, leaves) for x in e.args]
    return {
        "add": lambda: a[0] + a[1],
        "sub": lambda: a[0] - a[1],
        "mul": lambda: a[0] * a[1],
        "div": lambda: a[0] / a[1],
        "neg": lambda: -a[0],
    }[e.op]()


def test_phi4_in_its_short_form():
    """Ten operations for the force in two dimensions, as in code written by hand."""
    action = hb.actions.Phi4(kappa=0.2, lam=0.3, lattice=(4, 4))
    lines = action.program("force").source.splitlines()
    assert len(lines) - 2 <= 10


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
def test_products_of_sums_are_not_expanded(offset):
    """(a − b)⁴ at offset 10³ keeps its digits; expanded it would lose nine."""
    phi = offset + np.asarray([0.3, -0.47, 1.1, 0.69])  # differences at an offset are exact
    action = hb.Theory("t", bond=lambda a, b: (a - b) ** 4)(lattice=(4,))
    ahead, behind = np.roll(phi, -1) - phi, phi - np.roll(phi, 1)
    np.testing.assert_allclose(action.energies(phi), ahead**4, rtol=1e-15)
    expected = 4 * ahead**3 - 4 * behind**3
    np.testing.assert_allclose(action.force(phi), expected, rtol=4e-15)
    # and what expanding would have cost, so that this test means something
    a, b = phi, np.roll(phi, -1)
    expanded = a**4 - 4 * a**3 * b + 6 * a**2 * b**2 - 4 * a * b**3 + b**4
    assert offset == 0 or np.max(abs(expanded / ahead**4 - 1)) > 1e-9


@pytest.mark.parametrize("n", [2, 3, 4])
def test_powers_of_one_sum_are_not_expanded_either(n):
    """(φ − v)ⁿ near v = 10³: a well far from the origin."""
    phi = 1e3 + np.asarray([0.3, -0.47, 1.1])
    action = hb.Theory("t", site=lambda p, *, v: (p - v) ** n)(v=1e3, lattice=(3,))
    np.testing.assert_allclose(action.energies(phi), (phi - 1e3) ** n, rtol=1e-15)
    np.testing.assert_allclose(action.force(phi), -n * (phi - 1e3) ** (n - 1), rtol=4e-15)


def test_the_gaussian_keeps_its_digits_at_an_offset():
    phi = 1e6 + np.asarray([0.25, -0.5, 1.0])
    action = hb.actions.Gaussian(m2=0.0, lattice=(3,))
    expected = np.roll(phi, 1) - 2 * phi + np.roll(phi, -1)
    assert np.array_equal(action.force(phi), expected)
