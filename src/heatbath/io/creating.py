"""A new run: made beside its place, with everything in it, and put there by one rename."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from heatbath.io import durable
from heatbath.io.checksums import Checksums
from heatbath.io.chunks import as_bytes
from heatbath.io.layout import Layout
from heatbath.io.locking import LOCK, Lock, Taken
from heatbath.io.manifest import COPY, write_manifest
from heatbath.io.reading import digest
from heatbath.io.wording import path_text, reason
from heatbath.io.zarr_json import texts

__all__ = ["create", "manifest_of"]

MINUTE = 60.0  # seconds


def create(
    target: Path, layout: Layout, record: Mapping[str, Any], arrays: Mapping[str, Any]
) -> tuple[dict[str, Any], Lock]:
    """Make the directory; what its run.json holds, and the lock that its writer has on it."""
    _refuse_existing(target)
    place = Path(os.path.realpath(target))  # a link to nothing, or to an empty directory, stays
    made: list[Path] = []
    lock = None
    try:
        durable.make_parents(place)
        _remove_left_over(place)
        lock = _begun(place, made)
        manifest = _filled(made[-1], uuid.uuid4().hex, layout, record, arrays)
        lock = _put_in_place(made[-1], place, lock)
        made.append(place)
        durable.sync_directory(place.parent)
        return manifest, lock
    except BaseException as trouble:
        if lock is not None:
            lock.release()
        for directory in made:
            shutil.rmtree(directory, ignore_errors=True)
        if not isinstance(trouble, OSError):
            raise
        _refuse_existing(target)  # another process may have been faster
        raise OSError(
            f"the run {path_text(target)} cannot be written ({reason(trouble)}); choose another "
            f"directory"
        ) from trouble


def manifest_of(
    identity: str, layout: Layout, record: Mapping[str, Any], status: str, n: int, checksums: str
) -> dict[str, Any]:
    """The content of run.json."""
    return {
        "identity": identity,
        "status": status,
        "n_committed": n,
        "checksums": checksums,
        "layout": layout.to_dict(),
        **record,
    }


def _begun(place: Path, made: list[Path]) -> Lock:
    """Make a directory beside the place, added to `made`, and lock it."""
    while True:
        made.append(place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}"))
        made[-1].mkdir()
        # Before we have the lock another process may take ours for left over, and remove it.
        with suppress(Taken):
            lock = Lock(made[-1] / LOCK)
            try:
                if made[-1].exists():
                    durable.sync_directory(made[-1])  # so that, if we die, it can be told for ours
                    return lock
            except BaseException:
                lock.release()
                raise
            lock.release()


def _filled(
    root: Path, identity: str, layout: Layout, record: Mapping[str, Any], arrays: Mapping[str, Any]
) -> dict[str, Any]:
    """Write all that a run holds before its first commit, flushed."""
    files = texts(layout, identity)
    files |= {grid.file(): as_bytes(grid, arrays[grid.name]) for grid in layout.of_creation}
    for grid in layout.grids:
        (root / grid.name).mkdir()
    for name, data in files.items():
        durable.put(root / name, data)
    total = Checksums.create(root, {name: digest(data) for name, data in files.items()})
    manifest = manifest_of(identity, layout, record, "warming up", 0, total)
    for grid in layout.grids:
        durable.sync_directory(root / grid.name)
    write_manifest(root, manifest)
    write_manifest(root, manifest, COPY)
    return manifest


def _put_in_place(beside: Path, place: Path, lock: Lock) -> Lock:
    if sys.platform == "win32":
        lock.release()  # there nothing is renamed while a file in it is open,
        if place.is_dir():
            place.rmdir()  # nor onto an empty directory
    os.rename(beside, place)
    return Lock(place / LOCK) if sys.platform == "win32" else lock


def _refuse_existing(target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists():
        raise FileExistsError(
            f"{path_text(target)} exists already; go on with it by hb.resume({str(target)!r}) if "
            f"it is a run, or choose another directory"
        )


def _remove_left_over(place: Path) -> None:
    """Remove what processes left beside the place that were killed while they created this run;
    those that still do hold a lock."""
    ours = re.compile(rf"\.{re.escape(place.name)}\.[0-9a-f]{{8}}")
    with suppress(OSError):
        for found in [Path(entry) for entry in os.scandir(place.parent)]:
            if ours.fullmatch(found.name) and found.is_dir() and not found.is_symlink():
                with suppress(OSError, Taken):
                    _remove(found)


def _remove(directory: Path) -> None:
    if not (directory / LOCK).is_file():
        if time.time() - directory.stat().st_mtime > MINUTE:
            directory.rmdir()  # if it is empty: a process died before it took the lock
        return
    lock = Lock(directory / LOCK)
    shutil.rmtree(directory, ignore_errors=True)
    lock.release()
