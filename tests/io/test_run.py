"""The store of a run: commits, reading while writing, and damage told in words."""

import subprocess
import sys

import numpy as np
import pytest

from heatbath.io import Run, RunError
from heatbath.io.manifest import write_manifest
from stored_runs import CONFIGURATIONS, LAYOUT, WARM, M, Z, create


def test_what_is_committed_is_read(tmp_path):
    with create(tmp_path / "run") as run:
        run.finish(seconds=1.5)
    read = Run.open(tmp_path / "run")
    assert (read.status, read.n_committed, read.names) == ("complete", 10, ("m", "z"))
    assert read.record == {"who": "test", "tuned": 0.5, "seconds": 1.5}
    assert np.array_equal(read.history("m"), M)
    assert np.array_equal(read.history("z"), Z)
    assert np.array_equal(read.configurations, CONFIGURATIONS)
    assert np.array_equal(read.checkpoint, CONFIGURATIONS[-1])
    assert np.array_equal(read.array("given"), np.arange(3.0))


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(1, 5)),
        (slice(None), slice(None, None, -2)),
        (0, 3),
        (-1, -1),
        1,
        (..., 2),
        Ellipsis,
        slice(0, 1),
        (slice(None), [0, 3, 5]),
        (slice(None), slice(7, 3)),
        (slice(None), slice(7, None, -3)),
        np.array([True, False]),
    ],
)
def test_slices_are_those_of_numpy(tmp_path, key):
    run = create(tmp_path / "run", n=8)
    assert np.array_equal(run.history("m")[key], M[:, :8][key])


@pytest.mark.parametrize("key", [(0, 8), 2, (0, -9), (0, 0, 0)])
def test_what_is_not_committed_is_out_of_bounds(tmp_path, key):
    with pytest.raises(IndexError):
        create(tmp_path / "run", n=8).history("m")[key]


def test_a_run_is_read_while_it_is_written(tmp_path):
    with create(tmp_path / "run", n=4) as writer:
        reader = Run.open(tmp_path / "run")
        assert reader.history("m").shape == (2, 4)
        writer.append({"m": M[:, 4:8], "z": Z[:, 4:8]}, list(CONFIGURATIONS[2:4]))
        assert reader.history("m").shape == (2, 4)
        assert Run.open(tmp_path / "run").history("m").shape == (2, 8)


def test_before_the_first_commit_there_is_nothing(tmp_path):
    run = Run.create(tmp_path / "run", LAYOUT, {})
    assert (run.status, run.n_committed, run.history("m").shape) == ("warming up", 0, (2, 0))
    run.begin(WARM)
    assert np.array_equal(run.checkpoint, WARM)


def test_chunks_of_a_wrong_shape_are_refused(tmp_path):
    run = create(tmp_path / "run", n=4)
    for series, n in [
        ({"m": M[:, :4]}, 2),
        ({"m": M[:, :3], "z": Z[:, :3]}, 2),
        ({"m": M[:, :4], "z": Z[:, :4]}, 1),
        ({"m": M[:1, :4], "z": Z[:1, :4]}, 2),
    ]:
        with pytest.raises(ValueError, match=r"series|shape|configurations"):
            run.append(series, list(CONFIGURATIONS[:n]))
    assert run.n_committed == 4


def test_a_run_open_for_reading_is_not_written(tmp_path):
    create(tmp_path / "run", n=8).close()
    reader = Run.open(tmp_path / "run")
    with pytest.raises(RunError, match=r"open for reading; use open\(…, write=True\)"):
        reader.append({"m": M[:, 8:], "z": Z[:, 8:]}, list(CONFIGURATIONS[4:]))


def test_opening_for_writing_removes_what_is_not_committed(tmp_path):
    create(tmp_path / "run", n=4).close()
    stray = tmp_path / "run" / "m" / "c.0.1"
    stray.write_bytes(b"half a chunk")
    Run.open(tmp_path / "run")
    assert stray.exists()
    Run.open(tmp_path / "run", write=True).close()
    assert not stray.exists()
    assert np.array_equal(Run.open(tmp_path / "run").history("m"), M[:, :4])


# ---------------------------------------------------------------- two writers


def test_one_writer_at_a_time(tmp_path):
    with create(tmp_path / "run", n=4), pytest.raises(RunError, match="another process"):
        Run.open(tmp_path / "run", write=True)
    Run.open(tmp_path / "run", write=True).close()


def test_another_process_is_kept_out(tmp_path):
    code = "import sys; from heatbath.io import Run; Run.open(sys.argv[1], write=True)"
    with create(tmp_path / "run", n=4):
        told = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "run")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 1
    assert "another process is writing the run" in told.stderr


# ---------------------------------------------------------------- places


def test_a_run_may_be_moved(tmp_path):
    create(tmp_path / "run", n=8).close()
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    assert Run.open(tmp_path / "elsewhere").n_committed == 8


def test_no_directory_at_all(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no run at"):
        Run.open(tmp_path / "nowhere")


def test_existing_directories_are_not_touched(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("do not lose me")
    (tmp_path / "file").write_text("nor me")
    for name in ("full", "file"):
        with pytest.raises(FileExistsError, match="exists already"):
            Run.create(tmp_path / name, LAYOUT, {})
    assert (tmp_path / "full" / "thesis.tex").read_text() == "do not lose me"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full"]


def test_an_empty_directory_is_used(tmp_path):
    (tmp_path / "run").mkdir()
    create(tmp_path / "run").close()
    assert Run.open(tmp_path / "run").n_committed == 10


def test_an_unwritable_place_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cannot be written .* choose another directory"):
        Run.create(tmp_path / "file" / "run", LAYOUT, {})


def test_a_failed_creation_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("heatbath.io.creating.write_manifest", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Run.create(tmp_path / "run", LAYOUT, {})
    assert list(tmp_path.iterdir()) == []


def test_run_json_holds_no_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_manifest(tmp_path, {"x": float("nan")})
