"""The chains of CuPy arrays and torch CUDA tensors are NumPy's, bit for bit, on a real device."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from cuda_cases import MODES, OPERATIONS_WITH_ACTION, Case, differences
from heatbath._dispatch import OPERATIONS
from heatbath._namespace import as_numpy
from samplers import SAMPLERS, bits, field, phi4


def no_device(library: str) -> str | None:
    """Why arrays of a library cannot be on a device here, or None."""
    if importlib.util.find_spec(library) is None:
        return f"the package {library} is missing"
    module = importlib.import_module(library)
    return None if module.cuda.is_available() else "no CUDA device"


ABSENT = {name: no_device(name) for name in ("cupy", "torch")}
LIBRARIES = [
    pytest.param(name, marks=pytest.mark.skipif(reason is not None, reason=str(reason)))
    for name, reason in ABSENT.items()
]
if None not in ABSENT.values():
    why = "; ".join(f"{name}: {reason}" for name, reason in ABSENT.items())
    pytest.skip(f"no CUDA device ({why})", allow_module_level=True)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def to_device(library: str) -> Callable[[np.ndarray], Any]:
    """Makes an array of the library on the first device from one of NumPy's."""
    if library == "cupy":
        return importlib.import_module("cupy").asarray
    torch = importlib.import_module("torch")
    return lambda values: torch.from_numpy(values).to("cuda")


def _cases() -> list[Case]:
    fills = [
        Case(f"random.{name}", dtype, shape, batch)
        for name in ("uniform", "normal")
        for dtype in ("float64", "float32")
        for shape, batch in [((7,), ()), ((64, 64), (3,)), ((513, 129), ())]
    ]
    places: list[dict[str, Any]] = [
        {"shape": (16, 16)},
        {"shape": (16, 16), "batch": (300,), "integrator": "omelyan"},
        {"shape": (64, 64), "theory": "own"},
        {"shape": (64, 64), "batch": (2, 3), "theory": "own, arrays"},
        {"shape": (8, 8, 8, 8), "theory": "phi4, arrays"},
        {"shape": (5, 7, 3), "batch": (4,), "integrator": "omelyan"},
        {"shape": (20_011,), "theory": "gaussian"},
        {"shape": (1, 33, 1, 2)},
    ]
    sweeps = [
        Case(operation, dtype, mode=mode, n=20, measure_every=3, **place)
        for operation in OPERATIONS_WITH_ACTION
        for dtype in ("float64", "float32")
        for mode in MODES
        for place in places
    ]
    return [*fills, *sweeps]


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_the_bits_are_numpys(
    case: Case, library: str, to_device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = importlib.import_module("heatbath_cuda.arrays")
    monkeypatch.setattr(arrays, "ALONE", MODES[case.mode])
    function = OPERATIONS[case.operation]
    with hb.backends.use("kernel"):
        found = case.call(function, to_device)
    for array in found:
        assert type(array).__module__.partition(".")[0] == library
    assert differences(found, case.call(function)) is None


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_long_chain_is_numpys(name: str, library: str, to_device: Any) -> None:
    key = hb.random.key(3, chains=4)
    sampler, values = SAMPLERS[name](phi4(16, 16)), field(4, 16, 16)
    found, _ = sampler.step(key, sampler.init(to_device(values)), 500)
    expected, _ = sampler.step(key, sampler.init(values), 500)
    assert bits(found.field) == bits(expected.field)


def test_any_layout_and_the_argument_is_left_alone(library: str, to_device: Any) -> None:
    values = field(2, 6, 12)
    wide = to_device(values)
    sampler, key = hb.HMC(phi4(6, 6)), hb.random.key(3, chains=2)
    found, _ = sampler.step(key, sampler.init(wide[..., ::2]), 5)
    expected, _ = sampler.step(key, sampler.init(values[..., ::2]), 5)
    assert bits(found.field) == bits(expected.field)
    assert bits(wide) == bits(values)


def test_work_follows_the_callers_stream(library: str, to_device: Any) -> None:
    """A field that is still being computed on a stream of the caller's is waited for there."""
    values = field(2, 32, 32)
    sampler, key = hb.Langevin(phi4(32, 32)), hb.random.key(3, chains=2)
    module = importlib.import_module(library)
    stream = module.cuda.Stream() if library == "torch" else module.cuda.Stream(non_blocking=True)
    state = sampler.init(to_device(values))
    with module.cuda.stream(stream) if library == "torch" else stream:
        big = to_device(np.full((3000, 3000), 1.0))
        for _ in range(20):
            big = (big @ big) / 3000.0  # keeps the stream busy
        late = replace(state, field=state.field + 0.0 * big[0, 0])
        found, _ = sampler.step(key, late, 5)
        result = as_numpy(found.field)
    expected, _ = sampler.step(key, sampler.init(values), 5)
    assert bits(result) == bits(expected.field)


def test_a_second_device(library: str, to_device: Any) -> None:
    module = importlib.import_module(library)
    torch = library == "torch"
    count = module.cuda.device_count() if torch else module.cuda.runtime.getDeviceCount()
    if count < 2:
        pytest.skip("one CUDA device only")
    values = field(2, 16, 16)
    if torch:
        other = module.from_numpy(values).to("cuda:1")
    else:
        with module.cuda.Device(1):
            other = module.asarray(values)
    sampler, key = hb.HMC(phi4(16, 16)), hb.random.key(3, chains=2)
    found, _ = sampler.step(key, sampler.init(other), 5)
    expected, _ = sampler.step(key, sampler.init(values), 5)
    assert str(found.field.device) == str(other.device)
    assert bits(found.field) == bits(expected.field)


@pytest.mark.parametrize("library", [p for p in LIBRARIES if "torch" in p.values], indirect=True)
def test_gradients_take_the_reference(library: str, to_device: Any) -> None:
    """Of torch; CuPy has no gradients."""
    values = to_device(field(4, 4)).requires_grad_()
    result, _ = hb.sde.steps(values, phi4(4, 4), hb.random.key(1), 0, 2, step_size=0.01)
    result.sum().backward()
    assert values.grad is not None
