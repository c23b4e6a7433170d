"""Where a run may be, who may write it, and what is said where it may not be."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

import stored_runs
from heatbath.io import Run, RunError
from heatbath.io.locking import Lock

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other names, links and rights")
NAMES = ["my run", "φ⁴", "two\nlines", "it's", '"q"', "-run", "a*[b]?", "%s {}", ".hidden", "c.0.0"]


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(tmp_path, name):
    path = tmp_path / name
    stored_runs.session(path)
    assert stored_runs.committed(path) == 11
    (path / "run.json").write_bytes(b"")
    with pytest.raises(RunError) as told:
        Run.open(path)
    (line,) = str(told.value).splitlines()
    command = line.partition("nothing is lost: ")[2]
    subprocess.run(["bash", "-c", command], check=True)
    assert stored_runs.committed(path) == 11


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_is_one_line(tmp_path, name):
    path = tmp_path / name
    sentences = []

    def said(work):
        with pytest.raises((OSError, ValueError)) as told:
            work()
        sentences.append(str(told.value))

    said(lambda: Run.open(path))
    with stored_runs.create(path, 4):
        said(lambda: Run.open(path, write=True))
        said(lambda: stored_runs.created(path))
    said(lambda: stored_runs.created(path / "run.json" / "run"))
    (path / "m" / "c.0.0").unlink()
    said(lambda: Run.open(path))
    (path / "run.json.copy").unlink()
    for content in ("{", "[]", '{"format": "heatbath run", "format_version": 7}'):
        (path / "run.json").write_text(content)
        said(lambda: Run.open(path))
    (path / "run.json").unlink()
    said(lambda: Run.open(path))
    assert [len(text.splitlines()) for text in sentences] == [1] * 9
    assert len(set(sentences)) == 9


def test_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored_runs.session(Path("run"))
    assert stored_runs.committed(Path("run")) == 11
    with Run.open("run", write=True) as run:
        assert str(run.path) == "run"


def test_parents_are_made_and_their_names_flushed(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr("heatbath.io.durable.sync_directory", lambda path: flushed.append(path))
    stored_runs.session(tmp_path / "a" / "b" / "run")
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} <= set(flushed)


# ---------------------------------------------------------------- links


@POSIX
def test_links_to_a_run_and_to_its_parent(tmp_path):
    stored_runs.create(tmp_path / "run", 4).close()
    (tmp_path / "link").symlink_to("run")
    (tmp_path / "above").symlink_to(".")
    with Run.open(tmp_path / "link", write=True), pytest.raises(RunError, match="another process"):
        Run.open(tmp_path / "above" / "run", write=True)
    stored_runs.session(tmp_path / "link")
    assert stored_runs.committed(tmp_path / "run") == 11
    assert (tmp_path / "link").is_symlink()


@POSIX
@pytest.mark.parametrize("there", [True, False])
def test_a_link_to_an_empty_directory_or_to_nothing_is_followed(tmp_path, there):
    (tmp_path / "large-disk").mkdir()
    if there:
        (tmp_path / "large-disk" / "place").mkdir()
    (tmp_path / "run").symlink_to("large-disk/place")
    stored_runs.created(tmp_path / "run").close()
    assert (tmp_path / "run").is_symlink()
    assert stored_runs.committed(tmp_path / "large-disk" / "place") == -1
    assert os.listdir(tmp_path / "large-disk") == ["place"]


@POSIX
def test_a_link_to_itself(tmp_path):
    (tmp_path / "run").symlink_to("run")
    with pytest.raises(OSError, match="cannot be written"):
        stored_runs.created(tmp_path / "run")
    with pytest.raises((OSError, RunError)) as told:
        Run.open(tmp_path / "run")
    assert str(tmp_path / "run") in str(told.value)


# ---------------------------------------------------------------- rights


@pytest.fixture
def as_nobody():
    """A directory of somebody who is not root, and a way to become them: root may do anything."""
    if os.name == "nt":
        pytest.skip("Windows has no such rights")
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        if root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
            for directory, _, _ in os.walk(name):
                os.chmod(directory, 0o777)


def test_an_unwritable_place_is_told(as_nobody):
    (as_nobody / "locked").mkdir(mode=0o500)
    with pytest.raises(OSError) as told:  # noqa: PT011
        stored_runs.created(as_nobody / "locked" / "run")
    assert str(told.value) == (
        f"the run {as_nobody / 'locked' / 'run'} cannot be written (Permission denied); choose "
        f"another directory"
    )
    assert list((as_nobody / "locked").iterdir()) == []


def read_only(path):
    for directory, _, names in os.walk(path, topdown=False):
        for name in names:
            os.chmod(os.path.join(directory, name), 0o400)
        os.chmod(directory, 0o500)


def test_a_read_only_run_is_read_and_not_written(as_nobody):
    path = as_nobody / "run"
    stored_runs.create(path, 8).close()
    read_only(path)
    assert stored_runs.committed(path) == 8
    with pytest.raises(OSError) as told:  # noqa: PT011
        Run.open(path, write=True)
    assert str(told.value) == (
        f"the run {path} cannot be opened for writing (Permission denied); make it writable, or "
        f"copy it elsewhere and go on with the copy"
    )
    shutil.copytree(path, as_nobody / "copy")
    for directory, _, names in os.walk(as_nobody / "copy"):
        for name in ["", *names]:
            os.chmod(os.path.join(directory, name), 0o700)
    stored_runs.session(as_nobody / "copy")
    assert stored_runs.committed(as_nobody / "copy") == 11


@pytest.mark.parametrize("name", ["run.json", "checksums", "m/c.0.0", "zarr.json"])
def test_a_file_that_may_not_be_read_is_not_called_damaged(as_nobody, name):
    path = as_nobody / "run"
    stored_runs.session(path)
    (path / name).chmod(0)
    with pytest.raises(RunError, match=rf"{path / name} cannot be read \(Permission denied\)"):
        stored_runs.committed(path)
    (path / name).chmod(0o600)
    assert stored_runs.committed(path) == 11


# ---------------------------------------------------------------- several processes


def test_two_that_create_the_same_run(tmp_path):
    """One wins, the other is told, and nothing is left; whatever they have made when they meet."""
    told, barrier = [], threading.Barrier(4)

    def work():
        barrier.wait()
        try:
            stored_runs.created(tmp_path / "run").close()
            told.append("created")
        except FileExistsError as trouble:
            told.append(str(trouble).partition(" exists already")[1])

    for _ in range(5):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stored_runs.committed(tmp_path / "run") == -1
        assert os.listdir(tmp_path) == ["run"]
        shutil.rmtree(tmp_path / "run")
    assert sorted(told) == [" exists already"] * 15 + ["created"] * 5


READER = """
import sys, time
from heatbath.io import Run
run = None
while run is None or run.status != "complete":
    run = Run.open(sys.argv[1])
    run.check()
    n = run.n_committed
    assert run.history("m").shape == (2, n) and run.history("m")[...].shape == (2, n)
