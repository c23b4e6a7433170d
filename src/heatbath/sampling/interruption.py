"""Ctrl-C in a run on disk: what was stored, and what to type next."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from heatbath.io.wording import shell_word

__all__ = ["Interrupted", "uninterrupted"]


class Interrupted(KeyboardInterrupt):
    """Raised in place of KeyboardInterrupt while a run is written; its text says how to go on.

    directory: the run.  done, samples: measurements per chain stored so far, and planned.

    >>> print(Interrupted("phi4-run", done=512, samples=1000))
    stopped; 512 of 1000 measurements per chain are stored. To go on, type: heatbath resume phi4-run
    (in Python: hb.resume('phi4-run'))
    """

    def __init__(self, directory: Path | str, *, done: int, samples: int) -> None:
        self.directory, self.done, self.samples = str(directory), done, samples
        super().__init__(
            f"stopped; {done} of {samples} measurements per chain are stored. To go on, type: "
            f"heatbath resume {shell_word(self.directory)}\n"
            f"(in Python: hb.resume({self.directory!r}))"
        )


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done: a commit takes milliseconds, and the store below
    it does not expect to be stopped in the middle of one.  Only Python's main thread hears it."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    held: list[Any] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        before(*held[0])
