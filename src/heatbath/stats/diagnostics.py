"""What a chain remembers: ρ(t), τ_int, effective size, split-R̂, thermalisation."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from heatbath._checks import is_whole
from heatbath._suggest import shown
from heatbath.stats.estimation import mean_gammas, short_chain_warning
from heatbath.stats.gamma import Gamma, autocovariance_sums, block_length
from heatbath.stats.moments import Moments, measure_moments
from heatbath.stats.results import AutocorrelationTime
from heatbath.stats.series import FloatArray, Series, SeriesLike, open_series

__all__ = [
    "autocorrelation",
    "autocorrelation_error",
    "effective_sample_size",
    "integrated_autocorrelation_time",
    "split_rhat",
    "thermalisation_cut",
]

_BATCHES = 1 << 14  # thermalisation is located to one part in this many: it bounds the memory


def autocorrelation(series: SeriesLike, window: int) -> FloatArray:
    """ρ(t) = Γ(t)/Γ(0) for t = 0..window, shape ``(window + 1,)``, about the mean of all chains.

    Γ(t) is normalised by the number of pairs and not corrected for the estimated mean (see
    ``heatbath.stats.gamma``). A complex series has Γ(t) = Re⟨δ*(i) δ(i+t)⟩; a constant one ρ = 0
    for t ≥ 1. Raises ValueError unless 0 ≤ window < n.

    >>> autocorrelation([1.0, -1.0] * 500, 3).round(2).tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    opened, moments = _open_one(series)
    lag = _checked_lag(window, opened.n)
    if not moments.variances.any():
        return np.asarray(np.arange(lag + 1) == 0).astype(np.float64)
    means = moments.means[:, np.newaxis, np.newaxis]
    sums = autocovariance_sums(
        lambda start, stop: opened.read(start, stop) - means,
        parts=opened.components,
        n=opened.n,
        max_lag=lag,
        block=block_length(opened.n, lag, opened.chains),
    )
    gamma = sums.sum(axis=0) / (opened.n - np.arange(lag + 1))
    return np.asarray(gamma / gamma[0])


def autocorrelation_error(rho: Any, *, window: int, n: int) -> FloatArray:
    """Standard error of each ρ(t), shape as ``rho``, from n measurements (of all chains).

        error(t)² = 1/n Σ_{k=1}^{t+W} [ρ(k + t) + ρ(k − t) − 2 ρ(k) ρ(t)]²,

    ρ being taken as 0 beyond the window W, where it is noise (M. Lüscher, Comput. Phys. Commun.
    165 (2005) 199, hep-lat/0409106, appendix E; N. Madras and A. D. Sokal, 1988). Neighbouring
    ρ(t) have correlated errors.

    >>> autocorrelation_error([1.0, 0.01, -0.02], window=0, n=10_000).round(4).tolist()
    [0.0, 0.01, 0.01]
    """
    values = np.asarray(rho, dtype=np.float64)
    last, width = len(values) - 1, min(int(window), len(values) - 1)
    size = 2 * last + width + 1
    known = np.zeros(size + 1)
    known[: width + 1] = values[: width + 1]
    k = np.arange(1, last + width + 1)
    squares = [
        np.square(known[k + t] + known[abs(k - t)] - 2 * known[k] * known[t])[: t + width].sum()
        for t in range(last + 1)
    ]
    return np.asarray(np.sqrt(np.array(squares) / n))


def integrated_autocorrelation_time(series: SeriesLike) -> AutocorrelationTime:
    """τ_int = 1/2 + Σ_{t=1}^{W} ρ(t) with Wolff's window W, in units of stored measurements.

    Its error is 2 τ √((W + 1/2 − τ)/N) (Madras and Sokal; Wolff, hep-lat/0306017, equation 42). Of
    a complex series the slower part is returned; a constant series has τ_int = 1/2, error 0.

    >>> import numpy as np
    >>> independent = np.random.default_rng(1).normal(size=100_000)
    >>> print(integrated_autocorrelation_time(independent))
    0.4891(54)
    """
    opened, gamma = _slowest(series)
    warnings = short_chain_warning(opened.total, gamma.tau, chains=opened.chains)
    if not gamma.closed:
        warnings += (
            f"the window never closed within {gamma.window} lags; tau_int is a lower bound: run "
            f"longer chains",
        )
    return AutocorrelationTime(gamma.tau, gamma.tau_error, gamma.window, opened.total, warnings)


def effective_sample_size(series: SeriesLike) -> float:
    """Number of independent measurements that would give the same error: N / (2 τ_int).

    N counts all chains. More than N is possible: in an antithetic chain τ_int < 1/2.

    >>> import numpy as np
    >>> independent = np.random.default_rng(1).normal(size=100_000)
    >>> bool(abs(effective_sample_size(independent) / 100_000 - 1) < 0.05)
    True
    """
    opened, gamma = _slowest(series)
    return opened.total / (2 * gamma.tau)


