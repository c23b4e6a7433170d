"""Chains on a sampler's own lattice that run until they can have forgotten their start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath._namespace import Array, as_numpy
from heatbath._sampler import records
from heatbath.random import Key

__all__ = ["SHORTEST", "Chains", "autocorrelation"]

Floats = NDArray[np.float64]
SHORTEST, LONGEST, LONGEST_OUTSIDE = 256, 8192, 1024
"""Updates of a run, at least and at most; the last where each needs a call of its own."""
SITE_UPDATES, SITE_UPDATES_OUTSIDE = 1 << 26, 1 << 23
"""The same in sites of all chains together."""
ENOUGH = 30.0
"""Autocorrelation times of a run that is long enough."""


class Chains:
    """Chains that go on from call to call, and the series of what is watched.

    fields: (chains, *lattice).
    label: if given, of fields (chains, *lattice) a number for each, recorded too.
    """

    def __init__(
        self, sampler: Any, key: Key, fields: Array, label: Callable[[Array], Any] | None = None
    ) -> None:
        self.sampler, self.key, self.label = sampler, key, label
        self.state = sampler.init(fields)
        self._inside = label is None and records(sampler)
        sites = int(np.prod(fields.shape))
        limits = (LONGEST_OUTSIDE, SITE_UPDATES_OUTSIDE // sites)
        if self._inside:
            limits = (LONGEST, SITE_UPDATES // sites)
        self.longest = SHORTEST
        while 2 * self.longest <= min(limits):
            self.longest *= 2

    @property
    def field(self) -> Array:
        """The fields now, (chains, *lattice)."""
        return self.state.field

    def make(self, n: int) -> Floats:
        """n updates: M, φ² per site and S/V, and the label if there is one, after each; shape
        (n, 3 or 4, chains)."""
        if self._inside:
            self.state, info = self.sampler.step(self.key, self.state, n, measure_every=1)
            return np.asarray(as_numpy(info.scalars), dtype=np.float64)
        return np.stack([self._one() for _ in range(n)])

    def settle(
        self,
        first: int = SHORTEST,
        longest: int | None = None,
        *,
        too_short: Callable[[Floats], bool] = lambda series: False,
    ) -> Floats:
        """The series of a run that follows on at least as many updates of warm-up.

        It is doubled, and what was becomes warm-up, while it is less than `ENOUGH`
        autocorrelation times long or `too_short(series)`, up to `longest`.
        """
        self.make(first)
        series = self.make(first)
        while 2 * len(series) <= (longest or self.longest) and (
            too_short(series) or autocorrelation(series) * ENOUGH > len(series)
        ):
            series = self.make(2 * len(series))
        return series

    def _one(self) -> Floats:
        self.state, _ = self.sampler.step(self.key, self.state, 1)
        rows = [as_numpy(x) for x in self.sampler.action.scalars(self.field).values()]
        if self.label is not None:
            rows.append(np.asarray(as_numpy(self.label(self.field))))
        return np.stack(rows).astype(np.float64)


def autocorrelation(series: Floats) -> float:
    """The longest integrated autocorrelation time of series (n, what, chains).

    Fluctuations are those about each chain's own mean: whether chains agree makes no difference.
    The window is that of N. Madras and A. D. Sokal, J. Stat. Phys. 50, 109 (1988).

    >>> steps = np.random.default_rng(1).normal(size=(1000, 1, 50))
    >>> bool(0.4 < autocorrelation(steps) < 0.6)
    True
    """
    n = len(series)
    centred = series - series.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n, axis=0)) ** 2
    gamma = np.fft.irfft(spectrum.mean(axis=2), axis=0)[:n]
    if not np.isfinite(gamma).all():
        return 0.0
    moving = gamma[0] > 1e-20
    if not moving.any():
        return 0.0
    times = np.cumsum(gamma[:, moving] / gamma[0, moving], axis=0) - 0.5
    closed = np.arange(n)[:, None] >= 6.0 * times
    window = np.where(closed.any(axis=0), closed.argmax(axis=0), n - 1)
    return float(np.max(times[window, np.arange(times.shape[1])]))
