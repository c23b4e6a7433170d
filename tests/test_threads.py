"""`hb.set_threads`: what it takes, and that kernels are safe under forks, Python threads and the
workers of a DataLoader."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import torch

import heatbath as hb
import heatbath_numba.sweep
from samplers import bits, field, phi4

SAMPLER = hb.HMC(phi4(8, 8), step_size=0.3, n_steps=3)
CHAINS = 4


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(heatbath_numba.sweep, "WORTH_A_THREAD", 1)
    hb.set_threads(2)
    yield
    hb.set_threads(None)


def chain(seed: int) -> bytes:
    """The bits of a short chain, made by the kernel."""
    with hb.backends.use("kernel"):
        key = hb.random.key(seed, chains=CHAINS)
        state, _ = SAMPLER.step(key, SAMPLER.init(field(CHAINS, 8, 8)), 3)
    return bits(state.field)


class Chains(torch.utils.data.Dataset[Any]):
    """Item k is the chain of seed k."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, seed: int) -> Any:
        return torch.frombuffer(bytearray(chain(seed)), dtype=torch.uint8)


def test_numbers_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEATBATH_NUM_THREADS", raising=False)
    assert hb.get_threads() == 2
    hb.set_threads(None)
    assert hb.get_threads() == 1


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATBATH_NUM_THREADS", "3")
    assert hb.get_threads() == 2
    hb.set_threads(None)
    assert hb.get_threads() == 3


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_other_numbers_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="number of threads must be a whole number of at least 1"):
        hb.set_threads(wrong)
    assert hb.get_threads() == 2


@pytest.mark.parametrize("wrong", ["", "two", "0", "-3", "1.5"])
def test_a_wrong_environment_is_named(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATBATH_NUM_THREADS", wrong)
    hb.set_threads(None)
    with pytest.raises(ValueError, match="HEATBATH_NUM_THREADS must be a whole number"):
        hb.get_threads()


def test_many_python_threads_at_once() -> None:
    expected = [chain(seed) for seed in range(6)]
    found: dict[int, bytes] = {}

    def run(seed: int) -> None:
        found[seed] = chain(seed)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(6)] == expected


def test_one_that_raises_is_heard_and_the_others_finish() -> None:
    from heatbath_numba.threads import run_together

    done = []

    def fails() -> None:
        raise MemoryError("no room")

    for jobs in ([lambda: done.append(1), fails], [fails, lambda: done.append(2)]):
        with pytest.raises(MemoryError, match="no room"):
            run_together(jobs)
    assert done == [1, 2]


def test_no_job_runs_where_a_thread_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members of a team wait for each other: without one, the others would wait forever."""
    from heatbath_numba.threads import run_together

    starts, done = iter([threading.Thread.start]), []

    def start(thread: threading.Thread) -> None:
        begin = next(starts, None)
        if begin is None:
            raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match=r"gives no 3 threads .*hb.set_threads with fewer"):
        run_together([partial(done.append, k) for k in range(3)])
    monkeypatch.undo()
    for thread in threading.enumerate():
        if thread.name == "heatbath":
            thread.join(timeout=60)
    assert done == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_goes_on() -> None:
    expected = chain(1)
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map_async(chain, [1, 1, 1]).get(timeout=120) == [expected] * 3


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_workers_of_a_data_loader() -> None:
    expected = [chain(seed) for seed in range(4)]
    loader = torch.utils.data.DataLoader(Chains(), batch_size=None, num_workers=2, timeout=120)
    assert [bytes(item.numpy()) for item in loader] == expected
