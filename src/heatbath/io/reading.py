"""What a file holds, or why it cannot be read: damage, or a system that will not let us."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

from heatbath.io.manifest import RunError
from heatbath.io.wording import path_text, reason

__all__ = ["digest", "digest_of_file", "read", "require_damage"]

GONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def digest(data: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> str | None:
    """SHA-256 of a file; None if it is gone, or its disk cannot read it."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as trouble:
        require_damage(path, trouble)
        return None


def read(path: Path, begin: int = 0, size: int = -1) -> bytes | None:
    """Bytes of a file, to its end if there is no size; None as above."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(size)
    except OSError as trouble:
        require_damage(path, trouble)
        return None


def require_damage(path: Path, trouble: OSError) -> None:
    """RunError if the file may be as good as ever, but is forbidden or the like."""
    if not isinstance(trouble, GONE) and trouble.errno != errno.EIO:
        raise RunError(
            f"{path_text(path)} cannot be read ({reason(trouble)}); nothing is known to be lost: "
            f"make it readable"
        ) from trouble
