"""Cycles: several samplers in turn, each leaving the same distribution invariant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatbath._namespace import Array, as_numpy, namespace_of
from heatbath._sampler import Recording, Sampler, State, check_state, check_update, records
from heatbath._suggest import shown
from heatbath.actions import Action
from heatbath.lattice import Lattice
from heatbath.random import Key

__all__ = ["Cycle", "CycleInfo", "cycle"]


@dataclass(frozen=True)
class CycleInfo:
    """parts: the infos of each part, one per update, as parts[part][update].
    scalars: recorded after rounds, (n // measure_every, 3, *batch)."""

    parts: tuple[tuple[Any, ...], ...]
    scalars: Array

    @property
    def acceptance(self) -> Array:
        """The accepted fraction of each chain, averaged over updates and parts, (*batch,)."""
        infos = [info for part in self.parts for info in part]
        return sum(info.acceptance for info in infos) / len(infos)


@dataclass(frozen=True)
class Cycle:
    """One update is one update of each part, in order.  Made by `cycle`."""

    parts: tuple[Any, ...]

    name = "cycle"
    records_scalars = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _checked_parts(self.parts))

    @property
    def action(self) -> Action:
        """The common action."""
        action: Action = self.parts[0].action
        return action

    @property
    def exact(self) -> bool:
        """Whether all parts are exact."""
        return all(part.exact for part in self.parts)

    def on(self, lattice: Lattice | Any) -> Cycle:
        """The same cycle with its action on `lattice`."""
        return Cycle(tuple(part.on(lattice) for part in self.parts))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        state: State = self.parts[0].init(field)
        return state

    def step(
        self, key: Key, state: State, n: int = 1, *, measure_every: int = 0
    ) -> tuple[State, CycleInfo]:
        """n rounds; part k reads the random numbers of key.leaf(k), so none is used twice.  The
        action's scalars are those after each measure_every-th round."""
        check_state(state)
        check_update(state.field, self.action, key, state.step, n, measure_every)
        by_last = records(self.parts[-1])
        n, measure_every, first = int(n), int(measure_every), int(state.step)
        recording = Recording(self.action, 0 if by_last else measure_every)
        infos: list[list[Any]] = [[] for _ in self.parts]
        field = state.field
        for done in range(1, n + 1):
            due = by_last and measure_every > 0 and done % measure_every == 0
            for k, part in enumerate(self.parts):
                recorded = {"measure_every": 1} if due and k + 1 == len(self.parts) else {}
                before = State(field, first + done - 1)
                moved, info = part.step(key.leaf(k), before, **recorded)
                field = moved.field
                infos[k].append(info)
            recording.after(done, field)
        scalars = _joined(infos[-1]) if by_last else recording.scalars(field)
        return State(field, first + n), CycleInfo(tuple(map(tuple, infos)), scalars)


def cycle(*parts: Sampler) -> Cycle:
    """One update of each sampler in turn.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(8, 8))
    >>> hb.cycle(hb.HMC(action), hb.Metropolis(action)).exact
    True
    """
    return Cycle(parts)


def _checked_parts(parts: Any) -> tuple[Any, ...]:
    """The parts as a tuple of samplers with one action."""
    if not isinstance(parts, tuple | list):
        raise TypeError(f"the parts of a cycle must be a tuple of samplers; got {shown(parts)}")
    if not parts:
        raise ValueError("a cycle needs at least one sampler")
    for part in parts:
        if isinstance(part, type) or not isinstance(part, Sampler):
            raise TypeError(
                f"a cycle is made of samplers such as hb.HMC(action); got {shown(part)}"
            )
    first = parts[0].action
    for part in parts[1:]:
        if not _same(part.action, first):
            raise ValueError(
                f"all samplers of a cycle must have the same action; got {first} and {part.action}"
            )
    return tuple(parts)


def _joined(infos: list[Any]) -> Array:
    """The scalars of successive updates, each with one record or none."""
    return namespace_of(infos[0].scalars).concat([info.scalars for info in infos])


def _same(a: Action, b: Action) -> bool:
    """Whether two actions give every field the same weight."""
    return (
        a.theory is b.theory
        and a.lattice == b.lattice
        and all(_equal(a.couplings[n], v) for n, v in b.couplings.items())
    )


def _equal(a: Any, b: Any) -> bool:
    """Whether two couplings, numbers or arrays, are equal."""
    if a is b:
        return True
    if getattr(a, "shape", ()) != getattr(b, "shape", ()):
        return False
    return bool((as_numpy(a) == as_numpy(b)).all()) if hasattr(a, "shape") else bool(a == b)
