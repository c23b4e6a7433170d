"""The command `heatbath` and its subcommands."""

import sys
from collections.abc import Sequence

import click

from heatbath import __version__
from heatbath.cli.analyse import analyse_command
from heatbath.cli.backends import backends_command
from heatbath.cli.export import export_command
from heatbath.cli.report import report_command
from heatbath.cli.resume import resume_command
from heatbath.cli.run import run_command
from heatbath.cli.shared import CommandLine, debug_option
from heatbath.cli.verify import verify_command

__all__ = ["main", "program"]


@click.group(cls=CommandLine)
@click.version_option(__version__, prog_name="heatbath")
@debug_option
def program() -> None:
    """Simulate, learn and analyse lattice fields.

    \b
    heatbath run phi4            a first result, beside the literature's
    heatbath run phi4 --shape 32,32 --set kappa=0.26 --out my-run
    heatbath resume my-run       go on with a run that was interrupted
    heatbath analyse data.npy    a mean with an error that knows autocorrelations
    heatbath report my-run       a page with figures and every setting
    heatbath export my-run my-run.h5   for other programs
    heatbath verify phi4         is its sampler right?
    heatbath backends            what runs fast here

    HEATBATH_DEBUG=1 or --debug shows the traceback of an error.
    """  # noqa: D301 (\b keeps click from joining lines)


program.add_command(run_command)
program.add_command(resume_command)
program.add_command(analyse_command)
program.add_command(report_command)
program.add_command(export_command)
program.add_command(verify_command)
program.add_command(backends_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `heatbath`; ends the process with its exit status."""
    program.main(list(sys.argv[1:] if arguments is None else arguments), prog_name="heatbath")
