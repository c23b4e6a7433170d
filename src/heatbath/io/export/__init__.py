"""Runs for other programs: HDF5, npz, and netCDF for ArviZ and xarray.

| Format  | Written                                        | Read with                            |
|---------|------------------------------------------------|--------------------------------------|
| `hdf5`  | in blocks: memory does not grow with the run   | `h5py.File`                          |
| `npz`   | in blocks, uncompressed, without pickle        | `numpy.load`                         |
| `arviz` | whole: a netCDF file of groups                 | `xarray.open_datatree`               |

The numbers are those of the run, bit for bit, up to its last commit.
"""

from heatbath.io.export.netcdf import to_xarray
from heatbath.io.export.writing import FORMATS, export_run, format_of

__all__ = ["FORMATS", "export_run", "format_of", "to_xarray"]
