"""`heatbath report DIR`: one HTML page with figures, tables and every setting of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heatbath.cli.analyse import patience
from heatbath.cli.cuts import Cuts, cut_options
from heatbath.cli.shared import debug_option, json_option

if TYPE_CHECKING:
    from heatbath.cli.reporting import Findings

__all__ = ["report_command"]


@click.command("report")
@click.argument("directory", metavar="DIR")
@click.option("--out", metavar="FOLDER", help="Where to write it; by default DIR-report.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@cut_options
@json_option
@debug_option
def report_command(
    directory: str, out: str | None, show: bool, cuts: Cuts, only: tuple[str, ...], as_json: bool
) -> None:
    """Write a page about the run in DIR, finished or still being written.

    FOLDER/report.html needs nothing but itself: results with errors, history, histogram,
    autocorrelation, correlator with effective mass, sample configurations, every setting and the
    command that repeats the run.  The figures are beside it as PNG files.
    """
    from heatbath.cli.display import print_json
    from heatbath.cli.reporting import findings

    path = Path(directory)
    folder = _folder(path, out)
    with patience(f"reporting on {path}"):
        found = findings(path, cuts, only)
        *figures, page = found.report.write(folder)
    if as_json:
        files = {"report": str(page), "figures": [str(figure) for figure in figures]}
        print_json({**files, **found.to_dict()})
    else:
        _tell(found, path, page, len(figures))
    if show:
        click.launch(str(page))


def _folder(path: Path, out: str | None) -> Path:
    """Where the report goes: beside the run, whose directory holds nothing but the run."""
    if out is None:
        whole = path if path.name else path.resolve()
        return whole.with_name(f"{whole.name}-report")
    if (Path(out) / "run.json").exists():
        raise ValueError(
            f"--out must not be the directory of a run, which holds nothing else; got {out!r}, "
            f"choose another"
        )
    return Path(out)


def _tell(found: Findings, path: Path, page: Path, figures: int) -> None:
    from heatbath.cli.display import print_notes

    click.echo(f"{page}: {figures} figures, which are PNG files beside it")
    for sentence in found.missing:
        click.echo(f"  {sentence}")
    print_notes(
        found.report.warnings,
        [
            (f"heatbath report {path} --open", "and look at it in the browser"),
            (f"heatbath export {path} {path.name or 'run'}.h5", "the numbers for other programs"),
        ],
    )
