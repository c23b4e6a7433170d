"""Writing again what is damaged but follows from the rest: `checksums`, `zarr.json`, the copy of
run.json."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heatbath.io import durable
from heatbath.io.checksums import FILE, Checksums, line
from heatbath.io.layout import Layout
from heatbath.io.manifest import COPY, is_copy, read_manifest, write_manifest
from heatbath.io.reading import digest, digest_of_file
from heatbath.io.wording import path_text
from heatbath.io.zarr_json import texts

__all__ = ["mend"]


def mend(
    directory: Path, layout: Layout, manifest: Mapping[str, Any], checksums: Checksums
) -> None:
    """Mend what can be mended, with a warning that names it; the caller holds the lock."""
    mended = []
    for name, text in texts(layout, manifest["identity"]).items():
        if digest_of_file(directory / name) != digest(text):
            (directory / name).parent.mkdir(exist_ok=True)
            durable.replace(directory / name, text)
            mended.append(name)
    if checksums.total != manifest["checksums"] and _rewritten(directory, manifest, checksums):
        mended.append(FILE)
    if not is_copy(directory):
        mended.append(COPY)
    if mended or read_manifest(directory, COPY) != manifest:
        write_manifest(directory, manifest, COPY)
    if mended:
        warnings.warn(
            f"{', '.join(mended)} of the run {path_text(directory)} had been damaged and is "
            f"written again, nothing is lost; see to the disk",
            stacklevel=2,
        )


def _rewritten(directory: Path, manifest: Mapping[str, Any], checksums: Checksums) -> bool:
    """Write the lines anew from the files themselves, if run.json confirms them."""
    lines = [
        line(item.name, digest_of_file(directory / item.name) or "") for item in checksums.items()
    ]
    whole = b"".join(lines)
    if digest(whole) != manifest["checksums"]:
        return False
    durable.replace(directory / FILE, whole)
    return True
