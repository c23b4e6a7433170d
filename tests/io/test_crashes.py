"""A process that dies at any call to the disk, or with the power, loses nothing committed."""

import itertools
import os
import shutil

import pytest

import stored_runs
from faulty_disk import cut_power, die, die_after, killed
from heatbath.io import durable

DEATHS = {"before": die, "after": die_after, "power": cut_power}


def whole(path):
    """How much is committed; less than -1 before there is a run."""
    return stored_runs.committed(path) if path.exists() else -2


def left_beside(path):
    return [p for p in path.parent.iterdir() if p != path]


@pytest.mark.parametrize("death", DEATHS)
def test_at_many_calls_of_a_whole_run(tmp_path, death):
    kill_at_calls(tmp_path, death, step=10)


@pytest.mark.statistics
@pytest.mark.parametrize("death", DEATHS)
def test_at_every_call_of_a_whole_run(tmp_path, death):
    kill_at_calls(tmp_path, death, step=1)


def kill_at_calls(tmp_path, death, step):
    reached = -2
    for call in itertools.count(1 + [*DEATHS].index(death), step):
        path = tmp_path / str(call) / "run"
        path.parent.mkdir()
        if not killed(path.parent, lambda p=path: stored_runs.session(p), call, DEATHS[death]):
            break
        safe = whole(path)
        assert safe >= reached or death == "power"  # a name that was not flushed may come or go
        reached = max(reached, safe)
        stored_runs.session(path)
        assert whole(path) == 11
        assert stored_runs.files(path) == stored_runs.FILES
        assert all(not any(p.iterdir()) for p in left_beside(path))
        shutil.rmtree(path.parent)
    assert whole(path) == 11
    assert call > 150


@pytest.mark.statistics
@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("n", [-1, 0, 4])
def test_at_every_call_of_a_session_that_goes_on(tmp_path, death, n):
    """From each state, with what a dead process may have left."""
    path = tmp_path / "run"
    run = stored_runs.created(path) if n < 0 else stored_runs.create(path, n)
    run.close()
    (path / "m" / f"c.0.{max(n, 0) // 4}").write_bytes(b"torn")
    (path / "run.json.new").write_bytes(b"{")
    with open(path / "checksums", "ab") as file:
        file.write(b"half a li")
    shutil.copytree(path, tmp_path / "first")
    for call in itertools.count(1):
        if not killed(tmp_path, lambda: stored_runs.session(path), call, DEATHS[death]):
            break
        assert whole(path) >= n
        if n == 4 and call % 5 == 0:  # and once more in the session after
            killed(tmp_path, lambda: stored_runs.session(path), call, DEATHS[death])
            assert whole(path) >= n
        stored_runs.session(path)
        assert whole(path) == 11
        shutil.rmtree(path)
        shutil.copytree(tmp_path / "first", path)
    assert whole(path) == 11
    assert call > 40


@pytest.mark.parametrize("death", DEATHS)
def test_the_count_never_falls_in_one_run_killed_at_all_calls(tmp_path, death):
    """The k-th session dies at its k-th call; each goes on from where the last one left off."""
    path, reached = tmp_path / "run", -2
    for call in itertools.count(1):
        if not killed(tmp_path, lambda: stored_runs.session(path), call, DEATHS[death]):
            break
        assert whole(path) >= reached
        reached = whole(path)
    assert whole(path) == 11


def test_the_power_cut_would_find_a_forgotten_flush(tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "_write", os.write)
    path = tmp_path / "run"
    stored_runs.create(path, 4).close()
    lost = 0
    for call in range(1, 60, 3):
        shutil.copytree(path, tmp_path / "copy" / "run")
        killed(
            tmp_path / "copy",
            lambda: stored_runs.session(tmp_path / "copy" / "run"),
            call,
            cut_power,
        )
        try:
            stored_runs.committed(tmp_path / "copy" / "run")
        except ValueError:
            lost += 1
        shutil.rmtree(tmp_path / "copy")
    assert lost > 3
