"""CUDA kernels of heatbath, for CuPy arrays and torch tensors on NVIDIA GPUs.

`header`, `rounded_*`, `primitives` and the `*_loops` files are source text: `modules` joins them
with the functions generated from a formula into one module, named by the hash of everything it
contains, so that numba's disk cache is never stale.  In numba's simulator, chosen by
NUMBA_ENABLE_CUDASIM=1 before the import, NumPy arrays stand for device arrays.
"""

from __future__ import annotations

import sys

__all__ = ["missing_device"]

# torch calls AMD's GPUs "cuda" as well.
if getattr(getattr(sys.modules.get("torch"), "version", None), "hip", None):
    raise ImportError("heatbath's CUDA kernels run on NVIDIA GPUs, and this torch is for AMD's")

import numba_cuda  # noqa: F401, missing, it is named in the warning that references run


def missing_device() -> str | None:
    """What these kernels lack to run here, or None."""
    from numba import cuda

    return None if cuda.is_available() else "a CUDA device"
