"""Rows of backends, threads."""

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import (
    excused,
    phi,
    row,
)

row("backends.example", hb.backends.example, dict)
row("backends.operations", hb.backends.operations, dict)
row("backends.table", hb.backends.table, dict)
row(
    "backends.explain",
    hb.backends.explain,
    lambda: {"operation": "sde.langevin.steps", "array": phi()},
    operation=bad.choice(),
    array=bad.Kind(
        lambda valid: [*bad.nonsense(np.ndarray, np.generic), *bad.refused(1.0, [1.0], "field")]
    ),
    free={"args": "what may object to a kernel; most things do not"},
    also={"array": ("field",)},
)


def used(wish):
    with hb.backends.use(wish):
        return None


row(
    "backends.use",
    used,
    lambda: {"wish": "reference"},
    wish=bad.choice(),
    also={"wish": ("choice",)},
)


def threads(n):
    try:
        hb.set_threads(n)
        return hb.get_threads()
    finally:
        hb.set_threads(None)


row(
    "threads.set_threads",
    threads,
    lambda: {"n": 2},
    n=bad.optional(bad.count(huge=False)),
    also={"n": ("threads",)},
)
row("threads.get_threads", hb.get_threads, dict)
excused(
    "a record that the library makes and the user reads; it holds what it is given",
    *("backends.Explanation", "backends.Kernel", "exact.free_field.FreeField"),
    *("exact.small_torus.SmallTorus", "exact.transfer_matrix.Ring", "mcmc.HMCInfo"),
    *("mcmc.CycleInfo", "mcmc.MetropolisInfo", "sde.LangevinInfo", "sampling.Result"),
    *("stats.AutocorrelationTime", "stats.Estimate", "mcmc.Integrator", "testing.Check"),
)
