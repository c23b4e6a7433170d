"""Detailed balance: in equilibrium a move and its reverse are equally frequent.

For functions f_k of the field before an update and f_l after it,

    F_kl = E[f_k(before) f_l(after)],   before ~ exp(−S)/Z,

is the transition matrix in the basis f.  Detailed balance is F_kl = F_lk for all functions; with
f_0 = 1 it contains stationarity, F_0l = F_l0.  Here f are products of Legendre polynomials of the
field's quantiles on a lattice of one or two sites (`Functions`), orthonormal on one site, so that
F is the matrix of the Markov operator there.

F is an integral over the field and the random numbers of the update, done with scrambled Sobol
points: independent scramblings give independent, unbiased values, hence an honest error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath import backends
from heatbath._sampler import Sampler
from heatbath.testing.driven import DrivenKey, coordinates, driven_key
from heatbath.testing.joint import deviation
from heatbath.testing.outcome import Check, check, combined
from heatbath.testing.samplers import check_sampler, subject_of
from heatbath.testing.small_systems import Functions, SmallSystem, one_site, two_sites

__all__ = [
    "TransitionMatrix",
    "check_detailed_balance",
    "transition_matrix",
]

Floats = NDArray[np.float64]
REPLICATES = 40
POINTS = 16384
DEGREE = {1: 4, 2: 2}
"""Of the functions on one and on two sites: 10 and 15 pairs of functions."""


@dataclass(frozen=True)
class TransitionMatrix:
    """The transition matrix of one update in functions of the field.

    names: of the functions, the constant first.
    values: F_kl = E[f_k(before) f_l(after)], shape (functions, functions).
    errors: their standard errors.
    replicates: the independent estimates whose mean is `values`, (replicates, …).
    moved: the part of fields that the update changed.
    """

    names: tuple[str, ...]
    values: Floats
    errors: Floats
    replicates: Floats
    moved: float

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of different functions, in the order of `asymmetries`."""
        rows, columns = np.triu_indices(len(self.names), 1)
        return [(self.names[k], self.names[l]) for k, l in zip(rows, columns, strict=True)]

    @property
    def asymmetries(self) -> Floats:
        """F_kl − F_lk of each pair in each replicate, shape (replicates, pairs)."""
        rows, columns = np.triu_indices(len(self.names), 1)
        return np.asarray(self.replicates[:, rows, columns] - self.replicates[:, columns, rows])


def transition_matrix(
    sampler: Sampler,
    *,
    lattice: Any = None,
    degree: int | None = None,
    replicates: int = REPLICATES,
    points: int = POINTS,
    seed: int = 1,
) -> TransitionMatrix:
    """The transition matrix of one update of `sampler` on a lattice of one or two sites.

    lattice: its shape, such as (1, 1) or (2, 1); one site unless given.
    degree: the highest total degree of the functions; 4 on one site and 2 on two unless given.
    replicates, points: independent scramblings, and points of each (a power of two).
    seed: of the scramblings.

    Raises TypeError or ValueError in words where exp(−S) cannot be tabulated (`SmallSystem`), or
    the sampler reads random numbers that are not its key's.

    >>> import heatbath as hb
    >>> still = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(4,)), width=1e-3)
    >>> matrix = transition_matrix(still, degree=2, replicates=8, points=256)
    >>> (matrix.values.round(2) + 0.0).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    check_sampler(sampler)
    system = SmallSystem(sampler.action, one_site(sampler.action) if lattice is None else lattice)
    placed = sampler.on(system.lattice)
    functions = Functions(system, DEGREE[system.volume] if degree is None else degree)
    found, moved = [], []
    with backends.use("reference"):
        for before, weights, after in _updates(placed, system, replicates, points, seed):
            found.append(functions(before) * weights @ functions(after).T / len(weights))
            moved.append(float((before != after).mean()))
    matrices = np.stack(found)
    errors = matrices.std(axis=0, ddof=1) / math.sqrt(replicates)
    return TransitionMatrix(
        functions.names, matrices.mean(axis=0), errors, matrices, math.fsum(moved) / replicates
    )


def _updates(
    sampler: Any, system: SmallSystem, replicates: int, points: int, seed: int
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Fields of exp(−S), their weights, and the fields after one update, per replicate."""
    from scipy.stats import qmc

    def update(key: DrivenKey, field: Floats) -> Floats:
        return np.asarray(sampler.step(key, sampler.init(field))[0].field)

    volume, shape = system.volume, system.lattice.shape
    count, places = coordinates(lambda key: update(key, np.full((1, *shape), 0.1)))
    for replicate in range(replicates):
        rng = np.random.default_rng([seed, replicate])
        uniforms = qmc.Sobol(volume + count, bits=52, seed=rng).random(points)
        before, weights = system.draw(uniforms[:, :volume])
        key = driven_key(uniforms[:, volume:], places=places, seed=int(rng.integers(2**62)))
        after = update(key, before)
        if replicate == 0 and not np.array_equal(after, update(key, before), equal_nan=True):
            raise TypeError(
                "the sampler gives two results for one key and field: it draws random numbers "
                "that are not its key's, or keeps a state of its own; draw all of them with "
                "hb.random.uniform(field, key, step, …) or hb.random.normal"
            )
        yield before, weights, after


