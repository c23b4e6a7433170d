"""One-dimensional quadrature for weights exp(−E): where to integrate, how finely, and when to stop.

For an analytic weight that vanishes at both ends of the interval the error of the midpoint rule
falls exponentially with the number of nodes, at two thirds of the nodes of Gauss-Legendre; where
the interval ends inside the weight (a wall, an angle) only the latter converges so fast.
Source: L. N. Trefethen and J. A. C. Weideman, SIAM Review 56 (2014) 385, doi:10.1137/130932132.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from heatbath._checks import require_memory
from heatbath._suggest import shown

__all__ = ["Energy", "converged", "gauss_legendre", "midpoint", "support"]

Array = NDArray[np.float64]
Energy = Callable[[Array], Array]

_DEPTH = 45.0
"""Weights below exp(−45) ≈ 3e−20 of the largest one cannot change a float64 sum."""
_WIDEST = 1e6


def midpoint(low: float, high: float, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights, shape (nodes,) each: the centres of equal cells of [low, high]."""
    width = (high - low) / nodes
    return low + width * (np.arange(nodes, dtype=np.float64) + 0.5), np.full(nodes, width)


def gauss_legendre(low: float, high: float, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights, shape (nodes,) each, of the Gauss-Legendre rule on [low, high]."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    half = 0.5 * (high - low)
    return low + half * (x + 1.0), half * weights


def support(energy: Energy) -> tuple[float, float]:
    """The interval outside which ``energy`` lies more than ``_DEPTH`` above its minimum.

    The half width doubles until what is allowed lies within the inner half. ValueError in words
    where the energy does not grow.
    """
    half = 1.0
    while half < _WIDEST:
        grid = np.linspace(-half, half, 401)
        with np.errstate(all="ignore"):  # an energy that overflows is not allowed anyway
            values = energy(grid)
        if np.isnan(values).any() or not np.isfinite(values.min()):
            raise ValueError(
                f"site_energy or bond_energy is not a number for phi in [-{half:g}, {half:g}]: "
                "give formulas that are finite for every real phi, or an interval=(low, high)"
            )
        allowed = grid[values - values.min() < _DEPTH]
        margin = half / 200.0
        if max(-allowed[0], allowed[-1]) < 0.5 * half:
            return float(allowed[0] - margin), float(allowed[-1] + margin)
        half *= 2.0
    raise ValueError(
        "the smallest energy at given phi does not grow with |phi|, so exp(-S) cannot be "
        "normalised: check the signs of site_energy and bond_energy (for phi^4 without quartic "
        "term |kappa| < 1/(2d)), or give interval=(low, high) for a bounded field"
    )


def converged(compute: Callable[[int], Array], *, rtol: float, nodes: int, max_nodes: int) -> Array:
    """``compute(n)`` at the first doubling n of ``nodes`` that agrees with ``compute(n / 2)``.

    Agreement is relative to each number, and absolute for numbers below one. ArithmeticError
    where ``max_nodes`` is reached first.
    """
    previous, distance = _finite(compute, nodes), np.inf
    while nodes < max_nodes:
        nodes *= 2
        require_memory(64 * nodes**2, f"max_nodes = {shown(max_nodes)} allows {nodes} nodes, which")
        current = _finite(compute, nodes)
        distance = float(np.max(np.abs(current - previous) / np.maximum(1.0, np.abs(current))))
        if distance <= rtol:
            return current
        previous = current
    raise ArithmeticError(
        f"the quadrature has not converged: {nodes // 2} and {nodes} nodes differ by "
        f"{distance:.1e}, rtol = {rtol:g} was asked. Raise max_nodes, loosen rtol, or give an "
        "interval=(low, high) that fits the weight more closely"
    )


def _finite(compute: Callable[[int], Array], nodes: int) -> Array:
    """``compute(nodes)``, or words where it leaves the numbers of float64."""
    with np.errstate(all="ignore"):
        numbers = compute(nodes)
    if not np.isfinite(numbers).all():
        raise ArithmeticError(
            "the exact numbers of these energies are not finite in float64: choose couplings "
            "(kappa, lam) nearer to 1, or a narrower interval"
        )
    return numbers
