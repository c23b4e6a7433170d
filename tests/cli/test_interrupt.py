"""Ctrl-C: what is stored stays, and the next command is said."""

import json
import os
import signal
import time

import numpy as np
import pytest

from heatbath.io import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one child")

COMMAND = (
    *("run", "phi4", "--shape", "8,8", "--samples", "4000", "--chains", "4", "--warmup", "50"),
    *("--thin", "1", "--seed", "5", "--threads", "1"),
)


def interrupted(process, *arguments, when, seconds=120):
    """Send SIGINT once `when()` holds; the ended process and its stderr."""
    p = process(*arguments)
    end = time.monotonic() + seconds
    while not when() and p.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=seconds)
    assert out == "" or p.returncode == 0
    return p, err


def committed(path):
    try:
        return json.loads((path / "run.json").read_text(encoding="utf-8"))["n_committed"]
    except FileNotFoundError:
        return 0


def test_resume_completes_an_interrupted_run_identically(process, report, tmp_path):
    path = tmp_path / "my-run"
    p, err = interrupted(
        process, *COMMAND, "--out", path, "--json", when=lambda: committed(path) > 0
    )
    assert p.returncode == 130, err
    assert f"heatbath resume {path}" in err
    assert "Traceback" not in err
    assert 0 < committed(path) < 4000

    resumed = report("resume", path)
    whole = report(*COMMAND, "--out", tmp_path / "whole")
    for key in ("observables", "sampler", "acceptance", "samples", "rhat"):
        assert resumed[key] == whole[key]
    with Run.open(path) as a, Run.open(tmp_path / "whole") as b:
        assert np.array_equal(a.configurations[-1], b.configurations[-1])


def test_without_out_it_is_said_that_nothing_was_stored(process):
    began = time.monotonic()
    command = ("run", "phi4", "--shape", "8,8", "--samples", "1000000", "--json")
    p, err = interrupted(process, *command, when=lambda: time.monotonic() > began + 3)
    assert p.returncode == 130
    assert err.strip() == "stopped; nothing was stored: with --out DIR a run can be resumed"
