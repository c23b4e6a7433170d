"""What the seeds of this release mean does not change unnoticed: docs/reproducibility.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import golden
import heatbath as hb
from heatbath.sampling import CHAIN_VERSION

STORED = golden.read()
CHANGED = (
    "the chain of a seed has changed. If that is a mistake, mend it; if it must be, raise "
    "CHAIN_VERSION, say so in CHANGELOG.md and run: python tests/golden.py"
)


def found(wish: str) -> dict[str, Any]:
    with hb.backends.use(wish):
        return {name: golden.described(*chain) for name, *chain in golden.chains()}


@pytest.mark.parametrize("wish", ["kernel", "reference"])
def test_the_golden_chains(wish: str) -> None:
    """Those of the other libraries are the same: tests/test_same_chain.py."""
    assert found(wish) == STORED["chains"], CHANGED


def test_they_are_those_of_this_chain_version() -> None:
    assert STORED["chain_version"] == CHAIN_VERSION, CHANGED


def test_a_hash_sees_the_last_bit() -> None:
    """Also of the sign of a zero."""
    m, field = np.ones((3, 2)), np.zeros((2, 3))
    whole = golden.described(m, field)
    assert golden.described(m, -field)["sha256"] != whole["sha256"]
    assert golden.described(np.nextafter(m, 2), field)["sha256"] != whole["sha256"]


@pytest.mark.parametrize("name", ["heatbath.mcmc.hmc", "heatbath.mcmc.metropolis"])
def test_a_changed_rule_of_acceptance_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chains are long enough that proposals are refused."""
    monkeypatch.setattr(sys.modules[name], "log", lambda u: 0.0 * u - 50.0)
    exact = {n: c for n, c in STORED["chains"].items() if n.startswith(name.rpartition(".")[2])}
    assert exact
    changed = found("reference")
    assert any(changed[n] != c for n, c in exact.items())


def test_the_policy_names_the_number() -> None:
    page = Path(__file__).parents[1] / "docs" / "reproducibility.md"
    assert f"It is {CHAIN_VERSION}." in page.read_text(encoding="utf-8")


def test_runs_of_another_chain_version_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(2, 2)))
    made = hb.sample(sampler, out=tmp_path / "run", samples=20, seed=1, progress=False)
    for module in ("resume", "storing"):
        name = f"heatbath.sampling.{module}"
        monkeypatch.setattr(sys.modules[name], "CHAIN_VERSION", CHAIN_VERSION + 1)
    with hb.io.Run.open(tmp_path / "run") as run:
        assert run.record["chain_version"] == CHAIN_VERSION
        read = run.history("phi_squared")[...]
    assert np.array_equal(read, made.history["phi_squared"][...])
    with pytest.raises(hb.io.RunError, match="resume it with that version"):
        hb.resume(tmp_path / "run", progress=False)
