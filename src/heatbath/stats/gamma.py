"""The Γ-method: error of a mean from the summed autocovariance, with an automatic window.

For fluctuations δ_r(i) about the mean over all R replicas of n measurements each, N = R n,

    Γ(t) = 1 / (N − R t) · Σ_r Σ_i δ_r(i) δ_r(i + t),     C(W) = Γ(0) + 2 Σ_{t=1}^{W} Γ(t),
    error² = C(W) / N,                                    τ_int = C(W) / (2 Γ(0)).

The window W is the first at which the estimated error of the error stops falling. Since the mean
was estimated too, Γ(t) is low by C/N; adding it multiplies C by 1 + (2W + 1)/N.

Sources: U. Wolff, Comput. Phys. Commun. 156 (2004) 143, hep-lat/0306017, equations 31, 42, 49–52;
N. Madras and A. D. Sokal, J. Stat. Phys. 50 (1988) 109.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath.stats.series import FloatArray

__all__ = ["Gamma", "analyse", "autocovariance_sums", "block_length"]

Read = Callable[[int, int], FloatArray]
"""Fluctuations ``start`` to ``stop``, of shape ``(parts, chains, stop - start)``."""

S = 1.5  # Wolff's guess of τ_exp / τ_int; 1 to 2 is common, 1.5 his default
_FIRST_LAGS = 1 << 10  # reached by the first pass: τ_int up to about 150
_FIRST_NUMBERS = 1 << 15  # lags times chains of the first pass, when there are many chains
_LAST_LAGS = 1 << 18  # no window beyond this (τ_int about 40 000): it bounds the memory
_BLOCK = 1 << 14  # numbers per block, at least: they fit the cache
_BLOCK_PER_LAG = 8  # the correction at block ends then costs little
_CACHED = 1 << 15  # numbers that are transformed together, if they are of several parts
_GROWTH = 8


@dataclass(frozen=True)
class Gamma:
    """Result for one real series of fluctuations."""

    error: float
    tau: float
    tau_error: float
    window: int
    closed: bool
    """False: no window was found and the error is the largest C(W) allows."""
    variance: float = 0.0
    """Γ(0), of a single measurement."""
    positive: bool = True
    """False: C(W) came out negative and the error ignores the (anti)correlations."""


def analyse(read: Read, *, parts: int, chains: int, n: int) -> list[Gamma]:
    """Analyse each of ``parts`` real series; longer lags are computed only where needed."""
    most = min(max(n // 2, 1), _LAST_LAGS)
    few = max(_FIRST_NUMBERS // (parts * parts * chains), 64)  # of many parts most are fast
    lags = min(max(n // 16, 64), few, _FIRST_LAGS, most)
    found: dict[int, Gamma] = {}
    wanted = np.arange(parts)
    while len(wanted):
        covariance = _covariance(read, wanted, parts, chains, n, lags)
        windows = _find_windows(covariance, chains * n)
        settled = windows >= 0 if lags < most else np.full(len(wanted), True)
        finished = _finish(covariance[settled], windows[settled], chains * n)
        found |= zip(wanted[settled].tolist(), finished, strict=True)
        wanted, lags = wanted[~settled], min(lags * _GROWTH, most)
    return [found[part] for part in range(parts)]


def _covariance(
    read: Read, wanted: NDArray[np.intp], parts: int, chains: int, n: int, lags: int
) -> FloatArray:
    """Γ(0) … Γ(lags) of the wanted parts."""
    some = len(wanted) < parts
    sums = autocovariance_sums(
        (lambda start, stop: read(start, stop)[wanted]) if some else read,
        parts=len(wanted),
        n=n,
        max_lag=lags,
        block=block_length(n, lags, chains * len(wanted)),
    )
    return np.asarray(sums / (chains * (n - np.arange(lags + 1))))


def block_length(n: int, max_lag: int, rows: int = 1) -> int:
    """A power of two that suits ``autocovariance_sums`` and is no larger than the series needs.

    rows: series that are transformed together, parts times chains.
    """
    return _power_of_two(min(max(_BLOCK_PER_LAG * max_lag, _BLOCK // rows), n + max_lag) + 1)


def autocovariance_sums(read: Read, *, parts: int, n: int, max_lag: int, block: int) -> FloatArray:
    """Σ over chains and i of δ(i) δ(i + t) for t = 0..max_lag; shape ``(parts, max_lag + 1)``.

    The series is cut into blocks of ``block`` > max_lag and each is transformed without padding:
    |FFT|² gives its *circular* autocovariance, whose wrapped pairs join the block's tail to its own
    head instead of the next block's head. A short FFT of tail × (next head − own head) puts that
    right. So one FFT per measurement and memory for two blocks suffice.
    """
    if n + max_lag <= block:  # a single block, whose padding keeps the pairs apart
        return np.asarray(np.fft.irfft(_power(read(0, n), block), block)[:, : max_lag + 1])
    circular = np.zeros((parts, block // 2 + 1))
    wrapped = np.zeros((parts, max_lag + 1), dtype=np.complex128)
    tail = head = np.zeros((parts, 1, max_lag))
    for start in range(0, n, block):
        x = _padded(read(start, min(start + block, n)), block)
        circular += _power(x, block)
        next_head = x[..., :max_lag]
        wrapped += _cross_power(tail, next_head - head)
        tail, head = x[..., block - max_lag :].copy(), next_head.copy()
    wrapped += _cross_power(tail, -head)  # nothing follows the last block
    sums = np.fft.irfft(circular, block)[:, : max_lag + 1]
    if max_lag > 0:
        wrapped[:, 1::2] *= -1  # Fourier form of the distance max_lag between tail and head
        # (pairs of lag 0 never wrap)
        sums[:, 1:] += np.fft.irfft(wrapped, 2 * max_lag)[:, 1 : max_lag + 1]
    return np.asarray(sums)


def _padded(x: FloatArray, length: int) -> FloatArray:
    missing = length - x.shape[-1]
    return np.pad(x, ((0, 0), (0, 0), (0, missing))) if missing else x


def _power(x: FloatArray, length: int) -> FloatArray:
    """Σ over chains of |transform of x, padded to ``length``|²."""
    power = np.empty((len(x), length // 2 + 1))
    for some in _groups(x, length):
        f = np.fft.rfft(x[some], length)
        square = np.square(f.real)
        square += np.square(f.imag)
        power[some] = square[:, 0] if square.shape[1] == 1 else square.sum(axis=1)
    return power


def _cross_power(a: FloatArray, b: FloatArray) -> NDArray[np.complex128]:
    """Σ over chains of the conjugate transform of a times that of b, padded to twice the length."""
    length = a.shape[-1]
    power = np.zeros((len(a), length + 1), dtype=np.complex128)
    if length == 0:
        return power
    for some in _groups(a, 2 * length):
        product = np.fft.rfft(a[some], 2 * length).conj() * np.fft.rfft(b[some], 2 * length)
        power[some] = product[:, 0] if product.shape[1] == 1 else product.sum(axis=1)
    return power


def _groups(x: FloatArray, length: int) -> Iterator[slice]:
    """Parts that are transformed together: few enough for the cache."""
    parts, chains = x.shape[:2]
    together = max(1, _CACHED // (chains * length))
    yield from (slice(first, first + together) for first in range(0, parts, together))


def _find_windows(gamma: FloatArray, total: int) -> NDArray[np.intp]:
    """Smallest W with g(W) = exp(−W/τ) − τ/√(W N) < 0, τ being S times the τ_exp that fits τ_int.

    gamma: shape (parts, lags + 1).  −1 where there is none yet.  Where the sum of ρ is not
    positive, as in chains that swing about their mean, Wolff's τ is undefined; the sum of |ρ| then
    sets the scale, which keeps W beyond the swinging.
    """
    varies = gamma[:, 0] > 0
    rho = gamma[:, 1:] / np.where(varies, gamma[:, 0], 1.0)[:, np.newaxis]
    summed = np.cumsum(rho, axis=-1)
    scale = np.where(summed > 0, summed, np.cumsum(np.abs(rho), axis=-1))
    lag = np.arange(1, gamma.shape[-1])
    with np.errstate(divide="ignore", over="ignore"):  # scale 0: τ = 0, the window closes at once
        tau = np.maximum(S / np.log1p(1 / scale), np.finfo(np.float64).tiny)
        closed = np.exp(-lag / tau) - tau / np.sqrt(lag * float(total)) < 0
    windows = np.where(closed.any(axis=-1), lag[np.argmax(closed, axis=-1)], -1)
    return np.asarray(np.where(varies, windows, 0))


def _finish(gamma: FloatArray, windows: NDArray[np.intp], total: int) -> list[Gamma]:
    """gamma: shape (parts, lags + 1).  windows: −1 takes the largest C(W)."""
    summed = 2 * np.cumsum(gamma, axis=-1) - gamma[:, :1]
    chosen = np.where(windows < 0, np.argmax(summed, axis=-1), windows)
    at_window = np.take_along_axis(summed, chosen[:, np.newaxis], axis=-1)[:, 0]
    rows = zip(
        gamma[:, 0].tolist(), at_window.tolist(), chosen.tolist(), windows.tolist(), strict=True
    )
    return [_finish_one(first, c, w, found >= 0, total) for first, c, w, found in rows]


def _finish_one(first: float, c: float, w: int, closed: bool, total: int) -> Gamma:
    """From Γ(0), C(W) and W."""
    if first <= 0:
        return Gamma(error=0.0, tau=0.5, tau_error=0.0, window=0, closed=True)
    bias = c / total
    variance, c = first + bias, c + (2 * w + 1) * bias
    if c <= 0:
        naive = math.sqrt(first / total)
        return Gamma(naive, 0.5, math.inf, w, closed=True, variance=variance, positive=False)
    tau = c / (2 * variance)
    spread = 2 * tau * math.sqrt(max(w + 0.5 - tau, 0.0) / total)
    return Gamma(
        error=math.sqrt(c / total),
        tau=tau,
        tau_error=spread if closed else math.inf,
        window=w,
        closed=closed,
        variance=variance,
    )


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 0).bit_length()
