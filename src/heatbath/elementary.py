"""exp, log, sin, cos and sqrt with the same bits in every array library and kernel.

The libraries' own functions differ from each other, and from themselves between processors, in
0.1 % to 20 % of all results.  Those below consist of + − × ÷, correctly rounded square roots
and exact operations (powers of two, floor, selection), in one fixed order.  Errors are below
1.5 units in the last place, of sine and cosine below 1.8.  The series are Taylor's, long enough
for the reduced argument:

- exp x = 2ᵏ eʳ with k = ⌊x/ln 2 + ½⌋, |r| ≤ ½ ln 2,
- log x = e ln 2 + log m with m in [√½, √2) and log(1+f) = f − s(f − R), s = f/(2+f),
  R = 2(s²/3 + s⁴/5 + …) (from 2 artanh s = log(1+f)),
- sin x, cos x from x = k π/2 + r, |r| ≤ π/4, with π/2 in pieces whose products with k are exact
  but for the last, which is tiny.  Beyond |x| = 2²⁰ (float64) or 2¹² (float32) that fails and
  the result is NaN.

Arguments: arrays of any shape and namespace in float64 or float32, Python floats, or the
symbols of a formula.

>>> exp(1.0), log(2.0), sin(1.0), cos(1.0), sqrt(2.0)
(2.7182818284590455, 0.6931471805599453, 0.8414709848078965, 0.5403023058681398, 1.4142135623730951)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from heatbath._namespace import FLOAT_TYPES, dtype_name, require_field
from heatbath._primitives import floor, less, scaled, select, split, sqrt as _rounded_sqrt
from heatbath._suggest import shown
from heatbath.formula.expression import Expression, elementary_call

__all__ = [
    "Precision",
    "cos",
    "cos_series",
    "exp",
    "log",
    "log_of_parts",
    "sin",
    "sin_series",
    "sqrt",
]


@dataclass(frozen=True)
class Precision:
    """Lengths of the series and split constants for one dtype."""

    name: str
    exp_terms: int
    log_terms: int
    sin_terms: int
    cos_terms: int
    ln2: tuple[float, float]
    half_pi: tuple[float, ...]
    largest_angle: float
    largest_exp: float
    largest: float


DOUBLE = Precision(
    name="float64",
    exp_terms=13,
    log_terms=11,
    sin_terms=8,
    cos_terms=8,
    ln2=(0.6931471805598903, 5.497923018708371e-14),  # 42 bits, the rest
    half_pi=(1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21),  # 33, 33, rest
    largest_angle=2.0**20,
    largest_exp=1500.0,
    largest=1.7976931348623157e308,
)
SINGLE = Precision(
    name="float32",
    exp_terms=7,
    log_terms=5,
    sin_terms=4,
    cos_terms=4,
    ln2=(0.693145751953125, 1.4286068203094173e-06),  # 15 bits, the rest
    half_pi=(  # 12, 12, 12 bits, the rest
        1.5703125,
        0.0004837512969970703,
        7.549533620476723e-08,
        2.5633440682570896e-12,
    ),
    largest_angle=2.0**12,
    largest_exp=200.0,
    largest=3.4028234663852886e38,
)
LOG2_E, TWO_OVER_PI, SQRT_2 = 1.4426950408889634, 0.6366197723675814, 1.4142135623730951
PRECISION = {"float64": DOUBLE, "float32": SINGLE}


def exp(x: Any) -> Any:
    """e to the power x.  Overflows to infinity, underflows through subnormals to 0."""
    return _applied("exp", x)


def log(x: Any) -> Any:
    """The natural logarithm; −infinity at 0, NaN below."""
    return _applied("log", x)


def sin(x: Any) -> Any:
    """The sine of x in radians; NaN where |x| > 2²⁰ (float32: 2¹²)."""
    return _applied("sin", x)


def cos(x: Any) -> Any:
    """The cosine of x in radians; NaN where |x| > 2²⁰ (float32: 2¹²)."""
    return _applied("cos", x)


def sqrt(x: Any) -> Any:
    """The correctly rounded square root; NaN below 0."""
    return _applied("sqrt", x)


def _applied(name: str, x: Any) -> Any:
    if isinstance(x, Expression):
        return elementary_call(name, x)
    if isinstance(x, int | float) and not isinstance(x, bool):
        return BODIES[name](_as_float(x), DOUBLE)
    dtype = dtype_name(x) if hasattr(x, "dtype") and not isinstance(x, type) else shown(x)
    if dtype not in FLOAT_TYPES:
        raise TypeError(
            f"hb.elementary.{name} takes float64 or float32 arrays or Python floats; got {dtype}"
        )
    require_field(x, None, f"x of hb.elementary.{name}")
    return BODIES[name](x, PRECISION[dtype])


def _as_float(x: float) -> float:
    """As a float; a whole number beyond 1e308 is infinite."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def _exp(x: Any, p: Precision) -> Any:
    x = select(less(p.largest_exp, x), p.largest_exp, x)
    x = select(less(x, -p.largest_exp), -p.largest_exp, x)
    k = floor(x * LOG2_E + 0.5)
    r = (x - k * p.ln2[0]) - k * p.ln2[1]
    tail = _horner(r, [1.0 / math.factorial(n) for n in range(2, p.exp_terms + 1)])
    return scaled(1.0 + (r + r * r * tail), k)


