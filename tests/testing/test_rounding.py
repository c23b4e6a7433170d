"""The bounds on rounding that `check_force` rests on, against exact rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from heatbath.elementary import cos, exp, log, sin, sqrt
from heatbath.formula.expression import coupling, field
from heatbath.testing.rounding import SLOPE, VALUE, size_of
from heatbath.testing.strategies import POLYNOMIAL, _of, _planted

UNIT = 2.0**-53


def drawn(seed: int) -> dict[str, float]:
    return dict(zip("abj", np.random.default_rng(seed).normal(size=3).tolist(), strict=True))


@settings(max_examples=200)
@given(_of(POLYNOMIAL, ("a", "b", "j"), 8), st.integers(0, 1000))
def test_rounding_of_polynomials_stays_below_its_bound(tree: Any, seed: int) -> None:
    numbers = drawn(seed)
    symbols = {"a": field(0), "b": field(1), "j": coupling("j")}
    recorded = symbols["a"] + _planted(tree, symbols)
    values = [numbers["a"], numbers["b"]]
    size = size_of(recorded, values, [True, False], {"j": numbers["j"]})
    exact = Fraction(numbers["a"]) + _planted(tree, {n: Fraction(v) for n, v in numbers.items()})
    found = numbers["a"] + _planted(tree, numbers)
    assert abs(Fraction(found) - exact) <= size.count * UNIT * size.size
    assert abs(exact) <= Fraction(size.size) * (1 + Fraction(size.count * UNIT))


FORMULAS = {
    "difference": (
        lambda a, b: (a - b) ** 4,
        lambda a, b: (a + b) ** 4,
        lambda a, b: 4 * (a + b) ** 3,
    ),
    "product": (lambda a, b: a * b * b, lambda a, b: a * b * b, lambda a, b: b * b),
    "exp": (
        lambda a, b: exp(a),
        lambda a, b: math.exp(a) * (1 + a),
        lambda a, b: math.exp(a) * (1 + a),
    ),
    "log": (lambda a, b: log(a), lambda a, b: abs(math.log(a)) + 1, lambda a, b: 2 / a),
    "sqrt": (
        lambda a, b: sqrt(a),
        lambda a, b: 1.5 * math.sqrt(a),
        lambda a, b: 0.75 / math.sqrt(a),
    ),
    "quotient": (lambda a, b: b / a, lambda a, b: 2 * b / a, lambda a, b: 3 * b / a**2),
}


@pytest.mark.parametrize(("formula", "size", "slope"), FORMULAS.values(), ids=FORMULAS)
def test_sizes_by_hand(formula: Any, size: Any, slope: Any) -> None:
    a, b = 0.7, 1.3
    found = size_of(formula(field(0), field(1)), [a, b], [True, False], {})
    assert found.value == pytest.approx(float(formula(a, b)), rel=1e-14, abs=1e-14)
    assert found.size == pytest.approx(size(a, b))
    assert found.slope == pytest.approx(slope(a, b))


@pytest.mark.parametrize("f", [exp, sin, cos, lambda x: log(2 + x), lambda x: sqrt(2 + x)])
def test_a_slope_bounds_the_derivative(f: Any) -> None:
    for x in np.linspace(-1.5, 1.5, 7).tolist():
        h = 1e-5
        slope = (float(f(x + h)) - float(f(x - h))) / (2 * h)
        assert abs(slope) <= size_of(f(field(0)), [x], [True], {}).slope * (1 + 1e-9)


def test_bounds_are_not_loose_by_orders() -> None:
    """For φ⁴ a tolerance is some hundred roundings of its terms."""
    size = size_of(field(0) ** 4 - 2 * field(0) ** 2, [0.9], [True], {})
    assert size.size == pytest.approx(0.9**4 + 2 * 0.9**2)
    assert VALUE * size.count < 50
    assert SLOPE * size.count < 100
