"""A formula as a picture, set by matplotlib, which needs no LaTeX installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heatbath.plot.style import LIGHT, RESOLUTION, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Formula"]

MARGIN = 0.06  # inches


@dataclass(frozen=True, repr=False)
class Formula:
    """lines: LaTeX of each line, without dollars.  words: the formula as text."""

    lines: tuple[str, ...]
    words: str
    name: str = "action"
    title: str = "Action"
    caption: str = ""

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure, as large as the formula.  ValueError for LaTeX that matplotlib lacks."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(dpi=RESOLUTION, facecolor=theme.paper)
        canvas = FigureCanvasAgg(figure)
        text = figure.text(
            0, 0, "\n".join(f"${line}$" for line in self.lines), color=theme.ink, fontsize=13,
            linespacing=1.6, va="bottom",
        )  # fmt: skip
        box = text.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]
        width, height = (size / RESOLUTION + 2 * MARGIN for size in (box.width, box.height))
        figure.set_size_inches(width, height)
        text.set_position((MARGIN / width, MARGIN / height))
        return figure
