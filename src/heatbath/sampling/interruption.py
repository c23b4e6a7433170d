"""Ctrl-C in a run on disk: what was stored, and what to type next."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Interrupted"]


class Interrupted(KeyboardInterrupt):
    """Raised in place of KeyboardInterrupt while a run is written; its text says how to go on.

    directory: the run.  done, samples: measurements per chain stored so far, and planned.

    >>> print(Interrupted("phi4-run", done=512, samples=1000))
    stopped; 512 of 1000 measurements per chain are stored. To go on, type: heatbath resume phi4-run
    (in Python: hb.resume('phi4-run'))
    """

    def __init__(self, directory: Path | str, *, done: int, samples: int) -> None:
        self.directory, self.done, self.samples = str(directory), done, samples
        shown = self.directory if " " not in self.directory else f"'{self.directory}'"
        super().__init__(
            f"stopped; {done} of {samples} measurements per chain are stored. To go on, type: "
            f"heatbath resume {shown}\n(in Python: hb.resume({self.directory!r}))"
        )
