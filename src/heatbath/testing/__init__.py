"""Proofs that a sampler is right, for yours as for ours."""

import importlib
from typing import Any

from heatbath.testing import broken
from heatbath.testing.detailed_balance import (
    TransitionMatrix,
    check_detailed_balance,
    transition_matrix,
)
from heatbath.testing.ergodicity import Sectors, check_ergodicity
from heatbath.testing.force import check_force
from heatbath.testing.kernel import check_kernel
from heatbath.testing.outcome import Check, CheckFailed, combined, holm
from heatbath.testing.purity import check_purity
from heatbath.testing.reversibility import check_reversibility
from heatbath.testing.schwinger_dyson import check_schwinger_dyson
from heatbath.testing.stationarity import check_stationarity
from heatbath.testing.verify import Verdict, tuned, verify

__all__ = [
    "Check",
    "CheckFailed",
    "Sectors",
    "TransitionMatrix",
    "Verdict",
    "broken",
    "check_detailed_balance",
    "check_ergodicity",
    "check_force",
    "check_kernel",
    "check_purity",
    "check_reversibility",
    "check_schwinger_dyson",
    "check_stationarity",
    "combined",
    "holm",
    "strategies",
    "transition_matrix",
    "tuned",
    "verify",
]


def __getattr__(name: str) -> Any:
    """The strategies need hypothesis, and are imported when they are first used."""
    if name == "strategies":
        return importlib.import_module("heatbath.testing.strategies")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
