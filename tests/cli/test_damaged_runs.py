"""Accidents to stored runs on the command line: one sentence on stderr, exit status 2."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

import heatbath as hb
from heatbath.io import Run
from heatbath.io.locking import Lock
from heatbath.io.manifest import read_manifest, write_manifest

COMMAND = ("gaussian", "--shape", "4,4", "--samples", "16", "--chains", "2", "--warmup", "20")
READERS = [("analyse",), ("analyse", "--check"), ("resume", "--quiet"), ("report",)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "run"
    sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
    with hb.backends.use("reference"):
        hb.sample(sampler, samples=16, chains=2, warmup=20, out=path, progress=False)
    return path


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "run")


def flip(file, at=3):
    data = bytearray(file.read_bytes())
    data[at] ^= 8
    file.write_bytes(data)


# ---------------------------------------------------------------- what all commands say


def newer(path):
    text = (path / "run.json").read_text().replace('"format_version": 2', '"format_version": 3')
    for name in ("run.json", "run.json.copy"):
        (path / name).write_text(text)


def older(path):
    for name in ("run.json", "run.json.copy"):
        (path / name).write_text('{"format": "heatbath run", "format_version": 1}')


def foreign(path):
    """Whole, but with nothing that hb.sample writes."""
    shutil.rmtree(path)
    layout = hb.io.Layout(
        chains=1, samples=8, chunk=8, save_every=8, shape=(1,), dtype="float64",
        series={"x": "float64"},
    )  # fmt: skip
    Run.create(path, layout, {"shape": [1]}).close()


def emptied(path):
    shutil.rmtree(path)
    path.mkdir()


ACCIDENTS = {
    "truncated": (lambda p: os.truncate(p / "run.json", 700), "put its copy back, nothing is lost"),
    "empty": (lambda p: (p / "run.json").write_text(""), "put its copy back, nothing is lost"),
    "gone": (lambda p: (p / "run.json").unlink(), "put its copy back, nothing is lost"),
    "newer": (newer, "has format version 3, and this heatbath reads up to 2: update it with pip"),
    "older": (older, "has format version 1, of heatbath before its first release"),
    "foreign": (foreign, "was not made by hb.sample"),
    "no run": (emptied, "is not a run of heatbath: it holds no run.json; name another"),
    "a series": (lambda p: flip(p / "magnetization" / "c.0.2"), "(lost: magnetization[:, 2:3])"),
    "a missing series": (lambda p: shutil.rmtree(p / "phi_squared"), "phi_squared/c.0.0 (lost: "),
    "no store": (lambda p: [shutil.rmtree(q) for q in p.iterdir() if q.is_dir()], "(lost: "),
}  # fmt: skip


@pytest.mark.filterwarnings("default:.* had been damaged and is written again:UserWarning")
@pytest.mark.parametrize("reader", READERS, ids=" ".join)
@pytest.mark.parametrize("accident", ACCIDENTS)
def test_every_command_says_it_in_one_sentence(heatbath, run, reader, accident):
    happen, words = ACCIDENTS[accident]
    happen(run)
    told = heatbath(reader[0], run, *reader[1:])
    (sentence,) = (s for s in told.stderr.splitlines() if not s.startswith("Warning: "))
    assert (told.exit_code, told.stdout) == (2, "")
    assert sentence.startswith("Error: ")
    assert words in sentence
    assert str(run) in sentence


def test_what_it_says_can_be_typed(refused, heatbath, run):
    before = heatbath("analyse", run).stdout
    (run / "run.json").write_text("")
    command = refused("analyse", run).partition("nothing is lost: ")[2]
    subprocess.run(["bash", "-c", command], check=True)
    assert heatbath("analyse", run).stdout == before


# ---------------------------------------------------------------- --check


def test_check_reads_everything_and_analyse_what_it_needs(refused, heatbath, run):
    assert heatbath("analyse", run, "--check").exit_code == 0
    for name in ("configurations/c.3.0.0.0", "configurations/c.9.0.0.0", "after_warmup/c.0.0.0"):
        flip(run / name)
    assert heatbath("analyse", run).exit_code == 0
    sentence = refused("analyse", run, "--check")
    assert "3 files are missing or not as written: after_warmup/c.0.0.0 (lost: " in sentence
    assert "configurations/c.3.0.0.0 (lost: configurations[3:4])" in sentence
    assert "configurations/c.9.0.0.0 (lost: configurations[9:10])" in sentence


def test_check_is_for_runs(refused, tmp_path):
    assert "--check is for the directory of a run" in refused(
        "analyse", tmp_path / "x.npy", "--check"
    )


def test_resume_mends_what_follows_from_the_rest(process, refused, heatbath, run):
    before = heatbath("analyse", run).stdout
    for name in ("zarr.json", "configurations/zarr.json", "checksums", "run.json.copy"):
        flip(run / name)
    sentence = refused("analyse", run)
    assert sentence.endswith(f"no number is lost, and this mends it: heatbath resume {run}")
    told = subprocess.run(
        [sys.executable, "-m", "heatbath", "resume", run, "--quiet", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0
    (warning,) = told.stderr.splitlines()
    assert warning.startswith(
        "Warning: zarr.json, configurations/zarr.json, checksums, run.json.copy"
    )
    assert heatbath("analyse", run, "--check").stdout == before


# ---------------------------------------------------------------- going on


def interrupted(path, n=7):
    """The state of the run as if it had been killed after n measurements."""
    manifest = read_manifest(path)
    lines = (path / "checksums").read_bytes().splitlines(keepends=True)
    kept = len(lines) - 4 * (16 - n)
    (path / "checksums").write_bytes(b"".join(lines[:kept]) + b"half a line")
    from heatbath.io.reading import digest

    total = digest(b"".join(lines[:kept]))
    manifest |= {"status": "measuring", "n_committed": n, "checksums": total}
    for file in ("run.json", "run.json.copy"):
        write_manifest(path, manifest, file)


def test_resume_looks_at_the_series_before_it_works_for_hours(refused, run):
    interrupted(run)
    flip(run / "action_density" / "c.0.1")
    before = (run / "run.json").read_bytes()
    assert "action_density/c.0.1 (lost: action_density[:, 1:2])" in refused(
        "resume", run, "--quiet"
    )
    assert (run / "run.json").read_bytes() == before


def test_resume_needs_only_the_last_configuration(refused, run, heatbath, made):
    interrupted(run)
    flip(run / "configurations" / "c.2.0.0.0")
    assert heatbath("resume", run, "--quiet").exit_code == 0
    assert Run.open(run).history("phi_squared")[...].tolist() == (
        Run.open(made).history("phi_squared")[...].tolist()
    )
    interrupted(run)
    flip(run / "configurations" / "c.6.0.0.0")
    sentence = refused("resume", run, "--quiet")
    assert "configurations/c.6.0.0.0 (lost: configurations[6:7])" in sentence


# ---------------------------------------------------------------- two processes, odd places


def test_a_second_process_is_told(refused, heatbath, run):
    lock = Lock(run / "lock")
    try:
        assert refused("resume", run) == (
            f"another process is writing the run {run}; wait until it ends, or stop it"
        )
        assert "exists already" in refused("run", *COMMAND, "--out", run)
        assert heatbath("analyse", run, "--check").exit_code == 0  # any number may read
    finally:
        lock.release()
    assert heatbath("resume", run, "--quiet").exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has other names")
@pytest.mark.parametrize("name", ["my run", "φ⁴", "two\nlines", "it's"])
def test_any_path_will_do(heatbath, refused, run, name):
    path = run.with_name(name)
    run.rename(path)
    interrupted(path)
    for command in (("analyse", path), ("resume", path, "--quiet"), ("analyse", path, "--check")):
        told = heatbath(*command)
        assert (told.exit_code, told.stderr) == (0, "")
    assert "exists already" in refused("run", *COMMAND, "--out", path)
    flip(path / "zarr.json")
    command = refused("analyse", path).partition("this mends it: ")[2]
    assert command.startswith("heatbath resume ")
    words = command.removeprefix("heatbath resume ")
    said = subprocess.run(["bash", "-c", f"printf %s {words}"], capture_output=True, check=True)
    assert os.fsdecode(said.stdout) == str(path)


def test_the_json_of_a_run_is_not_mixed_with_errors(heatbath, run):
    flip(run / "magnetization" / "c.0.2")
    told = heatbath("analyse", run, "--json")
    assert (told.exit_code, told.stdout) == (2, "")
    flip(run / "magnetization" / "c.0.2")
    assert json.loads(heatbath("analyse", run, "--json", "--check").stdout)["n"] == 16
    assert re.fullmatch("", heatbath("analyse", run).stderr)
