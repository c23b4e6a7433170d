"""`heatbath analyse FILE.npy`: mean, error and autocorrelation of a time series from any code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heatbath.cli.cuts import Cuts, cut_options
from heatbath.cli.shared import debug_option, json_option

if TYPE_CHECKING:
    from heatbath.cli.analysis import Analysis

__all__ = ["analyse_command"]


@click.command("analyse")
@click.argument("path", metavar="FILE.npy|DIR")
@cut_options
@click.option(
    "--check", is_flag=True, help="Read all that a run stores first, and name each damaged file."
)
@json_option
@debug_option
def analyse_command(
    path: str, cuts: Cuts, only: tuple[str, ...], check: bool, as_json: bool
) -> None:
    """Estimate the mean of a time series, with an error that knows its autocorrelations.

    FILE.npy holds an array of shape (n,), one chain, or (chains, n); real or complex, from any code
    (numpy.save).  DIR is a run of 'heatbath run … --out DIR', finished or still being written.

    tau_int and ess count the measurements that are kept.
    """
    from heatbath.cli.analysis import analysed, opened
    from heatbath.cli.display import print_json

    if check:
        require_whole(Path(path))
    with patience(f"analysing {path}"):
        analysis = analysed(opened(Path(path)), cuts, only)
    if as_json:
        print_json(analysis.to_dict())
    else:
        show(analysis)


def require_whole(path: Path) -> None:
    """Read every byte of a run, and compare it with its checksum."""
    from heatbath.io import Run

    if not path.is_dir():
        raise ValueError(f"--check is for the directory of a run; {path} is none, leave it out")
    with patience(f"checking {path}"), Run.open(path) as run:
        run.check()


def show(analysis: Analysis) -> None:
    """The table, warnings, and what to do next."""
    from heatbath.cli.display import print_notes, print_table, tau_text

    kept, source = analysis.kept, analysis.source
    chains = f"{kept.chains} chains x {kept.n}" if kept.chains > 1 else f"{kept.n}"
    left_out = "".join(f", {words}" for words in analysis.cuts.words(kept))
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
    """Discard what is not thermalised, if that is more than a few autocorrelation times; look at
    the figures of a run."""
    path, kept, cut, cuts = analysis.source.path, analysis.kept, analysis.cut, analysis.cuts
    steps = []
    slowest = max((e.tau_int for e in analysis.estimates.values()), default=0.0)
    if cut > max(0.01 * kept.n, 2 * slowest):
        if cut >= kept.n // 2:
            steps.append(("a longer series", "this one had not settled at its middle"))
        else:
            options = cuts.options(discard=kept.begin + cut * kept.step)
            steps.append((f"heatbath analyse {path}{options}", "without what looks like warm-up"))
    if analysis.source.volume is not None:
        steps.append((f"heatbath report {path}{cuts.options()}", "figures and every setting"))
    return steps


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
