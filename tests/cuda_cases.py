"""Calls of every CUDA kernel, and their run in numba's CUDA simulator.

    python tests/cuda_cases.py

prints what differs from the reference for each case of `SIMULATED` as JSON, null where no bit
does.  The simulator is chosen before numba is imported, so it needs a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from dataclasses import dataclass, replace
from typing import Any

if __name__ == "__main__":
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

import numpy as np

import heatbath as hb
from heatbath._dispatch import OPERATIONS
from heatbath._namespace import as_numpy

__all__ = ["OPERATIONS_WITH_ACTION", "SIMULATED", "Case", "differences", "kernel_of"]

OPERATIONS_WITH_ACTION = (
    "mcmc.hmc.trajectories",
    "mcmc.metropolis.sweeps",
    "sde.langevin.steps",
)
MODES = {"block per chain": 1 << 20, "whole grid": 0}  # the largest lattice left to one block


def _site(phi, *, g, h):
    e = hb.elementary
    return e.sqrt(1.0 + phi * phi) * g + e.log(1.0 + e.exp(h * phi)) / (2.0 + e.cos(phi))


def _bond(phi, neighbour, *, j):
    return -j * hb.elementary.cos(phi - neighbour)


OWN = hb.Theory("own", site=_site, bond=_bond)


def theories(name: str, shape: tuple[int, ...], dtype: str, convert: Any) -> Any:
    """An action on a lattice; `convert` makes arrays of the field's library."""
    rng = np.random.default_rng(2)

    def sites() -> Any:
        return convert((0.1 + rng.random(shape)).astype(dtype))

    def bonds() -> Any:
        return convert((0.1 + 0.2 * rng.random((len(shape), *shape))).astype(dtype))

    match name:
        case "gaussian":
            return hb.actions.Gaussian(m2=0.7, lattice=shape)
        case "phi4":
            return hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=shape)
        case "phi4, arrays":
            return hb.actions.Phi4(kappa=bonds(), lam=sites(), lattice=shape)
        case "own":
            return OWN(g=0.6, h=0.8, j=0.4, lattice=shape)
    return OWN(g=sites(), h=0.8, j=bonds(), lattice=shape)  # "own, arrays"


@dataclass(frozen=True)
class Case:
    """One call.  mode: a key of MODES.  library: whose arrays the simulator gets."""

    operation: str
    dtype: str
    shape: tuple[int, ...]
    batch: tuple[int, ...] = ()
    theory: str = "phi4"
    mode: str = "block per chain"
    integrator: str = "leapfrog"
    step: int = 2**32 - 2
    n: int = 2
    measure_every: int = 1
    library: str = "numpy"

    def __str__(self) -> str:
        size = "x".join(map(str, self.shape))
        words = [self.operation, self.library, self.dtype, size, *(["batch"] if self.batch else [])]
        if self.operation in OPERATIONS_WITH_ACTION:
            words += [self.theory, self.mode, self.integrator]
        return "-".join(words)

    def call(self, function: Any, convert: Any = np.asarray) -> tuple[Any, ...]:
        """The results of the operation by `function`, on arrays made by `convert`."""
        rng = np.random.default_rng(5)
        field = convert(rng.normal(size=(*self.batch, *self.shape)).astype(self.dtype))
        key = hb.random.key(11, chains=int(np.prod(self.batch, dtype=int)))
        if self.operation not in OPERATIONS_WITH_ACTION:
            dim = len(self.shape)
            return (function(field, key, self.step, dim=dim, purpose=3, draw=1),)
        action = theories(self.theory, self.shape, self.dtype, convert)
        settings: dict[str, Any] = {
            "mcmc.hmc.trajectories": {
                "step_size": 0.3,
                "n_steps": 2,
                "integrator": self.integrator,
                "randomise": True,
            },
            "mcmc.metropolis.sweeps": {"width": 1.5},
            "sde.langevin.steps": {"step_size": 0.05},
        }[self.operation]
        settings["measure_every"] = self.measure_every
        return tuple(function(field, action, key, self.step, self.n, **settings))


def _simulated() -> list[Case]:
    """Tiny lattices, each operation in both dtypes and modes."""
    cases = [
        Case(f"random.{name}", dtype, shape, batch)
        for name in ("uniform", "normal")
        for dtype in ("float64", "float32")
        for shape, batch in [((3,), ()), ((2, 3), (2,)), ((3, 3), (2, 1))]
    ]
    places: list[dict[str, Any]] = [
        {"shape": (5,), "theory": "gaussian"},
        {"shape": (2, 3), "batch": (2,), "integrator": "omelyan", "n": 3, "measure_every": 2},
        {"shape": (4, 2), "theory": "own, arrays", "measure_every": 2},
        {"shape": (1, 3), "batch": (2,), "measure_every": 0},
        {"shape": (2, 2, 2), "theory": "phi4, arrays", "n": 1},
        {"shape": (1, 2, 1, 2), "theory": "own", "batch": (1, 2), "n": 1, "measure_every": 0},
    ]
    for operation in OPERATIONS_WITH_ACTION:
        for dtype in ("float64", "float32"):
            for mode in MODES:
                cases += [Case(operation, dtype, mode=mode, **place) for place in places]
    # host code on torch's namespace: its tensors on the CPU share their memory
    cases += [replace(case, library="torch") for case in (*cases[:12:3], *cases[13::7])]
    return cases


SIMULATED = {str(case): case for case in _simulated()}


def kernel_of(operation: str) -> Any:
    """The function of the CUDA row of an operation, which the table names."""
    import importlib

    providers = {r.provider for r in hb.backends.table() if r.operation == operation}
    (provider,) = (p for p in providers if p.startswith("heatbath_cuda."))
    module, _, name = provider.partition(":")
    return getattr(importlib.import_module(module), name)


def differences(found: tuple[Any, ...], expected: tuple[Any, ...]) -> str | None:
    """What differs between two results in type, shape or any bit, or None."""
    if len(found) != len(expected):
        return f"{len(found)} results, not {len(expected)}"
    for k, (a, b) in enumerate(zip(map(as_numpy, found), map(as_numpy, expected), strict=True)):
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            return f"result {k} is {a.dtype} {a.shape}, not {b.dtype} {b.shape}"
        if a.tobytes() != b.tobytes():
            return f"result {k} differs in {int((a != b).sum())} of {a.size} numbers"
    return None


def simulate(case: Case) -> str | None:
    """What differs between kernel and reference in the simulator."""
    from heatbath_cuda import arrays, sweep

    arrays.ALONE = MODES[case.mode]
    sweep.VISITS = 1 if case.batch else 1 << 25  # one update a launch, or all
    convert: Any = np.asarray
    if case.library == "torch":
        import torch

        convert = torch.from_numpy
    try:
        found = case.call(kernel_of(case.operation), convert)
        if not all(type(a).__module__ == case.library for a in found):
            return f"results are of {[type(a).__module__ for a in found]}"
    except Exception as trouble:  # reported as this case's
        return f"{type(trouble).__name__}: {trouble}"
    with hb.backends.use("reference"):
        return differences(found, case.call(OPERATIONS[case.operation]))


def main() -> None:
    # whole numbers wrap around, as Philox wants; NumPy warns of it in scalars
    warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning)
    hb.backends.operations()
    json.dump({name: simulate(case) for name, case in SIMULATED.items()}, sys.stdout)


if __name__ == "__main__":
    main()
