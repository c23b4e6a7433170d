"""numba's cache of a compiled function, on the files of `heatbath._cache`.

It stands in for `cache=True`, which needs a source file, fails with a traceback where a file is
damaged or the disk is full, runs what a flipped bit made of a kernel, and may file the code for one
signature under another when two processes save at once.
"""

from __future__ import annotations

import hashlib
import pickle
from types import ModuleType
from typing import Any

from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

from heatbath import _cache

__all__ = ["MachineCode", "keep"]


def keep(made: ModuleType) -> None:
    """Keep the machine code of a generated module's functions on disk."""
    for function in vars(made).values():
        if isinstance(function, Dispatcher) and function.py_func.__module__ == made.__name__:
            function._cache = MachineCode(made.__name__, function.py_func.__name__)


class MachineCode:
    """What a numba dispatcher asks of its cache.

    The module's name stands for all that the code is made of; the argument types and the processor
    it was compiled for are in the file, and compared.
    """

    def __init__(self, module: str, function: str) -> None:
        self._stem = f"{module}.{function}"

    @property
    def cache_path(self) -> str:
        """Where the files are."""
        return str(_cache.folder())

    def load_overload(self, signature: Any, target: Any) -> CompileResult | None:
        """The function compiled for these argument types, or None."""
        target.refresh()
        key = (signature, target.codegen().magic_tuple())
        data = _cache.read(self._file(key))
        if data is None:
            return None
        try:
            kept, parts = pickle.loads(data)
            return CompileResult._rebuild(target, *parts) if kept == key else None
        except Exception:  # whatever numba makes of it, compiling anew is right
            return None

    def save_overload(self, signature: Any, result: CompileResult) -> None:
        """Keep a function compiled for these argument types."""
        if not result.lifted and not result.library.has_dynamic_globals:
            key = (signature, result.library.codegen.magic_tuple())
            _cache.write(self._file(key), dumps((key, result._reduce())))

    def _file(self, key: Any) -> str:
        digest = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
        return f"{self._stem}.{digest}.bin"

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """Never."""

    def flush(self) -> None:
        """Files are written at once."""
