"""The Γ-method against one pass over the data."""

from __future__ import annotations

import numpy as np

import heatbath as hb


class AutocorrelationTime:
    """τ_int of a million samples of an AR(1) chain, τ_int = 10 (the goal is 30 ms)."""

    def setup(self) -> None:
        rng, a = np.random.default_rng(1), 19 / 21
        noise = rng.standard_normal(1_000_000) * np.sqrt(1 - a * a)
        series = np.empty_like(noise)
        x = rng.standard_normal()
        for i, xi in enumerate(noise):
            x = a * x + xi
            series[i] = x
        self.series = series

    def time_integrated_autocorrelation_time(self) -> None:
        hb.stats.integrated_autocorrelation_time(self.series)

    def time_one_pass(self) -> None:
        np.dot(self.series, self.series)
