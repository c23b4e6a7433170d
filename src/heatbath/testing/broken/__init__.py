"""Actions and samplers with one mistake each, and the check that must find it.

`BROKEN` holds, by name, what makes one from a healthy action, and the name of the check in
`heatbath.testing` that must reject it; `HEALTHY` holds what that check must pass, made alike but
without the mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heatbath.mcmc import HMC, Metropolis
from heatbath.sde import Langevin
from heatbath.testing.broken.actions import (
    BondCountedTwice,
    BondsHalvedWhereOneSiteMoves,
    WrongSignForce,
)
from heatbath.testing.broken.adapting import AdaptedState, AdaptedWhileMeasuring
from heatbath.testing.broken.hidden import HiddenState, WritesIntoItsArgument
from heatbath.testing.broken.integrators import (
    ForgottenJacobianInTheMap,
    NotReversible,
    PlainHMC,
)
from heatbath.testing.broken.kernels import OffInTheLastBit
from heatbath.testing.broken.proposals import (
    BiasedProposal,
    DriftingWalk,
    ForgottenJacobian,
    Rescaling,
    Walk,
    WrongAcceptance,
)
from heatbath.testing.broken.sectors import FrozenSector

__all__ = [
    "BROKEN",
    "HEALTHY",
    "AdaptedState",
    "AdaptedWhileMeasuring",
    "BiasedProposal",
    "BondCountedTwice",
    "BondsHalvedWhereOneSiteMoves",
    "DriftingWalk",
    "ForgottenJacobian",
    "ForgottenJacobianInTheMap",
    "FrozenSector",
    "HiddenState",
    "NotReversible",
    "OffInTheLastBit",
    "PlainHMC",
    "Rescaling",
    "Walk",
    "WritesIntoItsArgument",
    "WrongAcceptance",
    "WrongSignForce",
]

Factory = Callable[[Any], Any]

BROKEN: dict[str, tuple[Factory, str]] = {
    "force of the wrong sign": (WrongSignForce.of, "check_force"),
    "bond counted twice": (BondCountedTwice.of, "check_force"),
    "bonds halved where one site moves": (BondsHalvedWhereOneSiteMoves.of, "check_force"),
    "integrator that does not return": (NotReversible, "check_reversibility"),
    "Jacobian forgotten in the map": (ForgottenJacobianInTheMap, "check_reversibility"),
    "hidden state": (HiddenState, "check_purity"),
    "writing into an argument": (WritesIntoItsArgument, "check_purity"),
    "kernel off in the last bit": (OffInTheLastBit, "check_kernel"),
    "wrong acceptance": (WrongAcceptance, "check_detailed_balance"),
    "biased proposal": (BiasedProposal, "check_detailed_balance"),
    "Jacobian forgotten in the move": (ForgottenJacobian, "check_stationarity"),
    "adapted while measuring": (AdaptedWhileMeasuring, "check_stationarity"),
    "finite step without acceptance": (
        lambda action: Langevin(action, step_size=0.05),
        "check_schwinger_dyson",
    ),
    "frozen sector": (lambda action: FrozenSector(HMC(action)), "check_ergodicity"),
}
"""Name -> (what makes it from an action, the name of the check that must reject it)."""

HEALTHY: dict[str, Factory] = {
    "force of the wrong sign": lambda action: action,
    "bond counted twice": lambda action: action,
    "bonds halved where one site moves": lambda action: action,
    "integrator that does not return": PlainHMC,
    "Jacobian forgotten in the map": PlainHMC,
    "hidden state": Metropolis,
    "writing into an argument": HMC,
    "kernel off in the last bit": HMC,
    "wrong acceptance": Walk,
    "biased proposal": DriftingWalk,
    "Jacobian forgotten in the move": Rescaling,
    "adapted while measuring": Walk,
    "finite step without acceptance": HMC,
    "frozen sector": HMC,
}
"""Name -> what makes its healthy twin, which the same check must pass."""
