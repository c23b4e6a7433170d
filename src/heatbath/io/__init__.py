"""Runs on disk: a directory that survives being killed at any moment.

A run is a Zarr v3 store, a file `checksums` and a file `run.json`.  The arrays have their full
length from the beginning.  A commit writes whole chunks and their checksums, flushes them, and then
replaces `run.json` atomically; what lies beyond `n_committed` does not exist for readers, and
`resume` writes it again.  What is read is compared with its checksum first.
"""

from heatbath.io.export import export_run, to_xarray
from heatbath.io.layout import Layout
from heatbath.io.manifest import RunError
from heatbath.io.run import Run
from heatbath.io.series import Stored

__all__ = ["Layout", "Run", "RunError", "Stored", "export_run", "to_xarray"]
