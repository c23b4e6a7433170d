"""Writing so that it survives a crash: flush the files, then the directories that name them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["extend", "make_parents", "put", "replace", "sync", "sync_directory"]

BINARY = getattr(os, "O_BINARY", 0)  # of Windows


def put(path: Path, data: bytes) -> None:
    """Write a file and flush it; its name is safe once its directory is synced too."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o666)
    try:
        _write(handle, data)
    finally:
        os.close(handle)


def extend(path: Path, begin: int, data: bytes) -> None:
    """Let a file that is there go on with `data` from the byte `begin`, and flush it."""
    handle = os.open(path, os.O_RDWR | BINARY)
    try:
        os.ftruncate(handle, begin)
        os.lseek(handle, begin, os.SEEK_SET)
        _write(handle, data)
    finally:
        os.close(handle)


def replace(path: Path, data: bytes) -> None:
    """Write a file such that after a crash it holds the old or the new bytes, whole."""
    new = path.with_name(path.name + ".new")
    put(new, data)
    os.replace(new, path)
    sync_directory(path.parent)


def sync(files: Iterable[Path]) -> None:
    """Flush files that others have written, and the names in their directories."""
    written = list(files)
    for file in written:
        _sync(file, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    for directory in sorted({file.parent for file in written}):
        sync_directory(directory)


def sync_directory(path: Path) -> None:
    """Flush the names in a directory."""
    if os.name != "nt":  # Windows has no handle on directories, and syncs names itself
        _sync(path, os.O_RDONLY)


def make_parents(path: Path) -> None:
    """Make the directories above a path that are missing, their names flushed."""
    missing = []
    directory = path.parent
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for made in reversed(missing):
        made.mkdir(exist_ok=True)
        sync_directory(made.parent)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # the system may take less than it is given
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)
