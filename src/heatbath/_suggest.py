"""One sentence for an unknown name, with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["unknown"]


def unknown(what: str, given: object, known: Iterable[str]) -> str:
    """
    >>> unknown("sampler", "hcm", ["hmc", "langevin"])
    "unknown sampler 'hcm'; did you mean 'hmc'? Known: hmc, langevin"
    """
    names = list(known)
    near = difflib.get_close_matches(str(given), names, n=1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {given!r};{hint} Known: {', '.join(names)}".replace(
        "; Known", ". Known"
    )
