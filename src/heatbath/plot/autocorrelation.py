"""The autocorrelation of an observable, the window, and τ_int as a function of the window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heatbath.plot.style import LIGHT, Theme, legend, panels
from heatbath.stats.diagnostics import (
    autocorrelation,
    autocorrelation_error,
    integrated_autocorrelation_time,
)
from heatbath.stats.results import AutocorrelationTime
from heatbath.stats.series import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Autocorrelation"]

LEAST_LAGS, MOST_LAGS = 20, 2000
BEYOND = 2.5  # windows that are shown


@dataclass(frozen=True, repr=False)
class Autocorrelation:
    """rho, errors: ρ(t) for t = 0, 1, …, shape (lags + 1,).  time: τ_int and its window."""

    observable: str
    rho: FloatArray
    errors: FloatArray
    time: AutocorrelationTime

    @classmethod
    def of(cls, series: Any, observable: str) -> Autocorrelation:
        """From a series (n,) or (chains, n), read in blocks.  ValueError if a number is not finite.

        >>> import numpy as np
        >>> seen = Autocorrelation.of(np.random.default_rng(1).normal(size=4000), "x")
        >>> len(seen.rho), float(seen.rho[0]), str(seen.time)
        (21, 1.0, '0.490(22)')
        """
        time = integrated_autocorrelation_time(series)
        length = np.shape(series)[-1] if isinstance(series, list) else series.shape[-1]
        wanted = max(LEAST_LAGS, math.ceil(BEYOND * time.window))
        rho = autocorrelation(series, min(wanted, MOST_LAGS, length - 1))
        errors = autocorrelation_error(rho, window=time.window, n=time.n)
        return cls(observable, rho, errors, time)

    @property
    def name(self) -> str:
        """The stem of its file's name."""
        return f"autocorrelation-{self.observable}"

    @property
    def title(self) -> str:
        """A short heading."""
        return f"Autocorrelation of {self.observable}"

    @property
    def closed(self) -> bool:
        """Whether a window was found."""
        return math.isfinite(self.time.error)

    @property
    def caption(self) -> str:
        """What the lines are."""
        end = (
            f"the window closes at t = {self.time.window}"
            if self.closed
            else "no window was found: the chain is too short for its memory"
        )
        return f"τ_int = {self.time} measurements; {end}. Below: the sum of ρ up to t."

    @property
    def words(self) -> str:
        """What is to be seen."""
        return (
            f"Above, the autocorrelation rho(t) of {self.observable} for lags up to "
            f"{len(self.rho) - 1} measurements. Below, tau_int as the sum up to each lag. "
            f"{self.caption}"
        )

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        figure, (above, below) = panels(theme, 2, heights=(3, 2), sharex=True)
        lags = np.arange(len(self.rho))
        summed = np.cumsum(self.rho) - 0.5
        blue, orange = theme.accents[:2]
        above.fill_between(
            lags, self.rho - self.errors, self.rho + self.errors, color=blue, alpha=0.25,
            linewidth=0,
        )  # fmt: skip
        dots: Any = {"marker": "o", "markersize": 3} if len(lags) <= 80 else {}
        above.plot(lags, self.rho, color=blue, linewidth=1.2, label=r"$\rho(t)$", **dots)
        above.axhline(0, color=theme.ink, linewidth=0.8)
        below.plot(lags, summed, color=blue, linewidth=1.2, **dots)
        value, error = self.time.value, self.time.error
        below.axhline(value, color=orange, linewidth=1.2)
        if self.closed:
            below.axhspan(value - error, value + error, color=orange, alpha=0.2, linewidth=0)
        for ax in (above, below):
            label = f"window {self.time.window}" if ax is above else None
            ax.axvline(
                self.time.window, color=orange, linewidth=1.2, linestyle=(0, (4, 3)), label=label
            )
        above.plot([], [], " ", label=rf"$\tau_\mathrm{{int}}$ = {self.time}")
        above.set_ylabel(r"$\rho(t)$")
        below.set_ylabel(r"$\tau_\mathrm{int}$ up to $t$")
        below.set_xlabel("lag $t$ in measurements")
        below.set_ylim(bottom=min(0.0, float(summed.min())))
        above.margins(x=0.01)
        legend(above, theme, loc="upper right")
        return figure
