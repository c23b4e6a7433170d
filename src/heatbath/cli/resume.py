"""`heatbath resume DIR`: go on with a run that was interrupted."""

from __future__ import annotations

import click

from heatbath.cli.shared import debug_option, json_option, progress_option, threads_option

__all__ = ["resume_command"]


@click.command("resume")
@click.argument("directory", metavar="DIR")
@json_option
@threads_option
@progress_option
@debug_option
def resume_command(directory: str, as_json: bool, progress: bool) -> None:
    """Go on with the run in DIR, made by 'heatbath run … --out DIR' or hb.sample(…, out=DIR).

    The result is the same as if it had never been interrupted.  A finished run is shown again.
    """
    import heatbath as hb
    from heatbath.cli.display import show_result

    result = hb.resume(directory, progress=progress)
    show_result(result, as_json=as_json, out=directory)
