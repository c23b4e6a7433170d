"""Schwinger–Dyson equations: exact identities of any action of a real field, on any lattice.

∫dφ ∂/∂φ_x [g(φ) e^{−S}] = 0, hence ⟨g ∂S/∂φ_x⟩ = ⟨∂g/∂φ_x⟩:

    g = 1           ⟨∂S/∂φ_x⟩ = 0
    g = φ_x         ⟨φ_x ∂S/∂φ_x⟩ = 1
    g = φ_y         ⟨φ_y ∂S/∂φ_x⟩ = 0 for each neighbour y = x + μ of x
    g = φ_x³        ⟨φ_x³ ∂S/∂φ_x⟩ = 3⟨φ_x²⟩

(F. J. Dyson, Phys. Rev. 75, 1736 (1949); J. Schwinger, PNAS 37, 452 (1951)).  Averages over the
lattice of long chains must satisfy them together.  Each chain is one independent measurement, so
no autocorrelation time is needed; the force is the action's own (`check_force` examines it).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath import random
from heatbath._namespace import Array, as_numpy
from heatbath._sampler import Sampler, check_count
from heatbath.actions import Action
from heatbath.sampling.placement import Placement
from heatbath.sampling.starts import make_start
from heatbath.testing.chains import Chains
from heatbath.testing.joint import Deviation, deviation
from heatbath.testing.outcome import Check, check
from heatbath.testing.samplers import check_sampler, subject_of

__all__ = ["check_schwinger_dyson"]

Floats = NDArray[np.float64]
SITES, FEWEST, MOST = 8192, 128, 512
"""Of all chains together, and how few and many chains that may be, unless chains are given."""
NARROW = 0.3
"""Times N(0, 1): of many wide starts a few lie so far out that every proposal is rejected there."""
MEASUREMENTS, EVERY = 64, 4


@check
def check_schwinger_dyson(
    sampler: Sampler,
    *,
    chains: int | None = None,
    warm_up: int | None = None,
    measurements: int = MEASUREMENTS,
    every: int = EVERY,
    namespace: str = "numpy",
    seed: int = 1,
) -> Check:
    """Examine ⟨φ ∂S/∂φ⟩ = 1 per site, and its kin, in chains on the sampler's own lattice.

    sampler: with any action; couplings may depend on the site.
    chains: independent ones, at least 32, from narrow random fields; 128, on small lattices more,
        unless given.
    warm_up: updates that are not measured; unless given, at least 30 autocorrelation times where
        that is not too long (`Chains.settle`).
    measurements: of each chain, one every `every` updates.
    namespace: the array library of the fields: "numpy", "torch" or "cupy".
    seed: of the chains.

    It sees a wrong distribution, such as the bias of Langevin steps, at any volume; not whether
    all of it is reached (`check_ergodicity`).  Raises `CheckFailed`.

    >>> import heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(8, 8))
    >>> check_schwinger_dyson(hb.HMC(action)).passed
    True
    >>> check_schwinger_dyson.examine(hb.Langevin(action, step_size=0.05)).passed
    False
    """
    check_sampler(sampler)
    action = sampler.action
    if chains is None:
        chains = min(MOST, max(FEWEST, SITES // action.placed_on.volume))
    check_count("chains", chains, 32)
    for name, value in {"measurements": measurements, "every": every}.items():
        check_count(name, value)
    if warm_up is not None:
        check_count("warm_up", warm_up, 0)
    key = random.key(seed, chains=chains)
    placement = Placement.named(namespace, None, "float64")
    run = Chains(sampler, key, NARROW * make_start("hot", action, key, placement))
    if warm_up is None:
        run.settle()
    elif warm_up:
        run.make(warm_up)
    state = run.state
    names, rows = identities(action, state.field)
    total = np.zeros_like(rows)
    for _ in range(measurements):
        state, _ = sampler.step(key, state, every)
        total += identities(action, state.field)[1]
    return _judged(subject_of(sampler), names, deviation(total / measurements))


def identities(action: Action, phi: Array) -> tuple[tuple[str, ...], Floats]:
    """What should vanish in the mean, for fields (chains, *lattice): names and lattice averages,
    shape (chains, identities)."""
    lattice = action.placed_on
    slope = -action.force(phi)
    cube = phi * phi * phi
    densities = {
        "φ ∂S/∂φ": phi * slope - 1.0,
        "∂S/∂φ": slope,
        "φ³ ∂S/∂φ": cube * slope - 3.0 * phi * phi,
    }
    for mu, extent in enumerate(lattice.shape):
        if extent > 1:  # else the neighbour is the site itself
            offset = tuple(int(nu == mu) for nu in range(lattice.ndim))
            densities[f"φ(x+{mu}) ∂S/∂φ"] = lattice.shift(phi, offset) * slope
    means = [as_numpy(lattice.sum(d)) / lattice.volume for d in densities.values()]
    return tuple(densities), np.stack(means, axis=1)


def _judged(subject: str, names: tuple[str, ...], found: Deviation) -> Check:
    percent = 100.0 * float(found.mean[0]), 100.0 * float(found.error[0])
    numbers: dict[str, float] = {"percent": percent[0], "percent error": percent[1]}
    for name, mean, error in zip(names, found.mean, found.error, strict=True):
        numbers |= {f"⟨{name}⟩": float(mean), f"⟨{name}⟩ error": float(error)}
    return Check(
        "Schwinger–Dyson equations",
        subject,
        found.p_value,
        True,
        f"⟨φ ∂S/∂φ⟩ − 1 = {percent[0]:+.3f} ± {percent[1]:.3f} %",
        numbers=numbers,
        advice=_advice(names[found.largest]),
    )


def _advice(name: str) -> Any:
    return (
        f"⟨{name}⟩ is farthest off. The distribution is not exp(−S): look for a finite step "
        f"without acceptance, a wrong acceptance, a force that is not the gradient of the energy "
        f"that is accepted by, or chains that are not yet in equilibrium (raise warm_up=)"
    )
