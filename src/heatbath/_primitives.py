"""Exact operations below `heatbath.elementary`: powers of two, floor, selection.

Each takes arrays of any namespace, Python floats, or `Expression`s of the recorder.  All are
exact, so every implementation of them gives the same bits; compiled kernels have their own.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from heatbath._namespace import Array, dtype_name, kind_of, namespace_of
from heatbath.formula.expression import Expression, constant, primitive

__all__ = ["floor", "less", "scaled", "select", "split", "sqrt"]

# 2**k is tabulated for |k| up to half the largest shift that `scaled` needs
_LARGEST_SHIFT = {"float64": 2000, "float32": 240}


def floor(x: Any) -> Any:
    """The largest whole number not above x, as a real number."""
    if isinstance(x, Expression):
        return primitive("floor", x)
    if isinstance(x, float):
        return float(math.floor(x)) if math.isfinite(x) else x
    return namespace_of(x).floor(x)


def less(a: Any, b: Any) -> Any:
    """a < b; false where either is NaN."""
    if isinstance(a, Expression) or isinstance(b, Expression):
        return Expression("less", (_node(a), _node(b)))
    return a < b


def select(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b."""
    if isinstance(condition, Expression):
        return Expression("select", (condition, _node(a), _node(b)))
    if isinstance(condition, bool):
        return a if condition else b
    xp = namespace_of(condition)
    like = a if hasattr(a, "dtype") else b
    return xp.where(condition, _filled(xp, like, a), _filled(xp, like, b))


def split(x: Any) -> tuple[Any, Any]:
    """m in [1, 2) and whole e, as real numbers, with x = m·2**e, for positive finite x.

    Elsewhere m = 1 and e = 0.
    """
    if isinstance(x, Expression):
        return primitive("mantissa", x), primitive("exponent", x)
    if not isinstance(x, float):
        return _split(x)
    if not 0 < x < math.inf:
        return 1.0, 0.0
    m, e = math.frexp(x)
    return 2.0 * m, float(e - 1)


def scaled(x: Any, k: Any) -> Any:
    """x·2**k for a whole number k, rounded once (into subnormal numbers, 0 or infinity)."""
    if isinstance(x, Expression):
        return primitive("scaled", x, k)
    if isinstance(x, float):
        shift = int(min(max(k, -2000.0), 2000.0)) if k == k else 0
        return x * 2.0 ** (shift // 2) * 2.0 ** (shift - shift // 2)
    xp = namespace_of(x)
    largest = float(_LARGEST_SHIFT[dtype_name(x)])
    k = xp.where(k == k, xp.clip(k, -largest, largest), xp.zeros_like(k))
    half = xp.floor(k * 0.5)
    return x * _power_of_two(half) * _power_of_two(k - half)


def sqrt(x: Any) -> Any:
    """The correctly rounded square root.

    torch's vectorised sqrt on CPUs is off by one unit in the last place in 1 % of float64 and
    17 % of float32 results; exactly formed residuals repair it.
    """
    if isinstance(x, Expression):
        return primitive("sqrt", x)
    if isinstance(x, float):
        return math.sqrt(x) if x >= 0 else math.nan
    xp = namespace_of(x)
    root = xp.sqrt(x)
    if kind_of(x) != "torch":
        return root
    positive = (root > 0) & (x < math.inf)
    return xp.where(positive, _repaired(xp, x, root), root)


def _repaired(xp: Any, x: Array, root: Array) -> Array:
    """One Newton step from `root`, then one unit in the last place where that is nearer.

    With x scaled to [1, 4), s is within one unit u of √x, and s + u/2 < √x is x − s² > s u: both
    sides are multiples of u², and the difference of the squares is s u + u²/4.
    """
    _, e = _split(x)
    even = 2.0 * xp.floor(e * 0.5)
    x, s = scaled(x, -even), scaled(root, -even * 0.5)
    safe = xp.where(s > 0, s, xp.ones_like(s))
    s = s + _residual(x, s) / (2.0 * safe)
    unit = 2.0**-52 if dtype_name(x) == "float64" else 2.0**-23
    residual = _residual(x, s)
    s = xp.where(residual > s * unit, s + unit, xp.where(residual <= -unit * s, s - unit, s))
    return scaled(s, even * 0.5)


def _residual(x: Array, s: Array) -> Array:
    """x − s², exact for s near √x (T. J. Dekker, Numer. Math. 18, 224 (1971))."""
    factor = 134217729.0 if dtype_name(x) == "float64" else 4097.0  # 2**27 + 1, 2**12 + 1
    big = factor * s
    high = big - (big - s)
    low = s - high
    return ((x - high * high) - 2.0 * high * low) - low * low


def _split(x: Array) -> tuple[Array, Array]:
    """Mantissa and exponent.  The library's log2 only guesses; exact products correct it."""
    xp = namespace_of(x)
    ordinary = (x > 0) & (x < math.inf)
    safe = xp.where(ordinary, x, xp.ones_like(x))
    tiny, lift = (2.0**-900, 200.0) if dtype_name(x) == "float64" else (2.0**-100, 60.0)
    lifted = xp.where(safe < tiny, xp.full_like(x, lift), xp.zeros_like(x))
    safe = scaled(safe, lifted)
    e = xp.floor(xp.log2(safe))
    m = scaled(safe, -e)
    high, low = m >= 2.0, m < 1.0
    m = xp.where(high, m * 0.5, xp.where(low, m * 2.0, m))
    e = xp.where(high, e + 1.0, xp.where(low, e - 1.0, e))
    return m, e - lifted


def _power_of_two(k: Array) -> Array:
    xp = namespace_of(k)
    largest = _LARGEST_SHIFT[dtype_name(k)] // 2
    table = xp.asarray(_powers(largest), dtype=k.dtype, device=k.device)
    index = xp.astype(k, xp.int64) + largest
    return xp.reshape(xp.take(table, xp.reshape(index, (-1,)), axis=0), k.shape)


@lru_cache(maxsize=2)
def _powers(largest: int) -> list[float]:
    return [2.0**k for k in range(-largest, largest + 1)]


def _filled(xp: Any, like: Array, value: Any) -> Array:
    return value if hasattr(value, "dtype") else xp.full_like(like, value)


def _node(value: Any) -> Expression:
    return value if isinstance(value, Expression) else constant(value)
