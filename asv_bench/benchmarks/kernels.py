"""Every operation of the kernel table: kernel and reference, alternating in one process.

`track_ratio` is the number to judge: reference time / kernel time, the median of alternating
rounds.  The times are per site and update, for orientation.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import heatbath as hb

SHAPES = {"L=16": (16, 16), "L=64": (64, 64), "L=256": (256, 256), "8^4": (8, 8, 8, 8)}
OPERATIONS = tuple(dict.fromkeys(row.operation for row in hb.backends.table()))
DTYPES = ("float64", "float32")


def call(operation: str, field: Any, n: int) -> Callable[[], Any]:
    """A call of the operation on one field: n updates, or n fills."""
    dim, key = field.ndim, hb.random.key(1)
    action = hb.actions.Phi4(kappa=0.54 / dim, lam=0.022, lattice=field.shape)
    samplers = {
        "mcmc.hmc.trajectories": hb.HMC(action, step_size=0.1, n_steps=10, randomise=False),
        "mcmc.metropolis.sweeps": hb.Metropolis(action),
        "sde.langevin.steps": hb.Langevin(action),
    }
    if operation in samplers:
        sampler = samplers[operation]
        return lambda: sampler.step(key, sampler.init(field), n=n)
    fill = {"random.uniform": hb.random.uniform, "random.normal": hb.random.normal}[operation]
    return lambda: [fill(field, key, k, dim=dim) for k in range(n)]


def seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


class Kernels:
    """Kernel against reference, for each row, size and dtype on one thread."""

    params = (OPERATIONS, tuple(SHAPES), DTYPES)
    param_names = ("operation", "shape", "dtype")
    rounds = 7

    def setup(self, operation: str, shape: str, dtype: str) -> None:
        field = np.zeros(SHAPES[shape], dtype=dtype)
        self.n = max(1, 200_000 // field.size)
        self.sites = field.size
        self.kernel = call(operation, field, self.n)
        self.slow = call(operation, field, 1)
        self.kernel()  # compile, or load from the cache

    def _medians(self) -> tuple[float, float]:
        """Seconds per update of kernel and reference, measured in turns."""
        kernel, reference = [], []
        for _ in range(self.rounds):
            kernel.append(seconds(self.kernel) / self.n)
            with hb.backends.use("reference"):
                reference.append(seconds(self.slow))
        return statistics.median(kernel), statistics.median(reference)

    def track_ratio(self, operation: str, shape: str, dtype: str) -> float:
        kernel, reference = self._medians()
        return reference / kernel

    track_ratio.unit = "reference time / kernel time"

    def track_nanoseconds(self, operation: str, shape: str, dtype: str) -> float:
        return self._medians()[0] / self.sites * 1e9

    track_nanoseconds.unit = "ns per site and update"
