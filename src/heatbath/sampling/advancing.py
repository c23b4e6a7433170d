"""From one measurement to the next: calls of `step` that bring the standard scalars along.

Samplers of this library record the scalars inside `step`, so that one call makes many
measurements without Python between them.  For other samplers each measurement is a call, and the
scalars of up to `TOGETHER` configurations are taken in one call on their stack: at L = 16 that
costs as much as several trajectories, mostly in Python.  The bits are those of single
measurements either way, since sums follow a fixed tree per field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heatbath._namespace import Array, as_numpy, namespace_of
from heatbath._sampler import State, records
from heatbath.random import Key
from heatbath.sampling.describing import forces_per_update
from heatbath.sampling.tally import Tally, counted

__all__ = ["advanced", "measurements_per_call", "updates_per_call"]

# What an update costs the references, in nanoseconds: random numbers and the accept step, and a
# force, each in Python and per site.  Kernels are 30 to 800 times faster: their calls, which do
# not hear Ctrl-C, end within a quarter of a second and are long beside Python's share.  A
# reference is Python and always hears it; its progress bar moves every few seconds.
UPDATE, UPDATE_PER_SITE = 1_500_000.0, 300.0
FORCE, FORCE_PER_SITE = 100_000.0, 60.0
CALL = 4e9
MOST_NUMBERS = 1 << 20  # of each thing that an update reports
UNKNOWN = 16  # updates of a sampler whose cost is not known
TOGETHER = 64
STACKED = 1 << 12  # numbers: beyond 32 KiB malloc returns temporaries to the system each time


def updates_per_call(sampler: Any, chains: int) -> int:
    """The most updates that one call of `step` may make, so that the progress bar moves, Ctrl-C is
    answered and memory is bounded; the same on every machine."""
    if not records(sampler):
        return UNKNOWN
    sites, forces = sampler.action.placed_on.volume * chains, forces_per_update(sampler)
    cost = UPDATE + UPDATE_PER_SITE * sites + forces * (FORCE + FORCE_PER_SITE * sites)
    return max(1, min(int(CALL / cost), MOST_NUMBERS // chains))


def measurements_per_call(sampler: Any, chains: int, thin: int) -> int:
    """The most measurements that `advanced` may be asked for."""
    if records(sampler):
        return max(1, updates_per_call(sampler, chains) // thin)
    sites: int = sampler.action.placed_on.volume * chains
    return max(1, min(TOGETHER, STACKED // sites))


def advanced(sampler: Any, key: Key, state: State, n: int, thin: int) -> tuple[State, Any, Tally]:
    """n measurements, each after `thin` updates: the state, the scalars on the host, shape
    (n, 3, chains), and the tally of the updates.  n: at most `measurements_per_call`."""
    if not records(sampler):
        return _measured_outside(sampler, key, state, n, thin)
    tally, scalars = Tally(), None
    for updates, every in _calls(n, thin, updates_per_call(sampler, len(key.chains))):
        state, info = sampler.step(key, state, n=updates, measure_every=every)
        tally, scalars = tally + counted([info]), info.scalars
    return state, as_numpy(scalars), tally


def _calls(n: int, thin: int, most: int) -> Iterator[tuple[int, int]]:
    """(updates, measure_every) of successive calls of at most `most` updates; the last records."""
    if n * thin <= most:
        yield n * thin, thin
        return
    for _ in range((thin - 1) // most):
        yield most, 0
    last = (thin - 1) % most + 1
    yield last, last


def _measured_outside(
    sampler: Any, key: Key, state: State, n: int, thin: int
) -> tuple[State, Any, Tally]:
    fields: list[Array] = []
    infos = []
    for _ in range(n):
        state, info = sampler.step(key, state, n=thin)
        fields.append(state.field)
        infos.append(info)
    xp = namespace_of(fields[0])
    stack = fields[0][None, ...] if n == 1 else xp.stack(fields)
    scalars = xp.stack(list(sampler.action.scalars(stack).values()), axis=1)
    return state, as_numpy(scalars), counted(infos)
