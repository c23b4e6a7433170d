"""CUDA kernels against references on the same device, through torch tensors."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import numpy as np

from .alternating import Call, alternate, each
from .entries import Entry, entry, skipped
from .operations import OPERATIONS, like
from .sweeps import by

__all__ = ["SHAPES", "row"]

SHAPES = ((64, 64), (1024, 1024))


def row(operation: str, shape: tuple[int, ...], rounds: int = 7) -> Entry:
    """One operation in float64 on the first CUDA device, by the clock on the wall."""
    reason = _missing()
    if reason is not None:
        return skipped(reason)
    made, sites = OPERATIONS[operation], int(np.prod(shape))
    field = like("torch.Tensor", shape, "float64").to("cuda")
    contenders = {
        f"torch {wish}": each(_finished(by(wish, made.prepared(field, n))), n * sites)
        for wish, n in (("kernel", 50), ("reference", 2))
    }
    measured = alternate(contenders, rounds, clock=time.perf_counter)
    return entry(measured, [("torch kernel", "torch reference")], unit=made.unit)


def _missing() -> str | None:
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    import torch

    return None if torch.cuda.is_available() else "no CUDA device"


def _finished(call: Call) -> Call:
    """The call with the device's work done."""
    import torch

    def run() -> Any:
        call()
        torch.cuda.synchronize()

    return run
