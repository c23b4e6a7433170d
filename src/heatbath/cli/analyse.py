"""`heatbath analyse FILE.npy`: mean, error and autocorrelation of a time series from any code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heatbath.cli.shared import debug_option, json_option

if TYPE_CHECKING:
    from heatbath.cli.analysis import Analysis

__all__ = ["analyse_command"]


@click.command("analyse")
@click.argument("path", metavar="FILE.npy|DIR")
@click.option(
    "--discard",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Leave out the first N measurements of each chain.",
)
@json_option
@debug_option
def analyse_command(path: str, discard: int, as_json: bool) -> None:
    """Estimate the mean of a time series, with an error that knows its autocorrelations.

    FILE.npy holds an array of shape (n,), one chain, or (chains, n); real or complex, from any code
    (numpy.save).  DIR is a run of 'heatbath run … --out DIR', finished or still being written.
    """
    from heatbath.cli.analysis import analysed, opened
    from heatbath.cli.display import print_json

    with patience(f"analysing {path}"):
        analysis = analysed(opened(Path(path)), discard)
    if as_json:
        print_json(analysis.to_dict())
    else:
        show(analysis)


def show(analysis: Analysis) -> None:
    """The table, warnings, and what to do next."""
    from heatbath.cli.display import print_notes, print_table, tau_text

    kept, source = analysis.kept, analysis.source
    chains = f"{kept.chains} chains x {kept.n}" if kept.chains > 1 else f"{kept.n}"
    left_out = f", the first {kept.begin} left out" if kept.begin else ""
    click.echo(f"{source.path}: {chains} measurements{left_out}")
    rows = [
        (
            name,
            str(e),
            tau_text(e),
            count(e.ess),
            f"{analysis.rhat[name]:.4f}" if name in analysis.rhat else "",
        )
        for name, e in analysis.estimates.items()
    ]
    print_table(("observable", "value(error)", "tau_int", "ess", "R-hat"), rows)
    print_notes(analysis.warnings, next_steps(analysis))


def next_steps(analysis: Analysis) -> list[tuple[str, str]]:
    """Discard what is not thermalised, if that is more than a few autocorrelation times."""
    path, n, cut = analysis.source.path, analysis.kept.n, analysis.cut
    slowest = max((e.tau_int for e in analysis.estimates.values()), default=0.0)
    if not cut > max(0.01 * n, 2 * slowest):
        return []
    if cut >= n // 2:
        return [("a longer series", "this one had not settled at its middle")]
    first = analysis.kept.begin + cut
    return [(f"heatbath analyse {path} --discard {first}", "without what looks like warm-up")]


def count(ess: float) -> str:
    """A number of measurements; a question mark if it is not known."""
    return f"{ess:.0f}" if 0 <= ess < float("inf") else "?"


@contextmanager
def patience(what: str) -> Iterator[None]:
    """A spinner on stderr if that is a terminal: large files take a while."""
    import sys

    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
