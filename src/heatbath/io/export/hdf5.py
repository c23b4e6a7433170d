"""HDF5: series and configurations as data sets, settings as attributes.

    /series/NAME                  (chains, n)
    /configurations               (count, chains, *lattice), after the measurements in
    /configuration_measurements   (count,)
    /couplings/NAME               site-dependent couplings
    /after_warmup, /start         (chains, *lattice)
    /run.json                     the whole record as text

Numbers and texts of the record are attributes of the root as well, and each coupling that is a
number is an attribute of /couplings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heatbath.io.export.contents import (
    as_text,
    blocks,
    coupling_arrays,
    measured_at,
    record_of,
    single_arrays,
)
from heatbath.io.run import Run

__all__ = ["write"]

LONGEST = 1 << 12  # characters of an attribute; HDF5 refuses 64 kB


def write(run: Run, path: Path, configurations: bool) -> None:
    """Write the run to a new file, block by block."""
    import h5py

    record = record_of(run)
    with h5py.File(path, "w") as file:
        for name, value in record.items():
            if isinstance(value, bool | int | float | str) and len(str(value)) < LONGEST:
                file.attrs[name] = value
        file["run.json"] = as_text(record)
        couplings = file.create_group("couplings")
        couplings.attrs.update(record.get("couplings", {}))
        for name, values in coupling_arrays(run).items():
            couplings[name] = values
        for name, values in single_arrays(run).items():
            file[name] = values
        series = file.create_group("series")
        for name in run.names:
            _copy(series, name, run.history(name), axis=1)
        if configurations:
            _copy(file, "configurations", run.configurations, axis=0)
            file["configuration_measurements"] = measured_at(run)


def _copy(group: Any, name: str, stored: Any, axis: int) -> None:
    data = group.create_dataset(name, shape=stored.shape, dtype=stored.dtype)
    for start, block in blocks(stored, axis):
        key = [slice(None)] * len(stored.shape)
        key[axis] = slice(start, start + block.shape[axis])
        data[tuple(key)] = block
