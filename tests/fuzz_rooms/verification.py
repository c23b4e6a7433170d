"""Rows of testing: what it says about samplers is tested in tests/testing."""

import math

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import ACTION, SAMPLERS, excused, phi, row

SUBJECT = SAMPLERS["mcmc.Metropolis"]
SAMPLER = {"sampler": bad.sampler(), "seed": bad.seed()}


def subject():
    return {"sampler": SUBJECT, "seed": 1}


row(
    "testing.check_force",
    hb.testing.check_force,
    lambda: {"action": ACTION, "field": phi(), "seed": 1},
    action=bad.action(),
    seed=bad.seed(),
    free={"field": "what cannot be compared fails the check, in words"},
)
row(
    "testing.check_reversibility",
    hb.testing.check_reversibility,
    lambda: {"sampler": SAMPLERS["mcmc.HMC"], "seed": 1},
    **SAMPLER,
    free={"field": "what cannot be compared fails the check, in words"},
)
for name in ("detailed_balance", "ergodicity", "kernel", "purity", "schwinger_dyson"):
    row(
        f"testing.check_{name}",
        getattr(hb.testing, f"check_{name}"),
        subject,
        sampler=bad.sampler(),
        free={"**": "how much is checked, and where: tests/testing"},
        slow=True,
    )
for name in ("check_stationarity", "transition_matrix", "tuned", "verify"):
    row(
        f"testing.{name}",
        getattr(hb.testing, name),
        subject,
        sampler=bad.sampler(),
        free={"**": "how much is checked, and where: tests/testing"},
        slow=True,
    )
WRONG = (-0.1, 1.1, math.nan, math.inf, "0.1", None, True, 1j, [0.1])
row(
    "testing.combined",
    hb.testing.combined,
    lambda: {"p_values": [0.5, 0.01]},
    p_values=bad.Kind(lambda valid: bad.nonsense() + bad.refused(*([0.5, p] for p in WRONG), 0.5)),
)
row(
    "testing.holm",
    hb.testing.holm,
    lambda: {"p_values": {"a": 0.5, "b": 0.01}},
    p_values=bad.mapping(*({"a": 0.5, "b": p} for p in WRONG)),
)
excused(
    "records of what was found",
    *("testing.Sectors", "testing.TransitionMatrix", "testing.Verdict*", "testing.Check.to_dict"),
)
excused("samplers and actions that are wrong on purpose", "testing.broken.*")
excused("strategies of hypothesis, called while tests are collected", "testing.strategies.*")
