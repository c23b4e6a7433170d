"""The PTX of every CUDA kernel: each floating-point operation is rounded to nearest on its own.

Compiled without a device.  The argument types are those of real calls, whose launches are caught.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import math
import pathlib
import re
import types
from collections.abc import Iterator
from typing import Any

import array_api_compat.numpy
import numpy as np
import pytest

from cuda_cases import MODES, OPERATIONS_WITH_ACTION, Case, kernel_of

pytest.importorskip("numba_cuda", reason="the package numba-cuda is missing: no compiler")
from cuda import pathfinder
from numba import cuda, typeof, types as numba_types

for library in ("nvvm", "nvrtc"):
    try:
        pathfinder.load_nvidia_dynamic_lib(library)
    except pathfinder.DynamicLibNotFoundError:
        package = {"nvvm": "nvidia-nvvm", "nvrtc": "nvidia-cuda-nvrtc"}[library]
        pytest.skip(f"the package {package} is missing: no compiler", allow_module_level=True)

import heatbath_cuda  # noqa: E402
from heatbath_cuda import arrays  # noqa: E402

# What may happen to floating-point numbers.  All else fails: fused, approximate, flushed, packed
# or converted ones, calls, and plain operations, which the next compiler may fuse.
EXACT = re.compile(
    r"(add|sub|mul|div|sqrt)\.rn\.f(32|64)"
    r"|(neg|abs|mov|selp|slct)\.f(32|64)"
    r"|setp\.\w+\.f(32|64)"
    r"|cvt\.rn\.f(32|64)\.[su](32|64)"  # of whole numbers that it holds
    r"|cvt\.rzi\.[su](32|64)\.f(32|64)"
    r"|cvt\.rmi\.f(32\.f32|64\.f64)"  # floor
    r"|(ld|st)(\.(param|global|local))?(\.nc)?(\.v[24])?\.f(32|64)"
)
FLOAT = re.compile(r"\.b?f(16|32|64)|approx|ftz|^(call|fma|ex2|lg2|sin|cos|tanh|rcp|rsqrt)")
INSTRUCTION = re.compile(r"^\s*(?:@!?%\w+\s+)?([a-z][\w.:]*)", re.M)

# All kernels in both dtypes, for each generation of the compiler: theory, shape, dtype, capability.
PLACES = [
    ("phi4", (4, 4), "float64", (8, 0)),
    ("phi4", (4, 4), "float64", (10, 0)),
    ("own, arrays", (4, 4, 4), "float32", (8, 0)),
    ("own, arrays", (4, 4, 4), "float32", (10, 0)),
    ("own", (4,), "float64", (8, 0)),
    ("gaussian", (2, 2, 2, 2), "float32", (9, 0)),
]
Launches = dict[str, tuple[Any, tuple[Any, ...]]]


def instructions(ptx: str) -> set[str]:
    return set(INSTRUCTION.findall(ptx.partition("\n{")[2]))


def inexact(ptx: str) -> set[str]:
    """The instructions on floating-point numbers that are not among EXACT, and calls."""
    return {i for i in instructions(ptx) if FLOAT.search(i) and not EXACT.fullmatch(i)}


@functools.cache
def compiled(function: Any, signature: tuple[Any, ...], capability: tuple[int, int]) -> str:
    """The PTX of a kernel."""
    return str(cuda.compile_ptx(function, numba_types.void(*signature), cc=capability)[0])


@pytest.fixture(autouse=True)
def _no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """numba asks the device for its capability when it types a device function; what counts is
    that of the kernel."""
    device = types.SimpleNamespace(compute_capability=(8, 0))
    monkeypatch.setattr("numba.cuda.dispatcher.get_current_device", lambda: device)


class Recorder(arrays.Device):
    """A device that runs nothing, and keeps each kernel with the types of its arguments."""

    launches: Launches

    def of(self, array: Any) -> arrays.Buffer:
        return arrays.Buffer(array, array)

    def launch(self, kernel: Any, blocks: int, groups: int, *args: Any) -> None:
        signature = tuple(map(typeof, args))
        name = f"{kernel.py_func.__module__}.{kernel.py_func.__name__}"
        known = self.launches.setdefault(name, (kernel.py_func, signature))
        assert known[1] == signature, f"{name} would be compiled twice"


def launches(theory: str, shape: tuple[int, ...], dtype: str) -> Launches:
    """All kernels that the operations launch, in both modes."""
    found: Launches = {}

    @contextlib.contextmanager
    def recorded(field: Any) -> Iterator[Recorder]:
        device = Recorder(array_api_compat.numpy, "cpu", 0, None, 0, together=2)
        object.__setattr__(device, "launches", found)
        yield device

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "_upload", lambda device, values: values)
        for operation in ("random.uniform", "random.normal", *OPERATIONS_WITH_ACTION):
            kernel = kernel_of(operation)
            patched.setattr(importlib.import_module(kernel.__module__), "device_of", recorded)
            for mode in MODES:
                patched.setattr(arrays, "ALONE", MODES[mode])
                Case(operation, dtype, shape, (2,), theory).call(kernel)
    return found


@pytest.mark.parametrize(("theory", "shape", "dtype", "capability"), PLACES)
def test_every_operation_is_rounded_on_its_own(
    theory: str, shape: tuple[int, ...], dtype: str, capability: tuple[int, int]
) -> None:
    seen: set[str] = set()
    faults = {}
    for name, (function, signature) in launches(theory, shape, dtype).items():
        ptx = compiled(function, signature, capability)
        assert f".target sm_{capability[0]}{capability[1]}" in ptx
        seen |= instructions(ptx)
        faults[name] = inexact(ptx)
    assert {name: fault for name, fault in faults.items() if fault} == {}
    kind = dtype.removeprefix("float")
    assert {f"{op}.rn.f{kind}" for op in ("add", "mul", "div", "sqrt")} <= seen
    other = {"32": "f64", "64": "f32"}[kind]
    assert not any(i.endswith(other) for i in seen), "numbers change their type"


def test_every_kernel_is_compiled() -> None:
    folder = pathlib.Path(heatbath_cuda.__file__).parent
    written = set()
    for file in folder.rglob("*_loops.py"):
        text = file.read_text(encoding="utf-8")
        written |= set(re.findall(r"^@kernel\ndef (\w+)", text, re.M))
    launched = {function.__name__ for function, _ in launches("phi4", (4, 4), "float64").values()}
    assert launched == written


def multiply_and_add(x, y):
    x[0] = x[0] * y[0] + y[1]


def multiply(x, y):
    x[0] = x[0] * y[0]


def exponential(x, y):
    x[0] = math.exp(y[0])


def divide(x, y):
    x[0] = np.float32(y[0]) / np.float32(3.0)


def narrow(x, y):
    x[0] = np.float32(y[0]) + np.float32(y[1])


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (multiply_and_add, "fma.rn.f64"),
        (multiply, "mul.f64"),
        (exponential, "fma.rn.f64"),
        (divide, "cvt.rn.f32.f64"),
        (narrow, "cvt.f64.f32"),
    ],
)
def test_the_check_finds_faults(function: Any, fault: str) -> None:
    vector = numba_types.float64[::1]
    assert fault in inexact(compiled(function, (vector, vector), (8, 0)))


def test_the_check_finds_fast_arithmetic() -> None:
    vector = numba_types.float32[::1]
    signature = numba_types.void(vector, vector)
    ptx = cuda.compile_ptx(exponential, signature, cc=(8, 0), fastmath=True)[0]
    assert any("approx" in fault or "ftz" in fault for fault in inexact(ptx))
