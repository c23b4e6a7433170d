"""Every row of the kernel table against its reference; generated from the table.

A new operation gets one line in CASES: how to call it and what it returns.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import heatbath as hb
from heatbath._dispatch import _load
from heatbath._namespace import as_numpy
from samplers import bits, field, phi4


@dataclass
class Call:
    """The arguments of one call: a field on a lattice, an action, a stream of numbers."""

    field: Any
    action: Any
    key: Any
    step: int = 0
    n: int = 2
    integrator: str = "leapfrog"
    measure_every: Any = 2

    def for_sweep(self) -> tuple[Any, ...]:
        return self.field, self.action, self.key, self.step, self.n

    def for_fill(self) -> dict[str, Any]:
        return {"dim": self.action.lattice.ndim, "purpose": 3, "draw": self.n}


CASES: dict[str, Callable[[Call], Any]] = {
    "random.uniform": lambda c: hb.random.uniform(c.field, c.key, c.step, **c.for_fill()),
    "random.normal": lambda c: hb.random.normal(c.field, c.key, c.step, **c.for_fill()),
    "mcmc.hmc.trajectories": lambda c: hb.mcmc.trajectories(
        *c.for_sweep(),
        step_size=0.3,
        n_steps=3,
        integrator=c.integrator,
        randomise=True,
        measure_every=c.measure_every,
    ),
    "mcmc.metropolis.sweeps": lambda c: hb.mcmc.sweeps(
        *c.for_sweep(), width=1.5, measure_every=c.measure_every
    ),
    "sde.langevin.steps": lambda c: hb.sde.steps(
        *c.for_sweep(), step_size=0.05, measure_every=c.measure_every
    ),
}
ROWS = hb.backends.table()
EXACT = [row for row in ROWS if row.agreement == "exact"]
WITH_ACTION = [row for row in ROWS if not row.operation.startswith("random.")]
ON_CPU = [row for row in ROWS if row.device == "cpu"]

# Extents 1, 2 and odd ones in every dimension.  Each dimension, and each place of an extent 1,
# is compiled anew for Metropolis, so there are only a few.
SHAPES = [(1,), (2,), (7,), (5, 1), (1, 3), (2, 3), (4, 6), (3, 17), (2, 3, 5), (2, 3, 2, 2)]
SINGLE_SHAPES = [(2, 3), (4, 6), (3, 17)]
BATCHES = [(), (3,), (2, 2)]


def name(row: Any) -> str:
    return f"{row.operation}-{row.array_type}-{row.device}"


@cache
def absent(library: str, device: str) -> str | None:
    """Why a row's arrays cannot be made here, or None."""
    if importlib.util.find_spec(library) is None:
        return f"the package {library} is missing"
    here = device == "cpu" or importlib.import_module(library).cuda.is_available()
    return None if here else f"no {device} device"


def reason(row: Any) -> str | None:
    return absent(row.array_type.partition(".")[0], row.device)


def each(rows: Any) -> Any:
    """A test for each of the rows whose arrays can be made here."""
    return pytest.mark.parametrize("row", [r for r in rows if reason(r) is None], ids=name)


def of_row(row: Any, values: np.ndarray) -> Any:
    """The values as the array type of a row, on its device."""
    if row.array_type == "torch.Tensor":
        return torch.from_numpy(values).to(row.device)
    return importlib.import_module(row.array_type.partition(".")[0]).asarray(values)


def key_for(batch: tuple[int, ...], seed: int = 11) -> Any:
    return hb.random.key(seed, chains=int(np.prod(batch, dtype=int)))


def outputs(row: Any, call: Call, wish: str) -> tuple[Any, ...]:
    with hb.backends.use(wish):
        result = CASES[row.operation](call)
    return result if isinstance(result, tuple) else (result,)


def assert_agrees(row: Any, call: Call) -> None:
    before = bits(call.field)
    expected = outputs(row, call, "reference")
    found = outputs(row, call, "kernel")
    assert bits(call.field) == before, "the kernel or its reference wrote into its argument"
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert type(a) is type(b)
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert str(a.device) == str(b.device)
        assert not np.shares_memory(as_numpy(a), as_numpy(call.field))
        if row.agreement == "exact":
            assert bits(a) == bits(b)
        else:
            np.testing.assert_allclose(as_numpy(a), as_numpy(b), rtol=row.agreement)


