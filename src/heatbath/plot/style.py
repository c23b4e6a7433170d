"""How figures look: two themes, one for paper and slides, one for dark screens.

Figures are made from matplotlib's objects alone, never through `pyplot`, so that nothing global
changes and no window opens.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DARK", "LIGHT", "Picture", "Theme", "panels", "png"]

RESOLUTION = 150  # dots per inch: 960 pixels for a figure of WIDTH
WIDTH = 6.4  # inches
MARGINS = (0.85, 0.15, 0.55, 0.3)  # left, right, bottom, top, in inches


@dataclass(frozen=True)
class Theme:
    """Colours of a figure: paper, ink, faint lines; `accents` tell chains or curves apart;
    `map` is a matplotlib colour map, symmetric about its middle."""

    paper: str
    ink: str
    faint: str
    accents: tuple[str, ...]
    map: str = "RdBu_r"

    def colours(self, count: int) -> list[str]:
        """A colour for each of `count` curves, from the first again when they run out."""
        return [self.accents[k % len(self.accents)] for k in range(count)]


# Accents after M. Okabe and K. Ito: distinct for colour-blind readers as well.
LIGHT = Theme(
    "#ffffff",
    "#1f2328",
    "#d8dce1",
    ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"),
)
DARK = Theme(
    "#161b22",
    "#e6e9ed",
    "#3a424c",
    ("#58a6e8", "#f08a4b", "#3fc09a", "#e09cc4", "#e0b84c", "#8ccdf2"),
)


class Picture(Protocol):
    """Prepared data that can be drawn in any theme, and told in words."""

    @property
    def name(self) -> str:
        """The stem of its file's name."""
        ...

    @property
    def title(self) -> str:
        """A short heading."""
        ...

    @property
    def caption(self) -> str:
        """What the lines are, and what was cut."""
        ...

    @property
    def words(self) -> str:
        """What is to be seen, with its numbers, for those who cannot see it."""
        ...

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        ...


def panels(
    theme: Theme,
    rows: int = 1,
    columns: int = 1,
    *,
    height: float = 4.0,
    heights: Sequence[float] | None = None,
    sharex: bool = False,
    constrained: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure of WIDTH × `height` inches and its axes, row by row, in the theme's colours.

    constrained: matplotlib looks for the margins, which takes three times as long.
    """
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(WIDTH, height),
        dpi=RESOLUTION,
        layout="compressed" if constrained else None,
        facecolor=theme.paper,
    )
    grid = figure.subplots(
        rows, columns, squeeze=False, sharex=sharex, height_ratios=list(heights or [1] * rows)
    )
    if not constrained:
        left, right, bottom, top = MARGINS
        figure.subplots_adjust(
            left=left / WIDTH, right=1 - right / WIDTH, bottom=bottom / height,
            top=1 - top / height, hspace=0.12,
        )  # fmt: skip
    axes = [ax for row in grid for ax in row]
    for ax in axes:
        _dress(ax, theme)
    return figure, axes


def png(figure: Figure) -> bytes:
    """The figure as a PNG file; the same bytes for the same figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=RESOLUTION, metadata={"Software": None})
    return buffer.getvalue()


def legend(ax: Axes, theme: Theme, **options: Any) -> None:
    """A legend without a frame, if there is anything to tell apart."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, labelcolor=theme.ink, fontsize=8, **options)


def _dress(ax: Axes, theme: Theme) -> None:
    ax.set_facecolor(theme.paper)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.ink)
    ax.tick_params(colors=theme.ink, labelsize=9)
    for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
        label.set_color(theme.ink)
        label.set_fontsize(10)
    ax.grid(True, color=theme.faint, linewidth=0.6)
    ax.set_axisbelow(True)
