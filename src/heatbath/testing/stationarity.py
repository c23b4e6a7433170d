"""Stationarity: chains that start in equilibrium stay there.

Many chains start from exact draws of exp(−S) on a lattice of two sites (`SmallSystem`), make n
updates with their real random numbers, on whatever kernel runs, and must still be distributed as
exp(−S): the means of products of Legendre polynomials of the field's quantiles are known.  No
autocorrelation enters, and no warm-up; cycles and sweeps, which need not be reversible, owe this
too.  After one update a mistake of the update is seen, after ten one that grows, such as a step
size that adapts to the chain.  All means together make one Hotelling's T².

What is known of the starts is used: the functions before the updates, whose exact means are known,
are regressed out of those after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath import random
from heatbath._namespace import as_numpy, namespace_by_name
from heatbath._sampler import Sampler, check_count
from heatbath.testing.joint import Deviation, deviation
from heatbath.testing.outcome import ALPHA, Check, check
from heatbath.testing.samplers import check_sampler, subject_of
from heatbath.testing.small_systems import Functions, SmallSystem, two_sites

__all__ = ["check_stationarity"]

Floats = NDArray[np.float64]
CHAINS = 65536
DEGREE = {1: 5, 2: 3}
"""Of the functions on one and on two sites: 5 and 9 of them."""


@check
def check_stationarity(
    sampler: Sampler,
    *,
    updates: Sequence[int] = (1, 10),
    lattice: Any = None,
    chains: int = CHAINS,
    namespace: str = "numpy",
    seed: int = 1,
) -> Check:
    """Examine whether chains that start in equilibrium are still there after n updates.

    sampler: with any action whose couplings are numbers; it is put on the lattice.
    updates: the numbers n after which the same chains are looked at, growing.
    lattice: a shape of one or two sites, such as (1, 1) or (2, 1); two sites unless given.
    chains: a bias of a standard deviation/√chains is one standard error.
    namespace: the array library of the fields: "numpy", "torch" or "cupy".
    seed: of the starts and of the chains.

    Raises `CheckFailed`; TypeError or ValueError in words where exp(−S) cannot be tabulated
    (`SmallSystem`).

    >>> import heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(8,))
    >>> both = hb.cycle(hb.HMC(action), hb.Metropolis(action))
    >>> check_stationarity(both, chains=2048).passed
    True
    >>> print(check_stationarity.examine(hb.Langevin(action, step_size=0.2)))
    stationarity of langevin of gaussian on (2,) FAILED: ...
    """
    check_sampler(sampler)
    counts = [check_count("updates", n) for n in updates]
    if not counts or sorted(set(counts)) != counts:
        raise ValueError(f"updates must be growing numbers, such as (1, 10); got {updates!r}")
    check_count("chains", chains, 256)
    system = SmallSystem(sampler.action, two_sites(sampler.action) if lattice is None else lattice)
    placed, shape = sampler.on(system.lattice), system.lattice.shape
    functions = Functions(system, DEGREE[system.volume])
    uniforms = np.random.default_rng(seed).random((chains, system.volume))
    before, weights = system.draw(uniforms)
    values = [
        (functions(field) * weights)[1:].T - functions.means[1:]
        for field in (before, *_after(placed, before, counts, namespace, seed))
    ]
    return _judged(subject_of(sampler, shape), functions.names[1:], counts, values)


def _after(
    sampler: Any, before: Floats, counts: Sequence[int], namespace: str, seed: int
) -> Iterator[Floats]:
    """The fields after so many updates in all."""
    key, done = random.key(seed, chains=len(before)), 0
    state = sampler.init(namespace_by_name(namespace).asarray(before))
    for n in counts:
        state, _ = sampler.step(key, state, n - done)
        done = n
        yield np.asarray(as_numpy(state.field), dtype=np.float64)


def _unexplained(old: Floats, new: Floats) -> Floats:
    """`new` less what `old`, both (chains, functions) and of known mean zero, explains of it."""
    if not np.isfinite(new).all():
        return new
    slopes, *_ = np.linalg.lstsq(old, new, rcond=None)
    return np.asarray(new - old @ slopes)


def _judged(
    subject: str, names: Sequence[str], counts: Sequence[int], values: Sequence[Floats]
) -> Check:
    parts = [_unexplained(values[0], new) for new in values[1:]]
    found = {n: deviation(part) for n, part in zip(counts, parts, strict=True)}
    worst = min(found, key=lambda n: found[n].p_value)
    shown = found[worst]
    mean, error = float(shown.mean[shown.largest]), float(shown.error[shown.largest])
    return Check(
        "stationarity",
        subject,
        deviation(np.concatenate(parts, axis=1)).p_value,
        True,
        f"after {worst} update{'s'[: worst - 1]} from equilibrium ⟨{names[shown.largest]}⟩ is off "
        f"by {mean:+.1e} ± {error:.1e} standard deviations",
        numbers={"deviation": mean, "error": error, "updates": float(worst)}
        | {f"p_value after {n}": d.p_value for n, d in found.items()},
        advice=_advice(found),
    )


def _advice(found: dict[int, Deviation]) -> str:
    first = min(found)
    if len(found) > 1 and found[first].p_value >= ALPHA:
        return (
            f"After {first} it is right, after more it is not: does the state carry a setting that "
            f"adapts to the chain, such as a step size? Freeze it before measuring. Or the update "
            f"is slightly wrong: look at the acceptance, or a finite step without one"
        )
    return (
        "The update does not leave exp(−S) invariant: look at the acceptance, the ratio of "
        "proposal densities (Hastings), the Jacobian of the move, or a finite step without "
        "acceptance"
    )
