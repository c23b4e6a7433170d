"""The distribution of an observable, with errors that know the autocorrelation.

The width of the bins is that of D. Freedman and P. Diaconis, 2 IQR N^(−1/3) (Z. Wahrscheinlichkeit
57 (1981) 453), with the effective number of measurements for N, halved: peaks should be seen, and
the errors tell what is noise.  Whole numbers have a bin each.

Errors come from blocks of successive measurements, at least 20 τ_int long: whatever the memory of
the chain, the blocks are nearly independent, and so is what each has in a bin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heatbath.plot.style import LIGHT, Theme, panels
from heatbath.stats.diagnostics import integrated_autocorrelation_time
from heatbath.stats.moments import measure_moments
from heatbath.stats.series import FloatArray, Series, open_series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Histogram"]

LEAST_BINS, MOST_BINS = 12, 160
FINE = 4096  # bins of the first look, from which quartiles are read
BLOCK = 20  # τ_int
MOST_BLOCKS, LEAST_BLOCKS = 400, 8


@dataclass(frozen=True, repr=False)
class Histogram:
    """The density of an observable.

    edges: of the bins, shape (bins + 1,).  density, errors: of each bin, shape (bins,); the
    density integrates to 1.  mean: of all measurements.  n: how many.
    """

    observable: str
    edges: FloatArray
    density: FloatArray
    errors: FloatArray
    mean: float
    n: int

    @classmethod
    def of(cls, series: Any, observable: str) -> Histogram:
        """Read a series (n,) or (chains, n) a few times, in blocks.  ValueError if a number is
        not finite.

        >>> import numpy as np
        >>> seen = Histogram.of(np.random.default_rng(1).integers(0, 3, size=9000), "q")
        >>> seen.edges.tolist(), seen.density.round(2).tolist()
        ([-0.5, 0.5, 1.5, 2.5], [0.33, 0.33, 0.34])
        """
        opened = open_series(series)
        tau = integrated_autocorrelation_time(series).value
        edges = _edges(opened, max(tau, 0.5))
        counts, lengths = _counts(opened, edges, max(tau, 0.5))
        share = counts.sum(axis=0) / opened.total
        errors = _errors(counts / lengths[:, np.newaxis], share, opened.total, tau)
        widths = np.diff(edges)
        mean = float(measure_moments(opened).means[0])
        return cls(observable, edges, share / widths, errors / widths, mean, opened.total)

    @property
    def name(self) -> str:
        """The stem of its file's name."""
        return f"histogram-{self.observable}"

    @property
    def title(self) -> str:
        """A short heading."""
        return f"Distribution of {self.observable}"

    @property
    def caption(self) -> str:
        """What the lines are."""
        return (
            f"{len(self.density)} bins; errors from blocks longer than the autocorrelation. "
            f"Dashed: the mean."
        )

    @property
    def words(self) -> str:
        """What is to be seen."""
        k = int(np.argmax(self.density))
        peak = (self.edges[k] + self.edges[k + 1]) / 2
        return (
            f"Distribution of {self.observable} over {self.n} measurements in {len(self.density)} "
            f"bins, from {self.edges[0]:.4g} to {self.edges[-1]:.4g}; it is highest near "
            f"{peak:.4g}, its mean is {self.mean:.4g}."
        )

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        figure, (ax,) = panels(theme)
        colour = theme.accents[0]
        ax.stairs(self.density, self.edges, fill=True, color=colour, alpha=0.35)
        ax.stairs(self.density, self.edges, color=colour, linewidth=1.0)
        seen = self.density > 0
        middle = (self.edges[1:] + self.edges[:-1]) / 2
        ax.errorbar(
            middle[seen], self.density[seen], self.errors[seen], fmt="none", ecolor=theme.ink,
            elinewidth=0.8,
        )  # fmt: skip
        ax.axvline(self.mean, color=theme.ink, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.set_xlabel(self.observable)
        ax.set_ylabel("probability density")
        ax.set_ylim(bottom=0)
        return figure


def _edges(series: Series, tau: float) -> FloatArray:
    low, high, whole = _range(series)
    if whole and high - low < MOST_BINS:
        return np.arange(low - 0.5, high + 1.0)
    if not high > low:
        half = max(abs(low), 1.0) / 2
        return np.array([low - half, low + half])
    fine = np.linspace(low, high, FINE + 1)
    summed = np.cumsum(sum(_binned(block, fine) for _, block in _blocks(series)))
    first, third = np.searchsorted(summed, summed[-1] * np.array([0.25, 0.75]))
    width = (fine[third + 1] - fine[first]) * (series.total / (2 * tau)) ** (-1 / 3)
    bins = math.ceil((high - low) / width) if width > 0 else MOST_BINS
    bins = min(max(bins, LEAST_BINS), MOST_BINS, max(LEAST_BINS, series.total // 4))
    return np.linspace(low, high, bins + 1)


def _range(series: Series) -> tuple[float, float, bool]:
    """Lowest and highest number, and whether all are whole."""
    low, high, whole = math.inf, -math.inf, True
    for _, block in _blocks(series):
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        whole = whole and bool((block == np.rint(block)).all())
    return low, high, whole


def _counts(series: Series, edges: FloatArray, tau: float) -> tuple[FloatArray, FloatArray]:
    """What each block of time in each chain has in each bin, shape (blocks, bins), and how many
    measurements each block has."""
    per_chain = min(int(series.n // math.ceil(BLOCK * tau)), -(-MOST_BLOCKS // series.chains))
    per_chain = max(1, per_chain)
    length = series.n // per_chain
    counts = np.zeros((per_chain, series.chains, len(edges) - 1))
    for start, block in _blocks(series):
        owner = np.minimum((start + np.arange(block.shape[1])) // length, per_chain - 1)
        for k in range(int(owner[0]), int(owner[-1]) + 1):
            mine = block[:, owner == k]
            counts[k] += [_binned(chain, edges) for chain in mine]
    lengths = counts.sum(axis=2)
    return counts.reshape(-1, len(edges) - 1), lengths.reshape(-1)


def _errors(shares: FloatArray, share: FloatArray, total: int, tau: float) -> FloatArray:
    """Of the share of each bin; from τ_int and the binomial where there are too few blocks."""
    if len(shares) >= LEAST_BLOCKS:
        return np.asarray(shares.std(axis=0, ddof=1) / math.sqrt(len(shares)))
    return np.asarray(np.sqrt(share * (1 - share) * max(2 * tau, 1.0) / total))


def _binned(values: FloatArray, edges: FloatArray) -> FloatArray:
    return np.asarray(np.histogram(values, edges)[0].astype(np.float64))


def _blocks(series: Series) -> Any:
    return ((start, block[0]) for start, block in series.blocks())
