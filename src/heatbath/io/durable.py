"""Writing so that it survives a crash: sync the files, then the directories that name them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["replace_text", "sync", "sync_directory", "sync_tree"]


def sync(files: Iterable[Path]) -> None:
    """Flush files to the disk, and then the directories that hold them."""
    written = list(files)
    for file in written:
        _sync_file(file)
    for directory in sorted({file.parent for file in written}):
        sync_directory(directory)


def sync_tree(root: Path) -> None:
    """Flush everything below a directory, and the directory."""
    for directory, _, names in os.walk(root):
        for name in names:
            _sync_file(Path(directory, name))
        sync_directory(Path(directory))


def replace_text(path: Path, text: str) -> None:
    """Write a text file such that after a crash it holds the old or the new text, whole."""
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    sync_directory(path.parent)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Flush the names in a directory."""
    if os.name != "nt":  # Windows has no handle on directories, and syncs names itself
        _sync_file(path)
