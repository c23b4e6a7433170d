"""Samplers as plain JSON, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from heatbath._suggest import unknown
from heatbath.actions import Action
from heatbath.mcmc import HMC, Cycle, Metropolis
from heatbath.sde import Langevin

__all__ = ["described", "forces_per_update", "parameters", "restored"]

KNOWN: dict[str, Any] = {kind.name: kind for kind in (HMC, Metropolis, Langevin)}


def described(sampler: Any) -> dict[str, Any]:
    """The sampler's name and settings.

    >>> import heatbath as hb
    >>> described(hb.Metropolis(hb.actions.Gaussian(m2=1.0), width=0.5))
    {'name': 'metropolis', 'width': 0.5}
    """
    if isinstance(sampler, Cycle):
        return {"name": sampler.name, "parts": [described(part) for part in sampler.parts]}
    name = getattr(sampler, "name", type(sampler).__name__)
    return {"name": name, **dict(_settings(sampler))}


def restored(description: Mapping[str, Any], action: Action) -> Any:
    """The sampler of `described`, on `action`; ValueError if it is not one of ours."""
    name = description["name"]
    if name == Cycle.name:
        return Cycle(tuple(restored(part, action) for part in description["parts"]))
    if name not in KNOWN:
        raise ValueError(
            f"{unknown('sampler', name, KNOWN)}; give the one that made the run as sampler="
        )
    return KNOWN[name](action, **{k: v for k, v in description.items() if k != "name"})


def parameters(action: Action) -> dict[str, Any]:
    """The couplings: numbers, and for arrays their shape in words."""
    return {
        name: float(value) if getattr(value, "ndim", 0) == 0 else f"array{tuple(value.shape)}"
        for name, value in action.couplings.items()
    }


def forces_per_update(sampler: Any) -> float:
    """How many times an update visits each site, roughly."""
    if isinstance(sampler, Cycle):
        return sum(map(forces_per_update, sampler.parts))
    stages = 2 if getattr(sampler, "integrator", "") == "omelyan" else 1
    return float(getattr(sampler, "n_steps", 1) * stages)


def _settings(sampler: Any) -> Iterator[tuple[str, Any]]:
    if not is_dataclass(sampler):
        return
    for f in fields(sampler):
        value = getattr(sampler, f.name)
        if f.name != "action" and isinstance(value, bool | int | float | str):
            yield f.name, value