def split_rhat(series: SeriesLike) -> float:
    """Split-R̂: spread between half chains over spread within; 1 if they agree, above 1.01 beware.

    Each chain is cut into halves of h = ⌊n/2⌋ measurements (the middle one of an odd n is left
    out), so a drift inside a single chain shows too. With W the mean variance within halves and B/h
    the variance of their means, R̂² = (h − 1)/h + B/(h W) (A. Gelman et al., Bayesian Data
    Analysis, 3rd edition, section 11.4; A. Vehtari et al., arXiv:1903.08008, without ranks).

    Of a complex series the larger of both parts. A series that is the same constant in all chains
    gives 1, chains stuck at different constants infinity. Raises ValueError if n < 4, when a half
    has no variance.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> bool(split_rhat(x) < 1.01), bool(split_rhat(x + [[0], [0], [0], [2]]) > 1.1)
    (True, True)
    """
    opened, moments = _open_one(series)
    half = opened.n // 2
    starts = (0, opened.n - half)
    measured = [measure_moments(replace(opened, begin=start, n=half)) for start in starts]
    means = np.concatenate([m.chain_means for m in measured], axis=-1)
    within = np.concatenate([m.chain_squares for m in measured], axis=-1).mean(axis=-1) / (half - 1)
    between = means.var(axis=-1, ddof=1)
    with np.errstate(over="ignore"):
        rounding = np.square(8 * np.finfo(np.float64).eps * np.abs(means).max(axis=-1))
    parts = zip(within, between, moments.variances > 0, rounding, strict=True)
    return max(_rhat(w, b, half, zero) if varies else 1.0 for w, b, varies, zero in parts)


def thermalisation_cut(series: SeriesLike) -> int:
    """Number of initial measurements to discard, from 0 to n // 2.

    MSER (K. P. White, Simulation 69 (1997) 323): with m(i) the mean over chains, the cut d is the
    first minimum of Σ_{i≥d} (m(i) − m̄_d)² / (n − d)², the squared naive error of the mean of what
    is kept. Beyond 16384 measurements m is averaged over short batches first. A complex series
    gets the later cut of its parts. A cut of n // 2 says that the series had not settled: run
    longer. The rule sees one observable; take the largest cut over slow ones.

    >>> import numpy as np
    >>> i = np.arange(5000)
    >>> noise = np.random.default_rng(1).normal(size=5000)
    >>> 100 < thermalisation_cut(10 * np.exp(-i / 50) + noise) < 250
    True
    """
    opened, moments = _open_one(series)
    size = -(-opened.n // _BATCHES)
    batches = _batch_means(opened, size)
    varies = moments.variances > 0
    cut = max(_mser(part) if v else 0 for part, v in zip(batches, varies, strict=True))
    return opened.n // 2 if cut == batches.shape[-1] // 2 else cut * size


def _open_one(series: Any) -> tuple[Series, Moments]:
    opened = open_series(series)
    if len(opened.sources) > 1:
        raise TypeError(
            f"series must be one series of shape (n,) or (chains, n); got {len(opened.sources)} "
            f"of them; call once for each, or stack chains of one observable with np.stack"
        )
    return opened, measure_moments(opened)


def _checked_lag(window: Any, n: int) -> int:
    if not is_whole(window) or not 0 <= window < n:
        raise ValueError(
            f"window must be a whole number of lags from 0 to n - 1 = {n - 1}, the last lag of the "
            f"series; got {shown(window)}"
        )
    return int(window)


def _slowest(series: Any) -> tuple[Series, Gamma]:
    opened, moments = _open_one(series)
    return opened, max(mean_gammas(opened, moments), key=lambda gamma: gamma.tau)


def _rhat(within: float, between: float, half: int, zero: float) -> float:
    return math.inf if within <= zero else math.sqrt((half - 1) / half + between / within)


def _batch_means(series: Series, size: int) -> FloatArray:
    """Means over chains and ``size`` successive measurements; an incomplete last batch is left."""
    count = series.n // size
    sums = np.zeros((series.components, count))
    for start, block in series.blocks():
        batch = np.minimum((start + np.arange(block.shape[-1])) // size, count)
        mean = block.mean(axis=1)
        for part, values in zip(sums, mean, strict=True):
            part += np.bincount(batch, weights=values, minlength=count + 1)[:count]
    return sums / size


def _mser(m: FloatArray) -> int:
    """First d ≤ n/2 that minimises the squared naive error of m[d:]."""
    m = m - m[len(m) // 2 :].mean()  # sums of squares about 0 keep their digits
    kept = np.arange(len(m), 0, -1.0)
    first, second = np.cumsum(m[::-1])[::-1], np.cumsum(np.square(m)[::-1])[::-1]
    statistic = (second - np.square(first) / kept) / np.square(kept)
    return int(np.argmin(statistic[: len(m) // 2 + 1]))
