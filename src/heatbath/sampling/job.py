"""A run in progress: warm up once, then measure chunk by chunk until the plan says stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from heatbath._namespace import as_numpy
from heatbath._sampler import State
from heatbath.random import Key
from heatbath.sampling.measuring import Meter
from heatbath.sampling.placement import Placement
from heatbath.sampling.plan import Plan
from heatbath.sampling.progress import Progress
from heatbath.sampling.recording import Recorder
from heatbath.sampling.targets import reached
from heatbath.sampling.tuning import warm_up

__all__ = ["Job", "measured", "warmed_up"]


@dataclass(frozen=True)
class Job:
    """plan: the counts.  placement: where fields live.  key: of all chains.  meter: what is
    measured."""

    plan: Plan
    placement: Placement
    key: Key
    meter: Meter


def warmed_up(
    job: Job, recorder: Recorder, sampler: Any, field: Any, bar: Progress
) -> tuple[Any, State]:
    """The tuned sampler and the state after warm-up, both given to the recorder."""
    plan, began = job.plan, time.perf_counter()
    sampler, state = warm_up(
        sampler,
        job.key,
        sampler.init(field),
        plan.warmup,
        tune=plan.tune,
        progress=lambda done: bar.update("warming up", done, plan.warmup),
    )
    recorder.begin(sampler, as_numpy(state.field), time.perf_counter() - began)
    return sampler, state


def measured(job: Job, recorder: Recorder, sampler: Any, state: State, bar: Progress) -> State:
    """The last state of the run, after all chunks that are still missing."""
    plan, volume = job.plan, sampler.action.placed_on.volume
    stopped, began = False, time.perf_counter()
    while (done := recorder.n) < plan.samples:
        if plan.is_look(done) and reached(plan.target_error, recorder.history, volume):
            stopped = True
            break
        state, series, configurations, tally = job.meter.chunk(
            sampler,
            job.key,
            state,
            min(plan.chunk, plan.samples - done),
            plan.thin,
            plan.save_every,
            progress=_progress(bar, done, plan.samples),
        )
        now = time.perf_counter()
        recorder.append(series, configurations, tally, now - began)
        began = now
    if plan.target_error and not stopped:
        stopped = reached(plan.target_error, recorder.history, volume)
    recorder.finish(stopped=stopped)
    return state


def _progress(bar: Progress, done: int, total: int) -> Callable[[int], None]:
    return lambda now: bar.update("measuring", done + now, total)
