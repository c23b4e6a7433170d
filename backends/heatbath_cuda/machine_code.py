"""numba-cuda's cache of a compiled kernel, on the files of `heatbath._cache`.

It stands in for `cache=True`, as `heatbath_numba.machine_code` does and for the same reasons.
"""

from __future__ import annotations

import hashlib
import pickle
from types import ModuleType
from typing import Any

from heatbath import _cache

__all__ = ["KernelCode", "keep"]


def keep(made: ModuleType) -> None:
    """Keep the machine code of a generated module's kernels on disk."""
    from numba.cuda.dispatcher import CUDADispatcher

    for function in vars(made).values():
        own = isinstance(function, CUDADispatcher) and function.__module__ == made.__name__
        if own and not function.targetoptions["device"]:
            function._cache = KernelCode(made.__name__, function.py_func.__name__)


class KernelCode:
    """What a numba-cuda dispatcher asks of its cache.

    The module's name stands for all that the code is made of; the argument types and the compute
    capability of the device are in the file, and compared.
    """

    def __init__(self, module: str, function: str) -> None:
        self._stem = f"{module}.{function}"

    @property
    def cache_path(self) -> str:
        """Where the files are."""
        return str(_cache.folder())

    def load_overload(self, signature: Any, target: Any) -> Any | None:
        """The kernel compiled for these argument types, or None."""
        from numba.cuda.dispatcher import _Kernel

        try:
            key = (signature, target.codegen().magic_tuple())
            data = _cache.read(self._file(key))
            if data is None:
                return None
            kept, parts = pickle.loads(data)
            return _Kernel._rebuild(**parts) if kept == key else None
        except Exception:  # whatever numba makes of it, compiling anew is right
            return None

    def save_overload(self, signature: Any, kernel: Any) -> None:
        """Keep a kernel compiled for these argument types."""
        from numba.cuda.serialize import dumps

        try:
            key = (signature, kernel.codegen.magic_tuple())
            data = dumps((key, kernel._reduce_states()))
        except Exception:  # the kernel itself is all right
            return
        _cache.write(self._file(key), data)

    def _file(self, key: Any) -> str:
        digest = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
        return f"{self._stem}.{digest}.bin"

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """Never."""

    def flush(self) -> None:
        """Files are written at once."""
