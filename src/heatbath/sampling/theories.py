"""The theory of a stored run: built in, or NAME in the file that the run recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heatbath import actions
from heatbath.actions import Theory
from heatbath.io import RunError
from heatbath.io.wording import path_text
from heatbath.sampling.own_file import theory_in

__all__ = ["recorded_theory"]

BUILT_IN = {thing.name: thing for thing in vars(actions).values() if isinstance(thing, Theory)}


def recorded_theory(record: Mapping[str, Any], where: Path) -> Theory:
    """The theory whose formulas the run `where` recorded; RunError in words if it is not found
    or its formulas have changed."""
    text = str(record["call"].get("theory", record["theory"]))
    file, colon, name = text.rpartition(":")
    theory = _from_file(Path(file), name, where) if colon else BUILT_IN.get(text)
    if not isinstance(theory, Theory):
        raise RunError(
            f"the theory {record['theory']!r} of the run {path_text(where)} is not built in; give "
            f"the sampler that made it: hb.resume({str(where)!r}, sampler=…)"
        )
    if theory.text != record["formulas"]:
        raise RunError(
            f"the formulas of {text} have changed since the run {path_text(where)} began: they "
            f"were '{record['formulas']}' and are '{theory.text}'; restore them, or start a new run"
        )
    return theory


def _from_file(file: Path, name: str, where: Path) -> Any:
    if not file.is_file():
        raise RunError(
            f"the run {path_text(where)} has its theory in {file}, which is gone; put it back, or "
            f"give hb.resume(…, sampler=…)"
        )
    return theory_in(file, name)