def _also_on_two_sites(sampler: Any) -> bool:
    """Whether one update as a whole is known to be reversible, on any lattice."""
    return bool(getattr(sampler, "reversible", False))


@check
def check_detailed_balance(
    sampler: Sampler, *, lattice: Any = None, points: int = POINTS, seed: int = 1
) -> Check:
    """Examine whether a move and its reverse are equally frequent in equilibrium.

    sampler: with any action whose couplings are numbers; it is put on the lattice.
    lattice: a shape of one or two sites, such as (1, 1) or (2, 1).  Unless given, one site, and
        also two where the sampler has the attribute `reversible = True`, as HMC has: sweeps over
        sites in a fixed order obey detailed balance at each site, not as a whole.
    points: of each of 40 scramblings, a power of two.
    seed: of the scramblings.

    Cycles of several updates are in general not reversible, and fail; what they owe is
    `check_stationarity`.  Raises `CheckFailed`, and as `transition_matrix`.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4,))
    >>> print(check_detailed_balance(hb.HMC(action), points=1024))
    detailed balance of hmc of phi4 on (1,) and (2,) passed: E[...
    """
    check_sampler(sampler)
    lattices = [one_site(sampler.action)] if lattice is None else [lattice]
    if lattice is None and _also_on_two_sites(sampler):
        lattices.append(two_sites(sampler.action))
    matrices = [
        transition_matrix(sampler, lattice=shape, points=points, seed=seed + (k << 32))
        for k, shape in enumerate(lattices)
    ]
    subject = " and ".join([subject_of(sampler, lattices[0]), *map(str, lattices[1:])])
    return _judged(subject, matrices)


def _judged(subject: str, matrices: list[TransitionMatrix]) -> Check:
    found = [deviation(matrix.asymmetries) for matrix in matrices]
    p_value = combined([d.p_value for d in found])
    worst = min(range(len(found)), key=lambda k: found[k].p_value)
    pair = found[worst].largest
    old, new = matrices[worst].pairs[pair]
    difference, error = float(found[worst].mean[pair]), float(found[worst].error[pair])
    moved = min(matrix.moved for matrix in matrices)
    return Check(
        "detailed balance",
        subject,
        p_value,
        True,
        f"E[{old} {new}'] − E[{new} {old}'] = {difference:+.1e} ± {error:.1e}",
        numbers={
            "asymmetry": difference,
            "error": error,
            "largest_error": max(float(d.error.max()) for d in found),
            "moved": moved,
        },
        advice=_advice(old),
        skipped="" if moved > 0.0 else "the update moved no field, so there is nothing to see",
    )


def _advice(old: str) -> str:
    if old == "1":
        return (
            "exp(−S) is not even stationary: look at the acceptance, the ratio of proposal "
            "densities (Hastings) and the Jacobian of the move"
        )
    return (
        "Look at the ratio of proposal densities (Hastings) and the Jacobian of the move; if the "
        "update is several in turn, it need not be reversible: say so by reversible = False, and "
        "use check_stationarity"
    )
