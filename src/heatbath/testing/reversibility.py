"""Whether the trajectories of a hybrid Monte Carlo are reversible and keep the volume.

Only then is accepting with probability min(1, e^{−ΔH}) exact: S. Duane et al., Phys. Lett. B 195,
216 (1987).  A map (φ, p) → (φ′, p′) is reversible if (φ′, −p′) goes back to (φ, −p), and keeps the
volume if |det ∂(φ′, p′)/∂(φ, p)| = 1.  Both are examined, since a map may have one alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from heatbath._namespace import Array, as_numpy, dtype_name, namespace_of
from heatbath._sampler import check_action
from heatbath.testing.outcome import Check, check
from heatbath.testing.rounding import unit_roundoff
from heatbath.testing.subjects import depends_on_site, described, random_fields, small_shape

__all__ = ["check_reversibility", "has_trajectory"]

CHAINS = 8
MOST_SITES = 64  # of the default fields
MOST_SITES_OF_DETERMINANT = 256  # a matrix of 512 × 512
STEP = 2.0**-10  # h of the derivatives: h⁴ is then as small as rounding
SHARP = 0.01  # a volume is known well enough where log|det| is known so well
# Roundings in one integration step, relative to the largest number there: the force is a sum of
# a few dozen terms, kicks and drifts add two.
ROUNDINGS_PER_STEP = 100
MANY_STEPS = 100  # for a sampler that does not say how many steps it makes


def has_trajectory(sampler: Any) -> bool:
    """Whether `check_reversibility` applies: the sampler has `trajectory(field, momentum)`."""
    return callable(getattr(sampler, "trajectory", None))


@check
def check_reversibility(sampler: Any, field: Array | None = None, *, seed: int = 1) -> Check:
    """That trajectories return to their start, keep the volume, and have the order they claim.

    sampler: one with a method `trajectory(field, momentum)` that returns the field and momentum
        at the end of a trajectory, arrays (*batch, *lattice), deterministic; `hb.HMC` has one.
        Where it has an attribute `order` and fields `step_size` and `n_steps`, ΔH at fixed length
        must fall with at least that power of the step size.
    field: array (*batch, *lattice) to start from, at most 256 sites, float64 or float32; by
        default eight normal fields on the sampler's lattice, or on a small one of its dimension
        where that has more than 64 sites.  Momenta are normal.
    seed: of fields and momenta.

    The way back is compared with the start to rounding; the determinant comes from differences of
    fourth order, in float64, at the first chain.

    It catches integrators that are not symmetric, a force that is not a function of the field
    alone (stochastic, cached, of too low a solver precision), kicks that depend on the momentum,
    changes of variables whose Jacobian was forgotten, and a wrong order.

    Raises CheckFailed; TypeError for a sampler without trajectories; ValueError where trajectories
    from this field are not finite, or too chaotic for the determinant to be known.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4,))
    >>> hb.testing.check_reversibility(hb.HMC(action, step_size=0.2, n_steps=5)).passed
    True
    >>> wrong = hb.testing.broken.NotReversible(action)
    >>> print(hb.testing.check_reversibility.examine(wrong).advice)
    Trajectories do not return: use a symmetric integrator, and a force that depends on φ alone.
    """
    if isinstance(sampler, type) or not has_trajectory(sampler):
        raise TypeError(
            f"sampler: {type(sampler).__name__} has no method trajectory(field, momentum): "
            f"reversibility is a property of integrators; check_detailed_balance examines other "
            f"samplers"
        )
    check_action(getattr(sampler, "action", None))
    sampler, start = _start(sampler, field, seed)
    momentum = random_fields(sampler.action, _batch(sampler, start), seed + 1, like=start)
    parts: dict[str, Part | None] = {"return": _return(sampler, start, momentum)}
    if _holds(parts["return"]):  # else derivatives may mean nothing
        parts["volume"] = _volume(sampler, _first(sampler, start), _first(sampler, momentum))
        parts["order"] = _order(sampler, start, momentum)
    return _judged(described(sampler), parts)


Part = tuple[float, float]  # a deviation and its tolerance


def _holds(part: Part | None) -> bool:
    return part is None or part[0] <= part[1]


def _start(sampler: Any, field: Array | None, seed: int) -> tuple[Any, Array]:
    """The sampler, on a lattice small enough, and where its trajectories start."""
    action = sampler.action
    if field is None:
        if action.placed_on.volume > MOST_SITES and not depends_on_site(action):
            sampler = sampler.on(small_shape(action.placed_on.ndim))
        field = random_fields(sampler.action, (CHAINS,), seed)
    sampler.action.check(field)
    volume = sampler.action.placed_on.volume
    if volume > MOST_SITES_OF_DETERMINANT:
        raise ValueError(
            f"the lattice has {volume} sites; the determinant of a trajectory is found on at most "
            f"{MOST_SITES_OF_DETERMINANT}: give a sampler and a field on a smaller one"
        )
    if depends_on_site(sampler.action) and dtype_name(field) != "float64":
        raise ValueError(
            "the couplings are float32 arrays, and the determinant needs float64: make them so"
        )
    return sampler, field


def _batch(sampler: Any, field: Array) -> tuple[int, ...]:
    return tuple(field.shape[: field.ndim - sampler.action.placed_on.ndim])


def _first(sampler: Any, field: Array) -> Array:
    """The first chain as float64 numbers, (*lattice)."""
    values = as_numpy(field).astype(np.float64).reshape(-1, *sampler.action.placed_on.shape)[0]
    return namespace_of(field).asarray(values, device=getattr(field, "device", None))


def _return(sampler: Any, field: Array, momentum: Array) -> Part:
    """Forwards, turned round, and back."""
    forth = sampler.trajectory(field, momentum)
    _require_finite(*forth)
    back, p_back = sampler.trajectory(forth[0], -forth[1])
    deviation = max(_largest(back - field), _largest(p_back + momentum))
    growth = _growth(sampler, field, momentum) * _growth(sampler, forth[0], -forth[1])
    size = max(map(_largest, (field, momentum, *forth)))
    return deviation, 2 * _rounding(sampler, field) * size * growth


def _rounding(sampler: Any, field: Array) -> float:
    """Of one trajectory, relative to the largest number in it, if it did not grow on the way."""
    steps = getattr(sampler, "n_steps", MANY_STEPS)
    return unit_roundoff(field) * ROUNDINGS_PER_STEP * float(steps)


def _growth(sampler: Any, field: Array, momentum: Array) -> float:
    """How much a trajectory enlarges a small error, at least 1: seen at an error of 2⁻¹² of the
    numbers, in a direction that has a part in all others (its root of the number of them)."""
    small = 2.0**-12
    end = sampler.trajectory(field, momentum)
    near = sampler.trajectory(field * (1.0 + small), momentum * (1.0 - small))
    moved = max(_largest(near[0] - end[0]), _largest(near[1] - end[1]))
    given = small * max(_largest(field), _largest(momentum))
    ways = math.sqrt(2.0 * sampler.action.placed_on.volume)
    return max(1.0, ways * moved / given)


def _volume(sampler: Any, field: Array, momentum: Array) -> Part:
    """log|det| of the map at one point, by differences of fourth order.

    If J is known to E, log|det J| is known to Σ |J⁻¹|ᵀ E.  E is the error of the differences,
    for which the distance to those of twice the step is a bound, and rounding divided by h.
    """
    single, double, size = _jacobians(sampler, field, momentum)
    growth = max(1.0, float(np.abs(single).sum(axis=1).max()))
    rounding = 1.5 / STEP * _rounding(sampler, field) * size * growth
    error = np.abs(double - single) + rounding
    try:
        inverse = np.linalg.inv(single)
    except np.linalg.LinAlgError:  # the map is not even invertible
        return math.inf, 0.0
    tolerance = float((np.abs(inverse).T * error).sum())
    if not tolerance < SHARP:
        raise ValueError(
            f"log|det| of this trajectory is known to {tolerance:.1g} only, so chaotic or unstable "
            f"is it: give a smaller step size, fewer steps or another field"
        )
    return abs(float(np.linalg.slogdet(single)[1])), tolerance


def _jacobians(sampler: Any, field: Array, momentum: Array) -> tuple[Any, Any, float]:
    """∂(φ′, p′)/∂(φ, p) with the steps h and 2h, and the largest number on the way."""
    shape, xp = tuple(field.shape), namespace_of(field)
    volume = math.prod(shape)
    z = np.concatenate([as_numpy(field).ravel(), as_numpy(momentum).ravel()])
    multiples = np.array([1.0, 2.0, 4.0, -1.0, -2.0, -4.0])
    moved = z + STEP * multiples[:, None, None] * np.eye(2 * volume)
    halves = (moved[..., :volume], moved[..., volume:])
    device = getattr(field, "device", None)
    q, p = (xp.asarray(h.reshape(-1, *shape).copy(), device=device) for h in halves)
    end = [as_numpy(x).reshape(6, 2 * volume, volume) for x in sampler.trajectory(q, p)]
    _require_finite(*end)
    at = np.concatenate(end, axis=-1)
    near, twice, far = at[:3] - at[3:]
    single, double = (8 * near - twice) / (12 * STEP), (8 * twice - far) / (24 * STEP)
    return single.T, double.T, max(_largest(moved), _largest(at))


def _order(sampler: Any, field: Array, momentum: Array) -> Part | None:
    """How far the power of the step size in ΔH lies below the stated order; whole numbers are
    told apart by less than a half.  None where the sampler states none."""
    stated = getattr(sampler, "order", None)
    names = {f.name for f in dataclasses.fields(sampler)} if _is_dataclass(sampler) else set()
    if stated is None or not {"step_size", "n_steps"} <= names:
        return None
    field, momentum = (
        namespace_of(x).astype(x, namespace_of(x).float64) for x in (field, momentum)
    )
    slopes: list[float] = []
    before = _violation(sampler, field, momentum, 1)
    for power in range(1, 8):
        now = _violation(sampler, field, momentum, 2**power)
        if now < ROUNDINGS_PER_STEP**2 * unit_roundoff(field) * 2**power:
            break  # rounding: H is kept to all digits
        slopes.append(math.log2(before / now))
        before = now
        if len(slopes) > 1 and abs(slopes[-1] - slopes[-2]) < 0.1:
            break  # the leading power
    return (max(0.0, stated - slopes[-1]), 0.5) if slopes else None


def _violation(sampler: Any, field: Array, momentum: Array, finer: int) -> float:
    """The root mean square of ΔH over the chains, with so much smaller and more steps."""
    fine = dataclasses.replace(
        sampler, step_size=sampler.step_size / finer, n_steps=sampler.n_steps * finer
    )
    end = fine.trajectory(field, momentum)
    energy = _hamiltonian(sampler.action)
    change = as_numpy(energy(*end) - energy(field, momentum))
    return float(np.sqrt(np.mean(change**2)))


def _hamiltonian(action: Any) -> Callable[[Array, Array], Array]:
    return lambda field, momentum: action(field) + action.placed_on.sum(0.5 * momentum * momentum)


def _is_dataclass(sampler: Any) -> bool:
    return dataclasses.is_dataclass(sampler) and not isinstance(sampler, type)


def _largest(x: Array) -> float:
    return float(np.abs(as_numpy(x)).max())


def _require_finite(*arrays: Array) -> None:
    if not all(np.isfinite(as_numpy(x)).all() for x in arrays):
        raise ValueError(
            "trajectories from this field leave the finite numbers: give a smaller step size, or a "
            "field of equilibrium"
        )


ADVICE = {
    "return": "Trajectories do not return: use a symmetric integrator, and a force that depends "
    "on φ alone.",
    "volume": "Trajectories return but do not keep the volume: a change of variables needs its "
    "Jacobian in the acceptance, and a drift or kick may depend on the other variable alone.",
    "order": "ΔH falls more slowly with the step size than the integrator's order says: look for "
    "a wrong coefficient, or a force that is not −∂S/∂φ.",
}


def _judged(subject: str, parts: dict[str, Part | None]) -> Check:
    examined = {name: part for name, part in parts.items() if part is not None}
    wrong = [name for name, part in examined.items() if not _holds(part)]
    shown = wrong[0] if wrong else "return"
    deviation, bound = examined[shown]
    numbers = {f"{name} deviation": part[0] for name, part in examined.items()}
    numbers |= {f"{name} tolerance": part[1] for name, part in examined.items()}
    return Check(
        name="reversibility",
        subject=subject,
        p_value=0.0 if wrong else 1.0,
        by_chance=False,
        figure=f"{shown}: deviation {deviation:.1e}, tolerance {bound:.1e}",
        numbers=numbers,
        advice=ADVICE[shown] if wrong else "",
    )
