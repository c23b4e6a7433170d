"""What every format holds, and how it is read in blocks."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from heatbath.io.layout import WARM
from heatbath.io.run import Run

__all__ = ["blocks", "coupling_arrays", "measured_at", "record_of", "single_arrays"]

TOGETHER = 1 << 22  # numbers


def record_of(run: Run) -> dict[str, Any]:
    """The whole record of a run: what is in run.json."""
    own = {"status": run.status, "n_committed": run.n_committed, "layout": run.layout.to_dict()}
    return {**own, **run.record}


def as_text(record: dict[str, Any]) -> str:
    """The record as JSON."""
    return json.dumps(record, indent=1, allow_nan=False)


def measured_at(run: Run) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The number of the measurement after which each configuration was stored."""
    count, every = len(run.configurations), run.layout.save_every
    return np.minimum(np.arange(1, count + 1) * every, run.n_committed) - 1


def coupling_arrays(run: Run) -> dict[str, Any]:
    """The site-dependent couplings by name."""
    return {name: run.array(f"coupling_{name}") for name in run.record.get("coupling_arrays", [])}


def single_arrays(run: Run) -> dict[str, Any]:
    """The fields after warm-up, once it is over, and the start if it was an array."""
    arrays = {} if run.status == "warming up" else {WARM: run.array(WARM)}
    if run.record.get("plan", {}).get("start") == "array":
        arrays["start"] = run.array("start")
    return arrays


def blocks(stored: Any, axis: int) -> Iterator[tuple[int, Any]]:
    """A stored array in pieces along one axis: where each begins, and its numbers."""
    length = stored.shape[axis]
    each = max(1, math.prod(stored.shape) // max(length, 1))
    step = max(1, TOGETHER // each)
    for start in range(0, length, step):
        key = [slice(None)] * len(stored.shape)
        key[axis] = slice(start, start + step)
        yield start, stored[tuple(key)]
