"""`run.json`: what a run is, and how much of it is committed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heatbath.io import durable

__all__ = ["FORMAT_VERSION", "RunError", "read_manifest", "write_manifest"]

FILE = "run.json"
FORMAT = "heatbath run"
FORMAT_VERSION = 1


class RunError(ValueError):
    """A directory that cannot be used as a run; the text says why and what to do."""


def write_manifest(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Replace run.json atomically: this is the commit."""
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **manifest}
    whole["checksum"] = _checksum(whole)
    durable.replace_text(directory / FILE, json.dumps(whole, indent=1, allow_nan=False) + "\n")


def read_manifest(directory: Path) -> dict[str, Any]:
    """The content of run.json; RunError in one sentence if it is not there, whole and readable."""
    path = directory / FILE
    if not directory.exists():
        raise FileNotFoundError(
            f"there is no run at {directory}; look for its directory, or start it anew"
        )
    if not path.is_file():
        raise RunError(f"{directory} is not a run of heatbath: it holds no {FILE}; name another")
    try:
        manifest = json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise RunError(
            f"{path} is damaged (truncated or overwritten); restore it from a copy, or start the "
            f"run anew"
        ) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RunError(f"{path} was not written by heatbath; name the directory of a run")
    version = manifest.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise RunError(
            f"{directory} has format version {version}, and this heatbath reads up to "
            f"{FORMAT_VERSION}: update it with pip install -U heatbath"
        )
    stored = manifest.pop("checksum", None)
    if stored != _checksum(manifest):
        raise RunError(f"{path} was changed after it was written; restore it from a copy")
    return {k: v for k, v in manifest.items() if k not in ("format", "format_version")}


def _checksum(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
