"""Timing in turns: ratios of calls that saw the same state of the machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Contender", "Rounds", "alternate", "each", "slope"]

Call = Callable[[], Any]
LONG = 0.3  # seconds after which a call needs no warm-up of its own


@dataclass(frozen=True)
class Contender:
    """What takes part: its time is Σ weight · seconds over its calls."""

    parts: tuple[tuple[float, Call], ...]


def each(call: Call, n: float) -> Contender:
    """The time of one of the n things that the call does."""
    return Contender(((1.0 / n, call),))


def slope(long: Call, short: Call, difference: float) -> Contender:
    """The time of one of the things that the longer call does more often."""
    return Contender(((1.0 / difference, long), (-1.0 / difference, short)))


@dataclass(frozen=True)
class Rounds:
    """The seconds of each contender in each round."""

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """The median time of a contender."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """The median over the rounds of time / other's time."""
        pairs = zip(self.seconds[name], self.seconds[other], strict=True)
        return statistics.median(a / b for a, b in pairs)


def alternate(
    contenders: Mapping[str, Contender],
    rounds: int = 7,
    clock: Callable[[], float] = time.process_time,
) -> Rounds:
    """Run all contenders in turn, `rounds` times, each call after a warm one.

    clock: CPU time of this process by default, which neighbours on the machine do not lengthen;
        `time.perf_counter` where several threads or processes share the work.
    """
    calls = [call for c in contenders.values() for _, call in c.parts]
    for call in calls:
        call()  # compiles, or loads from a cache
    first = {id(call): _seconds(call, clock) for call in calls}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            total = 0.0
            for weight, call in contender.parts:
                if first[id(call)] < LONG:
                    call()
                total += weight * _seconds(call, clock)
            seconds[name].append(total)
    return Rounds(seconds)


def _seconds(call: Call, clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start
