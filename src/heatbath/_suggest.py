"""Words for messages: a value in short, and an unknown name with the nearest known one."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from typing import Any

__all__ = ["shown", "unknown"]

LONGEST = 80  # characters of a value in a message
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = LONGEST


def shown(value: Any) -> str:
    """A value for a message: its repr, cut, on one line.

    >>> shown(["x"] * 50)
    "['x', 'x', 'x', 'x', 'x', 'x', ...]"
    """
    try:
        if not isinstance(value, type) and getattr(value, "shape", None):
            return f"a {type(value).__name__} of shape {tuple(value.shape)}"
        text = " ".join(_short.repr(value).split())
    except Exception:  # a repr may do anything; whole numbers of 4300 digits and more have none
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def unknown(what: str, given: object, known: Iterable[str]) -> str:
    """
    >>> unknown("sampler", "hcm", ["hmc", "langevin"])
    "unknown sampler 'hcm'; did you mean 'hmc'? Known: hmc, langevin"
    """
    names = list(known)
    text = given[:LONGEST] if isinstance(given, str) else ""
    near = difflib.get_close_matches(text, names, n=1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {shown(given)};{hint} Known: {', '.join(names)}".replace(
        "; Known", ". Known"
    )
