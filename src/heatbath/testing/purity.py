"""Whether a sampler keeps the promises of the protocol `Sampler`: nothing is hidden.

Source: the definition of a pure function, and `heatbath.mcmc.Sampler`.  On these promises rest
that a checkpoint is a field and a number, that chains of a batch are independent, and that a run
in pieces is the same run.
"""

from __future__ import annotations

import math
from typing import Any

from heatbath import random
from heatbath._namespace import Array, as_numpy, dtype_name, kind_of
from heatbath._sampler import State, records
from heatbath.testing.outcome import Check, check
from heatbath.testing.samplers import check_sampler
from heatbath.testing.subjects import (
    arrays_of,
    bits,
    depends_on_site,
    described,
    random_fields,
    small_shape,
)

__all__ = ["check_purity", "promises"]

CHAINS, UPDATES = 3, 3
MOST_SITES = 4096


@check
def check_purity(
    sampler: Any, field: Array | None = None, *, namespace: str = "numpy", seed: int = 1
) -> Check:
    """That a sampler is a pure function of key, state and n, chain by chain.

    sampler: anything with `init`, `step` and an `action`.
    field: array (chains, *lattice) with at least two chains; by default three normal fields of
        `namespace`, on the sampler's lattice or on a small one of its dimension where that has
        more than 4096 sites.
    seed: of the key and the fields.

    Promises examined: the same call gives the same bits, also after another call; arguments are
    unchanged; n = 3 is n = 1, then n = 2; a chain alone is the same chain as in a batch; the state
    has the field's shape, dtype and library, and counts the updates; `info.acceptance` is one
    number from 0 to 1 per chain; recording scalars changes nothing and gives (n // k, 3, *batch);
    `init` refuses NaN.

    It catches hidden state (a counter, a generator, an adapted step size, a cache), writing into
    arguments, random numbers drawn by place in the batch, chains that see each other, and tuning
    that goes by the number of calls.

    Raises CheckFailed, with the broken promises in its text.

    >>> import heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(4, 3))
    >>> hb.testing.check_purity(hb.Metropolis(action)).passed
    True
    >>> wrong = hb.testing.broken.WritesIntoItsArgument(action)
    >>> print(hb.testing.check_purity.examine(wrong).figure)
    9 of 10 promises kept; not: arguments unchanged
    """
    check_sampler(sampler)
    action = sampler.action
    if field is None:
        if action.placed_on.volume > MOST_SITES and not depends_on_site(action):
            sampler = sampler.on(small_shape(action.placed_on.ndim))
        field = random_fields(sampler.action, (CHAINS,), seed, namespace=namespace)
    _require_chains(sampler, field)
    kept = promises(sampler, field, seed)
    broken = [name for name, holds in kept.items() if not holds]
    figure = f"{len(kept) - len(broken)} of {len(kept)} promises kept"
    return Check(
        name="purity",
        subject=described(sampler),
        p_value=0.0 if broken else 1.0,
        by_chance=False,
        figure=f"{figure}; not: {', '.join(broken)}" if broken else figure,
        numbers={name: float(holds) for name, holds in kept.items()},
        advice=ADVICE[broken[0]] if broken else "",
    )


ADVICE = {
    "the same call twice": "The sampler remembers something between calls: keep all that changes "
    "in the state, and draw random numbers from the key and state.step alone.",
    "arguments unchanged": "step writes into the field, or init into its argument: copy it first.",
    "n = a + b": "An update depends on its place in the call: draw its random numbers with "
    "state.step + k, and adapt nothing within a call.",
    "a chain alone": "Chains depend on their batch: sum over lattice axes alone, and draw random "
    "numbers by the chain's name in the key.",
    "the field's shape and dtype": "The field of the new state must be an array like the old one.",
    "step counts updates": "The new state must have step = state.step + n.",
    "acceptance per chain": "info.acceptance must be one number from 0 to 1 for each chain, of "
    "shape (*batch,).",
    "recording changes nothing": "With measure_every the same updates must be made.",
    "scalars recorded": "info.scalars must have the shape (n // measure_every, 3, *batch).",
    "NaN refused": "init must raise ValueError for NaN and infinity: heatbath.mcmc.started does.",
}


