"""One writer per run.  The lock is the operating system's, so it ends with its process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from heatbath.io.manifest import RunError

__all__ = ["Lock"]


class Lock:
    """An exclusive lock on a file, held until `release`.  RunError if another writer has it."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(self._handle)
        except OSError:
            os.close(self._handle)
            raise RunError(
                f"another process is writing the run {path.parent}; wait until it ends, or stop it"
            ) from None

    def release(self) -> None:
        """Let others write; may be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
