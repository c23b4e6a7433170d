"""The files `zarr.json`, which describe the arrays of a run to every Zarr v3 reader.

Source: the Zarr v3 specification, https://zarr-specs.readthedocs.io/en/latest/v3/core/
We write them, and our own raw chunks, without the package zarr: they follow from the layout alone,
so that a damaged one can be written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heatbath.io.layout import Grid, Layout

__all__ = ["ROOT", "recorded_identity", "texts"]

ROOT = "zarr.json"


def texts(layout: Layout, identity: str) -> dict[str, bytes]:
    """File -> its text, for the group and each array."""
    arrays = {grid.name: _array(grid) for grid in layout.grids}
    group = {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {"identity": identity},
        # All arrays once more, so that a reader who lists the group does not trip over run.json.
        "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": arrays},
    }
    files = {ROOT: group, **{grid.metadata: arrays[grid.name] for grid in layout.grids}}
    return {name: (json.dumps(node, indent=1) + "\n").encode() for name, node in files.items()}


def _array(grid: Grid) -> dict[str, Any]:
    # Raw chunks: random digits do not compress.  All files of an array lie in one directory, so
    # that a commit syncs one directory per array.
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(grid.shape),
        "data_type": grid.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(grid.chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "fill_value": _zero(grid),
        "attributes": {},
        "storage_transformers": [],
    }


def _zero(grid: Grid) -> Any:
    return {"b": False, "f": 0.0, "c": [0.0, 0.0]}.get(grid.stored.kind, 0)


def recorded_identity(directory: Path) -> Any:
    """The identity in the description of the group, which must be whole."""
    return json.loads((directory / ROOT).read_bytes())["attributes"]["identity"]
