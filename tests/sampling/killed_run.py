"""Run in a process of its own: start a run, kill it again and again, and resume it to its end.

Arguments: directory, seed of the delays.  Prints the state at each death, as JSON.

With an observable each measurement is a call of `step`, without one each chunk; odd seeds have one.
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


def state_of(directory):
    """Status and committed measurements, as run.json tells them."""
    try:
        with open(os.path.join(directory, "run.json"), encoding="utf-8") as file:
            manifest = json.load(file)
    except FileNotFoundError:
        return "nothing", 0
    return manifest["status"], manifest["n_committed"]


def die_when(directory, seed, condition, delay):
    """Start a child and kill it `delay` after the condition holds; whether it was killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with hb.backends.use("reference"):  # slow, so that death comes at any stage
                session(directory, seed)
            status = 0
        finally:
            os._exit(status)
    while not condition(*state_of(directory)):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, status
            return False
        time.sleep(0.002)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main(directory, seed):
    delays, deaths = random.Random(seed), []
    for death in range(10):
        status, n = state_of(directory)
        if status == "complete":
            break
        if death < 2:
            killed = die_when(directory, seed, lambda s, m: s != "nothing", delays.uniform(0, 0.1))
        else:
            killed = die_when(
                directory,
                seed,
                lambda s, m, n=n: s == "complete" or m > n,
                delays.uniform(0, 0.05),
            )
        if killed:
            deaths.append(state_of(directory))
    die_when(directory, seed, lambda s, m: False, 0)
    print(json.dumps(deaths))


if __name__ == "__main__":
    np.seterr(all="raise")
    main(sys.argv[1], int(sys.argv[2]))
