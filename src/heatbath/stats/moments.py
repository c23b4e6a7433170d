"""Mean and spread of each chain in one pass, merging blocks by Chan, Golub and LeVeque (1983)."""

from dataclasses import dataclass

import numpy as np

from heatbath.stats.series import FloatArray, Series

__all__ = ["Moments", "measure_moments"]

SMALLEST = np.finfo(np.float64).tiny / np.finfo(np.float64).eps  # sums below lose digits


@dataclass(frozen=True)
class Moments:
    """First two moments of every component, per chain and over all chains."""

    chain_means: FloatArray
    """Shape ``(components, chains)``."""
    chain_squares: FloatArray
    """Σ (x − chain mean)², shape ``(components, chains)``."""
    n: int
    """Measurements per chain."""

    @property
    def means(self) -> FloatArray:
        """Means over all chains, shape ``(components,)``."""
        return np.asarray(self.chain_means.mean(axis=-1))

    @property
    def variances(self) -> FloatArray:
        """Γ(0) about the global mean, shape ``(components,)``; 0 where only rounding varies."""
        shifts = self.chain_means - self.means[:, np.newaxis]
        within = self.chain_squares.mean(axis=-1) / self.n
        variance = within + np.square(shifts).mean(axis=-1)
        with np.errstate(over="ignore"):  # beside such means nothing that is finite varies
            rounding = np.square(8 * np.finfo(np.float64).eps * self.means)
        return np.where(variance <= rounding, 0.0, variance)


def measure_moments(series: Series) -> Moments:
    """Read the series once; raise ValueError at the first nan or inf, naming its place."""
    means = np.zeros((series.components, series.chains))
    squares = np.zeros_like(means)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is reported below
        for start, block in series.blocks():
            length = block.shape[-1]
            mean = block.mean(axis=-1)
            deviation = block - mean[..., np.newaxis]
            square = np.einsum("kcb,kcb->kc", deviation, deviation)
            if not np.isfinite(square).all():
                _refuse(series, start, block)
            if (square < SMALLEST).any():
                _require_scale(deviation, mean, square)
            shift, total = mean - means, start + length
            means += shift * (length / total)
            squares += square + np.square(shift) * (start * length / total)
    return Moments(means, squares, series.n)


def _require_scale(deviation: FloatArray, mean: FloatArray, square: FloatArray) -> None:
    """Raise where squares have underflowed, so that what varies would seem constant."""
    rounding = 8 * np.finfo(np.float64).eps * np.abs(mean)
    if ((square < SMALLEST) & (np.abs(deviation).max(axis=-1) > rounding)).any():
        raise ValueError(
            "series varies so little that squares underflow float64; rescale it, for example by "
            "its largest absolute value"
        )


def _refuse(series: Series, start: int, block: FloatArray) -> None:
    places = np.argwhere(~np.isfinite(block))
    if len(places) == 0:
        raise ValueError(
            "series is so large that squares overflow float64; rescale it, for example by its "
            "largest absolute value"
        )
    component, chain, offset = (int(index) for index in places[0])
    found = block[component, chain, offset]
    raise ValueError(
        f"{series.label(component)} must be finite; got {found} at measurement {start + offset} "
        f"of chain {chain}; remove it or find out why the run produced it"
    )
