"""The C code of `limit/`, built with the system's compiler into a temporary library."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["FLAGS", "Limit", "compiler", "neighbour_rows"]

Call = Callable[[], None]
SOURCES = Path(__file__).parents[1] / "limit"
FLAGS = (
    "-std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math "
    "-Wall -Wextra -shared -fPIC"
).split()


def compiler() -> str | None:
    """The C compiler: $CC, or cc, or None."""
    return shutil.which(os.environ.get("CC", "cc"))


@functools.cache
def neighbour_rows(shape: tuple[int, ...]) -> np.ndarray:
    """The rows around each row of the last axis, int32 (rows, 2 (dim − 1)): before, after."""
    rows = np.arange(np.prod(shape[:-1]), dtype=np.int32).reshape(shape[:-1])
    around = [np.roll(rows, s, axis) for axis in range(rows.ndim) for s in (1, -1)]
    return np.ascontiguousarray(np.stack(around, axis=-1).reshape(rows.size, -1))


class Limit:
    """The compiled functions on NumPy arrays, in place; the dtype chooses the function.

    Each method returns a call without arguments, which may be repeated while its arrays live.
    """

    @staticmethod
    @functools.cache
    def built() -> Limit:
        """The library, built once per process.  RuntimeError says why it cannot be."""
        return Limit()

    def __init__(self) -> None:
        cc = compiler()
        if cc is None:
            raise RuntimeError("no C compiler: neither $CC nor cc is on the path")
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "limit.so"
            command = [cc, *FLAGS, str(SOURCES / "limit.c"), "-o", str(target), "-lm"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
            self.warnings = done.stderr
            self.library = ctypes.CDLL(str(target))

    def _prepared(self, name: str, array: np.ndarray, *arguments: Any) -> Call:
        """The call with its arguments converted beforehand: that costs as much as a small fill."""
        function = getattr(self.library, f"{name}_{array.dtype}")
        function.restype = None
        return functools.partial(function, _pointer(array), *arguments)

    def leapfrog(
        self,
        q: np.ndarray,
        p: np.ndarray,
        n: int,
        *,
        step_size: float,
        kappa: float | np.ndarray,
        lam: float | np.ndarray,
    ) -> Call:
        """A call that makes n steps of φ⁴ in two to four dimensions on q and p (*lattice).

        kappa and lam are both numbers, or arrays of shape (dim, *lattice) and (*lattice).
        """
        around, dim = neighbour_rows(q.shape), q.ndim
        rows, width, plane = q.size // q.shape[-1], q.shape[-1], int(np.prod(q.shape[1:-1]))
        whole = [ctypes.c_int64(v) for v in (rows, width, plane)]
        couplings = [c if isinstance(c, float) else 0.0 for c in (kappa, lam)]
        reals = [ctypes.c_double(v) for v in (step_size, *couplings)]
        arrays = [None if isinstance(c, float) else _pointer(c) for c in (kappa, lam)]
        table, count = _pointer(around), ctypes.c_int64(n)
        return self._prepared(
            "leapfrog", q, _pointer(p), *whole, dim, table, count, *reals, *arrays
        )

    def metropolis(
        self,
        field: np.ndarray,
        moved: np.ndarray,
        *,
        kappa: float,
        lam: float,
        width: float,
        key: tuple[int, int],
        step: int = 0,
    ) -> Call:
        """A call that makes moved.size sweeps; moved, int64, counts the moves of each."""
        whole = [ctypes.c_int64(v) for v in (*field.shape, moved.size)]
        reals = [ctypes.c_double(v) for v in (kappa, lam, width)]
        place = [ctypes.c_uint32(key[0]), ctypes.c_uint32(key[1]), ctypes.c_uint64(step)]
        return self._prepared("metropolis", field, *whole, *reals, *place, _pointer(moved))

    def fill(self, kind: str, out: np.ndarray, key: tuple[int, int], word: int, step: int) -> Call:
        """A call that fills with the uniforms or normals of one key, step and word
        (2¹⁶·purpose + draw)."""
        words = [ctypes.c_uint32(v) for v in (*key, word)]
        size, step_word = ctypes.c_int64(out.size), ctypes.c_uint64(step)
        return self._prepared(f"fill_{kind}", out, size, *words, step_word)


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    assert array.flags.c_contiguous
    return array.ctypes.data_as(ctypes.c_void_p)  # it keeps the array alive
