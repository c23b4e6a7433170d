"""The correlator of time slices and its effective mass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heatbath.plot.style import LIGHT, Theme, legend, panels
from heatbath.stats.correlator import TimeSlices, Vacuum
from heatbath.stats.results import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Correlator", "Curve"]

LABELS = {
    "none": "C(t)",
    "mean": "C(t) − V_s⟨M⟩²",
    "abs": "C(t) − V_s⟨|M|⟩²",
}
SYMBOLS = {  # the same for matplotlib
    "none": r"$C(t)$",
    "mean": r"$C(t) - V_s\langle M\rangle^2$",
    "abs": r"$C(t) - V_s\langle|M|\rangle^2$",
}
NOISE = 0.5  # a mass whose relative error is larger says nothing and hides the others


@dataclass(frozen=True)
class Curve:
    """vacuum: what is subtracted.  correlator: C(t), t = 0 … T//2.  mass: m_eff(t) from t = 1."""

    vacuum: Vacuum
    correlator: tuple[Estimate, ...]
    mass: tuple[Estimate, ...]

    @classmethod
    def of(cls, slices: TimeSlices, vacuum: Vacuum) -> Curve:
        """Both of a set of time slices."""
        return cls(vacuum, slices.correlator(vacuum), slices.effective_mass(vacuum))

    @property
    def masses(self) -> list[tuple[int, float, float]]:
        """(t, m_eff, error) where the noise leaves something to see."""
        return [
            (t, float(e.value.real), float(e.error.real))
            for t, e in enumerate(self.mass, start=1)
            if math.isfinite(abs(e.value)) and 0 < abs(e.error) <= NOISE * abs(e.value)
        ]


@dataclass(frozen=True, repr=False)
class Correlator:
    """curves: with and without the vacuum's part.  extent: T.  axis: of time.
    fields: how many configurations.  expected: an exact mass to draw, with its name."""

    curves: Sequence[Curve]
    extent: int
    axis: int
    fields: int
    expected: tuple[str, float] | None = None
    name: str = "correlator"

    @classmethod
    def of(
        cls,
        slices: TimeSlices,
        vacua: Sequence[Vacuum] = ("none",),
        *,
        axis: int = 0,
        expected: tuple[str, float] | None = None,
    ) -> Correlator:
        """One curve for each way to subtract the vacuum's part (see `heatbath.stats`)."""
        curves = [Curve.of(slices, vacuum) for vacuum in vacua]
        return cls(curves, slices.extent, axis, slices.means.size, expected)

    @property
    def title(self) -> str:
        """A short heading."""
        return "Correlator and effective mass"

    @property
    def caption(self) -> str:
        """Its numbers."""
        return " ".join(self._sentences())

    @property
    def words(self) -> str:
        """What is to be seen."""
        return (
            f"Above, the zero-momentum correlator between time slices against their distance; "
            f"below, its effective mass. {self.caption}"
        )

    def _sentences(self) -> Iterator[str]:
        yield (
            f"Slices along axis {self.axis}, of extent {self.extent}; {self.fields} configurations."
        )
        for curve in self.curves:
            first = f"{LABELS[curve.vacuum]} begins with {curve.correlator[0]} at t = 0"
            if not curve.masses:
                yield f"{first}; its effective mass is lost in noise."
                continue
            t, _, _ = min(curve.masses, key=lambda m: m[2] / m[1])
            yield f"{first}; the sharpest effective mass is {curve.mass[t - 1]}, at t = {t}."
        if self.expected is not None:
            yield f"The {self.expected[0]} is {self.expected[1]:.6g}."

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        figure, (above, below) = panels(theme, 2, height=4.8, heights=(3, 2), sharex=True)
        for curve, colour in zip(self.curves, theme.colours(len(self.curves)), strict=True):
            values = np.array([[e.value.real, e.error.real] for e in curve.correlator])
            _points(above, range(len(values)), values, colour, SYMBOLS[curve.vacuum])
            seen = curve.masses
            _points(below, [t for t, *_ in seen], np.array([m for _, *m in seen]), colour, None)
        if all(e.value.real > 0 for curve in self.curves for e in curve.correlator):
            _logarithmic(above, theme)
        if self.expected is not None:
            name, mass = self.expected
            below.axhline(mass, color=theme.ink, linewidth=1.0, linestyle=(0, (4, 3)), label=name)
        if not any(curve.masses for curve in self.curves):
            _say(below, "lost in noise", theme)
        above.set_ylabel("correlator")
        below.set_ylabel(r"$m_\mathrm{eff}(t)$")
        below.set_xlabel(f"$t$ along axis {self.axis}")
        below.locator_params(axis="x", integer=True)
        legend(above, theme, loc="best")
        legend(below, theme, loc="best")
        return figure


def _points(ax: Axes, t: Sequence[int], values: np.ndarray, colour: str, label: str | None) -> None:
    if len(t):
        ax.errorbar(
            t, values[:, 0], values[:, 1], color=colour, label=label, marker="o", markersize=4,
            linewidth=0.8, elinewidth=1.2, capsize=2,
        )  # fmt: skip


def _logarithmic(ax: Axes, theme: Theme) -> None:
    """Ticks at plain numbers: 1, 2, 5, or the decades alone where there are many."""
    from matplotlib.ticker import LogLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
    ax.tick_params(axis="y", which="minor", color=theme.ink)


def _say(ax: Axes, words: str, theme: Theme) -> None:
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=theme.ink)
