"""One writer per run.  The lock is the operating system's, so it ends with its process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from heatbath.io.manifest import RunError
from heatbath.io.wording import path_text, reason

__all__ = ["LOCK", "Lock", "Taken"]

LOCK = "lock"


class Taken(RunError):
    """Another process writes the run."""


class Lock:
    """An exclusive lock on a file, held until `release`; it stays when its directory is renamed.

    Taken if another writer has it, OSError in words if the file cannot be locked.
    """

    def __init__(self, path: Path) -> None:
        self._handle = -1
        run = path_text(path.parent)
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            _take(self._handle)
        except OSError as trouble:
            opened = self._handle >= 0
            self.release()
            if opened and isinstance(trouble, BlockingIOError | PermissionError):
                raise Taken(
                    f"another process is writing the run {run}; wait until it ends, or stop it"
                ) from None
            raise OSError(
                f"the run {run} cannot be opened for writing "
                f"({reason(trouble)}); make it writable, or copy it elsewhere and go "
                f"on with the copy"
            ) from trouble

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