def site_dependent(shape: tuple[int, ...], dtype: str, row: Any, which: str) -> Any:
    rng = np.random.default_rng(2)
    arrays = {
        "kappa": 0.2 + 0.1 * rng.random((len(shape), *shape)),
        "lam": 0.05 * rng.random(shape),
    }
    couplings = {"kappa": 0.27, "lam": 0.022}
    couplings |= {c: of_row(row, arrays[c].astype(dtype)) for c in which.split()}
    return hb.actions.Phi4(**couplings, lattice=shape)


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert {row.operation for row in ROWS} == set(CASES)


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_device_of_a_row_is_here(row: Any) -> None:
    """Else its agreement is shown in another way: see tests/cuda."""
    if reason(row) is not None:
        pytest.skip(f"{reason(row)}: compared in the simulator, tests/cuda/test_simulator.py")


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_provider_exists_and_dtypes_are_ours(row: Any) -> None:
    if row.device == "cuda" and importlib.util.find_spec("numba_cuda") is None:
        pytest.skip("the package numba-cuda is missing")
    assert callable(_load(row))
    assert set(row.dtypes) <= {"float64", "float32"}
    assert row.agreement == "exact" or 0 < row.agreement < 1e-3


@each(ROWS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_shape(row: Any, shape: tuple[int, ...]) -> None:
    for batch in BATCHES:
        values = of_row(row, field(*batch, *shape))
        assert_agrees(row, Call(values, phi4(*shape), key_for(batch)))


@each(ROWS)
@pytest.mark.parametrize("shape", SINGLE_SHAPES, ids=str)
def test_float32(row: Any, shape: tuple[int, ...]) -> None:
    for batch in BATCHES:
        values = of_row(row, field(*batch, *shape, dtype="float32"))
        assert_agrees(row, Call(values, phi4(*shape), key_for(batch)))


@st.composite
def calls(draw: Any, row: Any) -> Call:
    """Any dtype, shape, batch, values, place in the stream and memory layout."""
    dtype = draw(st.sampled_from(row.dtypes))
    shape = draw(st.sampled_from(SHAPES if dtype == "float64" else SINGLE_SHAPES))
    batch = draw(st.sampled_from(BATCHES))
    width = 64 if dtype == "float64" else 32
    values = draw(hnp.arrays(dtype, (*batch, *shape), elements=st.floats(-4, 4, width=width)))
    values = laid_out(values, draw(st.sampled_from(LAYOUTS)))
    if row.array_type == "torch.Tensor" and (
        min(values.strides, default=1) < 0 or not values.flags.writeable
    ):
        values = values.copy()  # torch has neither
    return Call(
        of_row(row, values),
        phi4(*shape),
        key_for(batch, draw(st.integers(0, 2**64))),
        step=draw(st.sampled_from([0, 1, 2**31 + 5, 2**32 - 1, 2**48 - 4])),
        n=draw(st.integers(1, 3)),
        measure_every=draw(st.integers(0, 4)),
        integrator=draw(st.sampled_from(sorted(hb.mcmc.INTEGRATORS))),
    )


LAYOUTS = ["plain", "strided", "reversed", "fortran", "read-only"]


def laid_out(values: np.ndarray, layout: str) -> np.ndarray:
    match layout:
        case "strided":
            wide = np.full((*values.shape[:-1], 2 * values.shape[-1]), np.nan, values.dtype)
            wide[..., ::2] = values
            return wide[..., ::2]
        case "reversed":
            return values[..., ::-1].copy()[..., ::-1]
        case "fortran":
            return np.asfortranarray(values)
        case "read-only":
            values = values.copy()
            values.setflags(write=False)
    return values


@each(ROWS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_whatever_hypothesis_makes(row: Any, data: Any) -> None:
    assert_agrees(row, data.draw(calls(row)))


@each(ROWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(row: Any, layout: str) -> None:
    values = laid_out(field(2, 4, 6), layout)
    if row.array_type == "torch.Tensor" and layout in ("reversed", "read-only"):
        values = values.copy()  # torch has neither
    assert_agrees(row, Call(of_row(row, values), phi4(4, 6), key_for((2,))))


@each(WITH_ACTION)
def test_site_dependent_couplings(row: Any) -> None:
    """Both couplings in every kernel; each alone in the one that is compiled fastest."""
    alone = ["kappa", "lam"] if row.operation == "sde.langevin.steps" else []
    for which in ["kappa lam", *alone]:
        for shape in [(4, 6), (2, 3)]:
            action = site_dependent(shape, "float64", row, which)
            assert_agrees(row, Call(of_row(row, field(3, *shape)), action, key_for((3,))))


@each([row for row in WITH_ACTION if row.operation == "sde.langevin.steps"])
def test_site_dependent_couplings_in_float32_and_any_layout(row: Any) -> None:
    values = of_row(row, field(3, 4, 6, dtype="float32"))
    action = site_dependent((4, 6), "float32", row, "kappa lam")
    assert_agrees(row, Call(values, action, key_for((3,))))
    if row.array_type == "numpy.ndarray":
        plain = action.couplings
        for layout in LAYOUTS:
            other = {n: laid_out(v, layout) for n, v in plain.items()}
            moved = hb.actions.Phi4(**other, lattice=(4, 6))
            expected = outputs(row, Call(values, action, key_for((3,))), "kernel")
            found = outputs(row, Call(values, moved, key_for((3,))), "kernel")
            assert [bits(a) for a in found] == [bits(a) for a in expected]


@each(ON_CPU)
def test_memory_is_shared_with_torch(row: Any) -> None:
    """A torch row reads the tensor where it lies, and its result is a tensor on plain memory."""
    values = of_row(row, field(4, 6))
    assert np.shares_memory(as_numpy(values), np.asarray(values))
    for result in outputs(row, Call(values, phi4(4, 6), key_for(())), "kernel"):
        assert np.shares_memory(as_numpy(result), np.asarray(result))
        result[...] = 0  # writable: the caller owns it
    if row.array_type == "torch.Tensor":
        negative = torch.imag(torch.complex(values, values).conj())
        assert negative.is_neg()
        assert_agrees(row, Call(negative, phi4(4, 6), key_for(())))


@each(WITH_ACTION)
def test_divergence_agrees(row: Any) -> None:
    """Infinite and NaN numbers take the same way through kernel and reference."""
    call = Call(of_row(row, 1e80 * field(2, 4, 6)), phi4(4, 6), key_for((2,)), n=3)
    with np.errstate(all="ignore"):
        expected, found = outputs(row, call, "reference"), outputs(row, call, "kernel")
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(as_numpy(a), as_numpy(b))
    if row.operation == "mcmc.hmc.trajectories":
        assert not as_numpy(found[2]).any()
        assert bits(found[0]) == bits(call.field)


def wrong_calls(row: Any) -> dict[str, Call]:
    def made(values: Any, **changes: Any) -> Call:
        chains = changes.pop("key", key_for(()))
        return Call(values, changes.pop("action", phi4(4, 6)), chains, **changes)

    good = of_row(row, field(4, 6))
    whole = of_row(row, np.zeros((4, 6), np.int64))
    calls = {
        "whole numbers": made(whole),
        "key is a number": made(good, key=3),
        "another batch": made(of_row(row, field(5, 4, 6))),
        "step is negative": made(good, step=-1),
        "step beyond 48 bits": made(good, step=2**48),
        "a list": made([[0.0] * 6] * 4),
    }
    if row.array_type == "numpy.ndarray":
        calls["foreign byte order"] = made(field(4, 6).astype(">f8"))
        calls["a matrix"] = made(field(4, 6).view(np.matrix))
    if row in WITH_ACTION:
        calls["another shape"] = made(of_row(row, field(4, 7)))
        calls["too few axes"] = made(of_row(row, field(6)))
        calls["no updates"] = made(good, n=0)
        calls["half an update"] = made(good, n=1.5)
        calls["a record before the start"] = made(good, measure_every=-1)
        calls["half a record"] = made(good, measure_every=0.5)
        calls["a record, true"] = made(good, measure_every=True)
        calls["no lattice"] = made(good, action=hb.actions.Phi4(kappa=0.1, lam=0.1))
        calls["couplings of another dtype"] = made(
            good, action=site_dependent((4, 6), "float32", row, "lam")
        )
        other = next(r for r in ROWS if r.array_type != row.array_type)
        calls["couplings of another library"] = made(
            good, action=site_dependent((4, 6), "float64", other, "lam")
        )
    return calls


@each(ROWS)
def test_wrong_inputs_raise_the_same_words(row: Any) -> None:
    for what, call in wrong_calls(row).items():
        words = []
        for wish in ("reference", "kernel"):
            with pytest.raises((TypeError, ValueError, OverflowError)) as caught:
                outputs(row, call, wish)
            words.append((caught.type, str(caught.value)))
        assert words[0] == words[1], what
        assert "no kernel runs" not in words[1][1], what
        assert len(words[0][1]) > 20, what


@each([row for row in WITH_ACTION if row in ON_CPU])
def test_one_compiled_body_serves_every_call(row: Any) -> None:
    """Couplings, formulas, shapes, layouts and batches do not compile the same loops again."""
    from heatbath_numba.modules import common_module

    for kappa in (0.1, 0.2):
        for layout in LAYOUTS:
            values = laid_out(field(2, 4, 6), layout)
            call = Call(values, phi4(4, 6), key_for((2,)))
            call.action = hb.actions.Phi4(kappa=kappa, lam=0.02, lattice=(4, 6))
            with hb.backends.use("kernel"):
                CASES[row.operation](call)
    gaussian = hb.actions.Gaussian(m2=1.0, lattice=(3, 2, 3))
    with hb.backends.use("kernel"):
        CASES[row.operation](Call(of_row(row, field(3, 2, 3)), gaussian, key_for(())))
    loops = {
        "mcmc.hmc.trajectories": "run_hmc",
        "mcmc.metropolis.sweeps": "run_metropolis",
        "sde.langevin.steps": "run_langevin",
    }
    assert len(getattr(common_module("float64"), loops[row.operation]).signatures) == 1
