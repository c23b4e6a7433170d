"""Ergodicity: chains forget where they began.

Chains start hot (N(0, 1) at each site), cold (zero) and in each *sector*, a part of the fields that
a chain may find hard to leave: unless given, the two signs of the magnetization M, entered at
± the rms field.  After a warm-up the means of each chain are independent measurements, and

- those of chains with different starts must agree: Wilks' Λ of the means of M, M², φ², S/V and the
  time spent in each sector;
- where S(φ) = S(−φ), ⟨M⟩ = 0 and each sign has the weight 1/2: Hotelling's T² over all chains;
- every chain must move, and where there are several sectors, some chain must change between them.

An update can be exactly stationary and fail: one that never leaves the sector of its start does.

The run is doubled, and all before becomes warm-up, until it is many autocorrelation times long or
a limit is reached (`Chains.settle`), whether or not starts agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath import random
from heatbath._namespace import Array, as_numpy, namespace_of
from heatbath._sampler import Sampler, check_count
from heatbath.actions import Action
from heatbath.sampling.placement import Placement
from heatbath.sampling.starts import make_start
from heatbath.testing.chains import SHORTEST, Chains
from heatbath.testing.joint import Deviation, deviation, same_means
from heatbath.testing.outcome import Check, check, combined
from heatbath.testing.samplers import check_sampler, subject_of
from heatbath.testing.subjects import random_fields

__all__ = ["Sectors", "check_ergodicity"]

Floats = NDArray[np.float64]
CHAINS = 24
SIGNS = ("M > 0", "M < 0")
FEW = 10.0
"""Changes of sector per chain, below which a longer run is made if it can have as many."""


@dataclass(frozen=True)
class Sectors:
    """Parts of the fields between which a chain must move.

    names: of the sectors.
    label: fields (chains, *lattice) -> the number of the sector of each, whole numbers (chains,).
    starts: a field (*lattice) in each sector, NumPy arrays.
    """

    names: tuple[str, ...]
    label: Callable[[Array], Any]
    starts: tuple[Any, ...]


@check
def check_ergodicity(
    sampler: Sampler,
    *,
    sectors: Sectors | None = None,
    chains: int = CHAINS,
    updates: int | None = None,
    namespace: str = "numpy",
    seed: int = 1,
) -> Check:
    """Examine whether hot, cold and each-sector starts lead to one distribution.

    sampler: with any action, on its own lattice.
    sectors: parts of the fields between which chains must move; unless given, M > 0 and M < 0.
    chains: of each start, at least 8.
    updates: of the measured run, after as many of warm-up; unless given, as many as 30
        autocorrelation times, from 256 to 8192; to fewer on large lattices, and to 1024 where the
        sampler does not record scalars (`records_scalars`).
    namespace: the array library of the fields: "numpy", "torch" or "cupy".
    seed: of the chains.

    Raises `CheckFailed`; it says how often sectors changed.  A right sampler fails where its
    autocorrelation times are longer than the run: then it is no use there, or needs more updates.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.2, lam=0.022, lattice=(4, 4))
    >>> check_ergodicity(hb.HMC(action)).passed
    True
    >>> broken = hb.actions.Phi4(kappa=0.34, lam=0.022, lattice=(6, 6))
    >>> check_ergodicity.examine(hb.HMC(broken)).passed
    False
    """
    check_sampler(sampler)
    check_count("chains", chains, 8)
    if updates is not None:
        check_count("updates", updates, 16)
    starts, fields = _starts(sampler, sectors, chains, namespace, seed)
    run = Chains(
        sampler, random.key(seed, chains=len(fields)), fields, sectors.label if sectors else None
    )
    asked = (updates, updates) if updates else (SHORTEST, run.longest)
    series = run.settle(*asked, too_short=lambda found: _rare(_labels(found), run.longest))
    names = sectors.names if sectors else SIGNS
    return _judged(_Found(sampler.action, starts, names, series, sectors is None), sampler)


def _labels(series: Floats) -> Floats:
    """The number of the sector, (updates, chains): as recorded, or 1 where M < 0."""
    return series[:, 3] if series.shape[1] > 3 else (series[:, 0] < 0.0).astype(np.float64)


def _rare(labels: Floats, longest: int) -> bool:
    """Whether there are few changes of sector, but `longest` updates would show enough."""
    changes = float((labels[1:] != labels[:-1]).sum()) / labels.shape[1]
    return bool(changes < FEW <= changes * 4.0 * longest / len(labels))


def _starts(
    sampler: Any, sectors: Sectors | None, chains: int, namespace: str, seed: int
) -> tuple[tuple[str, ...], Array]:
    """The names of the starts, and fields (starts·chains, *lattice)."""
    action, placement = sampler.action, Placement.named(namespace, None, "float64")
    key = random.key(seed, chains=[f"start {k}" for k in range(chains)])
    hot, cold = (make_start(name, action, key, placement) for name in ("hot", "cold"))
    if sectors is None:
        # A pilot finds the size of the field; its chains are not those that are measured.
        state, _ = sampler.step(key, sampler.init(hot), SHORTEST)
        size = float(np.sqrt(np.mean(as_numpy(state.field) ** 2)))
        size = size if np.isfinite(size) else 1.0
        inside = [np.full(action.placed_on.shape, sign * size) for sign in (1.0, -1.0)]
    else:
        inside = list(sectors.starts)
    wide = [placement.from_numpy(np.stack([field] * chains)) for field in inside]
    names = ("hot", "cold", *(sectors.names if sectors else SIGNS))
    return names, namespace_of(hot).concat([hot, cold, *wide])


class _Found:
    """What the series of all starts, (updates, 3 or 4, chains), say."""

    def __init__(
        self,
        action: Action,
        starts: tuple[str, ...],
        names: tuple[str, ...],
        series: Floats,
        signs: bool,
    ) -> None:
        self.starts, self.names, self.series = starts, names, series
        labels = _labels(series)
        inside = [(labels == k).mean(axis=0) for k in range(len(names))]
        self.inside = np.stack(inside).reshape(len(names), len(starts), -1).mean(axis=2)
        self.changes = int((labels[1:] != labels[:-1]).sum())
        self.finite = bool(np.isfinite(series).all())
        self.still = int((np.ptp(series[:, :3], axis=0) == 0.0).all(axis=0).sum())
        m = series[:, 0]
        watched = [m, m * m, series[:, 1], series[:, 2]]
        means = np.stack([*(x.mean(axis=0) for x in watched), *inside], axis=1)
        self.agreement = same_means(np.split(means, len(starts))) if self.finite else 0.0
        self.symmetry: Deviation | None = None
        if signs and self.finite and _even(action):
            odd = np.stack([m.mean(axis=0), inside[0] - inside[1]], axis=1)
            self.symmetry = deviation(odd)

    @property
    def p_value(self) -> float:
        """Joint; 0 where a chain stands still or leaves the finite numbers."""
        if not self.finite or self.still:
            return 0.0
        return combined([self.agreement, *([self.symmetry.p_value] if self.symmetry else [])])


def _even(action: Action) -> bool:
    """Whether S(φ) = S(−φ), by trial."""
    phi = random_fields(action, (4,), seed=1)
    plus, minus = as_numpy(action(phi)), as_numpy(action(-phi))
    return bool(np.allclose(plus, minus, rtol=1e-9, atol=1e-9))


def _judged(found: _Found, sampler: Any) -> Check:
    updates, _, chains = found.series.shape
    shown = ", ".join(
        f"{start} {part:.3f}" for start, part in zip(found.starts, found.inside[0], strict=True)
    )
    numbers = {
        f"{name} from {start}": float(found.inside[k, j])
        for k, name in enumerate(found.names)
        for j, start in enumerate(found.starts)
    }
    numbers |= {
        "updates": float(updates),
        "sector changes": float(found.changes),
        "round trips per chain": 0.5 * found.changes / chains,
        "chains that stand still": float(found.still),
        "p_value of starts": found.agreement,
    }
    if found.symmetry:
        numbers["p_value of symmetry"] = found.symmetry.p_value
    return Check(
        "ergodicity",
        subject_of(sampler),
        found.p_value,
        True,
        f"part of time in {found.names[0]} from {shown}; {found.changes} changes of sector in "
        f"{chains} chains of {updates} updates",
        numbers=numbers,
        advice=_advice(found),
    )


def _advice(found: _Found) -> str:
    if not found.finite:
        return "The field leaves the finite numbers: take a smaller step"
    if found.still:
        return (
            f"{found.still} chains never moved: every proposal is rejected from some start; take "
            f"smaller steps"
        )
    if np.ptp(found.inside, axis=1).max() > 0.5:
        return (
            "Chains stay in the sector of their start: averages depend on it. Add an update that "
            "changes the sector, or make far more updates"
        )
    if found.symmetry and found.symmetry.p_value < found.agreement:
        return "S(φ) = S(−φ), and the two signs of the magnetization have not the same weight"
    return (
        "Chains remember their start after the warm-up: raise updates=, and if that does not "
        "help, look for fields that the update cannot reach"
    )
