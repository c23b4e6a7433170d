"""How far rounding may take a formula: majorants, the sizes of the terms that it sums.

One operation rounds its result by at most u = 2⁻⁵³ (float32: 2⁻²⁴) of it.  The *size* of a
formula is what it would give if nothing cancelled: |a| + |b| for a − b, |a||b| for ab, and
|f| + |f′|·size(a) for a function f(a), which passes on the error of a.  By induction the error of
a formula is at most u · count · size to first order in u, where `count` is the number of leaves
and operations when it is written out.  A derivative is a sum of products, one for each way from
the formula to the field; `slope` is the sum of their sizes.

The library may write a formula in another form: powers collected as in Horner's scheme, equal
parts shared.  Its size is the same; no term goes through more than its own operations and the
sums that it is added to, hence `VALUE` = 2 times as many, and twice that for a derivative, whose
terms are products of two such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatbath._namespace import dtype_name
from heatbath.formula import Expression

__all__ = ["SLOPE", "VALUE", "Size", "size_of", "unit_roundoff"]

VALUE, SLOPE = 2.0, 4.0
UNIT = {"float64": 2.0**-53, "float32": 2.0**-24}
# Functions of `hb.elementary` are right to 1.8 units in the last place: 3.6 u.
ELEMENTARY_COUNT = 4

Derivatives = tuple[float, float, float]

FUNCTIONS: dict[str, Callable[[float], Derivatives]] = {  # f, f′, f″
    "exp": lambda x: (math.exp(x),) * 3,
    "log": lambda x: (math.log(x), 1 / x, -1 / x**2),
    "sin": lambda x: (math.sin(x), math.cos(x), -math.sin(x)),
    "cos": lambda x: (math.cos(x), -math.sin(x), -math.cos(x)),
    "sqrt": lambda x: (math.sqrt(x), 0.5 / math.sqrt(x), -0.25 / (x * math.sqrt(x))),
    "reciprocal": lambda x: (1 / x, -1 / x**2, 2 / x**3),
}


@dataclass(frozen=True)
class Size:
    """value: of the formula.  size, slope: majorants of it and of its derivative.  count: how
    many roundings a term of it may have gone through."""

    value: float
    size: float
    slope: float
    count: int


def unit_roundoff(array: Any) -> float:
    """u of the array's dtype."""
    return UNIT[dtype_name(array)]


def size_of(
    formula: Expression,
    fields: Sequence[float],
    moving: Sequence[bool],
    couplings: Mapping[str, float],
) -> Size:
    """The size of a recorded formula at these numbers; `moving` tells which fields the slope is
    a derivative with respect to."""
    known: dict[int, Size] = {}

    def of(e: Expression) -> Size:
        if id(e) not in known:
            known[id(e)] = _leaf(e, fields, moving, couplings) if not e.args else _node(e, of)
        return known[id(e)]

    return of(formula)


def _leaf(
    e: Expression,
    fields: Sequence[float],
    moving: Sequence[bool],
    couplings: Mapping[str, float],
) -> Size:
    """A number, which may have been rounded once."""
    if e.op == "field":
        value = fields[e.payload]
        return Size(value, abs(value), float(moving[e.payload]), 1)
    value = couplings[e.payload] if e.op == "coupling" else e.payload
    return Size(value, abs(value), 0.0, 1)


def _node(e: Expression, of: Callable[[Expression], Size]) -> Size:
    a, *rest = map(of, e.args)
    match e.op:
        case "neg":
            return Size(-a.value, a.size, a.slope, a.count)
        case "add" | "sub":
            (b,) = rest
            value = a.value + b.value if e.op == "add" else a.value - b.value
            return Size(value, a.size + b.size, a.slope + b.slope, a.count + b.count + 1)
        case "mul":
            return _product(a, *rest)
        case "div":
            return _product(a, _function("reciprocal", *rest))
        case name:
            return _function(name, a)


def _product(a: Size, b: Size) -> Size:
    slope = a.slope * b.size + a.size * b.slope
    return Size(a.value * b.value, a.size * b.size, slope, a.count + b.count + 1)


def _function(name: str, a: Size) -> Size:
    value, first, second = FUNCTIONS[name](a.value)
    size = abs(value) + abs(first) * a.size
    slope = (abs(first) + abs(second) * a.size) * a.slope
    return Size(value, size, slope, a.count + ELEMENTARY_COUNT)
