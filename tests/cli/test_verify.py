"""`heatbath verify`: a table, a verdict, an exit status."""

import json

import pytest

OWN = """
import dataclasses

import heatbath as hb


def site_energy(phi, *, m2, g):
    return 0.5 * m2 * phi * phi + g * phi**3 / (1 + phi * phi)


def bond_energy(phi, neighbour):
    return 0.5 * (neighbour - phi) * (neighbour - phi)


Mine = hb.Theory("mine", site=site_energy, bond=bond_energy)


@dataclasses.dataclass(frozen=True)
class Hasty(hb.Langevin):
    step_size: float = 0.3
    exact = True


def careful(action):
    return hb.Metropolis(action, width=1.5)


number = 3


def nothing(action):
    return None


def failing(action):
    return 1 / 0
"""
SHAPE = ("--shape", "3,2", "--quiet")


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "my action.py"
    file.write_text(OWN, encoding="utf-8")
    return file


def test_a_right_sampler_passes(report):
    found = report("verify", "phi4", *SHAPE, "--set", "kappa=0.2")
    assert found["passed"] is True
    assert len(found["checks"]) == 8
    assert {c["passed"] for c in found["checks"]} == {True}
    assert found["subject"] == "hmc of phi4 on (3, 2)"
    assert found["sampler"]["name"] == "hmc"
    assert found["sampler"]["step_size"] != 0.2, "it is tuned first"


def test_the_table_and_the_verdict(heatbath):
    result = heatbath("verify", "gaussian", *SHAPE, "--sampler", "metropolis", "--no-tune")
    assert result.exit_code == 0, result.output
    assert "metropolis of gaussian on (3, 2)" in result.stdout
    assert "width=1" in result.stdout
    assert "stationarity" in result.stdout
    assert "Verdict: passed, " in result.stdout
    assert "Holm" in result.stdout


def test_own_theory_and_own_sampler(report, mine):
    options = ("--set", "m2=1", "--set", "g=0.5", "--sampler", f"{mine}:careful")
    found = report("verify", f"{mine}:Mine", *SHAPE, *options)
    assert found["subject"] == "metropolis of mine on (3, 2)"


def test_a_wrong_sampler_ends_with_status_1(heatbath, mine):
    options = ("--set", "m2=1", "--set", "g=0.5", "--sampler", f"{mine}:Hasty")
    told = heatbath("verify", f"{mine}:Mine", *SHAPE, *options, "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    failed = {c["name"] for c in found["checks"] if not c["passed"]}
    assert found["passed"] is False
    assert {"stationarity", "Schwinger-Dyson"} <= failed
    assert all(c["advice"] for c in found["checks"] if not c["passed"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("careless", "defines no class or function 'careless'. unknown sampler"),
        ("number", "defines no class or function 'number'"),
        ("nothing", "must return a sampler with init, step, on, action and exact; it returned No"),
        ("failing", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_sampler_is_told(refused, mine, name, words):
    options = ("--set", "m2=1", "--set", "g=0.5", "--sampler", f"{mine}:{name}")
    assert words in refused("verify", f"{mine}:Mine", *SHAPE, *options)


def test_settings_belong_to_the_library_s_samplers(refused, mine):
    told = refused("verify", "phi4", *SHAPE, "--sampler", f"{mine}:careful", "--width", "1")
    assert told.startswith("--width is a setting of the library's samplers; give yours in ")


def test_an_unknown_sampler(refused):
    assert "did you mean 'hmc'?" in refused("verify", "phi4", "--sampler", "hcm")
