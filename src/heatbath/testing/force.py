"""Whether an action, its energies, its force and its local differences are those of its formulas.

Source: the definition, S = Σ over cliques, each bond once, and force = −∂S/∂φ, evaluated by loops
(`heatbath.testing.brute_force`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath._namespace import Array, as_numpy, dtype_name, namespace_of
from heatbath._sampler import check_action
from heatbath.actions import Action
from heatbath.testing import brute_force
from heatbath.testing.brute_force import Visit
from heatbath.testing.outcome import Check, check
from heatbath.testing.rounding import SLOPE, VALUE, size_of, unit_roundoff
from heatbath.testing.subjects import described, random_fields, shrunk

__all__ = ["check_force"]

MOST_SITES = 100  # of the default fields: loops in Python take 50 µs a site and chain
TINY = 1e-300  # where all terms are 0


@check
def check_force(action: Action, field: Array | None = None, *, seed: int = 1) -> Check:
    """S, its energies, its force and its local differences against loops over sites and bonds.

    action: an `Action`, or a subclass with methods of its own.
    field: array (*batch, *lattice) of any library, float64 or float32, a few hundred sites in
        all; by default two random fields on the action's lattice, or on a small one of its
        dimension where that has more than 100 sites.
    seed: of the default fields, and of the proposals of the local differences.

    The energies are the theory's own functions, called on Python floats, each site once and each
    bond once; the force is compared with their differences of fourth order.  Tolerances follow
    from the sizes of the terms that are summed and from the h⁴ error of differences, so that
    about ten digits of a float64 force are examined.

    It catches a force of the wrong sign, a bond counted twice or forgotten, a neighbour on the
    wrong side, couplings read at the wrong bond, a wrong local difference, a field treated as
    another chain's.  It cannot know whether the formulas are those of your paper.

    Raises CheckFailed; TypeError or ValueError in words where the field does not fit, or where
    the energies are not finite.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4, 3))
    >>> hb.testing.check_force(action).passed
    True
    >>> wrong = hb.testing.broken.WrongSignForce.of(action)
    >>> print(hb.testing.check_force.examine(wrong).advice)
    The force has the wrong sign: it must be −∂S/∂φ, not +∂S/∂φ.
    """
    check_action(action)
    if field is None:
        action = shrunk(action, MOST_SITES)
        field = random_fields(action, (2,), seed)
    action.check(field)
    noise = random_fields(action, field.shape[: field.ndim - action.placed_on.ndim], seed + 1)
    proposal = as_numpy(field) + as_numpy(noise)  # far away, as a wide Metropolis proposal
    expected = _Expected(action, as_numpy(field), proposal.astype(as_numpy(field).dtype))
    return _judged(described(action), _compared(action, field, expected))


class _Expected:
    """What loops make of fields and proposals, and how far rounding may take what is tested."""

    def __init__(self, action: Action, phi: Any, proposal: Any) -> None:
        self.phi, self.proposal = phi, proposal
        self.unit = unit_roundoff(phi)
        self.shape = action.placed_on.shape
        cliques = brute_force.visits(action)
        chains = [
            _chain(cliques, a.astype(float), b.astype(float), self.unit)
            for a, b in zip(self.flat(phi), self.flat(proposal), strict=True)
        ]
        self.values = {name: self._batched([c[name] for c in chains]) for name in chains[0]}

    def flat(self, phi: Any) -> Any:
        """(*batch, *lattice) as (chains, *lattice)."""
        return phi.reshape(-1, *self.shape)

    def _batched(self, chains: Sequence[Any]) -> tuple[Any, Any]:
        expected, tolerance = (np.stack(part) for part in zip(*chains, strict=True))
        batch = self.phi.shape[: self.phi.ndim - len(self.shape)]
        shape = (*batch, *expected.shape[1:])
        return expected.reshape(shape), tolerance.reshape(shape)


def _chain(
    cliques: Sequence[Visit], phi: Any, proposal: Any, unit: float
) -> dict[str, tuple[Any, Any]]:
    """Name -> (what loops find, the tolerance), of one chain.

    The loops round too, in float64: by twice the tolerance all sums are covered.
    """
    try:
        energies = brute_force.energies(cliques, phi)
        differences = brute_force.differences(cliques, phi, proposal)
        single, double = brute_force.slopes(cliques, phi)
        if not np.isfinite(energies).all() or not np.isfinite(differences).all():
            raise OverflowError("not a finite number")
    except (ArithmeticError, ValueError) as trouble:
        raise ValueError(
            f"the energies of this action are not finite at this field ({trouble}); give a field "
            f"at which they are"
        ) from trouble
    here, moved = _roundings(cliques, phi, phi), _roundings(cliques, phi, proposal)
    rounding = 2 * unit * VALUE
    # Differences divide the rounding of their energies, in float64, by h: (8+8+1+1)/12 = 1.5.
    of_differences = 1.5 / brute_force.STEP * 2.0**-53 * VALUE * here.value
    total = here.based.sum() + energies.size * here.size  # each sum rounds once more
    return {
        "energies": (energies, rounding * here.based),
        "action": (np.asarray(math.fsum(energies.ravel())), np.asarray(rounding * total)),
        "force": (-single, 2 * unit * SLOPE * here.slope + of_differences + abs(double - single)),
        "local difference": (differences, rounding * (here.value + moved.value)),
    }


@dataclass(frozen=True)
class _Roundings:
    """How often terms are rounded times their sizes.  value, slope: at each site, of the energies
    that see it and of their derivatives; based: of those based there.  size: of S."""

    value: Any
    slope: Any
    based: Any
    size: float


def _roundings(cliques: Sequence[Visit], phi: Any, there: Any) -> _Roundings:
    """Those of energies where the field at each site x alone is `there`."""
    formulas = {id(v.clique): v.clique.recorded() for v in cliques if v.clique is not None}
    seen = dict.fromkeys(np.ndindex(phi.shape), 0)  # as many energies are summed
    for _, x in brute_force.around(cliques):
        seen[x] += 1
    value, slope, based = (np.zeros(phi.shape) for _ in range(3))
    size = 0.0
    for visit, x in brute_force.around(cliques):
        values = [float(there[s] if s == x else phi[s]) for s in visit.sites]
        moving = [s == x for s in visit.sites]
        found = size_of(formulas[id(visit.clique)], values, moving, visit.couplings or {})
        often = found.count + seen[x]
        value[x] += often * found.size
        slope[x] += often * found.slope
        if x == visit.base:
            based[x] += often * found.size
            size += found.size
    return _Roundings(value, slope, based, size)


@dataclass(frozen=True)
class _Compared:
    """One quantity: its largest deviation and the tolerance there, and the sign if it is wrong."""

    name: str
    deviation: float
    tolerance: float
    reversed: bool = False
    trouble: str = ""

    @property
    def holds(self) -> bool:
        return not self.trouble and self.deviation <= self.tolerance < math.inf


def _compared(action: Action, field: Array, expected: _Expected) -> list[_Compared]:
    xp = namespace_of(field)
    proposal = xp.asarray(expected.proposal, device=getattr(field, "device", None))
    found = {
        "energies": action.energies(field),
        "action": action(field),
        "force": action.force(field),
        "local difference": action.local_difference(field, proposal),
    }
    return [_one(n, found[n], *values, like=field) for n, values in expected.values.items()]


def _one(name: str, found: Array, expected: Any, tolerance: Any, *, like: Array) -> _Compared:
    """The site where the deviation is largest in units of the tolerance."""
    shape = tuple(found.shape)
    if shape != expected.shape or dtype_name(found) != dtype_name(like):
        made = f"{dtype_name(found)} of shape {shape}"
        needed = f"{dtype_name(like)} of shape {expected.shape}"
        return _Compared(name, math.inf, 0.0, trouble=f"is {made}, must be {needed}")
    values = as_numpy(found).astype(float)
    if not np.isfinite(values).all():
        return _Compared(name, math.inf, 0.0, trouble="is not finite")
    deviation = abs(values - expected)
    worst = np.unravel_index(np.argmax(deviation / (tolerance + TINY)), deviation.shape)
    opposite = bool(np.all(abs(values + expected) <= tolerance))
    return _Compared(name, float(deviation[worst]), float(tolerance[worst]), opposite)


ADVICE = {
    "energies": "The energies are not those of the theory's formulas: is each bond counted once, "
    "at its base site, with the couplings of that bond?",
    "action": "The energies are right, but S is not their sum over the sites of each chain.",
    "force": "S is right, but the force is not −∂S/∂φ: look for a forgotten neighbour or factor.",
    "local difference": "S is right, but the local difference is not that of S when one site "
    "moves: every clique that sees the site counts, and each as a whole.",
}


def _judged(subject: str, parts: list[_Compared]) -> Check:
    numbers = {f"{p.name} deviation": p.deviation for p in parts}
    numbers |= {f"{p.name} tolerance": p.tolerance for p in parts}
    wrong = [p for p in parts if not p.holds]
    shown = wrong[0] if wrong else max(parts, key=lambda p: p.deviation / (p.tolerance + TINY))
    figure = f"{shown.name}: deviation {shown.deviation:.1e}, tolerance {shown.tolerance:.1e}"
    return Check(
        name="force",
        subject=subject,
        p_value=0.0 if wrong else 1.0,
        by_chance=False,
        figure=f"{shown.name} {shown.trouble}" if shown.trouble else figure,
        numbers=numbers,
        advice=_advice(wrong[0]) if wrong else "",
    )


def _advice(wrong: _Compared) -> str:
    if wrong.trouble:
        return f"{wrong.name.capitalize()} must have the dtype of the field, and finite values."
    if wrong.reversed and wrong.name == "force":
        return "The force has the wrong sign: it must be −∂S/∂φ, not +∂S/∂φ."
    return ADVICE[wrong.name]
