"""The benchmarks compare what they say, and their page shows what is stored.  No time is judged."""

from __future__ import annotations

import json
import re
import types
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from benchmarks import alternating, page, peers, report
from benchmarks.catalogue import COMPARISONS, DEVICES, key_of_row
from benchmarks.environment import slug
from benchmarks.gpu import SHAPES as CUDA_SHAPES
from benchmarks.limit import Limit, compiler
from benchmarks.operations import OPERATIONS
from benchmarks.sweeps import SHAPES
from benchmarks.targets import TARGETS, Target

ROWS = hb.backends.table()
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}
KAPPA, LAM = 0.27, 0.022
KEY = hb.random.key(1)

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler: $CC or cc")
dtypes = pytest.mark.parametrize("dtype", TOLERANCE)


@pytest.fixture(scope="module")
def limit() -> Limit:
    return Limit.built()


def results_file() -> Any:
    """The results that the page says it was written from."""
    text = page.PAGE.read_text(encoding="utf-8")
    return page.PAGE.parent / re.search(r"\((\S+/results/\S+\.json)\)", text).group(1)


def stored() -> dict[str, Any]:
    return json.loads(results_file().read_text(encoding="utf-8"))


# ---------------------------------------------------------------- everything has an entry


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation}-{row.array_type}")
def test_every_row_of_the_table_is_measured(row):
    assert row.operation in OPERATIONS, "give it a line in asv_bench/benchmarks/operations.py"
    assert row.device in DEVICES
    shapes = {"cpu": SHAPES, "cuda": CUDA_SHAPES}[row.device]
    entries = stored()["entries"]
    for shape in shapes:
        entry = entries[key_of_row(row.operation, shape, row.device)]
        name = {"numpy.ndarray": "NumPy", "torch.Tensor": "torch"}.get(row.array_type, "torch")
        times = entry.get("times", {})
        both = {f"{name} kernel", f"{name} reference"} <= set(times)
        assert both or entry.get("skipped"), "run: make report"


def test_every_comparison_has_an_entry_and_no_other():
    keys = [key for cases in COMPARISONS.values() for key in cases]
    assert len(keys) == len(set(keys))
    assert list(stored()["entries"]) == keys, "run: make report"


def test_entries_hold_times_and_ratios_of_what_took_part():
    for entry in stored()["entries"].values():
        if set(entry) == {"skipped"}:
            assert entry["skipped"]
            continue
        assert entry["unit"]
        assert all(time > 0 for time in entry["times"].values())
        for name, ratio in entry["ratios"].items():
            assert ratio > 0
            assert set(name.split(" / ")) <= set(entry["times"])


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.text)
def test_every_target_finds_its_number(target):
    entries = stored()["entries"]
    verdict = target.verdict(entries)
    skipped = "skipped" in entries[target.key]
    assert verdict.startswith("not measured: " if skipped else ("met: ", "missed: "))
    assert "no entry" not in verdict


def test_a_verdict_judges_the_side_that_its_text_speaks_of():
    entries = {"x": {"times": {"a": 3.0}, "ratios": {"a / b": 0.1}}}
    assert Target("", "x", "a / b", 0.1).verdict(entries) == "met: 0.1"
    assert Target("", "x", "a / b", 0.09).verdict(entries) == "missed: 0.1"
    assert Target("", "x", "a / b", 1 / 8, inverse=True).verdict(entries) == "met: 10"
    assert Target("", "x", "a / b", 1 / 12, inverse=True).verdict(entries) == "missed: 10"
    assert Target("", "x", "a", 2.0).verdict(entries) == "missed: 3"
    assert Target("", "y", "a", 2.0).verdict(entries) == "not measured: no entry"


# ---------------------------------------------------------------- the page


def test_the_page_is_that_of_the_stored_results():
    name = results_file().resolve().relative_to(page.ROOT).as_posix()
    assert page.PAGE.read_text(encoding="utf-8") == page.text(stored(), name)


def test_the_page_shows_the_stored_numbers():
    """Not through the code that wrote it."""
    text, entries = page.PAGE.read_text(encoding="utf-8"), stored()["entries"]
    steps = text.partition("## A leapfrog step")[2].partition("## ")[0]
    row = next(line for line in steps.splitlines() if line.startswith("| 64² |"))
    cells = [float(cell) for cell in row.strip("| ").split(" | ")[1:5]]
    entry = entries["leapfrog 64²"]
    assert cells[:3] == [entry["times"][name] for name in ("kernel", "C", "reference")]
    assert cells[3] == pytest.approx(entry["ratios"]["kernel / C"], rel=0.05)


def test_results_are_named_by_the_processor():
    assert results_file().stem == slug(stored()["machine"]["processor"])
    assert slug("Some(R) CPU @ 2.50GHz") == "some-r-cpu-2-50ghz"


def test_losses_are_ratios_that_grew():
    old = {"x": {"ratios": {"a / b": 1.0, "a / c": 1.0}}, "gone": {"ratios": {"a / b": 1.0}}}
    new = {"x": {"ratios": {"a / b": 1.6, "a / c": 1.4}}, "new": {"ratios": {"a / b": 9.0}}}
    assert report.losses(old, new) == ["x: a / b was 1, is 1.6"]


# ---------------------------------------------------------------- timing in turns


