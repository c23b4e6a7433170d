"""From a finished recording to a `Result`: estimates, split-R̂, and warnings in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from heatbath._sampler import State
from heatbath.sampling.job import Job
from heatbath.sampling.recording import Recorder
from heatbath.sampling.result import Result
from heatbath.sampling.standard import SCALARS, STANDARD, estimated, rhats
from heatbath.sampling.tally import Tally
from heatbath.sampling.tuning import is_tunable, leaves
from heatbath.stats import Estimate

__all__ = ["cautions", "conclude"]

RHAT_LIMIT = 1.01
ENOUGH = 100  # τ_int


def conclude(job: Job, recorder: Recorder, sampler: Any, state: State) -> Result:
    """The result of a recording that has ended."""
    history, plan = recorder.history, job.plan
    lattice = sampler.action.placed_on
    names = (*STANDARD, *(n for n in history if n not in SCALARS))
    estimates = {name: estimated(name, history, lattice.volume) for name in names}
    rhat = rhats(history)
    return Result(
        estimates=estimates,
        history=history,
        sampler=sampler,
        state=state,
        acceptance=recorder.tally.acceptance,
        seconds=recorder.seconds,
        rhat=rhat,
        warnings=_warnings(job, recorder, sampler, estimates, rhat),
        shape=lattice.shape,
        seed=plan.seed,
        chains=plan.chains,
        samples=recorder.n,
        thin=plan.thin,
        warmup=plan.warmup,
        namespace=job.placement.namespace,
        dtype=job.placement.dtype,
        directory=recorder.directory,
    )


def _warnings(
    job: Job,
    recorder: Recorder,
    sampler: Any,
    estimates: Mapping[str, Estimate],
    rhat: Mapping[str, float],
) -> tuple[str, ...]:
    found = cautions(sampler, recorder.tally, estimates, rhat, len(job.plan.chains))
    if job.plan.target_error and not recorder.stopped:
        found.append(
            "the target error was not reached; resume cannot extend a run: ask for more samples"
        )
    return tuple(found)


def cautions(
    sampler: Any,
    tally: Tally,
    estimates: Mapping[str, Estimate],
    rhat: Mapping[str, float],
    chains: int,
) -> list[str]:
    """What to know of the sampler, its updates, the length of the chains, their agreement and the
    estimates; one sentence each."""
    found = [*_of_sampler(sampler), *_of_updates(tally, sampler)]
    return [*found, *_too_short(estimates, chains), *_not_mixed(rhat), *_of_estimates(estimates)]


def _of_sampler(sampler: Any) -> list[str]:
    return [
        f"{leaf.name} is biased by its step size {leaf.step_size:g}: compare smaller ones and "
        f"extrapolate, or use an exact sampler such as hb.HMC"
        if hasattr(leaf, "step_size")
        else f"{getattr(leaf, 'name', type(leaf).__name__)} is biased: its stationary "
        f"distribution is not exactly exp(-S)"
        for leaf in leaves(sampler)
        if not leaf.exact
    ]


def _of_updates(tally: Tally, sampler: Any) -> list[str]:
    found = []
    if tally.diverged:
        found.append(
            f"{tally.diverged} updates diverged to infinite or undefined numbers; use a smaller "
            f"step size, and check that the action is bounded from below"
        )
    tunable = [leaf for leaf in leaves(sampler) if is_tunable(leaf)]
    if tally.acceptance == 0.0:
        found.append(
            "not one update was accepted, so every number below is that of the start; use "
            "a smaller step size or width, or a longer warm-up with tune=True"
        )
    elif tunable and tally.acceptance < 0.1:
        found.append(
            f"only {tally.acceptance:.1%} of the updates were accepted; use a smaller "
            f"{tunable[0].tunable}, or a longer warm-up with tune=True"
        )
    return found


def _too_short(estimates: Mapping[str, Estimate], chains: int) -> list[str]:
    slowest = max(estimates, key=lambda name: _ordered(estimates[name].tau_int))
    e = estimates[slowest]
    if not math.isfinite(e.tau_int) or e.n >= ENOUGH * e.tau_int:
        return []
    needed = math.ceil(ENOUGH * e.tau_int / chains)
    return [
        f"chains too short: {e.n} measurements are only {e.n / e.tau_int:.0f} tau_int of {slowest};"
        f" ask for samples={needed} or more before trusting the errors"
    ]


def _not_mixed(rhat: Mapping[str, float]) -> list[str]:
    high = {name: r for name, r in rhat.items() if r > RHAT_LIMIT}
    if not high:
        return []
    shown = ", ".join(f"{name} {r:.3f}" for name, r in high.items())
    return [
        f"the chains disagree (split-R-hat above {RHAT_LIMIT}: {shown}); run longer, or warm "
        f"up longer"
    ]


def _of_estimates(estimates: Mapping[str, Estimate]) -> list[str]:
    """Other sentences of the estimates, each once with the names that it is about."""
    about: dict[str, list[str]] = {}
    for name, e in estimates.items():
        for sentence in e.warnings:
            if not sentence.startswith(("chain too short", "chains too short")):
                about.setdefault(sentence, []).append(name)
    return [f"{', '.join(names)}: {sentence}" for sentence, names in about.items()]


def _ordered(tau: float) -> float:
    return tau if math.isfinite(tau) else -1.0
