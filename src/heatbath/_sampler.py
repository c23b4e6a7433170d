"""What all samplers share: the state of a chain, and the checks at their border.

A sampler is a frozen dataclass of an action and settings with

    init(field) -> State          checks the field, values included
    step(key, state, n=1, *, measure_every=0) -> (State, Info)

`step` is pure: the same key, state and n give the same bits, and n = a + b is n = a, then b.
With measure_every = k the action's standard scalars of the field after updates k, 2k, … of the
call are in `info.scalars`, shape (n // k, 3, *batch).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from heatbath._checks import check_count, check_positive, is_whole, require_memory
from heatbath._namespace import Array, namespace_of
from heatbath._suggest import shown
from heatbath.actions import Action
from heatbath.lattice import Lattice
from heatbath.random import Key

__all__ = [
    "Info",
    "Recording",
    "Sampler",
    "State",
    "check_action",
    "check_count",
    "check_positive",
    "check_state",
    "check_update",
    "records",
    "started",
]

Self = TypeVar("Self", bound="Sampler")
MANY = 1 << 16  # updates in one call, whose reports may not fit into memory


@dataclass(frozen=True)
class State:
    """field: array (*batch, *lattice).  step: how many updates have been made; it selects the
    random numbers of the next one."""

    field: Array
    step: int = 0


@runtime_checkable
class Info(Protocol):
    """What happened in a call of `step`; with `scalars` where the sampler records them."""

    @property
    def acceptance(self) -> Array:
        """The accepted fraction of each chain, shape (*batch,)."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """Anything with `init`, `step`, an `action`, and `on(lattice)`.

    A class attribute `records_scalars = True` promises that `step` takes the keyword
    `measure_every` and that its info holds `scalars`, as a `Recording` makes them; all samplers of
    this library do.  Without it `hb.sample` calls step(key, state, n=…) and measures outside.
    `reversible = True` says that a whole update obeys detailed balance on any lattice, `False` that
    it does not even on one site; `hb.testing.verify` asks accordingly.
    """

    @property
    def action(self) -> Action:
        """The target exp(−S)."""
        ...

    @property
    def exact(self) -> bool:
        """Whether the stationary distribution is exactly exp(−S)."""
        ...

    def on(self: Self, lattice: Lattice | Any) -> Self:
        """The same sampler with its action on `lattice`."""
        ...

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        ...

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, Any]:
        """n updates of every chain, and what happened in them."""
        ...


def started(action: Action, field: Array) -> State:
    """The state at `field`, an array (*batch, *lattice): what a sampler's `init` returns.

    Raises TypeError or ValueError in words for a wrong shape, dtype or device, NaN or infinity.
    """
    check_action(action)
    action.check(field)
    xp = namespace_of(field)
    if not bool(xp.all(xp.isfinite(field))):
        raise ValueError(
            "field holds NaN or infinite values; start from finite numbers, or from "
            'hb.sample(…, start="over-dispersed")'
        )
    return State(field)


class Recording:
    """The standard scalars of the field after each `every`-th update of one call; 0 for none.

    In a sampler's loop call `after` when an update is made, and at the end `scalars`.

    >>> import numpy as np, heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(4, 4))
    >>> recording = Recording(action, every=2)
    >>> for update in range(1, 6):
    ...     recording.after(update, np.full((3, 4, 4), float(update)))
    >>> recording.scalars(np.zeros((3, 4, 4)))[:, 0, 0]
    array([2., 4.])
    """

    def __init__(self, action: Action, every: int) -> None:
        check_action(action)
        self.action, self.every = action, check_count("every", every, 0)
        self._rows: list[Array] = []

    def after(self, update: int, field: Array) -> None:
        """Record `field`, (*batch, *lattice), if it is due; updates of a call count from 1."""
        if self.every and check_count("update", update) % self.every == 0:
            values = self.action.scalars(field).values()
            self._rows.append(namespace_of(field).stack(list(values)))

    def scalars(self, field: Array) -> Array:
        """What was recorded: shape (records, 3, *batch), in the order of `Action.scalars`; of the
        library, dtype and device of `field`, (*batch, *lattice)."""
        self.action.check(field)
        xp = namespace_of(field)
        if self._rows:
            return xp.stack(self._rows)
        batch = field.shape[: field.ndim - self.action.placed_on.ndim]
        return xp.zeros((0, 3, *batch), dtype=field.dtype, device=field.device)


def records(sampler: Any) -> bool:
    """Whether `sampler.step` takes `measure_every`; see `Sampler`."""
    return bool(getattr(sampler, "records_scalars", False))


def check_update(
    field: Array, action: Action, key: Key, step: int, n: int, measure_every: int = 0
) -> None:
    """The argument check of every call of `step`: shapes, dtypes, key and counts.

    field: array (*batch, *lattice) of the action's lattice.  key: of as many chains.
    step, n: the updates made so far, and those to make.  measure_every: as for `step`.

    Raises TypeError or ValueError in words.
    """
    check_action(action)
    action.check(field)
    lattice = action.placed_on
    if not isinstance(key, Key):
        raise TypeError(f"key must be made by hb.random.key(seed, chains=…); got {shown(key)}")
    batch = tuple(field.shape[: field.ndim - lattice.ndim])
    if math.prod(batch) != len(key.chains):
        raise ValueError(
            f"the field's batch shape {batch} holds {math.prod(batch)} chains, but the key names "
            f"{len(key.chains)}: use hb.random.key(seed, chains={math.prod(batch)})"
        )
    updates = check_count("n", n)
    if check_count("measure_every", measure_every, 0) > 1 << 48:
        raise ValueError(f"measure_every must be at most 2**48; got {shown(measure_every)}")
    if not is_whole(step) or not 0 <= step <= (1 << 48) - updates:
        raise ValueError(f"step must be a whole number from 0 to 2**48 - n; got {shown(step)}")
    if updates >= MANY:
        require_memory(16 * updates * len(key.chains), f"the reports of n = {updates} updates")


def check_state(state: Any) -> State:
    """state; TypeError unless it is a `State`, such as `init` makes."""
    if isinstance(state, State):
        return state
    raise TypeError(f"state must be made by sampler.init(field); got {shown(state)}")


def check_action(action: Any) -> None:
    """Raise unless action is an `Action`, not the theory it is made from."""
    if not isinstance(action, Action):
        raise TypeError(
            f"action must be a theory with couplings, such as hb.actions.Phi4(kappa=0.27, "
            f"lam=0.022, lattice=(16, 16)); got {shown(action)}"
        )
