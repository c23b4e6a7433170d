"""The report: one HTML page that needs nothing but itself, and its figures as PNG files.

The page holds every figure twice, for light and for dark screens, loads nothing, runs no script
and says so to the browser (its Content-Security-Policy allows inline images and styles alone).
All texts are escaped, whatever a theory is called.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heatbath.plot.style import DARK, LIGHT, Picture, png

__all__ = ["PAGE", "Group", "Report", "Section"]

PAGE = "report.html"
TEMPLATE = "report.html.jinja"


@dataclass(frozen=True)
class Section:
    """Figures under one heading.  words: sentences below it; also what is missing, and why.
    columns, rows: a table of the numbers in the figures, folded."""

    title: str
    words: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Group:
    """Settings under one heading: (name, value) pairs."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """What the page says, from the top.

    title, summary: what was sampled, and how much of it.
    warnings: one sentence each.
    columns, rows: the table of results; the first column holds names.  words: below it.
    sections: figures.
    action: the formula as a picture, or None.
    settings: every one.
    command, command_note: what repeats the run, and what to know about it.
    record: the run's record as text.
    made: by which version, when.
    """

    title: str
    summary: str
    warnings: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    sections: tuple[Section, ...]
    settings: tuple[Group, ...]
    command: str
    command_note: str
    record: str
    made: str
    action: Picture | None = None

    def write(self, folder: Path) -> list[Path]:
        r"""Write the page and a PNG file for each figure, the page last; files of these names are
        replaced, each in one step.  The folder is made if it is not there.

        >>> import pathlib, tempfile
        >>> from heatbath import plot
        >>> picture = plot.Formula((r"S = \sum_x \phi_x^2",), "S = sum of phi^2")
        >>> page = plot.Report(
        ...     title="free field <m2 & more>", summary="", warnings=(), columns=("observable",),
        ...     rows=(), words=(), sections=(), settings=(), command="heatbath run gaussian",
        ...     command_note="", record="{}", made="", action=picture)
        >>> [path.name for path in page.write(pathlib.Path(tempfile.mkdtemp()))]
        ['action.png', 'report.html']
        """
        folder.mkdir(parents=True, exist_ok=True)
        images: dict[str, tuple[str, str]] = {}
        written = []
        for picture in self.pictures:
            light = png(picture.draw(LIGHT))
            images[picture.name] = (_inline(light), _inline(png(picture.draw(DARK))))
            written.append(_replace(folder / f"{picture.name}.png", light))
        page = _template().render(report=self, images=images)
        written.append(_replace(folder / PAGE, page.encode()))
        return written

    @property
    def pictures(self) -> Sequence[Picture]:
        """All of them, in order."""
        of_sections = [p for section in self.sections for p in section.pictures]
        return of_sections if self.action is None else [self.action, *of_sections]


def _template() -> Any:
    """The page's template, in which undefined names are errors and all texts are escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def _inline(image: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(image).decode()


def _replace(path: Path, content: bytes) -> Path:
    """Write a file such that a reader finds the old one or the new one, whole."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)
    return path
