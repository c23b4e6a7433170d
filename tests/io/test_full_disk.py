"""A disk that is full, or fails: one sentence, nothing committed is lost, and one may go on."""

import errno
import itertools
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import stored_runs
from faulty_disk import FaultyDisk, raising
from heatbath.io import Run

ERRORS = {"full": errno.ENOSPC, "failing": errno.EIO}


@pytest.mark.parametrize("error", ERRORS)
def test_creation_fails_in_words_and_leaves_nothing(tmp_path, error):
    """At every call to the disk that it makes."""
    path, said = tmp_path / "new" / "run", set()
    for call in itertools.count(1):
        try:
            with FaultyDisk(tmp_path, call, raising(ERRORS[error])).mounted():
                stored_runs.created(path).close()
            break
        except OSError as trouble:
            said.add(str(trouble))
        if path.parent.exists():
            path.parent.rmdir()  # which is empty
    assert call > 45
    assert said == {
        f"the run {path} cannot be written ({os.strerror(ERRORS[error])}); choose another directory"
    }
    assert stored_runs.committed(path) == -1


@pytest.mark.parametrize("error", ERRORS)
def test_a_commit_that_fails_loses_nothing(tmp_path, error):
    """At every call to the disk of all commits, in one run that goes on after each failure."""
    path = tmp_path / "run"
    stored_runs.created(path).close()
    failures, reached = [], -1
    for call in itertools.count(1):
        disk = FaultyDisk(tmp_path, call, raising(ERRORS[error]))
        try:
            with disk.mounted():
                stored_runs.session(path)
            break
        except OSError as trouble:
            failures.append(str(trouble))
        assert stored_runs.committed(path) >= reached
        reached = stored_runs.committed(path)
    assert stored_runs.committed(path) == 11
    assert len(failures) > 20
    assert all(os.strerror(ERRORS[error]) in text for text in failures)


def test_after_a_failure_the_run_is_closed(tmp_path):
    """What is committed is then known to the disk alone: nothing may be written on a guess."""
    run = stored_runs.create(tmp_path / "run", 4)
    with FaultyDisk(tmp_path, 3, raising(errno.ENOSPC)).mounted(), pytest.raises(OSError):  # noqa: PT011
        stored_runs.go_on(run, 8)
    with pytest.raises(ValueError, match="open for reading"):
        stored_runs.go_on(run, 8)
    with Run.open(tmp_path / "run", write=True) as again:
        stored_runs.go_on(again)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' full device")
@pytest.mark.parametrize("name", ["m/c.0.1", "configurations/c.1.0.0", "run.json.new"])
def test_a_device_that_is_really_full(tmp_path, name):
    run = stored_runs.create(tmp_path / "run", 4)
    (tmp_path / "run" / name).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        stored_runs.go_on(run, 8)
    (tmp_path / "run" / name).unlink()
    assert stored_runs.committed(tmp_path / "run") == 4
    stored_runs.session(tmp_path / "run")
    assert stored_runs.committed(tmp_path / "run") == 11


SCRIPT = """
import heatbath as hb
from click.testing import CliRunner
from heatbath.cli import main
import sys
with hb.backends.use("reference"):
    main(sys.argv[1:])
"""


@pytest.mark.parametrize("limit", [200, 5500])
def test_a_limit_on_the_size_of_files(tmp_path, limit):
    """What the system itself says, on the command line: at creation, and after some commits."""
    path = tmp_path / "run"

    def limited():
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    command = [sys.executable, "-c", SCRIPT, "run", "gaussian", "--shape", "4,4", "--out", path]
    amounts = ["--samples", "96", "--chains", "4", "--warmup", "10", "--quiet"]
    told = subprocess.run(
        [*command, *amounts], preexec_fn=limited, capture_output=True, text=True, check=False
    )
    (line,) = told.stderr.splitlines()
    assert (told.returncode, told.stdout) == (2, "")
    if limit == 200:
        assert line == (
            f"Error: the run {path} cannot be written (File too large); choose another directory"
        )
        assert list(tmp_path.iterdir()) == []
        return
    n = Run.open(path).n_committed
    assert 0 < n < 96
    assert line == (
        f"Error: writing the run {path} failed (File too large); {n} of 96 measurements per chain "
        f"are safe: when that is mended, type: heatbath resume {path}"
    )
    again = subprocess.run(
        [sys.executable, "-c", SCRIPT, "resume", path, "--quiet"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (again.returncode, again.stderr) == (0, "")
    assert Run.open(path).n_committed == 96
