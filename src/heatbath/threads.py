"""How many threads kernels use."""

from __future__ import annotations

import os

from heatbath._checks import is_whole
from heatbath._suggest import shown

__all__ = ["get_threads", "set_threads"]

_chosen: int | None = None


def set_threads(n: int | None) -> None:
    """Let kernels use up to n threads, in this process and all its Python threads.

    n: at least 1; None goes back to $HEATBATH_NUM_THREADS, or 1 where that is not set.

    Threads share the chains of a batch, and the rows of large lattices.  Results have the same
    bits for any number, and small calls stay on one thread.

    >>> import heatbath as hb
    >>> hb.set_threads(2)
    >>> hb.get_threads()
    2
    >>> hb.set_threads(None)
    """
    global _chosen
    if n is not None and (not is_whole(n) or n < 1):
        raise ValueError(
            f"the number of threads must be a whole number of at least 1, or None for "
            f"$HEATBATH_NUM_THREADS; got {shown(n)}"
        )
    _chosen = None if n is None else int(n)


def get_threads() -> int:
    """The largest number of threads that kernels use."""
    if _chosen is not None:
        return _chosen
    wanted = os.environ.get("HEATBATH_NUM_THREADS", "1")
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ValueError(
            f"the environment variable HEATBATH_NUM_THREADS must be a whole number of at least 1; "
            f"got {wanted!r}"
        )
    return int(wanted)
