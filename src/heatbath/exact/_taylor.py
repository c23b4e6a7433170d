"""Truncated Taylor series f(β + ε) = f₀ + f₁ ε + … + f_n εⁿ: exact derivatives of plain formulas.

A formula written for numbers gives all its derivatives when it is fed a series, without the error
of differences. The recurrences follow from products, and for f = exp g, ln g, √g from f' = g' f,
g f' = g', f² = g. Source: A. Griewank and A. Walther, *Evaluating Derivatives* (SIAM, 2008),
chapter 13, doi:10.1137/1.9780898717761.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Taylor", "product"]

Array = NDArray[np.float64]


def product(a: Sequence[Any], b: Sequence[Any], times: Any = np.multiply) -> list[Any]:
    """The coefficients of a·b to the order of ``b``; those that ``a`` lacks are zero.

    ``times`` multiplies two coefficients.
    """
    return [sum(times(a[i], b[k - i]) for i in range(min(k + 1, len(a)))) for k in range(len(b))]


class Taylor:
    """The coefficients f₀, f₁, … of one series (floats), or of many (arrays of one shape)."""

    def __init__(self, *coefficients: Any) -> None:
        self.coefficients = [np.asarray(f, dtype=np.float64) for f in coefficients]

    @property
    def value(self) -> Array:
        """f₀."""
        return self.coefficients[0]

    def _lift(self, other: Taylor | float | Array) -> Taylor:
        """A number as a constant series."""
        if isinstance(other, Taylor):
            return other
        return Taylor(other, *(0.0 for _ in self.coefficients[1:]))

    def __add__(self, other: Taylor | float | Array) -> Taylor:
        pairs = zip(self.coefficients, self._lift(other).coefficients, strict=True)
        return Taylor(*(a + b for a, b in pairs))

    def __mul__(self, other: Taylor | float | Array) -> Taylor:
        return Taylor(*product(self.coefficients, self._lift(other).coefficients))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Taylor:
        return self * -1.0

    def __sub__(self, other: Taylor | float | Array) -> Taylor:
        return self + -self._lift(other)

    def __rsub__(self, other: float | Array) -> Taylor:
        return -self + other

    def __truediv__(self, other: Taylor | float | Array) -> Taylor:
        b = self._lift(other).coefficients
        quotient: list[Array] = []
        for k, a in enumerate(self.coefficients):
            known = sum(b[i] * quotient[k - i] for i in range(1, k + 1))
            quotient.append((a - known) / b[0])
        return Taylor(*quotient)

    def __pow__(self, exponent: int) -> Taylor:
        """Whole powers by repeated squaring: a base of zero needs no special care."""
        result, square = self._lift(1.0), self
        while exponent:
            if exponent % 2:
                result = result * square
            exponent //= 2
            square = square * square if exponent else square
        return result

    def sum(self) -> Taylor:
        """Σ over the last axis."""
        return Taylor(*(f.sum(axis=-1) for f in self.coefficients))

    def joined(self, other: Taylor) -> Taylor:
        """Both along the last axis."""
        return Taylor(*map(np.append, self.coefficients, other.coefficients))

    def exp(self) -> Taylor:
        """exp f."""
        return Taylor(*self._exponential(np.exp(self.value)))

    def expm1(self) -> Taylor:
        """exp f − 1, to full accuracy where f is small."""
        _, *derivatives = self._exponential(np.exp(self.value))
        return Taylor(np.expm1(self.value), *derivatives)

    def _exponential(self, value: Array) -> list[Array]:
        g, f = self.coefficients, [value]
        for k in range(1, len(g)):
            f.append(np.asarray(sum(i * g[i] * f[k - i] for i in range(1, k + 1)) / k))
        return f

    def log(self) -> Taylor:
        """ln f, f₀ > 0."""
        return Taylor(*self._logarithm(np.log(self.value)))

    def log1p(self) -> Taylor:
        """ln(1 + f), to full accuracy where f is small; −∞ without derivatives where f₀ = −1."""
        with np.errstate(divide="ignore"):
            return Taylor(*(self + 1.0)._logarithm(np.log1p(self.value)))

    def _logarithm(self, value: Array) -> list[Array]:
        g, f = self.coefficients, [value]
        divisor = np.where(g[0] > 0, g[0], np.inf)
        for k in range(1, len(g)):
            known = sum(i * f[i] * g[k - i] for i in range(1, k)) / k
            f.append(np.asarray((g[k] - known) / divisor))
        return f

    def sqrt(self) -> Taylor:
        """√f, f₀ ≥ 0; where f₀ = 0 (an underflow) the derivatives are taken as zero too."""
        g = self.coefficients
        f: list[Array] = [np.sqrt(g[0])]
        positive = f[0] > 0
        twice = np.where(positive, 2.0 * f[0], 1.0)
        for k in range(1, len(g)):
            known = sum(f[i] * f[k - i] for i in range(1, k))
            f.append(np.where(positive, (g[k] - known) / twice, 0.0))
        return Taylor(*f)