def promises(sampler: Any, field: Array, seed: int = 1) -> dict[str, bool]:
    """Promise -> whether it is kept, for chains that start at `field`, (chains, *lattice)."""
    key = random.key(seed, chains=int(field.shape[0]))
    calls = _Calls(sampler, field, key)
    first, info = calls.step(UPDATES)
    calls.step(1, calls.other)  # what another call leaves behind must not matter
    again, info_again = calls.step(UPDATES)
    middle, _ = calls.step(1)
    parted, _ = sampler.step(key, middle, UPDATES - 1)
    alone = [
        sampler.step(random.key(seed, chains=[k]), State(calls.copy()[k, ...]), UPDATES)[0].field
        for k in range(int(field.shape[0]))
    ]
    kept = {
        "the same call twice": _same((first, info), (again, info_again)),
        "arguments unchanged": calls.unchanged,
        "n = a + b": bits(parted.field) == bits(first.field),
        "a chain alone": all(bits(one) == bits(first.field[k, ...]) for k, one in enumerate(alone)),
        "the field's shape and dtype": _alike(first.field, field),
        "step counts updates": first.step == UPDATES and middle.step == 1,
        "acceptance per chain": _is_fraction(info, int(field.shape[0])),
        "NaN refused": _refuses_nan(sampler, field),
    }
    if records(sampler):
        recorded, with_scalars = calls.step(UPDATES, measure_every=2)
        shape = (UPDATES // 2, 3, int(field.shape[0]))
        kept["recording changes nothing"] = bits(recorded.field) == bits(first.field)
        scalars = getattr(with_scalars, "scalars", None)
        kept["scalars recorded"] = tuple(getattr(scalars, "shape", ())) == shape
    return kept


class _Calls:
    """Calls of a sampler that each start from a copy, and watch whether it is written into."""

    def __init__(self, sampler: Any, field: Array, key: random.Key) -> None:
        self.sampler, self.field, self.key = sampler, field, key
        self.other = random.key(key.seed + 1, chains=len(key.chains))
        self.unchanged = True

    def copy(self) -> Array:
        return self.field + 0.0 * self.field

    def step(self, n: int, key: Any = None, **recorded: int) -> tuple[State, Any]:
        given = self.copy()
        before = bits(given)
        state = self.sampler.init(given)
        held = bits(state.field)
        after = self.sampler.step(self.key if key is None else key, state, n, **recorded)
        same = bits(given) == before and bits(state.field) == held and state.step == 0
        self.unchanged = self.unchanged and same
        return after  # type: ignore[no-any-return]


def _same(a: Any, b: Any) -> bool:
    """Whether all arrays of two results have the same bits."""
    return [*map(bits, arrays_of(a))] == [*map(bits, arrays_of(b))]


def _alike(found: Array, field: Array) -> bool:
    return (
        kind_of(found) == kind_of(field)
        and dtype_name(found) == dtype_name(field)
        and tuple(found.shape) == tuple(field.shape)
    )


def _is_fraction(info: Any, chains: int) -> bool:
    if not hasattr(info, "acceptance"):
        return False
    values = as_numpy(info.acceptance)
    return tuple(values.shape) == (chains,) and bool(((values >= 0) & (values <= 1)).all())


def _refuses_nan(sampler: Any, field: Array) -> bool:
    for bad in (math.nan, math.inf):
        try:
            sampler.init(0.0 * field + bad)
        except ValueError:
            continue
        return False
    return True


def _require_chains(sampler: Any, field: Array) -> None:
    sampler.action.check(field)
    if field.ndim != sampler.action.placed_on.ndim + 1 or field.shape[0] < 2:
        raise ValueError(
            f"field must hold at least two chains, shape (chains, *lattice), so that they can be "
            f"told apart; got {tuple(field.shape)}"
        )