def _log(x: Any, p: Precision) -> Any:
    result = select(less(p.largest, x), x, log_of_parts(*split(x), p))
    at_most_zero = select(less(x, 0.0), math.nan, select(less(-1.0, x), -math.inf, x))
    return select(less(0.0, x), result, at_most_zero)


def log_of_parts(m: Any, e: Any, p: Precision = DOUBLE) -> Any:
    """log(m·2**e) for 1 ≤ m < 2."""
    upper = less(SQRT_2, m)
    m, e = select(upper, m * 0.5, m), select(upper, e + 1.0, e)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    rest = z * _horner(z, [2.0 / (2 * n + 1) for n in range(1, p.log_terms + 1)])
    return e * p.ln2[0] + (e * p.ln2[1] - s * (f - rest) + f)


def _sin(x: Any, p: Precision) -> Any:
    r, quadrant = _reduced(x, p)
    return _rotated(r, quadrant, p)


def _cos(x: Any, p: Precision) -> Any:
    r, quadrant = _reduced(x, p)
    return _rotated(r, quadrant + 1.0, p)


def _sqrt(x: Any, p: Precision) -> Any:
    return _rounded_sqrt(x)


BODIES: dict[str, Callable[[Any, Precision], Any]] = {
    "exp": _exp,
    "log": _log,
    "sin": _sin,
    "cos": _cos,
    "sqrt": _sqrt,
}


def _reduced(x: Any, p: Precision) -> tuple[Any, Any]:
    """r and k with x = k π/2 + r, |r| ≤ π/4; r is NaN where |x| is too large."""
    x = select(less(p.largest_angle, x), math.nan, x)
    x = select(less(x, -p.largest_angle), math.nan, x)
    k = floor(x * TWO_OVER_PI + 0.5)
    first, *middle, last = p.half_pi
    r, lost = x - k * first, []
    for piece in middle:
        a, b = r, k * piece
        r = a - b
        lost.append((a - r) - b)  # what rounding took away, exact since |a| ≥ |b| or a − b is
    return r + (reduce(add, lost) - k * last), k


def _rotated(r: Any, quadrant: Any, p: Precision) -> Any:
    """sin(r + quadrant·π/2)."""
    q = quadrant - 4.0 * floor(quadrant * 0.25)
    odd = less(0.5, q - 2.0 * floor(q * 0.5))
    value = select(odd, cos_series(r, p), sin_series(r, p))
    return select(less(1.5, q), -value, value)


def sin_series(r: Any, p: Precision = DOUBLE) -> Any:
    """sin r for |r| ≤ π/4, without reduction."""
    z = r * r
    signs = [(-1.0) ** n / math.factorial(2 * n + 1) for n in range(1, p.sin_terms + 1)]
    return r + r * (z * _horner(z, signs))


def cos_series(r: Any, p: Precision = DOUBLE) -> Any:
    """cos r for |r| ≤ π/4, without reduction."""
    z = r * r
    signs = [(-1.0) ** n / math.factorial(2 * n) for n in range(2, p.cos_terms + 1)]
    return 1.0 - (0.5 * z - z * (z * _horner(z, signs)))


def _horner(x: Any, coefficients: list[float]) -> Any:
    """c₀ + x(c₁ + x(c₂ + …))."""
    result: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = c + x * result
    return result