"""


def test_a_run_is_read_by_others_all_the_time_it_is_written(tmp_path):
    """Killed and resumed, too: what a reader has seen never goes away."""
    path = tmp_path / "run"
    stored_runs.created(path).close()
    readers = [subprocess.Popen([sys.executable, "-c", READER, path]) for _ in range(2)]
    for n in (0, 0, 4, 4, 8, 10):
        (path / "m" / "c.0.1").touch()  # as a dead writer may leave it
        with Run.open(path, write=True) as run:
            stored_runs.go_on(run, n)
    while any(reader.poll() is None for reader in readers):
        with Run.open(path, write=True) as run:
            if run.status != "complete":
                run.finish()
    assert [reader.returncode for reader in readers] == [0, 0]


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(37, "No locks available")

    stored_runs.create(tmp_path / "run", 4).close()
    monkeypatch.setattr("heatbath.io.locking._take", refuse)
    with pytest.raises(OSError, match=r"cannot be opened for writing \(No locks available\)"):
        Run.open(tmp_path / "run", write=True)
    with pytest.raises(OSError, match=r"cannot be written \(No locks available\); choose another"):
        stored_runs.created(tmp_path / "new")
    assert stored_runs.committed(tmp_path / "run") == 4


def test_what_a_dead_creator_left_is_removed_and_what_a_live_one_makes_is_not(tmp_path):
    for name in (".run.0123abcd", ".run.4567cdef", ".run.backup", ".other.0123abcd"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").touch()
        (tmp_path / name / "zarr.json").write_text("{}")
    (tmp_path / ".run.00000000").mkdir()
    (tmp_path / ".run.11111111").mkdir()
    os.utime(tmp_path / ".run.11111111", (0, 0))
    lock = Lock(tmp_path / ".run.4567cdef" / "lock")
    stored_runs.created(tmp_path / "run").close()
    lock.release()
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"run", ".run.4567cdef", ".run.backup", ".other.0123abcd", ".run.00000000"}


def test_files_of_others_in_a_run_are_left_alone(tmp_path):
    stored_runs.create(tmp_path / "run", 4).close()
    for name in ("notes.txt", "m/c.txt", "m/c.0.0.bak", "m/copy", "m/c.0.1.partial"):
        (tmp_path / "run" / name).write_text("mine")
    (tmp_path / "run" / "m" / "c.0.1").write_text("torn")
    stored_runs.session(tmp_path / "run")
    assert stored_runs.files(tmp_path / "run") - stored_runs.FILES == {
        *("notes.txt", "m/c.txt", "m/c.0.0.bak", "m/copy", "m/c.0.1.partial")
    }
    assert stored_runs.committed(tmp_path / "run") == 11
