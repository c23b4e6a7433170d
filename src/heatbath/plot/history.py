"""The history of an observable: every chain, and how its mean settles.

A long history has more measurements than a picture has pixels.  Drawing every k-th would hide the
rare excursions that matter, so each column shows the lowest and the highest of its measurements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heatbath.plot.style import LIGHT, Theme, legend, panels
from heatbath.stats.moments import measure_moments
from heatbath.stats.series import FloatArray, Series, open_series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History"]

COLUMNS = 600
MOST_NAMED = 6  # chains; more names would hide the curves


@dataclass(frozen=True, repr=False)
class History:
    """A series (n,) or (chains, n) in at most `COLUMNS` columns.

    observable: its name.
    position: the number of each column's last measurement, shape (columns,).
    low, high: extremes of each column, shape (chains, columns).
    running: mean of the chain up to the column's end, shape (chains, columns).
    per_column: measurements per column; 1 if every one is drawn.
    mean: of all chains.
    chains: their names.
    """

    observable: str
    position: FloatArray
    low: FloatArray
    high: FloatArray
    running: FloatArray
    per_column: int
    mean: float
    chains: tuple[str, ...]

    @classmethod
    def of(
        cls,
        series: Any,
        observable: str,
        *,
        first: int = 0,
        step: int = 1,
        chains: tuple[str, ...] | None = None,
        columns: int = COLUMNS,
    ) -> History:
        """Read the series once, in blocks.  ValueError if a number is not finite.

        first, step: the series holds the measurements first, first + step, ….  chains: names.

        >>> import numpy as np
        >>> seen = History.of(np.arange(8.0), "x", columns=4)
        >>> seen.low.tolist(), seen.high.tolist(), seen.running.tolist()
        ([[0.0, 2.0, 4.0, 6.0]], [[1.0, 3.0, 5.0, 7.0]], [[0.5, 1.5, 2.5, 3.5]])
        """
        opened = open_series(series)
        moments = measure_moments(opened)
        per_column = -(-opened.n // columns)
        low, high, sums = _columns(opened, per_column)
        ends = np.minimum(np.arange(1, low.shape[1] + 1) * per_column, opened.n)
        return cls(
            observable=observable,
            position=np.asarray(first + step * (ends - 1.0)),
            low=low,
            high=high,
            running=np.cumsum(sums, axis=1) / ends,
            per_column=per_column,
            mean=float(moments.means[0]),
            chains=chains or tuple(map(str, range(opened.chains))),
        )

    @property
    def name(self) -> str:
        """The stem of its file's name."""
        return f"history-{self.observable}"

    @property
    def title(self) -> str:
        """A short heading."""
        return f"History of {self.observable}"

    @property
    def caption(self) -> str:
        """What the lines are."""
        thin = (
            "Thin lines: every measurement."
            if self.per_column == 1
            else f"Bands: from the lowest to the highest of {self.per_column} successive "
            f"measurements."
        )
        return f"{thin} Thick lines: each chain's mean so far. Dashed: the mean of all."

    @property
    def words(self) -> str:
        """What is to be seen."""
        ends = self.running[:, -1]
        return (
            f"{self.observable} of {_counted(len(self.chains))} against the measurement's number, "
            f"with each chain's mean so far; at the end the means lie between {ends.min():.4g} and "
            f"{ends.max():.4g}, the mean of all is {self.mean:.4g}."
        )

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        figure, (ax,) = panels(theme)
        chains = len(self.low)
        faint = max(0.08, min(0.45, 0.9 / chains**0.5))
        for c, colour in enumerate(theme.colours(chains)):
            if self.per_column == 1:
                ax.plot(self.position, self.low[c], color=colour, alpha=faint, linewidth=0.7)
            else:
                ax.fill_between(
                    self.position, self.low[c], self.high[c], color=colour, alpha=faint, linewidth=0
                )
        for c, colour in enumerate(theme.colours(chains)):
            label = f"chain {self.chains[c]}" if 1 < chains <= MOST_NAMED else None
            ax.plot(self.position, self.running[c], color=colour, linewidth=1.4, label=label)
        ax.axhline(self.mean, color=theme.ink, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.set_xlabel("measurement")
        ax.set_ylabel(self.observable)
        ax.margins(x=0.01)
        legend(ax, theme, ncols=4, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
        return figure


def _columns(series: Series, per_column: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lowest, highest and sum of each column, shape (chains, columns)."""
    together = max(1, (1 << 16) // (per_column * series.chains)) * per_column
    found: list[list[FloatArray]] = [[], [], []]
    for start in range(0, series.n, together):
        block = series.read(start, min(start + together, series.n))[0]
        edges = np.arange(0, block.shape[1], per_column)
        for rows, combine in zip(found, (np.minimum, np.maximum, np.add), strict=True):
            rows.append(np.asarray(combine.reduceat(block, edges, axis=1)))
    low, high, sums = (np.concatenate(rows, axis=1) for rows in found)
    return low, high, sums


def _counted(chains: int) -> str:
    return "one chain" if chains == 1 else f"{chains} chains"
