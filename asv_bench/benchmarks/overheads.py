"""What is paid once: choosing an implementation, and the first sample of a process."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import heatbath as hb
from heatbath._dispatch import choose

from .alternating import alternate, each
from .entries import Entry, entry
from .operations import KEY, like, phi4

__all__ = ["dispatch", "first_sample"]

OPERATION = "mcmc.hmc.trajectories"
SETTINGS = {"step_size": 0.1, "n_steps": 1, "integrator": "leapfrog", "randomise": False}
FIRST_SAMPLE = """
import sys, heatbath as hb
action = hb.actions.Phi4(kappa=0.26, lam=0.022, lattice=(64, 64))
hb.sample(hb.HMC(action), samples=1, warmup=0, tune=False, seed=1, out=sys.argv[1], progress=False)
"""


def dispatch(rounds: int = 7) -> Entry:
    """Microseconds between a public call and its kernel: the choice, and the choice with the
    check of all arguments."""
    contenders, times = {}, 300
    kinds = {"NumPy": "numpy.ndarray", "torch": "torch.Tensor"}
    here = {n: k for n, k in kinds.items() if importlib.util.find_spec(k.partition(".")[0])}
    action = phi4((4, 4))
    for name, kind in here.items():
        field = like(kind, (4, 4), "float64")
        arguments = (action, KEY, 0, 1, *SETTINGS.values())

        def chosen(field: Any = field, arguments: Any = arguments) -> None:
            for _ in range(times):
                choose(OPERATION, field, arguments)

        def checked(field: Any = field, arguments: Any = arguments) -> None:
            for _ in range(times):
                hb.mcmc.trajectories(field, action, KEY, 0, 1, **SETTINGS)

        direct_kernel = choose(OPERATION, field, arguments)

        def direct(field: Any = field, kernel: Any = direct_kernel) -> None:
            for _ in range(times):
                kernel(field, action, KEY, 0, 1, **SETTINGS)

        contenders[f"choice, {name}"] = each(chosen, times)
        contenders[f"public call, {name}"] = each(checked, times)
        contenders[f"kernel alone, {name}"] = each(direct, times)
    pairs = [(f"public call, {n}", f"kernel alone, {n}") for n in here]
    return entry(alternate(contenders, rounds), pairs, unit="µs", scale=1e6)


def first_sample(runs: int = 5) -> Entry:
    """Seconds on the wall from the start of a process to the end of a run with one measurement,
    kernels loaded from the cache, the run stored."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", FIRST_SAMPLE, str(Path(folder) / "run")]
            subprocess.run(command, check=True, capture_output=True)

    contenders = {"first sample": each(run, 1)}
    measured = alternate(contenders, runs, clock=time.perf_counter)
    return entry(measured, [], unit="s", scale=1)
