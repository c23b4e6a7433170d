"""`heatbath export DIR FILE`: a run as one file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from heatbath.cli.analyse import patience
from heatbath.cli.shared import debug_option, json_option

__all__ = ["export_command"]

READING = {
    "hdf5": ("h5py.File({file!r})", "in Python; h5dump, MATLAB, Julia and others read it too"),
    "npz": ("numpy.load({file!r})", "in Python"),
    "arviz": ("xarray.open_datatree({file!r})", "in Python; ArviZ takes what it gives"),
}


@click.command("export")
@click.argument("directory", metavar="DIR")
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "format_name",
    metavar="FORMAT",
    help="hdf5, npz or arviz; by default what the ending says: .h5, .hdf5, .npz or .nc.",
)
@click.option(
    "--no-configurations",
    "configurations",
    flag_value=False,
    default=True,
    help="Leave out the fields: series and settings alone.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@json_option
@debug_option
def export_command(
    directory: str,
    file: str,
    format_name: str | None,
    configurations: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the run in DIR, finished or still being written, into FILE.

    \b
    heatbath export my-run my-run.h5      HDF5
    heatbath export my-run my-run.npz     NumPy
    heatbath export my-run my-run.nc      ArviZ and xarray (netCDF)

    The file holds the series, the configurations, site-dependent couplings and the whole record of
    the run, and appears whole or not at all.
    """  # noqa: D301 (\b keeps click from joining lines)
    from heatbath.cli.display import print_json, print_notes
    from heatbath.io import Run
    from heatbath.io.export import export_run, format_of

    _refuse_existing(Path(file), force)
    chosen = format_of(file, format_name)
    with patience(f"exporting {directory}"), Run.open(directory) as run:
        path = export_run(run, file, format=chosen, configurations=configurations, force=force)
        held: dict[str, Any] = {
            "file": str(path),
            "format": chosen,
            "bytes": path.stat().st_size,
            "series": list(run.names),
            "chains": run.layout.chains,
            "n": run.n_committed,
            "configurations": len(run.configurations) if configurations else 0,
        }
    if as_json:
        print_json(held)
        return
    click.echo(
        f"{path}: {held['bytes'] / 1e6:.3g} MB, {len(run.names)} series of {held['chains']} chains "
        f"x {held['n']} measurements, {held['configurations']} configurations of each chain"
    )
    how, where = READING[chosen]
    print_notes((), [(how.format(file=str(path)), where)])


def _refuse_existing(path: Path, force: bool) -> None:
    """As the library does, but naming the option."""
    if path.is_file() and not force:
        raise ValueError(f"{path} exists already; name another file, or replace it with --force")
