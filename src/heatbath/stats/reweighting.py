r"""Means in an ensemble that was not simulated, from the measurements of one that was.

Configurations drawn with weight e^{−S} give means in the ensemble of e^{−S'} as

    ⟨O⟩' = ⟨O w⟩ / ⟨w⟩,    log w = S − S' (up to a constant),

for example log w = −(β' − β) E where S = β E (A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett.
61 (1988) 2635).  A complex S' has complex weights, and ⟨w⟩ / ⟨|w|⟩ is the average phase.

The error is that of the ratio, by the Γ-method: to first order in the fluctuations of both means,
⟨O⟩' moves by the mean of w (O − ⟨O⟩') / ⟨w⟩.  What cannot be known from the measurements is refused
(`heatbath.stats.overlap`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.stats.estimation import check_function, estimate, mean_gammas
from heatbath.stats.moments import measure_moments
from heatbath.stats.overlap import (
    ExtrapolationError,
    Overlap,
    Piece,
    measure_overlap,
    measure_support,
    support_warning,
)
from heatbath.stats.results import Estimate
from heatbath.stats.series import Primary, Series, SeriesLike, open_series
from heatbath.stats.several_runs import LARGEST

__all__ = ["average_phase", "reweight", "weight_overlap"]

_DEEP = 60.0  # weights below e^−60 of the largest are nothing to τ_int


def reweight(
    series: SeriesLike | Mapping[str, SeriesLike] | Sequence[SeriesLike],
    log_weights: SeriesLike,
    *,
    function: Callable[..., Any] | None = None,
    primaries: Primary | Sequence[Primary] | None = None,
) -> Estimate:
    """⟨O⟩' = ⟨O w⟩ / ⟨w⟩, or a function of several such means, with its error.

    series, function, primaries: as for `estimate`; the means are those in the other ensemble.
    log_weights: log w of each measurement, shape ``(n,)`` or ``(chains, n)`` as the series; real or
    complex, up to a constant; −inf is the weight 0.  Complex weights give complex means.

    ``tau_int`` of the result is that of w (O − ⟨O⟩'), ``ess`` the effective number of independent
    measurements that the weights leave, |Σ w|² / (Σ |w|² · 2 tau_int).  Autocorrelations and
    replicas are treated as by `estimate`, and the same warnings are given.

    Raises ExtrapolationError where `weight_overlap` is not trusted; it says which part of the way
    would be.  Raises ValueError or TypeError for what cannot be analysed.  No weight can tell of
    a phase that the simulation has never visited.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 20_000))       # S = x²/2
    >>> print(reweight(x, -0.25 * x**2, primaries=np.square))       # S' = x²/2 + x²/4: ⟨x²⟩' = 2/3
    0.6637(26)
    >>> print(reweight(x, 0.5j * x))                                # ⟨x⟩' = i/2
    -0.0065(36)+0.4970(25)j
    >>> reweight(x, 4.0 * x)
    Traceback (most recent call last):
        ...
    heatbath.stats.overlap.ExtrapolationError: log_weights reach too far: the weights leave 18 ...
    """
    opened = open_series(series, primaries)
    weights = _open_weights(log_weights)
    if weights.sources[0].shape != opened.sources[0].shape:
        raise ValueError(
            f"log_weights must have the shape of the series, one number per measurement; got "
            f"{weights.sources[0].shape} for a series of {opened.sources[0].shape}"
        )
    if function is None and len(opened.is_complex) != 1:
        raise ValueError(
            f"series and primaries give {len(opened.is_complex)} means; say with function= which "
            f"one number is wanted"
        )
    checked = None if function is None else check_function(function)
    return _Reweighted.of(opened, weights).estimate(checked)


def weight_overlap(log_weights: SeriesLike) -> Overlap:
    """What a reweighting with these weights rests on: effective sample size, and more.

    log_weights: as for `reweight`.  Never raises for weights that reach too far: `trusted` of the
    result is then False, and `trouble` says why.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=20_000)
    >>> print(weight_overlap(0.5 * x))
    1.56e+04 effective of 20000 measurements, 538 stretches make the error: trusted
    >>> weight_overlap(4.0 * x).trusted
    False
    """
    return measure_overlap([_piece(_open_weights(log_weights))])


def average_phase(log_weights: SeriesLike) -> Estimate:
    """⟨w⟩ / ⟨|w|⟩ with its error: the size of the sign problem.

    log_weights: as for `reweight`; a negative weight w is log |w| + iπ.  Its logarithm is −V times
    a difference of free energy densities, so it falls exponentially with the volume.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(4, 20_000))
    >>> print(average_phase(1j * x))                                 # e^{−1/2} = 0.6065
    0.6085(16)-0.0041(23)j
    """
    weights = _open_weights(log_weights)
    source = _Exponential(weights.sources[0], _top(weights))
    return estimate(source, primaries=(np.positive, np.abs), function=lambda w, size: w / size)


@dataclass(frozen=True)
class _Exponential:
    """A stored series of logarithms, read as e^{log w − top}."""

    logs: Any
    top: float

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.logs.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.complex128 if self.logs.dtype.kind == "c" else np.float64)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        return np.asarray(np.exp(np.asarray(self.logs[key], dtype=self.dtype) - self.top))


@dataclass(frozen=True)
class _Reweighted:
    """The user's series, the weights beside them, and the reweighted means of the primaries."""

    user: Series
    sources: tuple[Any, ...]
    centres: tuple[complex, ...]
    overlap: Overlap
    stretch: int

    @classmethod
    def of(cls, user: Series, weights: Series) -> _Reweighted:
        piece = _piece(weights)
        overlap = measure_overlap([piece])
        _require(overlap, piece)
        sources = (*user.sources, _Exponential(weights.sources[0], _top(weights)))
        found = cls(user, sources, (0.0,) * len(user.is_complex), overlap, piece.stretch)
        *means, w = _means(open_series(sources, found.primaries))
        return replace(found, centres=tuple(mean / w for mean in means))

    @property
    def primaries(self) -> tuple[Primary, ...]:
        """w (O − centre) of each of the user's primaries, then w."""

        def moved(j: int, centre: complex) -> Primary:
            return lambda blocks: blocks[-1] * (self._primary(j, blocks[:-1]) - centre)

        of_user = (moved(j, centre) for j, centre in enumerate(self.centres))
        return (*of_user, lambda blocks: blocks[-1])

    def estimate(self, function: Callable[..., Any] | None) -> Estimate:
        """Means about the centres: else the slope in ⟨w⟩ would be a small difference of large
        numbers, and its own error of second order would count."""

        def of_means(*numbers: complex) -> Any:
            *moved, w = numbers
            means = [centre + m / w for centre, m in zip(self.centres, moved, strict=True)]
            return means[0] if function is None else function(*means)

        found = estimate(self.sources, primaries=self.primaries, function=of_means)
        words = support_warning(min(self.overlap.support, self._support()))
        ess = self.overlap.kish / (2 * found.tau_int)
        return replace(found, ess=ess, warnings=found.warnings + words)

    def _support(self) -> float:
        series = open_series(self.sources, self.primaries[:-1])
        parts = measure_support([(series.read, series.chains, series.n, self.stretch)])
        return float(parts.min())

    def _primary(self, j: int, stored: Sequence[Any]) -> NDArray[Any]:
        if self.user.primaries is None:
            return np.asarray(stored[j])
        return np.asarray(self.user.primaries[j](self.user.argument(stored)))


