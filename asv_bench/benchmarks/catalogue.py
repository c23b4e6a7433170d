"""All comparisons by name: each is a list of cases, each case a key and a function of rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from . import effective, gpu, overheads, peers, sweeps
from .entries import Entry
from .operations import OPERATIONS, label

__all__ = ["COMPARISONS", "DEVICES", "key_of_row"]

Case = Callable[[int], Entry]
MEASURED = ("mcmc.hmc.trajectories", "mcmc.metropolis.sweeps", "sde.langevin.steps")


DEVICES = {"cpu": sweeps.row, "cuda": gpu.row}


def key_of_row(operation: str, shape: tuple[int, ...], device: str = "cpu") -> str:
    return f"{operation} {label(shape)}" + (f" on {device}" if device != "cpu" else "")


def _rows(device: str, shapes: Iterable[tuple[int, ...]]) -> dict[str, Case]:
    return {
        key_of_row(operation, shape, device): partial(DEVICES[device], operation, shape)
        for operation in OPERATIONS
        for shape in shapes
    }


COMPARISONS: dict[str, dict[str, Case]] = {
    "rows": _rows("cpu", sweeps.SHAPES),
    "cuda": _rows("cuda", gpu.SHAPES),
    "leapfrog": {
        f"leapfrog {label(shape)}": partial(sweeps.leapfrog, shape)
        for shape in sweeps.LEAPFROG_SHAPES
    },
    "batch": {"batch 256 × 16²": sweeps.batch},
    "couplings": {
        f"couplings {label(shape)}": partial(sweeps.couplings, shape)
        for shape in ((64, 64), (256, 256))
    },
    "formula": {"formula 64²": partial(sweeps.formula, (64, 64))},
    "measuring": {
        f"measuring {key_of_row(operation, shape)}": partial(sweeps.measuring, operation, shape)
        for operation in MEASURED
        for shape in ((16, 16), (64, 64))
    },
    "threads": {"threads 8 × 64²": sweeps.threads},
    "dispatch": {"dispatch": overheads.dispatch},
    "first_sample": {"first sample": lambda rounds: overheads.first_sample()},
    "generator": {
        f"generator {kind}": partial(peers.generator, kind) for kind in ("uniform", "normal")
    },
    "peers": {f"peers {peer}": partial(peers.hmc, peer) for peer in peers.PEERS},
    "effective": {"effective samples": effective.effective_samples},
}
