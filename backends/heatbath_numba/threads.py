"""Running several compiled loops at once, on Python threads.

Threads live as long as one call, so nothing is left behind that a fork or another Python thread
could trip over; kernels release the interpreter's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context

__all__ = ["run_together"]


def run_together(jobs: Sequence[Callable[[], None]]) -> None:
    """Call all jobs at the same time, the first one on this thread; raise what one of them
    raised.  They may wait for each other: each has a thread of its own."""
    if len(jobs) == 1:
        jobs[0]()
        return
    troubles: list[BaseException] = []
    gate, whole = threading.Event(), True

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as trouble:  # handed to the caller below
            troubles.append(trouble)

    def waiting(job: Callable[[], None]) -> None:
        gate.wait()
        if whole:
            guarded(job)

    threads = [
        threading.Thread(target=copy_context().run, args=(waiting, job), name="heatbath")
        for job in jobs[1:]
    ]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as trouble:  # then none may run: the others would wait for it forever
        whole = False
        raise RuntimeError(
            f"the system gives no {len(jobs)} threads ({trouble}); call hb.set_threads with fewer"
        ) from trouble
    finally:
        gate.set()
    guarded(jobs[0])
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
