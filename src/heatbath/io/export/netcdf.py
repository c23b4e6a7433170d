"""xarray and ArviZ: a tree of labelled data sets, in memory or as a netCDF file.

    /posterior        each series, dimensions (chain, draw)
    /sample_stats     lp = −S, the logarithm of the weight, dimensions (chain, draw)
    /configurations   field, dimensions (draw, chain, x0, x1, …); draw says after which measurement
    /constant_data    site-dependent couplings, the fields after warm-up, the start

The root's attributes hold the record of the run: numbers and texts as they are, the rest as JSON.
`xarray.open_datatree` reads the file, and ArviZ works on its tree (before version 1 it has
`arviz.from_netcdf`).  netCDF has no complex numbers: a
complex series NAME becomes NAME_real and NAME_imag there.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heatbath.io.export.contents import (
    coupling_arrays,
    measured_at,
    record_of,
    single_arrays,
)
from heatbath.io.run import Run

if TYPE_CHECKING:
    from xarray import DataTree

__all__ = ["to_xarray", "write"]


def to_xarray(run: Run, *, configurations: bool = True) -> DataTree:
    """The run as an `xarray.DataTree`, in memory.

    Needs the package xarray: pip install 'heatbath[export]'.

    >>> import heatbath as hb, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
    >>> result = hb.sample(sampler, samples=20, out=folder / "run", progress=False)
    >>> tree = hb.io.to_xarray(hb.io.Run.open(folder / "run"))
    >>> dict(tree["posterior"]["phi_squared"].sizes)
    {'chain': 4, 'draw': 20}
    """
    import xarray

    chains = run.record.get("plan", {}).get("chains", list(range(run.layout.chains)))
    chain = [str(c) for c in chains] if any(isinstance(c, str) for c in chains) else chains
    places = {"chain": chain, "draw": np.arange(run.n_committed)}
    series = {name: (("chain", "draw"), run.history(name)[...]) for name in run.names}
    groups = {
        "/": xarray.Dataset(attrs=_attributes(run)),
        "/posterior": xarray.Dataset(series, places),
    }
    if "action_density" in series:
        log_weight = -math.prod(run.layout.shape) * series["action_density"][1]
        groups["/sample_stats"] = xarray.Dataset({"lp": (("chain", "draw"), log_weight)}, places)
    if configurations:
        axes = tuple(f"x{k}" for k in range(len(run.layout.shape)))
        field = {"field": (("draw", "chain", *axes), run.configurations[...])}
        groups["/configurations"] = xarray.Dataset(
            field, {"chain": chain, "draw": measured_at(run)}
        )
    constants = _constants(run)
    if constants:
        groups["/constant_data"] = xarray.Dataset(constants)
    return xarray.DataTree.from_dict(groups)


def write(run: Run, path: Path, configurations: bool) -> None:
    """Write the run to a new netCDF file; needs the memory of the whole run."""
    tree = to_xarray(run, configurations=configurations).map_over_datasets(_without_complex)
    for node in tree.subtree:
        for variable in node.variables.values():
            variable.encoding["_FillValue"] = None  # every number is a number
    tree.to_netcdf(path, engine="h5netcdf")


def _without_complex(data: Any) -> Any:
    for name in [n for n, values in data.data_vars.items() if values.dtype.kind == "c"]:
        parts = {f"{name}_real": data[name].real, f"{name}_imag": data[name].imag}
        data = data.drop_vars(name).assign(parts)
    return data


def _constants(run: Run) -> dict[str, Any]:
    """Each array of the store with dimensions of its own, since bonds and fields differ."""
    named = {f"coupling_{n}": values for n, values in coupling_arrays(run).items()}
    return {
        name: (tuple(f"{name}_{k}" for k in range(values.ndim)), values)
        for name, values in {**named, **single_arrays(run)}.items()
    }


def _attributes(run: Run) -> dict[str, Any]:
    """The record, flat: netCDF's attributes are numbers and texts."""
    record = record_of(run)
    flat = {
        name: int(value)
        if isinstance(value, bool)
        else value
        if isinstance(value, int | float | str)
        else json.dumps(value)
        for name, value in record.items()
    }
    library = {"inference_library": "heatbath"}
    version = record.get("versions", {}).get("heatbath")
    if version is not None:
        library["inference_library_version"] = version
    if "created" in record:
        library["created_at"] = record["created"]
    return {**flat, **library}
