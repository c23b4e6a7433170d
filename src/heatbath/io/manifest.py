"""`run.json`: what a run is, and how much of it is committed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from heatbath.io import durable
from heatbath.io.wording import path_text, reason, shell_word

__all__ = [
    "COPY",
    "FILE",
    "FORMAT_VERSION",
    "RunError",
    "is_copy",
    "read_manifest",
    "write_manifest",
]

FILE, COPY = "run.json", "run.json.copy"
FORMAT = "heatbath run"
FORMAT_VERSION = 2
ANEW = "restore it from a copy, or start the run anew: the same seed gives the same numbers"


class RunError(ValueError):
    """A directory that cannot be used as a run; the text says why and what to do."""


def write_manifest(directory: Path, manifest: Mapping[str, Any], file: str = FILE) -> None:
    """Replace run.json atomically, which is the commit, or its copy."""
    text = _text({"format": FORMAT, "format_version": FORMAT_VERSION, **manifest})
    durable.replace(directory / file, text)


def read_manifest(directory: Path, file: str = FILE) -> dict[str, Any]:
    """The content of run.json, or of its copy; RunError in one sentence if it is not there, whole
    and readable."""
    path = directory / file
    data = _bytes_of(path)
    try:
        return _understood(path, data)
    except RunError as trouble:
        if file == COPY or not is_copy(directory):
            raise
        raise _damaged(path) from trouble


def is_copy(directory: Path) -> bool:
    """Whether the copy of run.json is whole; a killed writer may leave it one commit behind."""
    with suppress(RunError, FileNotFoundError):
        return bool(read_manifest(directory, COPY))
    return False


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        where = path_text(path.parent)
    except OSError as trouble:
        raise RunError(
            f"{path_text(path)} cannot be read ({reason(trouble)}); make it a readable file"
        ) from trouble
    if not path.parent.exists():
        raise FileNotFoundError(
            f"there is no run at {where}; look for its directory, or start it anew"
        )
    if path.name == FILE and is_copy(path.parent):
        raise _damaged(path)
    raise RunError(f"{where} is not a run of heatbath: it holds no {path.name}; name another")


def _damaged(path: Path) -> RunError:
    """Of a run.json whose copy is whole."""
    copy = shell_word(path.with_name(COPY))
    return RunError(
        f"{path_text(path)} is damaged or missing; put its copy back, nothing is lost: cp {copy} "
        f"{shell_word(path)}"
    )


def _understood(path: Path, data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise RunError(f"{path_text(path)} is damaged (cut off or overwritten); {ANEW}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RunError(
            f"{path_text(path)} was not written by heatbath; name the directory of a run"
        )
    version = manifest.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise RunError(
            f"{path_text(path)} has format version {version}, and this heatbath reads up to "
            f"{FORMAT_VERSION}: update it with pip install -U heatbath"
        )
    if version == 1:
        raise RunError(
            f"{path_text(path)} has format version 1, of heatbath before its first release, which "
            f"kept no checksums; make the run anew: the same seed gives the same numbers"
        )
    manifest.pop("checksum", None)
    if not _is_text_of(data, manifest):
        raise RunError(f"{path_text(path)} was changed after it was written; {ANEW}")
    return {k: v for k, v in manifest.items() if k not in ("format", "format_version")}


def _text(manifest: Mapping[str, Any]) -> bytes:
    """The file, with the checksum of all the rest at its end."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    whole = {**manifest, "checksum": hashlib.sha256(canonical.encode()).hexdigest()}
    return (json.dumps(whole, indent=1) + "\n").encode()


def _is_text_of(data: bytes, manifest: Mapping[str, Any]) -> bool:
    """Whether each byte is what was written: of equal contents, spaces may differ."""
    try:
        return data == _text(manifest)
    except (ValueError, RecursionError):  # not a number, which we do not write
        return False
