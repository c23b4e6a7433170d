"""Warm-up: updates that are thrown away, while settings are tuned to a target acceptance.

Tuning takes the first three quarters of the warm-up (at most `LONGEST` updates); then the setting
is frozen and the chains relax under it.  Each tunable part of the sampler follows Robbins and Monro
(Ann. Math. Stat. 22, 400 (1951)),

    log x ← log x + 1.5 t^{−0.6} (α_t − target),

with α_t the acceptance probability of update t: min(1, e^{−ΔH}) for HMC, the accepted fraction
for Metropolis.  In the first third, the landing, it is that of the worst chain: far from
equilibrium forces are large, and a mean over chains would leave one behind, rejecting for ever.
Then it is the mean over chains, and the frozen value is the average of log x over the last third
(B. Polyak, A. Juditsky, SIAM J. Control Optim. 30, 838 (1992)).  Nothing here depends on time or
on the array library, so the same seed is tuned to the same bits everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from heatbath._namespace import as_numpy
from heatbath._sampler import State
from heatbath.elementary import exp, log
from heatbath.mcmc import Cycle
from heatbath.random import Key
from heatbath.sampling.advancing import updates_per_call
from heatbath.sampling.tally import accepted_fractions

__all__ = ["is_tunable", "leaves", "rebuilt", "warm_up"]

LONGEST = 2000
GAIN, DECAY = 1.5, -0.6
FARTHEST = 30.0  # from the start, in log x: e^±30 is beyond any use
RESTART = 8  # t after the landing: gains of about 0.4
AT_ONCE = 16  # tuned updates between two looks at the progress bar


def warm_up(
    sampler: Any,
    key: Key,
    state: State,
    updates: int,
    *,
    tune: bool = True,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Any, State]:
    """The sampler with its settings tuned (if it has any), and the state after the updates."""
    last = state.step + updates
    if tune and any(map(is_tunable, leaves(sampler))):
        sampler, state = _tuned(sampler, key, state, min(3 * updates // 4, LONGEST), progress)
    most = updates_per_call(sampler, len(key.chains))
    while state.step < last:
        state, _ = sampler.step(key, state, n=min(most, last - state.step))
        progress(state.step)
    return sampler, state


def leaves(sampler: Any) -> list[Any]:
    """The samplers that a cycle is made of, in order; or the sampler itself."""
    if isinstance(sampler, Cycle):
        return [leaf for part in sampler.parts for leaf in leaves(part)]
    return [sampler]


def rebuilt(sampler: Any, new: Iterator[Any]) -> Any:
    """The sampler with its leaves replaced by `new`, in the order of `leaves`."""
    if isinstance(sampler, Cycle):
        return Cycle(tuple(rebuilt(part, new) for part in sampler.parts))
    return next(new)


def is_tunable(leaf: Any) -> bool:
    """Whether a sampler names a setting to tune and the acceptance it should have."""
    return hasattr(leaf, "tunable") and hasattr(leaf, "target_acceptance")


@dataclass
class _Setting:
    """The search for one leaf's setting."""

    leaf: Any
    begin: float = field(init=False)
    position: float = field(init=False)
    kept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin = self.position = log(float(getattr(self.leaf, self.leaf.tunable)))

    def at(self, position: float) -> Any:
        return replace(self.leaf, **{self.leaf.tunable: exp(position)})

    def learn(self, acceptance: float, t: int, keep: bool) -> None:
        gain = GAIN * exp(DECAY * log(float(t)))
        moved = self.position + gain * (acceptance - self.leaf.target_acceptance)
        self.position = min(max(moved, self.begin - FARTHEST), self.begin + FARTHEST)
        if keep:
            self.kept.append(self.position)

    def final(self) -> Any:
        return self.at(math.fsum(self.kept) / len(self.kept)) if self.kept else self.leaf


def _tuned(
    sampler: Any, key: Key, state: State, updates: int, progress: Callable[[int], None]
) -> tuple[Any, State]:
    searches = [_Setting(leaf) if is_tunable(leaf) else None for leaf in leaves(sampler)]
    fixed = leaves(sampler)
    landing = updates // 3
    for u in range(updates):
        t = u + 1 if u < landing else u - landing + RESTART
        now = [s.at(s.position) if s else leaf for s, leaf in zip(searches, fixed, strict=True)]
        state, info = rebuilt(sampler, iter(now)).step(key, state, n=1)
        for search, part in zip(searches, _parts(info), strict=True):
            if search is not None:
                search.learn(_probability(part, u < landing), t, keep=3 * u >= 2 * updates)
        if u % AT_ONCE == 0:
            progress(state.step)
    final = [s.final() if s else leaf for s, leaf in zip(searches, fixed, strict=True)]
    return rebuilt(sampler, iter(final)), state


def _parts(info: Any) -> list[Any]:
    """The infos of the leaves after one update."""
    if not hasattr(info, "parts"):
        return [info]
    return [leaf for (part,) in info.parts for leaf in _parts(part)]


def _probability(info: Any, worst: bool) -> float:
    """The acceptance probability of one update: of the worst chain, or the mean over chains."""
    if not hasattr(info, "delta_h"):
        values = accepted_fractions(info)
        return min(values) if worst else math.fsum(values) / len(values)
    changes = as_numpy(info.delta_h).ravel().tolist()
    if worst:  # the chain with the largest ΔH
        return _metropolis(max(changes)) if all(map(math.isfinite, changes)) else 0.0
    return math.fsum(map(_metropolis, changes)) / len(changes)


def _metropolis(delta_h: float) -> float:
    """min(1, e^{−ΔH}); 0 for a diverged trajectory."""
    if not math.isfinite(delta_h):
        return 0.0
    return 1.0 if delta_h <= 0.0 else float(exp(-delta_h))
