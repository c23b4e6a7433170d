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
from collections.abc import Callable
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
    """Analyse each of ``parts`` real series; longer lags are computed only when they are needed."""
    most = min(max(n // 2, 1), _LAST_LAGS)
    lags = min(max(n // 16, 64), max(_FIRST_NUMBERS // chains, 64), _FIRST_LAGS, most)
    while True:
        block = block_length(n, lags, chains)
        sums = autocovariance_sums(read, parts=parts, n=n, max_lag=lags, block=block)
        covariance = sums / (chains * (n - np.arange(lags + 1)))
        windows = [_find_window(gamma, chains * n) for gamma in covariance]
        if lags == most or None not in windows:
            break
        lags = min(lags * _GROWTH, most)
    return [_finish(g, w, chains * n) for g, w in zip(covariance, windows, strict=True)]


def block_length(n: int, max_lag: int, chains: int = 1) -> int:
    """A power of two that suits ``autocovariance_sums`` and is no larger than the series needs."""
    return _power_of_two(min(max(_BLOCK_PER_LAG * max_lag, _BLOCK // chains), n + max_lag) + 1)


def autocovariance_sums(read: Read, *, parts: int, n: int, max_lag: int, block: int) -> FloatArray:
    """Σ over chains and i of δ(i) δ(i + t) for t = 0..max_lag; shape ``(parts, max_lag + 1)``.

    The series is cut into blocks of ``block`` > max_lag and each is transformed without padding:
    |FFT|² gives its *circular* autocovariance, whose wrapped pairs join the block's tail to its own
    head instead of the next block's head. A short FFT of tail × (next head − own head) puts that
    right. So one FFT per measurement and memory for two blocks suffice.
    """
    if n + max_lag <= block:  # a single block, whose padding keeps the pairs apart
        spectrum = _power(np.fft.rfft(read(0, n), block))
        return np.asarray(np.fft.irfft(spectrum, block)[:, : max_lag + 1])
    circular = np.zeros((parts, block // 2 + 1))
    wrapped = np.zeros((parts, max_lag + 1), dtype=np.complex128)
    tail = head = np.zeros((parts, 1, max_lag))
    for start in range(0, n, block):
        x = _padded(read(start, min(start + block, n)), block)
        circular += _power(np.fft.rfft(x))
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


def _power(f: NDArray[np.complex128]) -> FloatArray:
    """Σ over chains of |f|²."""
    power = np.square(f.real)
    power += np.square(f.imag)
    return np.asarray(power[:, 0] if power.shape[1] == 1 else power.sum(axis=1))


def _cross_power(a: FloatArray, b: FloatArray) -> NDArray[np.complex128]:
    """Σ over chains of the conjugate transform of a times that of b, padded to twice the length."""
    length = a.shape[-1]
    if length == 0:
        return np.zeros((a.shape[0], 1), dtype=np.complex128)
    product = np.fft.rfft(a, 2 * length).conj() * np.fft.rfft(b, 2 * length)
    return np.asarray(product.sum(axis=1))


def _find_window(gamma: FloatArray, total: int) -> int | None:
    """Smallest W with g(W) = exp(−W/τ) − τ/√(W N) < 0, τ being S times the τ_exp that fits τ_int.

    Where the sum of ρ is not positive, as in chains that swing about their mean, Wolff's τ is
    undefined; the sum of |ρ| then sets the scale, which keeps W beyond the swinging.
    """
    if gamma[0] <= 0:
        return 0
    rho = gamma[1:] / gamma[0]
    summed = np.cumsum(rho)
    scale = np.where(summed > 0, summed, np.cumsum(np.abs(rho)))
    lag = np.arange(1, len(gamma))
    with np.errstate(divide="ignore"):  # scale 0: τ = 0 and the window closes at once
        tau = np.maximum(S / np.log1p(1 / scale), np.finfo(np.float64).tiny)
    closed = np.exp(-lag / tau) - tau / np.sqrt(lag * float(total)) < 0
    return int(lag[np.argmax(closed)]) if closed.any() else None


def _finish(gamma: FloatArray, window: int | None, total: int) -> Gamma:
    if gamma[0] <= 0:
        return Gamma(error=0.0, tau=0.5, tau_error=0.0, window=0, closed=True)
    summed = 2 * np.cumsum(gamma) - gamma[0]
    w = int(np.argmax(summed)) if window is None else window
    bias = summed[w] / total
    variance, c = float(gamma[0] + bias), float(summed[w] + (2 * w + 1) * bias)
    if c <= 0:
        naive = math.sqrt(gamma[0] / total)
        return Gamma(naive, 0.5, math.inf, w, closed=True, variance=variance, positive=False)
    tau = c / (2 * variance)
    spread = 2 * tau * math.sqrt(max(w + 0.5 - tau, 0.0) / total)
    return Gamma(
        error=math.sqrt(c / total),
        tau=tau,
        tau_error=math.inf if window is None else spread,
        window=w,
        closed=window is not None,
        variance=variance,
    )


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 0).bit_length()