def _require(overlap: Overlap, piece: Piece) -> None:
    if overlap.trusted:
        return
    nothing = measure_overlap([piece], 0.0)
    if not nothing.trusted:
        raise ExtrapolationError(
            f"log_weights cannot be trusted however small, with tau_int = {piece.tau:.3g}: "
            f"{nothing.trouble}; run longer"
        )
    near, far = 0.0, 1.0
    while far - near > 0.01:
        middle = (near + far) / 2
        trusted = measure_overlap([piece], middle).trusted
        near, far = (middle, far) if trusted else (near, middle)
    raise ExtrapolationError(
        f"log_weights reach too far: {overlap.trouble}; {near:.2f} times these log_weights would "
        f"be trusted, or simulate nearer to the target"
    )


def _means(series: Series) -> tuple[complex, ...]:
    parts = iter(measure_moments(series).means.tolist())
    return tuple(complex(next(parts), next(parts)) if c else next(parts) for c in series.is_complex)


def _open_weights(log_weights: Any) -> Series:
    opened = open_series(log_weights, name="log_weights")
    if len(opened.sources) > 1:
        raise TypeError(
            f"log_weights must be one series of shape (n,) or (chains, n); got "
            f"{len(opened.sources)} of them; add them up where they are factors of one weight"
        )
    largest = -math.inf
    for start, block in _raw_blocks(opened):
        wrong = np.isnan(block) | (block.real == np.inf) | np.isinf(block.imag)
        if wrong.any():
            chain, i = (int(index) for index in np.argwhere(wrong)[0])
            raise ValueError(
                f"log_weights must be finite, or -inf for the weight 0; got {block[chain, i]} at "
                f"measurement {start + i} of chain {chain}"
            )
        sizes = np.maximum(np.where(np.isinf(block.real), 0.0, abs(block.real)), abs(block.imag))
        if (size := float(sizes.max())) > LARGEST:
            raise ValueError(
                f"log_weights must be at most {LARGEST:g} in size, for float64 to have digits left "
                f"for differences of 1; got {size:.3g}; subtract a constant"
            )
        largest = max(largest, float(block.real.max()))
    if largest == -math.inf:
        raise ValueError("log_weights are all -inf, so that every weight is 0; nothing is left")
    return opened


def _raw_blocks(series: Series) -> Any:
    length = max(64, (1 << 16) // series.chains)
    for start in range(0, series.n, length):
        yield start, series.primary_blocks(start, min(start + length, series.n))[0]


def _top(weights: Series) -> float:
    return max(float(block.real.max()) for _, block in _raw_blocks(weights))


def _lowest(weights: Series) -> float:
    return min(float(block.real.min()) for _, block in _raw_blocks(weights))


def _piece(weights: Series) -> Piece:
    """log w with its τ_int: of log |w|, and of the phase if there is one."""
    top, lowest = _top(weights), _lowest(weights)
    depth = min(top - lowest, _DEEP) or 1.0
    slow = [lambda block: np.maximum((np.real(block) - top) / depth, -1.0)]
    if weights.is_complex[0]:
        slow.append(lambda block: np.exp(1j * np.imag(block)))
    series = open_series(weights.sources[0], slow)
    tau = max(gamma.tau for gamma in mean_gammas(series, measure_moments(series)))
    return Piece(
        lambda start, stop: weights.primary_blocks(start, stop)[0],
        weights.chains,
        weights.n,
        max(tau, 0.5),
    )
