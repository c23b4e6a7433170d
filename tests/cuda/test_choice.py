"""Which arrays take the CUDA kernels, told without a device."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from heatbath import _dispatch
from heatbath._namespace import device_kind

needs_compiler = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None, reason="the package numba-cuda is missing"
)


class Cupy:
    """Has the name of CuPy's arrays."""


Cupy.__module__, Cupy.__name__ = "cupy", "ndarray"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cpu", "cpu"),
        ("cuda", "cuda"),
        ("cuda:1", "cuda"),
        ("<CUDA Device 0>", "cuda"),
        ("mps:0", "mps"),
    ],
)
def test_device_kind(text: str, kind: str) -> None:
    assert device_kind(text) == kind


@needs_compiler
@pytest.mark.parametrize(
    ("array", "dtype", "device"),
    [
        (Cupy, np.dtype("float64"), "<CUDA Device 1>"),
        (Cupy, np.dtype("float32"), "<CUDA Device 0>"),
        (torch.Tensor, torch.float64, "cuda:1"),
        (torch.Tensor, torch.float32, "cuda:0"),
    ],
)
def test_arrays_on_a_device_take_its_kernels(array: Any, dtype: Any, device: str) -> None:
    chosen = _dispatch._fitting("mcmc.hmc.trajectories", array, dtype, device)
    assert callable(chosen)
    assert chosen.__module__ == "heatbath_cuda.mcmc.hmc"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_dtypes_do_not(dtype: Any) -> None:
    assert not callable(_dispatch._fitting("random.normal", torch.Tensor, dtype, "cuda:0"))


def asked(before: str) -> str:
    """What the chooser says of a tensor on a device, in a fresh process."""
    program = f"""
{before}
import torch
from heatbath import _dispatch
print(_dispatch._fitting("random.normal", torch.Tensor, torch.float64, "cuda:0"))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_without_numba_cuda_the_command_is_named() -> None:
    said = asked("import sys; sys.modules['numba_cuda'] = None")
    assert said == "the package numba_cuda is missing: pip install 'heatbath[cuda]'"


def test_gpus_of_other_makers_take_the_reference() -> None:
    said = asked("import torch; torch.version.hip = '6.2'")
    assert said == "heatbath's CUDA kernels run on NVIDIA GPUs, and this torch is for AMD's"
