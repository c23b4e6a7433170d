"""Run in a process of its own: start runs, kill them again and again, and resume them to their end.

Arguments: directory, seed of the moments, number of kills.  Prints the state at each death, as
JSON.  Fails if what was committed ever shrinks, or differs from the uninterrupted run.

With an observable each measurement is a call of `step`, without one each chunk; odd seeds have one.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import heatbath as hb
from heatbath.io import Run
from heatbath.sampling.job import Job  # noqa: F401  (imported once, before children are made)

OPTIONS = {"samples": 24, "warmup": 100, "seed": 5, "progress": False, "save_every": 3}


def observables(seed):
    return {"third": lambda f: (f**3).mean(axis=(1, 2))} if seed % 2 else None


def sampler():
    return hb.HMC(hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(2, 2)), n_steps=2)


def begin(directory, seed=1):
    hb.sample(sampler(), out=directory, observables=observables(seed), **OPTIONS)


def session(directory, seed=1):
    """What each child does."""
    if os.path.isdir(directory):
        hb.resume(directory, observables=observables(seed), progress=False)
    else:
        begin(directory, seed)


def state_of(directory, whole):
    """Status and committed measurements, after each byte of these was compared."""
    if not directory.exists():
        return "nothing", 0
    run = Run.open(directory)
    run.check()
    n = run.n_committed
    for name in run.names:
        assert np.array_equal(run.history(name), whole.history(name)[:, :n]), name
    count = len(run.configurations)
    assert np.array_equal(run.configurations, whole.configurations[:count])
    if run.status != "warming up":
        assert np.array_equal(run.array("after_warmup"), whole.array("after_warmup"))
        assert run.record["tuned"] == whole.record["tuned"]
    if run.status == "complete":
        assert n == 24
        assert run.record["tally"] == whole.record["tally"]
    return run.status, n


def told(directory):
    """What run.json says, unchecked: status and committed measurements."""
    try:
        manifest = json.loads((directory / "run.json").read_bytes())
    except FileNotFoundError:
        return "nothing", 0
    return manifest["status"], manifest["n_committed"]


def dies(directory, seed, after, seconds):
    """Start a child and kill it some seconds after it got beyond the state `after`, or after its
    start if that is None; whether it was still alive."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with hb.backends.use("reference"):  # slow, so that death comes at any stage
                session(directory, seed)
            status = 0
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if after is not None and told(directory) == after:
            end = time.monotonic() + seconds
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, status
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main(directory, seed, kills):
    directory.mkdir(exist_ok=True)
    with hb.backends.use("reference"):
        begin(directory / "first", seed)  # imports
        started = time.monotonic()
        begin(directory / "whole", seed)
        seconds = time.monotonic() - started
    whole, moments, deaths = Run.open(directory / "whole"), random.Random(seed), []
    while len(deaths) < kills:
        run = directory / f"run-{len(deaths)}"
        before = ("nothing", 0)
        while len(deaths) < kills and before[0] != "complete":
            # Half of the deaths come at any time, half soon after the next commit.
            beyond = moments.choice((None, before))
            longest = seconds * (moments.choice((0.05, 0.3, 1.0)) if beyond is None else 0.2)
            killed = dies(run, seed, beyond, longest * moments.random())
            after = state_of(run, whole)
            order = ("nothing", "warming up", "measuring", "complete")
            assert order.index(after[0]) >= order.index(before[0]), (before, after)
            assert after[1] >= before[1], (before, after)
            before = after
            if killed:
                deaths.append(after)
        assert not dies(run, seed, None, 1000)
        assert state_of(run, whole) == ("complete", 24)
    left = [p.name for p in directory.iterdir() if p.name.startswith(".") and any(p.iterdir())]
    assert left == [], left
    print(json.dumps(deaths))


if __name__ == "__main__":
    np.seterr(all="raise")
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
