"""A run stopped at any moment and resumed is the uninterrupted run."""

import errno
import importlib.util
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import heatbath as hb
from faulty_disk import FaultyDisk, cut_power, die, die_after, killed, raising
from heatbath.io import Run, RunError, durable
from heatbath.sampling import Interrupted, plan, storing

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("killed_run", HERE / "killed_run.py")
killed_run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(killed_run)

GAUSSIAN = hb.actions.Gaussian(m2=1.0, lattice=(2, 2))
METROPOLIS = hb.Metropolis(GAUSSIAN)
OPTIONS = {"samples": 32, "warmup": 20, "seed": 4, "progress": False}


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Syncing matters when the power is cut, which no test can do, and takes most of the time."""
    monkeypatch.setattr(durable.os, "fsync", lambda handle: None)


def same_run(a, b):
    with Run.open(a) as one, Run.open(b) as two:
        assert one.status == two.status == "complete"
        for name in one.names:
            assert np.array_equal(one.history(name)[...], two.history(name)[...]), name
        assert np.array_equal(one.configurations[...], two.configurations[...])
        assert np.array_equal(one.array("after_warmup"), two.array("after_warmup"))
        for what in ("tuned", "tally", "plan", "stopped"):
            assert one.record[what] == two.record[what]


# ---------------------------------------------------------------- memory and disk


@pytest.mark.parametrize(
    "sampler",
    [METROPOLIS, hb.HMC(GAUSSIAN), hb.Langevin(GAUSSIAN), hb.cycle(hb.HMC(GAUSSIAN), METROPOLIS)],
)
def test_disk_and_memory_give_the_same(tmp_path, sampler):
    memory = hb.sample(sampler, **OPTIONS)
    disk = hb.sample(sampler, out=tmp_path / "run", **OPTIONS)
    again = hb.resume(tmp_path / "run", progress=False)
    for other in (disk, again):
        for name, values in memory.history.items():
            assert np.array_equal(values, other.history[name][...])
        assert other.estimates == memory.estimates
        assert other.acceptance == memory.acceptance
        assert str(other.sampler) == str(memory.sampler)
        assert np.array_equal(other.state.field, memory.state.field)
        assert other.state.step == memory.state.step
        assert other.directory == str(tmp_path / "run")


def test_stored_configurations_are_those_of_the_measurements(tmp_path):
    result = hb.sample(METROPOLIS, out=tmp_path / "run", save_every=5, **OPTIONS)
    run = Run.open(tmp_path / "run")
    assert run.configurations.shape == (7, 4, 2, 2)  # 5, 10, …, 30, and the last, 32
    at = [4, 9, 14, 19, 24, 29, 31]
    m = np.stack([GAUSSIAN.scalars(c)["magnetization"] for c in run.configurations], axis=1)
    assert np.array_equal(m, result.history["magnetization"][:, at])


def test_a_target_stops_a_run_on_disk_at_the_same_place(tmp_path):
    options = {**OPTIONS, "samples": 3000, "target_error": {"phi_squared": "8%"}}
    memory = hb.sample(METROPOLIS, **options)
    disk = hb.sample(METROPOLIS, out=tmp_path / "run", **options)
    assert memory.samples == disk.samples < 3000
    assert hb.resume(tmp_path / "run", progress=False).samples == memory.samples


def test_float32_is_stored_as_float32(tmp_path):
    hb.sample(METROPOLIS, out=tmp_path / "run", dtype="float32", **OPTIONS)
    run = Run.open(tmp_path / "run")
    assert {run.configurations.dtype, run.history("magnetization").dtype} == {np.dtype("float32")}


# ---------------------------------------------------------------- crashes


@pytest.mark.parametrize("death", [die, die_after, cut_power])
def test_a_crash_at_any_call_to_the_disk_is_mended(tmp_path, death):
    """Here a few calls of each session; tests/io tries all."""
    killed_run.begin(tmp_path / "whole")
    with FaultyDisk(tmp_path).mounted() as disk:
        killed_run.begin(tmp_path / "counted")
    same_run(tmp_path / "whole", tmp_path / "counted")
    for call in (5, 90, 175, len(disk.calls) - 1):
        directory = tmp_path / f"run{call}"
        assert killed(tmp_path, lambda d=directory: killed_run.session(d), call, death)
        killed(tmp_path, lambda d=directory: killed_run.session(d), 2 * call, death)
        killed_run.session(directory)
        same_run(tmp_path / "whole", directory)


def test_what_is_half_written_is_not_seen(tmp_path):
    """Garbage beyond n_committed, as a power cut may leave it."""
    hb.sample(METROPOLIS, out=tmp_path / "whole", **OPTIONS)
    assert killed(
        tmp_path, lambda: hb.sample(METROPOLIS, out=tmp_path / "run", **OPTIONS), 200, die
    )
    run = Run.open(tmp_path / "run")
    n = run.n_committed
    assert 0 < n < 32
    assert run.history("magnetization").shape == (4, n)
    (tmp_path / "run" / "magnetization" / f"c.0.{n // 2}").write_bytes(b"torn")
    hb.resume(tmp_path / "run", progress=False)
    same_run(tmp_path / "whole", tmp_path / "run")


def deaths_of(directory, *, seed, kills):
    """What was committed at each of that many SIGKILLs in the life of runs in `directory`; each run
    is compared with the uninterrupted one at each death, and at its end."""
    told = subprocess.run(
        [sys.executable, HERE / "killed_run.py", directory, str(seed), str(kills)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again(tmp_path, seed):
    deaths = deaths_of(tmp_path, seed=seed, kills=6)
    assert len(deaths) == 6


@pytest.mark.statistics
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_at_a_hundred_random_moments(tmp_path):
    deaths = [d for seed in (3, 4) for d in deaths_of(tmp_path / str(seed), seed=seed, kills=50)]
    assert len(deaths) == 100
    assert {status for status, _ in deaths} >= {"nothing", "warming up", "measuring"}
    assert len({n for _, n in deaths}) > 4


# ---------------------------------------------------------------- Ctrl-C


def interrupting(at):
    calls = [0]

    def observable(field):
        calls[0] += 1
        if calls[0] == at:
            raise KeyboardInterrupt
        return field.mean(axis=(1, 2))

    return {"mean": observable}


def test_ctrl_c_says_what_to_type_next(tmp_path):
    directory = tmp_path / "run"
    with pytest.raises(Interrupted) as stop:
        hb.sample(METROPOLIS, out=directory, observables=interrupting(12), **OPTIONS)
    assert f"heatbath resume {directory}" in str(stop.value)
    assert f"hb.resume({str(directory)!r})" in str(stop.value)
    assert isinstance(stop.value, KeyboardInterrupt)
    assert (stop.value.done, stop.value.samples) == (10, 32)
    resumed = hb.resume(directory, observables=interrupting(-1), progress=False)
    whole = hb.sample(METROPOLIS, observables=interrupting(-1), **OPTIONS)
    assert np.array_equal(resumed.history["mean"][...], whole.history["mean"])


def test_ctrl_c_in_memory_stays_what_it_is():
    with pytest.raises(KeyboardInterrupt) as stop:
        hb.sample(METROPOLIS, observables=interrupting(12), **OPTIONS)
    assert type(stop.value) is KeyboardInterrupt


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_says_how_to_go_on(tmp_path, error):
    def sampled():
        hb.sample(METROPOLIS, out=tmp_path / "run", **OPTIONS)

    with FaultyDisk(tmp_path, 200, raising(error)).mounted(), pytest.raises(OSError) as told:  # noqa: PT011
        sampled()
    n = Run.open(tmp_path / "run").n_committed
    assert 0 < n < 32
    assert str(told.value) == (
        f"writing the run {tmp_path / 'run'} failed ({os.strerror(error)}); {n} of 32 measurements "
        f"per chain are safe: when that is mended, type: heatbath resume {tmp_path / 'run'}"
    )
    assert hb.resume(tmp_path / "run", progress=False).samples == 32


# ---------------------------------------------------------------- finding the sampler again


def interrupted(directory, sampler=METROPOLIS, at=12, **options):
    with pytest.raises(Interrupted):
        hb.sample(sampler, out=directory, observables=interrupting(at), **{**OPTIONS, **options})


OWN = hb.Theory("own", site=lambda phi, *, a: a * phi * phi)
FILE = """
import heatbath as hb
Mine = hb.Theory("mine", site=lambda phi, *, a: {formula})
"""


def test_an_own_theory_needs_its_sampler(tmp_path):
    sampler = hb.Metropolis(OWN(a=1.0, lattice=(2, 2)))
    interrupted(tmp_path / "run", sampler)
    with pytest.raises(RunError, match="give the sampler"):
        hb.resume(tmp_path / "run", observables=interrupting(-1))
    same = hb.resume(
        tmp_path / "run", sampler=sampler, observables=interrupting(-1), progress=False
    )
    whole = hb.sample(sampler, observables=interrupting(-1), **OPTIONS)
    assert same.sampler == whole.sampler or str(same.sampler) == str(whole.sampler)
    assert np.array_equal(same.history["mean"][...], whole.history["mean"])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (hb.Metropolis(hb.actions.Gaussian(m2=2.0, lattice=(2, 2))), "couplings"),
        (hb.Metropolis(GAUSSIAN, width=2.0), "settings"),
        (hb.HMC(GAUSSIAN), "settings"),
        (hb.Metropolis(GAUSSIAN.on((4, 4))), "lattice"),
        (hb.Metropolis(OWN(a=1.0, lattice=(2, 2))), "formulas"),
    ],
)
def test_another_sampler_is_refused(tmp_path, other, words):
    interrupted(tmp_path / "run")
    with pytest.raises(RunError, match=words):
        hb.resume(tmp_path / "run", sampler=other, observables=interrupting(-1))


def test_a_theory_in_a_file_is_found_again(tmp_path, monkeypatch):
    file = tmp_path / "mine.py"
    file.write_text(FILE.format(formula="a * phi * phi"))
    theory = hb.Theory("mine", site=lambda phi, *, a: a * phi * phi)
    monkeypatch.chdir(tmp_path)
    sampler = hb.Metropolis(theory(a=1.0, lattice=(2, 2)))
    interrupted("run", sampler, call={"theory": "mine.py:Mine"})
    monkeypatch.chdir("/")
    file.write_text(FILE.format(formula="a * phi * phi * phi * phi"))
    with pytest.raises(RunError, match=r"formulas of .* have changed"):
        hb.resume(tmp_path / "run", observables=interrupting(-1))
    file.write_text(FILE.format(formula="a * phi * phi"))
    assert hb.resume(tmp_path / "run", observables=interrupting(-1), progress=False).samples == 32
    file.unlink()
    with pytest.raises(RunError, match="is gone"):
        hb.resume(tmp_path / "run", observables=interrupting(-1))


def test_observables_must_be_given_again(tmp_path):
    interrupted(tmp_path / "run")
    with pytest.raises(RunError, match="observables"):
        hb.resume(tmp_path / "run")
    with pytest.raises(RunError, match="dtypes"):
        hb.resume(tmp_path / "run", observables={"mean": lambda f: 1j * f.mean(axis=(1, 2))})


def test_array_couplings_and_start_arrays_are_kept(tmp_path):
    kappa = np.linspace(0.1, 0.2, 8).reshape(2, 2, 2)
    action = hb.actions.Phi4(kappa=kappa, lam=0.1, lattice=(2, 2))
    options = {**OPTIONS, "start": np.full((3, 2, 2), 0.25)}
    whole = hb.sample(hb.HMC(action), **options)
    directory = tmp_path / "run"
    with pytest.raises(Interrupted):
        hb.sample(hb.HMC(action), out=directory, observables=interrupting(2), **options)
    resumed = hb.resume(directory, observables=interrupting(-1), progress=False)
    assert np.array_equal(whole.history["phi_squared"], resumed.history["phi_squared"][...])


@pytest.mark.parametrize("namespace", ["torch", "array_api_strict"])
def test_other_libraries_resume(tmp_path, namespace):
    library = pytest.importorskip(namespace)
    like = library.zeros(1, dtype=library.float64)
    with hb.backends.use("reference"):
        with pytest.raises(Interrupted):
            hb.sample(
                METROPOLIS,
                out=tmp_path / "run",
                like=like,
                **OPTIONS,
                observables={"none": _stopping(20)},
            )
        resumed = hb.resume(tmp_path / "run", observables={"none": _stopping(-1)}, progress=False)
    assert resumed.namespace == namespace
    assert type(resumed.state.field) is type(like)
    whole = hb.sample(METROPOLIS, **OPTIONS)
    assert np.array_equal(whole.history["phi_squared"], resumed.history["phi_squared"][...])


def _stopping(at):
    calls = [0]

    def observable(field):
        calls[0] += 1
        if calls[0] == at:
            raise KeyboardInterrupt
        return field[:, 0, 0]

    return observable


def test_another_meaning_of_seeds_is_refused(tmp_path, monkeypatch):
    interrupted(tmp_path / "run")
    monkeypatch.setattr(sys.modules["heatbath.sampling.resume"], "CHAIN_VERSION", 2)
    with pytest.raises(RunError, match="resume it with that version"):
        hb.resume(tmp_path / "run", observables=interrupting(-1))


# ---------------------------------------------------------------- memory


def peak_of_run(directory, samples):
    tracemalloc.start()
    hb.sample(METROPOLIS, out=directory, chains=2, **{**OPTIONS, "samples": samples})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_while_sampling(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "LARGEST_CHUNK", 100)
    monkeypatch.setattr(plan, "LEAST_CHUNKS", 4)
    monkeypatch.setattr(storing, "conclude", lambda job, recorder, sampler, state: recorder.n)
    peak_of_run(tmp_path / "first", 100)  # imports and caches
    short, long = (peak_of_run(tmp_path / str(n), n) for n in (400, 4000))
    assert long < 1.1 * short + 10_000


@pytest.mark.statistics
def test_memory_does_not_grow_with_the_estimates(tmp_path):
    """A finished run is analysed again; measuring so much under tracemalloc would take minutes."""
    peaks = []
    for n in (100, 30_000, 300_000):
        hb.sample(METROPOLIS, out=tmp_path / str(n), **{**OPTIONS, "samples": n})
        tracemalloc.start()
        hb.resume(tmp_path / str(n), progress=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.25 * peaks[1]  # ten times as much data, and names of chunks
