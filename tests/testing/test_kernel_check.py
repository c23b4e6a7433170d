"""`check_kernel` passes every sampler of the library and rejects one bit too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath import _dispatch, _kernels
from heatbath.testing import broken, check_kernel
from heatbath.testing.kernel import SHAPES
from samplers import SAMPLERS, phi4

ACTION = phi4(4, 3)
# Compiled one by one; the other samplers are made of these.
SINGLE = ["hmc", "metropolis", "langevin"]


@pytest.mark.parametrize("name", SINGLE)
def test_samplers_agree_with_their_references(name: str) -> None:
    found = check_kernel(SAMPLERS[name](ACTION), dtypes=["float64"])
    assert found.numbers == {"cases": 3.0 * (1 + len(SHAPES[2])), "tolerance": 0.0}
    assert found.figure.startswith("heatbath_numba.")
    assert not found.skipped


@pytest.mark.parametrize("name", ["hmc", "cycle"])
def test_tensors_of_torch(name: str) -> None:
    sampler = SAMPLERS[name](ACTION)
    assert check_kernel(sampler, namespace="torch", shapes=[(4, 3)], dtypes=["float64"])


def test_float32() -> None:
    assert check_kernel(SAMPLERS["hmc"](ACTION), shapes=[(4, 3)], dtypes=["float32"])


def test_couplings_of_sites_keep_their_lattice() -> None:
    kappa = np.random.default_rng(1).uniform(0.1, 0.3, size=(2, 4, 3))
    action = hb.actions.Phi4(kappa=kappa, lam=0.02, lattice=(4, 3))
    assert check_kernel(hb.Langevin(action)).numbers["cases"] == 3


def test_the_last_bit() -> None:
    with pytest.raises(
        hb.testing.CheckFailed, match=r"differs from the reference by \d\.\de-1[67]"
    ):
        check_kernel(broken.OffInTheLastBit(ACTION), shapes=[(4, 3)], dtypes=["float64"])


def test_what_calls_no_kernel_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Still:
        action: Any
        exact = True

        def on(self, lattice: Any) -> Any:
            return replace(self, action=self.action.on(lattice))

        def init(self, field: Any) -> Any:
            return hb.mcmc.State(field)

        def step(self, key: Any, state: Any, n: int = 1) -> Any:
            return hb.mcmc.State(state.field, state.step + n), None

    found = check_kernel(Still(ACTION), shapes=[(2, 2)])
    assert found.passed
    assert found.skipped == "it calls no operation"
    monkeypatch.setattr(_kernels, "TABLE", {})
    monkeypatch.setattr(_dispatch, "TABLE", {})
    _dispatch._fitting.cache_clear()
    try:
        found = check_kernel(hb.Langevin(ACTION), shapes=[(2, 2)], dtypes=["float64"])
    finally:
        monkeypatch.undo()
        _dispatch._fitting.cache_clear()
    assert found.skipped == "no kernel runs random.normal, sde.langevin.steps here"


def test_threads_that_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler whose chains depend on the number of threads, in large calls alone."""

    @dataclass(frozen=True)
    class Racing(broken.OffInTheLastBit):
        def step(self, key: Any, state: Any, n: int = 1) -> Any:
            new, info = hb.Langevin(self.action).step(key, state, n)
            late = 1e-15 * (hb.get_threads() - 1)
            return hb.mcmc.State(new.field + late, new.step), info

    before = hb.get_threads()
    found = check_kernel.examine(Racing(ACTION), shapes=[(4, 3)], dtypes=["float64"])
    assert found.figure == "two threads make other chains than one"
    assert hb.get_threads() == before


def test_promises_hold_with_the_kernel() -> None:
    """A mistake that kernel and reference share is found as well."""

    @dataclass(frozen=True)
    class ByCall(broken.OffInTheLastBit):
        def step(self, key: Any, state: Any, n: int = 1) -> Any:
            return hb.Langevin(self.action, step_size=0.01 * n).step(key, state, n)

    found = check_kernel.examine(ByCall(ACTION), shapes=[(4, 3)], dtypes=["float64"])
    assert found.figure == "with the kernel these promises are broken: n = a + b"


def test_a_row_with_a_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel may deviate by what its row says, and no more."""
    rows = {
        name: tuple(replace(row, agreement=1e-12) for row in table)
        for name, table in _kernels.TABLE.items()
    }

    @dataclass(frozen=True)
    class Off(broken.OffInTheLastBit):
        by: float = 0.0

        def step(self, key: Any, state: Any, n: int = 1) -> Any:
            fast = hb.backends.explain("sde.langevin.steps", state.field, self.action).chosen
            by = 0.0 if fast == "reference" else self.by
            info = None
            for _ in range(n):
                state, info = hb.Langevin(self.action).step(key, state)
                state = hb.mcmc.State(state.field * (1.0 + by), state.step)
            return state, info

    monkeypatch.setattr("heatbath.testing.kernel.TABLE", rows)
    few = {"shapes": [(4, 3)], "dtypes": ["float64"]}
    assert check_kernel(Off(ACTION, 1e-14), **few).numbers["tolerance"] == 1e-12
    assert not check_kernel.examine(Off(ACTION, 1e-10), **few).passed
