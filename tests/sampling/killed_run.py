"""Run in a process of its own: start a run, kill it again and again, and resume it to its end.

Arguments: directory, seed of the delays.  Prints the state at each death, as JSON.
"""

import json
import os
import random
import signal
import sys
import time

import numpy as np
import zarr  # noqa: F401  (imported once, before the children are made)

import heatbath as hb
from heatbath.sampling.job import Job  # noqa: F401  (the same)

OPTIONS = {"samples": 24, "warmup": 100, "seed": 5, "progress": False, "save_every": 3}


def observables():
    return {"third": lambda f: (f**3).mean(axis=(1, 2))}


def sampler():
    return hb.HMC(hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(2, 2)), n_steps=2)


def begin(directory):
    hb.sample(sampler(), out=directory, observables=observables(), **OPTIONS)


def session(directory):
    """What each child does."""
    if os.path.isdir(directory):
        hb.resume(directory, observables=observables(), progress=False)
    else:
        begin(directory)


def die_after(directory, delay):
    """Whether the child was killed before it ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with hb.backends.use("reference"):  # slow, so that death comes at any stage
                session(directory)
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, status
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main(directory, seed):
    delays, deaths = random.Random(seed), []
    longest = 0.1
    while die_after(directory, delays.uniform(0.0, longest)):
        longest *= 1.15  # in the end a session is long enough
        exists = os.path.isdir(directory)
        run = hb.io.Run.open(directory) if exists else None
        deaths.append([run.status, run.n_committed] if run else ["nothing", 0])
    print(json.dumps(deaths))


if __name__ == "__main__":
    np.seterr(all="raise")
    main(sys.argv[1], int(sys.argv[2]))
