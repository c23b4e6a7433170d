"""Every CUDA kernel in numba's simulator gives the reference's bits: on tiny lattices, run by one
block per chain and over a grid."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

import cuda_cases
import heatbath as hb

pytest.importorskip("numba_cuda", reason="the package numba-cuda is missing: no simulator")


@pytest.fixture(scope="module")
def differences() -> dict[str, str | None]:
    """What differs in each case; all run in one process, since numba takes seconds to load."""
    done = subprocess.run(
        [sys.executable, "-W", "error", cuda_cases.__file__],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", cuda_cases.SIMULATED)
def test_the_bits_are_the_references(case: str, differences: dict[str, str | None]) -> None:
    assert differences[case] is None


def test_every_row_is_simulated() -> None:
    rows = {row.operation for row in hb.backends.table() if row.device == "cuda"}
    assert rows == {case.operation for case in cuda_cases.SIMULATED.values()}


def test_one_kernel_file_for_one_reference_file() -> None:
    backends = pathlib.Path(cuda_cases.__file__).parents[1] / "backends"
    for row in hb.backends.table():
        if row.device == "cuda":
            module = row.provider.partition(":")[0].replace(".", "/")
            assert (backends / f"{module}.py").exists()
