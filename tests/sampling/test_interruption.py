"""Ctrl-C while a run is written waits for the commit to be whole."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

import heatbath as hb
from heatbath.io import Run
from heatbath.sampling.interruption import uninterrupted


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_it_waits_for_the_end_of_the_block_and_then_stops() -> None:
    before, done = signal.getsignal(signal.SIGINT), []

    def block() -> None:
        with uninterrupted():
            interrupt()
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["the rest of the block"]
    assert signal.getsignal(signal.SIGINT) is before


def test_what_the_block_raises_comes_first() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(OSError, match="disk full"), uninterrupted():
        raise OSError("disk full")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_write_as_they_are() -> None:
    done = []

    def write() -> None:
        with uninterrupted():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGINT)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_a_commit_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Run.append

    def interrupted(run: Run, *args: Any, **kwargs: Any) -> None:
        interrupt()
        append(run, *args, **kwargs)

    monkeypatch.setattr(Run, "append", interrupted)
    sampler = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(2, 2)))
    with pytest.raises(hb.sampling.Interrupted, match=r"measurements per chain are stored"):
        hb.sample(sampler, samples=4000, warmup=10, out=tmp_path / "run", progress=False)
    with Run.open(tmp_path / "run") as run:
        assert run.n_committed > 0
