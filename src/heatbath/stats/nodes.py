r"""Millions of energies as a few thousand: Gauss quadrature in narrow bins.

A sum Σ_n h(E_n) over smooth h is replaced by Σ_j m_j h(x_j).  In each bin two nodes with weights
m_j have the same number, mean, variance and third moment as the energies in it, so that cubic h are
summed exactly (Gauss).  The functions of the MBAR equations are ratios of sums of e^{−β_k E}; they
vary on the scale of 1/Δβ, Δβ being the spread of the β_k, and bins of width 1/(64 Δβ) leave a
relative error of about (1/64)⁴/4320 = 10⁻¹¹.  One value of E in a bin, as of a discrete system,
is exact.
"""

from __future__ import annotations

import math

import numpy as np

from heatbath.stats.series import FloatArray

__all__ = ["energy_nodes"]

_PER_SPREAD = 64  # bins per 1/Δβ
_WORTH = 8  # measurements per bin, below which there is nothing to gain
_READ = 1 << 16


def energy_nodes(
    energies: FloatArray, low: float, high: float, *, spread: float
) -> tuple[FloatArray, FloatArray] | None:
    """Nodes x_j and weights m_j, or None where the energies themselves are few enough.

    energies: shape (N,), from low to high.  spread: Δβ.
    """
    wanted = (high - low) * spread * _PER_SPREAD + 1
    if wanted * _WORTH > len(energies):
        return None
    bins = math.ceil(wanted)
    width = (high - low) / bins if high > low else 1.0
    moments = _moments(energies, low, width, bins)
    number = moments[0]
    filled = number > 0
    nodes, weights = _two_nodes(moments[:, filled])
    return (low + width * (np.flatnonzero(filled) + nodes)).ravel(), weights.ravel()


def _moments(energies: FloatArray, low: float, width: float, bins: int) -> FloatArray:
    """Σ tⁱ of each bin, i = 0 … 3, t from 0 to 1 being the place within the bin."""
    moments = np.zeros((4, bins + 1))
    for start in range(0, len(energies), _READ):
        t = energies[start : start + _READ] - low
        t *= 1 / width
        below = np.floor(t)
        t -= below
        index = below.astype(np.intp)  # the highest energy may fall into an extra bin
        moments[0] += np.bincount(index, minlength=bins + 1)
        power = t
        for order in (1, 2, 3):
            moments[order] += np.bincount(index, power, bins + 1)
            power = power * t if order < 3 else power
    return moments


def _two_nodes(moments: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights, each of shape (2, bins), with the given moments (4, bins)."""
    number, first, second, third = moments
    mean = first / number
    variance = np.maximum(second / number - mean * mean, 0.0)
    central = third / number - 3 * mean * second / number + 2 * mean**3
    # The nodes z about the mean solve z² − s z − variance = 0 with s = skewness · deviation.
    varies = variance > 1e-12  # else its digits are lost, and what it changes is beyond them
    s = np.clip(central / np.where(varies, variance, 1.0), -1.0, 1.0) * varies
    root = np.sqrt(s * s + 4 * variance)
    below, above = (s - root) / 2, (s + root) / 2
    share = np.where(root > 0, above / np.where(root > 0, root, 1.0), 0.5)
    nodes = np.stack([mean + below, mean + above])
    return nodes, np.stack([number * share, number * (1 - share)])