class Clock:
    """Stands still but for what calls add."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def takes(self, *seconds: float) -> Any:
        """A call that takes these times in turn."""
        turns = iter(seconds * 100)

        def call() -> None:
            self.now += next(turns)

        return call


def test_times_are_of_the_call_after_a_warm_one():
    clock = Clock()
    call = clock.takes(0.25, 0.01)  # cold, warm
    measured = alternating.alternate({"x": alternating.each(call, 10)}, 7, clock)
    assert measured.seconds["x"] == pytest.approx([0.001] * 7)


def test_a_slope_is_the_time_of_one_further_step():
    clock = Clock()
    made = alternating.slope(clock.takes(0.1 + 50 * 0.002), clock.takes(0.1 + 10 * 0.002), 40)
    assert alternating.alternate({"x": made}, 7, clock).median("x") == pytest.approx(0.002)


def test_ratios_are_taken_round_by_round():
    rounds = alternating.Rounds({"a": [1.0, 3.0, 12.0], "b": [2.0, 8.0, 4.0]})
    assert rounds.ratio("a", "b") == 0.5
    assert rounds.median("a") / rounds.median("b") == 0.75


# ---------------------------------------------------------------- C gives the right numbers


@needs_compiler
def test_the_c_code_compiles_without_a_warning(limit):
    assert limit.warnings == ""


def fields(shape: tuple[int, ...], dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.normal(size=shape).astype(dtype) for _ in range(2)]


@needs_compiler
@dtypes
@pytest.mark.parametrize("per_site", [False, True], ids=["numbers", "per site"])
@pytest.mark.parametrize(
    "shape", [(1, 3), (2, 4), (5, 7), (16, 16), (6, 40), (4, 6, 8), (3, 5, 6, 7), (4, 4, 4, 8)]
)
def test_c_leapfrog(limit, shape, per_site, dtype):
    rng = np.random.default_rng(3)
    kappa, lam = KAPPA / len(shape), LAM
    if per_site:
        kappa = rng.uniform(0.2, 0.3, (len(shape), *shape)).astype(dtype)
        lam = rng.uniform(0.0, 0.05, shape).astype(dtype)
    q, p = fields(shape, dtype)
    action = hb.actions.Phi4(kappa=kappa, lam=lam, lattice=shape)
    with hb.backends.use("reference"):
        expected = hb.mcmc.integrate(action, q, p, step_size=0.1, n_steps=20)
    limit.leapfrog(q, p, 20, step_size=0.1, kappa=kappa, lam=lam)()
    assert np.allclose((q, p), expected, rtol=0, atol=TOLERANCE[dtype])


@needs_compiler
@dtypes
@pytest.mark.parametrize("shape", [(2, 4), (16, 16), (6, 40)])
def test_c_metropolis_makes_the_same_decisions(limit, shape, dtype):
    """The same numbers and accept rule; a decision may differ only within rounding of −log u."""
    field, _ = fields(shape, dtype)
    action = hb.actions.Phi4(kappa=KAPPA, lam=LAM, lattice=shape)
    sampler, moved = hb.Metropolis(action, width=1.0), np.empty(5, np.int64)
    with hb.backends.use("reference"):
        state, info = sampler.step(KEY, sampler.init(field), n=5)
    limit.metropolis(field, moved, kappa=KAPPA, lam=LAM, width=1.0, key=KEY.words[0])()
    assert np.allclose(field, state.field, rtol=0, atol=TOLERANCE[dtype])
    assert np.allclose(moved / field.size, info.accepted, rtol=1e-6)


@needs_compiler
@dtypes
@pytest.mark.parametrize("size", [1, 7, 64, 1001])
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_c_fills(limit, kind, size, dtype):
    out, step = np.empty(size, dtype), (3 << 32) + 7
    limit.fill(f"{kind}s", out, KEY.words[0], 3 << 16 | 5, step)()
    with hb.backends.use("reference"):
        expected = getattr(hb.random, kind)(out, KEY, step, dim=1, purpose=3, draw=5)
    exact = kind == "uniform"
    assert np.allclose(out, expected, rtol=0, atol=0 if exact else TOLERANCE[dtype])


# ---------------------------------------------------------------- peers do the same


def test_rolls_integrate_the_same_equations():
    """With every proposal accepted an update is our leapfrog trajectory."""
    start, momentum = fields((peers.CHAINS, *peers.LATTICE), "float64")
    seen = []

    def where(accept: Any, new: Any, old: Any) -> Any:
        seen.append(new)
        return np.where(accept, new, old)

    namespace = types.SimpleNamespace(exp=np.exp, where=where)
    peers.rolled(namespace, np.roll, lambda: momentum, lambda: np.zeros(64), start)()
    expected, _ = hb.mcmc.integrate(
        peers.peers_action(), start, momentum, step_size=peers.STEP_SIZE, n_steps=peers.N_STEPS
    )
    assert np.allclose(seen[0], expected, rtol=0, atol=1e-12)


def test_a_peer_that_is_not_installed_is_skipped_with_the_reason(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    assert peers.hmc("BlackJAX") == {"skipped": "jax is not installed"}


def test_a_peer_that_makes_other_steps_is_not_compared(monkeypatch):
    make = (("numpy",), lambda: (lambda: None, 0.1))
    monkeypatch.setitem(peers.PEERS, "NumPy rolls", make)
    monkeypatch.setattr(peers, "heatbath_hmc", lambda n: (lambda: None, 0.9))
    with pytest.raises(RuntimeError, match=r"accepts 0\.100, heatbath 0\.900"):
        peers.hmc("NumPy rolls")
