"""The suite: one verdict on several checks, corrected for their number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

import heatbath as hb
from heatbath.testing import Check, Verdict, holm, tuned, verify

PHI4 = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 4))
NAMES = [
    "force",
    "purity",
    "kernel",
    "reversibility",
    "detailed balance",
    "stationarity",
    "Schwinger-Dyson",
    "ergodicity",
]


def by_chance(name: str, p: float) -> Check:
    return Check(name, "x", p, by_chance=True, figure="z", advice="look there")


def certain(name: str, *, right: bool) -> Check:
    return Check(name, "x", float(right), by_chance=False, figure="z")


def verdict(*checks: Check) -> Verdict:
    return Verdict("x", 1, checks)


# ---------------------------------------------------------------- the correction


def test_holm_by_hand() -> None:
    """Sorted: .01·4, then max(.04, .02·3) = .06, max(.06, .03·2), max(.06, .5·1)."""
    found = holm({"c": 0.03, "a": 0.01, "d": 0.5, "b": 0.02})
    assert list(found) == ["c", "a", "d", "b"]
    assert found == pytest.approx({"a": 0.04, "b": 0.06, "c": 0.06, "d": 0.5})


def test_holm_is_never_above_one_and_keeps_the_order() -> None:
    found = holm({"a": 0.4, "b": 0.9, "c": 0.6})
    assert found == {"a": 1.0, "b": 1.0, "c": 1.0}


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="p_values must lie between 0 and 1; 'a' is"):
        holm({"a": p})


def test_alone_it_fails_among_many_it_passes() -> None:
    assert not verdict(by_chance("a", 5e-4)).passed
    together = verdict(*(by_chance(n, 5e-4 if n == "a" else 0.5) for n in "abcdefgh"))
    assert together.passed
    assert together.corrected["a"] == pytest.approx(4e-3)
    assert not verdict(*(by_chance(n, 1e-5 if n == "a" else 0.5) for n in "abcdefgh")).passed


def test_certain_failures_are_not_corrected() -> None:
    checks = [by_chance(n, 0.5) for n in "abcdefgh"]
    failed = verdict(*checks, certain("force", right=False))
    assert [c.name for c in failed.failures] == ["force"]
    assert not failed.passed
    assert verdict(*checks, certain("force", right=True)).passed
    assert "force" not in failed.corrected


def test_nothing_checked_is_nothing_proved() -> None:
    skipped = Check("a", "x", 1.0, by_chance=False, figure="", skipped="not claimed")
    assert not verdict(skipped).passed
    assert verdict(skipped, certain("b", right=True)).passed


def test_json_says_what_failed_and_why() -> None:
    told = verdict(by_chance("a", 1e-9), by_chance("b", 0.5)).to_dict()
    rows = {row["name"]: row for row in json.loads(json.dumps(told, allow_nan=False))["checks"]}
    assert not told["passed"]
    assert rows["a"]["passed"] is False
    assert rows["a"]["advice"] == "look there"
    assert rows["a"]["corrected_p_value"] == pytest.approx(2e-9)
    assert rows["b"]["passed"] is True
    assert rows["b"]["advice"] == ""


# ---------------------------------------------------------------- samplers


def test_a_right_sampler_passes() -> None:
    seen: list[tuple[str, int, int]] = []
    found = verify(hb.HMC(PHI4, step_size=0.3, n_steps=4), progress=lambda *s: seen.append(s))
    assert found.passed, str(found)
    assert [c.name for c in found.checks] == NAMES
    assert not any(c.skipped for c in found.checks)
    assert seen == [(name, k, len(NAMES)) for k, name in enumerate(NAMES)]


def test_what_is_not_claimed_is_not_held_against_a_sampler() -> None:
    found = verify(hb.Langevin(PHI4, step_size=0.05))
    assert found.passed, str(found)
    unclaimed = {"reversibility", "detailed balance", "stationarity", "Schwinger-Dyson"}
    assert {c.name for c in found.checks if c.skipped} == unclaimed


@dataclass(frozen=True)
class Boast(hb.Langevin):
    """Langevin that claims to be exact."""

    exact = True


def test_what_is_claimed_wrongly_is_found() -> None:
    found = verify(Boast(PHI4, step_size=0.2))
    assert {"stationarity", "Schwinger-Dyson"} <= {c.name for c in found.failures}


def test_a_check_that_cannot_be_made_is_a_failure_in_words() -> None:
    unbounded = hb.Theory("unbounded", site=lambda phi: -phi * phi)(lattice=(2, 2))
    found = verify(hb.Metropolis(unbounded))
    told = {c.name: c.figure for c in found.failures}
    assert "it could not be made: " in told["stationarity"]
    assert not found.passed


def test_tuning_finds_an_acceptance() -> None:
    wild = hb.HMC(PHI4, step_size=5.0, n_steps=4)
    assert tuned(wild).step_size < 1.5
    assert tuned(hb.Langevin(PHI4)) == hb.Langevin(PHI4)


@pytest.mark.parametrize("wrong", [None, PHI4, "hmc"])
def test_only_samplers_are_verified(wrong: Any) -> None:
    with pytest.raises(TypeError, match="sampler must have init, step, "):
        verify(wrong)


def test_a_lattice_is_needed() -> None:
    with pytest.raises(ValueError, match="holds no lattice yet"):
        verify(hb.HMC(hb.actions.Gaussian(m2=1.0)))
