"""Compiled kernels survive the process, without a device as far as that goes: as PTX."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from heatbath import _cache

pytest.importorskip("numba_cuda", reason="the package numba-cuda is missing: no compiler")
dispatcher = pytest.importorskip("numba.cuda.dispatcher")
codegen = pytest.importorskip("numba.cuda.codegen")
modules = pytest.importorskip("heatbath_cuda.modules")


@pytest.fixture
def kept(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A kernel's dispatcher, its signature and its compiled form for a device that is not here."""
    device = types.SimpleNamespace(compute_capability=(8, 0))
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    context = types.SimpleNamespace(device=device)
    monkeypatch.setattr(codegen.devices, "get_context", lambda *_: context)
    monkeypatch.setattr(codegen.JITCUDACodegen, "magic_tuple", lambda self: ((13, 0), (8, 0)))
    monkeypatch.setattr(_cache, "folder", lambda: tmp_path)
    kernel = modules.common_module("float64").fill_uniform
    values = np.zeros((2, 3)), np.zeros((2, 2), np.int64), 0, 0
    signature = tuple(map(dispatcher.typeof, values))
    made = dispatcher._Kernel(kernel.py_func, signature, **kernel.targetoptions)
    made._codelibrary.get_asm_str(cc=(8, 0))
    return kernel, signature, made


def test_what_is_kept_is_loaded(kept: Any, tmp_path: Any) -> None:
    kernel, signature, made = kept
    cache = kernel._cache
    assert cache.load_overload(signature, kernel.targetctx) is None
    cache.save_overload(signature, made)
    loaded = cache.load_overload(signature, kernel.targetctx)
    ptx = made._codelibrary.get_asm_str(cc=(8, 0))
    assert loaded._codelibrary.get_asm_str(cc=(8, 0)) == ptx
    assert loaded.signature == made.signature
    assert loaded.entry_name == made.entry_name


def test_other_arguments_and_damaged_files_are_compiled_anew(kept: Any, tmp_path: Any) -> None:
    kernel, signature, made = kept
    cache = kernel._cache
    cache.save_overload(signature, made)
    assert cache.load_overload(signature[::-1], kernel.targetctx) is None
    (file,) = (path for path in tmp_path.iterdir() if path.suffix == ".bin")
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    assert cache.load_overload(signature, kernel.targetctx) is None


def test_every_kernel_of_a_module_is_kept() -> None:
    made = modules.common_module("float64")
    kernels = {
        name: thing
        for name, thing in vars(made).items()
        if isinstance(thing, dispatcher.CUDADispatcher) and not thing.targetoptions["device"]
    }
    assert {"fill_uniform", "start_all", "propose_all"} <= set(kernels)
    for name, kernel in kernels.items():
        assert type(kernel._cache).__name__ == "KernelCode", name
