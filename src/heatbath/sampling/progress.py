"""A progress bar on stderr for runs that take longer than two seconds."""

from __future__ import annotations

import sys
import threading
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
        self._lock = threading.Lock()
        # Compiling kernels or importing torch makes no updates, and takes longer than patience.
        self._timer = threading.Timer(PATIENCE, self._open)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if self._shown:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._shown = False
            if self._bar is not None:
                self._bar.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` steps of `what` are made."""
        if not self._shown or (now := time.monotonic()) < self._next:
            return
        self._next = now + EVERY
        self._open()
        if what != self._what:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task, self._what = self._bar.add_task(what, total=total), what
        self._bar.update(self._task, completed=done)

    def _open(self) -> None:
        with self._lock:
            if self._bar is None and self._shown:
                bar = _rich_bar()
                bar.start()
                self._task = bar.add_task("compiling, once for this machine", total=None)
                self._bar = bar


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
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
