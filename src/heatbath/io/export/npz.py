"""npz: NumPy's archive of arrays, written in blocks, without compression or pickle.

Holds each series by its name, shape (chains, n), `configurations`, `configuration_measurements`,
`coupling_NAME`, `after_warmup`, `start`, and the text of the record as `run.json`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

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


def write(run: Run, path: Path, configurations: bool) -> None:
    """Write the run to a new file, block by block."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _whole(archive, "run.json", np.array(as_text(record_of(run))))
        for name, values in coupling_arrays(run).items():
            _whole(archive, f"coupling_{name}", values)
        for name, values in single_arrays(run).items():
            _whole(archive, name, values)
        for name in run.names:
            # Fortran's order has the measurements of all chains together, as they are stored.
            _in_blocks(archive, name, run.history(name), axis=1)
        if configurations:
            _in_blocks(archive, "configurations", run.configurations, axis=0)
            _whole(archive, "configuration_measurements", measured_at(run))


def _whole(archive: zipfile.ZipFile, name: str, values: Any) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, np.asarray(values), allow_pickle=False)


def _in_blocks(archive: zipfile.ZipFile, name: str, stored: Any, axis: int) -> None:
    """A stored array whose pieces along `axis` follow one another in the file."""
    header = {
        "descr": np.lib.format.dtype_to_descr(stored.dtype),
        "fortran_order": axis == 1,
        "shape": tuple(stored.shape),
    }
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_2_0(file, header)
        for _, block in blocks(stored, axis):
            file.write((block.T if axis == 1 else block).tobytes())
