"""The folder of compiled kernels: `kernels` in $HEATBATH_CACHE_DIR, or in `heatbath` in the user's
cache folder.

Each file is the machine code of one function, named

    heatbath_kernel_<hash of all that its module is made of>.<function>.<hash of argument types>.bin

and begins with the hash of its name and contents: one that was cut, changed or renamed is taken for
absent.  Files appear whole, by a rename, and may vanish at any time, so processes need no locks.
Files unused for 90 days, and the oldest beyond 500 MB, are removed about once a day.  Nothing else
is ever touched.  Where the folder cannot be written nothing is, and a warning says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from heatbath._slower import say

__all__ = ["Contents", "clear", "contents", "folder", "prune", "read", "write"]

DAY = 86400.0  # seconds
UNUSED, LARGEST = 90 * DAY, 500_000_000  # seconds, bytes
OURS = re.compile(r"(heatbath_kernel_[0-9a-f]{24})\.\w+\.[0-9a-f]{16}\.bin(\.[0-9a-f]{32}\.part)?")
STAMP = "last-pruned"  # a file; its time says when
SEAL = 16  # bytes


@dataclass(frozen=True)
class Contents:
    """folder: where compiled kernels are, None if there is no home folder.  modules: how many
    generated modules they belong to.  size: of all files, in bytes."""

    folder: Path | None
    modules: int
    size: int


@dataclass(frozen=True)
class Entry:
    path: Path
    module: str
    used: float
    size: int


@cache
def folder() -> Path | None:
    """Where compiled kernels are kept; it need not exist yet.  None if there is no home folder."""
    try:
        wanted = os.environ.get("HEATBATH_CACHE_DIR")
        place = Path(wanted).expanduser() if wanted else _user_folder() / "heatbath"
    except RuntimeError:  # there is no home folder
        return None
    return place.absolute() / "kernels"


def _user_folder() -> Path:
    """The folder for caches that the platform's conventions name."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def read(name: str) -> bytes | None:
    """The contents of a file if it is there and whole."""
    place = folder()
    if place is None:
        return None
    _prune_daily()
    path = place / name
    try:
        data = path.read_bytes()
        unused = time.time() - path.stat().st_mtime
    except OSError:
        return None
    if data[:SEAL] != _seal(name, data[SEAL:]):
        return None
    if unused > DAY:
        with suppress(OSError):
            os.utime(path)
    return data[SEAL:]


def write(name: str, data: bytes) -> None:
    """Put a file in place at once, over one that may be there.  Where that is impossible, say so
    once and write nothing more in this process."""
    place = folder()
    if _gave_up.is_set():
        return
    if place is None:
        _give_up("there is no home folder for compiled kernels")
        return
    part = place / f"{name}.{uuid.uuid4().hex}.part"
    try:
        place.mkdir(parents=True, exist_ok=True)
        _put(part, place / name, _seal(name, data) + data)
    except OSError as trouble:
        _give_up(f"the folder of compiled kernels {place} cannot be written ({trouble.strerror})")


def _put(part: Path, path: Path, data: bytes) -> None:
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except FileNotFoundError:
        return  # another process has emptied the folder; the next one will write again
    except OSError:
        with suppress(OSError):
            part.unlink()
        if sys.platform != "win32" or not path.exists():  # there, nobody replaces what one reads
            raise


_gave_up = threading.Event()


def _give_up(why: str) -> None:
    _gave_up.set()
    say(
        f"{why}: each process compiles its kernels anew; "
        f"set HEATBATH_CACHE_DIR to a folder that can be written"
    )


def _seal(name: str, data: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\0" + data, digest_size=SEAL).digest()


def contents() -> Contents:
    """What the folder holds."""
    return _sum(_entries())


def clear() -> Contents:
    """Remove all compiled kernels, and say what they were.  Processes that run keep theirs."""
    entries = list(_entries())
    for entry in entries:
        _remove(entry.path)
    return _sum(entries)


def prune() -> None:
    """Remove what was not used for 90 days, what a killed process left half-written, and the
    oldest beyond 500 MB."""
    now, kept = time.time(), 0
    for entry in sorted(_entries(), key=lambda entry: entry.used, reverse=True):
        allowed = DAY if entry.path.suffix == ".part" else UNUSED
        kept += entry.size
        if now - entry.used > allowed or kept > LARGEST:
            _remove(entry.path)


@cache
def _prune_daily() -> None:
    """Prune if no process has for a day; a folder that cannot be written is left as it is."""
    place = folder()
    if place is None or not place.is_dir():
        return
    stamp = place / STAMP
    try:
        if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < DAY:
            return
        stamp.touch()
    except OSError:
        return
    prune()


def _entries() -> Iterator[Entry]:
    """The files that are ours; those of others, and links, are passed over."""
    place = folder()
    with suppress(OSError):
        for found in os.scandir(place) if place is not None else ():
            ours = OURS.fullmatch(found.name)
            with suppress(OSError):  # it may vanish meanwhile
                if ours and found.is_file(follow_symlinks=False):
                    about = found.stat()
                    yield Entry(Path(found), ours[1], about.st_mtime, about.st_size)


def _remove(path: Path) -> None:
    with suppress(OSError):  # another process was first, or it is not ours to remove
        path.unlink()


def _sum(entries: Iterable[Entry]) -> Contents:
    held = list(entries)
    return Contents(folder(), len({e.module for e in held}), sum(e.size for e in held))
