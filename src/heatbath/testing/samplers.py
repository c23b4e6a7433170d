"""The argument `sampler` of the checks by chance."""

from __future__ import annotations

from typing import Any

from heatbath._sampler import Sampler
from heatbath._suggest import shown
from heatbath.testing.subjects import described

__all__ = ["check_sampler", "subject_of"]


def check_sampler(sampler: Any) -> None:
    """Raise TypeError unless sampler is one, with an action on a lattice."""
    if isinstance(sampler, type) or not isinstance(sampler, Sampler):
        raise TypeError(
            f"sampler must have init, step, action, exact and on(lattice), such as "
            f"hb.HMC(action); got {shown(sampler)}"
        )
    _ = sampler.action.placed_on  # raises where there is none


def subject_of(sampler: Any, lattice: Any = None) -> str:
    """Such as "hmc of phi4 on (16, 16)"; on the action's lattice unless another is given."""
    return described(sampler if lattice is None else sampler.on(lattice))
