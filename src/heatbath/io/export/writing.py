"""`export_run`: a run as one file, written beside its place and put there in one step."""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path

from heatbath._checks import check_choice, check_flag, check_path
from heatbath._suggest import shown
from heatbath.io import durable
from heatbath.io.export import hdf5, netcdf, npz
from heatbath.io.run import Run

__all__ = ["FORMATS", "export_run", "format_of"]

FORMATS: dict[str, Callable[[Run, Path, bool], None]] = {
    "hdf5": hdf5.write,
    "npz": npz.write,
    "arviz": netcdf.write,
}
SUFFIXES = {".h5": "hdf5", ".hdf5": "hdf5", ".npz": "npz", ".nc": "arviz"}
NEEDS = {"hdf5": ("h5py",), "npz": (), "arviz": ("xarray", "h5netcdf")}


def export_run(
    run: Run,
    file: str | os.PathLike[str],
    *,
    format: str | None = None,
    configurations: bool = True,
    force: bool = False,
) -> Path:
    """Write a run, complete or not, into one file; its path.

    format: "hdf5", "npz" or "arviz"; by default what the file's ending says (.h5, .hdf5, .npz,
        .nc).
    configurations: False leaves out the fields.
    force: True replaces a file that exists.

    Raises ValueError for an unknown format, FileExistsError, ImportError naming the package that
    is missing, and OSError where the file cannot be written; a file is there whole or not at all.

    >>> import heatbath as hb, numpy as np, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
    >>> result = hb.sample(sampler, samples=20, out=folder / "run", progress=False)
    >>> path = hb.io.export_run(hb.io.Run.open(folder / "run"), folder / "run.npz")
    >>> with np.load(path) as stored:
    ...     print(stored["phi_squared"].shape, stored["configurations"].shape)
    (4, 20) (10, 4, 4, 4)
    """
    if not isinstance(run, Run):
        raise TypeError(f"run must be opened by hb.io.Run.open; got {shown(run)}")
    target, force = Path(check_path("file", file)), check_flag("force", force)
    configurations = check_flag("configurations", configurations)
    chosen = format_of(target, format)
    _require(chosen)
    _refuse_existing(target, force)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        FORMATS[chosen](run, beside, configurations)
        durable.sync([beside])
        _refuse_existing(target, force)
        os.replace(beside, target)
        durable.sync_directory(target.parent)
    finally:
        beside.unlink(missing_ok=True)
    return target


def format_of(file: str | os.PathLike[str], format: str | None = None) -> str:
    """The format that is asked for, or that the file's ending says; ValueError if there is none.

    >>> format_of("my-run.nc")
    'arviz'
    """
    if format is not None:
        return check_choice("format", format, FORMATS)
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        endings = ", ".join(SUFFIXES)
        raise ValueError(
            f"the ending of {os.fspath(file)!r} says no format: use one of {endings}, or give "
            f"format as one of {', '.join(FORMATS)}"
        )
    return SUFFIXES[suffix]


def _require(format: str) -> None:
    for package in NEEDS[format]:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError:
            raise ImportError(
                f"the format {format} needs the package {package}, which is not installed: "
                f"pip install 'heatbath[export]'"
            ) from None


def _refuse_existing(target: Path, force: bool) -> None:
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a directory; name a file")
    if target.exists() and not force:
        raise FileExistsError(f"{target} exists already; name another, or replace it with force")
