"""Runs on disk: what is recorded about them, and how measurements reach them."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import heatbath
from heatbath._namespace import Array, as_numpy
from heatbath._sampler import State
from heatbath.io import Layout, Run
from heatbath.io.wording import path_text, reason, shell_word
from heatbath.sampling.concluding import conclude
from heatbath.sampling.describing import described
from heatbath.sampling.interruption import Interrupted, uninterrupted
from heatbath.sampling.job import Job, measured, warmed_up
from heatbath.sampling.progress import Progress
from heatbath.sampling.result import Result
from heatbath.sampling.tally import Tally

__all__ = ["CHAIN_VERSION", "Disk", "carried_on", "on_disk"]

CHAIN_VERSION = 1
"""Of the meaning of a seed; a run of another one cannot be continued."""


class Disk:
    """A recorder that commits to a run, with the tally and the seconds in its record."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.directory = str(run.path)

    @property
    def n(self) -> int:
        """Measurements per chain committed."""
        return self.run.n_committed

    @property
    def tally(self) -> Tally:
        """Of the committed updates."""
        return Tally(**self.run.record["tally"])

    @property
    def seconds(self) -> float:
        """Of all sessions, up to the last commit."""
        return float(self.run.record["seconds"])

    @property
    def stopped(self) -> bool:
        """Whether the target error ended the run."""
        return bool(self.run.record["stopped"])

    @property
    def history(self) -> dict[str, Any]:
        """Name -> committed series, read when sliced."""
        return {name: self.run.history(name) for name in self.run.names}

    def begin(self, sampler: Any, configuration: Any, seconds: float) -> None:
        """The first commit."""
        with uninterrupted():
            self.run.begin(configuration, tuned=described(sampler), seconds=seconds)

    def append(
        self, series: Mapping[str, Any], configurations: list[Any], tally: Tally, seconds: float
    ) -> None:
        """Commit one chunk."""
        with uninterrupted():
            self.run.append(
                series,
                configurations,
                tally=asdict(self.tally + tally),
                seconds=self.seconds + seconds,
            )

    def finish(self, *, stopped: bool) -> None:
        """The last commit."""
        if self.run.status != "complete":
            with uninterrupted():
                self.run.finish(stopped=stopped)


def on_disk(
    job: Job,
    sampler: Any,
    field: Array,
    out: str | os.PathLike[str],
    *,
    start: Any,
    call: Mapping[str, Any] | None,
    progress: bool | None,
) -> Result:
    """Create the run `out` and carry it to its end."""
    plan, lattice = job.plan, sampler.action.placed_on
    layout = Layout(
        chains=len(plan.chains),
        samples=plan.samples,
        chunk=plan.chunk,
        save_every=plan.save_every,
        shape=lattice.shape,
        dtype=job.placement.dtype,
        series={name: np.dtype(dtype).name for name, dtype in job.meter.dtypes.items()},
    )
    arrays = {f"coupling_{n}": as_numpy(sampler.action.couplings[n]) for n in sampler.action.arrays}
    if start is not None:
        arrays["start"] = start
    with Run.create(out, layout, _record(job, sampler, call), arrays) as run:
        return carried_on(job, run, sampler, field, progress)


def carried_on(
    job: Job, run: Run, sampler: Any, field: Array | None, progress: bool | None
) -> Result:
    """The result of a run, after whatever is missing of it.

    sampler: with its tuned settings, if warm-up is over.  field: the start, else None.
    """
    recorder = Disk(run)
    with _told_how_to_go_on(run), Progress(progress) as bar:
        if run.status == "warming up":
            sampler, state = warmed_up(job, recorder, sampler, field, bar)
        else:
            state = _checkpoint(job, run)
        if run.status != "complete":
            state = measured(job, recorder, sampler, state, bar)
        return conclude(job, recorder, sampler, state)


def _checkpoint(job: Job, run: Run) -> State:
    """The state at the last commit."""
    if run.status == "measuring":
        run.check(*run.names)  # all of them are read at the end, after hours of work
    field = job.placement.from_numpy(run.checkpoint)
    return State(field, job.plan.warmup + run.n_committed * job.plan.thin)


@contextmanager
def _told_how_to_go_on(run: Run) -> Iterator[None]:
    samples = run.layout.samples
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(run.path, done=run.n_committed, samples=samples) from stop
    except OSError as trouble:
        raise OSError(
            f"writing the run {path_text(run.path)} failed ({reason(trouble)}); "
            f"{run.n_committed} of {samples} measurements per chain are safe: when that is mended, "
            f"type: heatbath resume {shell_word(run.path)}"
        ) from trouble


def _record(job: Job, sampler: Any, call: Mapping[str, Any] | None) -> dict[str, Any]:
    """Everything that repeats the run, as plain JSON."""
    action = sampler.action
    numbers = {n: float(v) for n, v in action.couplings.items() if n not in action.arrays}
    return {
        "theory": action.theory.name,
        "formulas": action.theory.text,
        "couplings": numbers,
        "coupling_arrays": sorted(action.arrays),
        "shape": list(action.placed_on.shape),
        "boundary": action.placed_on.boundary,
        "sampler": described(sampler),
        "tuned": None,
        "plan": job.plan.to_dict(),
        "placement": asdict(job.placement),
        "observables": list(job.meter.observables),
        "call": _findable(call),
        "tally": asdict(Tally()),
        "seconds": 0.0,
        "stopped": False,
        "chain_version": CHAIN_VERSION,
        "versions": _versions(),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _findable(call: Mapping[str, Any] | None) -> dict[str, Any]:
    """The call, with the file of a theory found from any directory."""
    kept = dict(call or {})
    file, colon, name = str(kept.get("theory", "")).rpartition(":")
    if colon and file.endswith(".py"):
        kept["theory"] = f"{Path(file).resolve()}:{name}"
    return kept


def _versions() -> dict[str, str]:
    versions = {"heatbath": heatbath.__version__, "python": sys.version.split()[0]}
    for package in ("numpy", "numba", "zarr", "torch"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
