"""Sample configurations: lines in one dimension, images in two, slices in three and four.

All panels share one colour scale, symmetric about φ = 0, so that its middle is always zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heatbath.plot.style import LIGHT, Theme, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Configurations"]

LONGEST = 4.0  # ratio of extents up to which sites are drawn as squares


@dataclass(frozen=True, repr=False)
class Configurations:
    """fields: shape (k, *lattice), one to six of them.  labels: of each."""

    fields: np.ndarray[Any, np.dtype[np.float64]]
    labels: tuple[str, ...]
    name: str = "configurations"

    @classmethod
    def of(cls, fields: Any, labels: Sequence[str]) -> Configurations:
        """From fields (k, *lattice); ValueError unless there is a label for each and all numbers
        are finite.

        >>> seen = Configurations.of([[[0.5, -2.0]]], ["chain 0"])
        >>> seen.words
        'One configuration on 1 x 2: chain 0. The field lies between -2 and 0.5.'
        """
        values = np.asarray(fields, dtype=np.float64)
        if values.ndim < 2 or not len(values) == len(labels) > 0:
            raise ValueError(
                f"fields must have shape (k, *lattice) with a label for each of the k; got "
                f"{values.shape} and {len(labels)} labels"
            )
        if not np.isfinite(values).all():
            raise ValueError("the configurations hold infinite or undefined numbers")
        return cls(values, tuple(labels))

    @property
    def title(self) -> str:
        """A short heading."""
        return "Sample configurations"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the lattice."""
        return tuple(self.fields.shape[1:])

    @property
    def caption(self) -> str:
        """Which part is drawn."""
        part = f" Shown is {self.slice}." if self.slice else ""
        return f"One colour scale, symmetric about 0.{part}" if len(self.shape) > 1 else part

    @property
    def words(self) -> str:
        """What is to be seen."""
        k = len(self.labels)
        count = "One configuration" if k == 1 else f"{k} configurations"
        where = " x ".join(map(str, self.shape))
        cut = f" Shown is {self.slice}." if self.slice else ""
        return (
            f"{count} on {where}: {'; '.join(self.labels)}. The field lies between "
            f"{self.fields.min():.4g} and {self.fields.max():.4g}.{cut}"
        )

    @property
    def slice(self) -> str:
        """Which part is drawn, in words; nothing if it is all."""
        fixed = len(self.shape) - 2
        if fixed < 1:
            return ""
        where = ", ".join(f"x{k} = 0" for k in range(fixed))
        return f"the slice {where} of the lattice"

    def draw(self, theme: Theme = LIGHT) -> Figure:
        """A new figure."""
        if len(self.shape) == 1:
            return self._lines(theme)
        columns = min(len(self.fields), 3)
        rows = -(-len(self.fields) // columns)
        planes = self.fields
        while planes.ndim > 3:
            planes = planes[:, 0]
        tall = min(max(planes.shape[1] / planes.shape[2], 0.35), 1.5)
        height = 0.7 + rows * (0.45 + 5.4 / columns * tall)
        figure, axes = panels(theme, rows, columns, height=height, constrained=True)
        largest = float(np.abs(self.fields).max()) or 1.0
        images = [
            self._image(ax, plane, label, largest, theme)
            for ax, plane, label in zip(axes, planes, self.labels, strict=False)
        ]
        for ax in axes[len(planes) :]:
            ax.set_visible(False)
        bar = figure.colorbar(images[0], ax=axes, shrink=0.8, aspect=30, location="bottom")
        bar.set_label("φ", color=theme.ink)
        bar.ax.tick_params(colors=theme.ink, labelsize=9)
        bar.outline.set_visible(False)
        return figure

    def _image(self, ax: Axes, plane: Any, label: str, largest: float, theme: Theme) -> Any:
        n, m = plane.shape
        square = max(n, m) <= LONGEST * min(n, m)
        ax.grid(False)
        ax.set_title(label.replace(", ", "\n"), fontsize=8, color=theme.ink)
        ax.set_xlabel(f"$x_{len(self.shape) - 1}$", fontsize=9)
        ax.set_ylabel(f"$x_{len(self.shape) - 2}$", fontsize=9)
        ax.locator_params(integer=True, nbins=4)
        return ax.imshow(
            plane, cmap=theme.map, vmin=-largest, vmax=largest, interpolation="nearest",
            origin="lower", aspect="equal" if square else "auto",
        )  # fmt: skip

    def _lines(self, theme: Theme) -> Figure:
        figure, (ax,) = panels(theme)
        largest = float(np.abs(self.fields).max()) or 1.0
        for field, label, colour in zip(
            self.fields, self.labels, theme.colours(len(self.fields)), strict=True
        ):
            ax.plot(field, color=colour, linewidth=1.2, marker="o", markersize=2.5, label=label)
        ax.axhline(0, color=theme.ink, linewidth=0.8)
        ax.set_ylim(-1.05 * largest, 1.05 * largest)
        ax.set_xlabel("$x_0$")
        ax.set_ylabel("φ")
        legend(ax, theme, ncols=2, loc="best")
        return figure
