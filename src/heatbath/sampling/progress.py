"""A progress bar on stderr for runs that take longer than two seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

__all__ = ["Progress"]

PATIENCE = 2.0  # seconds without a bar
EVERY = 0.1  # seconds between two drawings


class Progress:
    """A context manager; `update` is cheap and draws at most ten times a second.

    wanted: False shows nothing; True or None shows a bar if stderr is a terminal.
    """

    def __init__(self, wanted: bool | None) -> None:
        self._shown = wanted is not False and sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._bar: Any = None
        self._task: Any = None
        self._what = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` steps of `what` are made."""
        if not self._shown or (now := time.monotonic()) < self._next:
            return
        self._next = now + EVERY
        if self._bar is None:
            self._bar = _rich_bar()
            self._bar.start()
        if what != self._what:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task, self._what = self._bar.add_task(what, total=total), what
        self._bar.update(self._task, completed=done)


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
