"""What is damaged in a run, what is lost with it, and what to do, in one sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from heatbath.io.checksums import FILE, Checksums, line
from heatbath.io.layout import Grid, Layout
from heatbath.io.manifest import COPY, RunError, is_copy
from heatbath.io.reading import digest, digest_of_file
from heatbath.io.wording import path_text, shell_word

__all__ = ["Found", "examined", "lost", "told"]


@dataclass(frozen=True)
class Found:
    """A damaged file, and what is lost with it; nothing, if it can be written again."""

    file: str
    lost: str = ""


def examined(
    directory: Path, layout: Layout, checksums: Checksums, total: str, names: Collection[str] = ()
) -> list[Found]:
    """Read all committed files, or those of the arrays `names`, and find the damaged ones.

    total: the checksum of the file `checksums` in run.json.
    """
    differing, lines = [], []
    whole = checksums.total == total
    for item in checksums.items():
        if names and (item.grid is None or item.grid.name not in names):
            continue
        found = digest_of_file(directory / item.name)
        if not whole:
            lines.append(line(item.name, found or ""))
        if found is None or found != checksums.of(item):
            what = "" if item.grid is None else lost(item.grid, item.k, layout)
            differing.append(Found(item.name, what))
    if whole:
        damaged = differing
    elif not names and digest(b"".join(lines)) == total:
        damaged = [Found(FILE)]  # only its lines are wrong
    else:
        damaged = [Found(FILE), *differing]
    if not names and not is_copy(directory):
        damaged.append(Found(COPY))
    return damaged


def lost(grid: Grid, k: int, layout: Layout) -> str:
    """What the k-th file of an array holds, as one would index it."""
    if grid.length is None:
        return grid.name
    first, last = k * grid.length, min((k + 1) * grid.length, grid.shape[grid.axis])
    return f"{grid.name}[{':, ' * grid.axis}{first}:{last}]"


def told(directory: Path, damaged: list[Found]) -> RunError:
    """The sentence."""
    files = ", ".join(f"{f.file} (lost: {f.lost})" if f.lost else f.file for f in damaged)
    remedy = f"no number is lost, and this mends it: heatbath resume {shell_word(directory)}"
    if any(f.lost for f in damaged):
        remedy = (
            "restore what is lost from a copy, or start the run anew: the same seed gives the "
            "same numbers"
        )
    count = "1 file is" if len(damaged) == 1 else f"{len(damaged)} files are"
    return RunError(
        f"the run {path_text(directory)} is damaged: {count} missing or not as written: {files}; "
        f"{remedy}"
    )
