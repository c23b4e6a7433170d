"""`check_purity` passes every sampler of the library and rejects what is hidden in one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.testing import broken, check_purity
from samplers import SAMPLERS, phi4

ACTION = phi4(4, 3)


@pytest.mark.parametrize("namespace", ["numpy", "torch"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_pure(name: str, namespace: str) -> None:
    found = check_purity(SAMPLERS[name](ACTION), namespace=namespace)
    assert found.figure == "10 of 10 promises kept"


def test_without_recorded_scalars_there_are_fewer_promises() -> None:
    assert check_purity(broken.PlainHMC(ACTION)).figure == "8 of 8 promises kept"


def test_hidden_state_and_written_arguments() -> None:
    with pytest.raises(hb.testing.CheckFailed, match="remembers something between calls"):
        check_purity(broken.HiddenState(ACTION))
    with pytest.raises(hb.testing.CheckFailed, match="step writes into the field"):
        check_purity(broken.WritesIntoItsArgument(ACTION))


# ---- each promise, broken alone --------------------------------------------------------------
@dataclass(frozen=True)
class Own:
    """A sampler that passes everything on; each mistake overrides one thing."""

    action: Any
    exact = True
    records_scalars = True

    def on(self, lattice: Any) -> Any:
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Any) -> Any:
        return self.inner.init(field)

    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        return self.inner.step(key, state, n, **recorded)

    @property
    def inner(self) -> Any:
        return hb.HMC(self.action, step_size=0.3, n_steps=3)


class StepsByPlaceInCall(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        wider = replace(self.inner, step_size=0.3 + 0.01 * n)
        return wider.step(key, state, n, **recorded)


class ChainsMeet(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        new, info = self.inner.step(key, state, n, **recorded)
        return hb.mcmc.State(new.field + 1e-12 * new.field.sum(), new.step), info


class NamesByPlaceInBatch(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        renamed = hb.random.key(key.seed, chains=len(key.chains))
        return self.inner.step(renamed, state, n, **recorded)


class OtherDtype(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        new, info = self.inner.step(key, hb.mcmc.State(state.field.astype("f8"), state.step), n)
        return hb.mcmc.State(new.field.astype("f4"), new.step), info


class ForgetsSteps(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        new, info = self.inner.step(key, state, n, **recorded)
        return hb.mcmc.State(new.field, state.step + 1), info


class OneAcceptance(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        new, _ = self.inner.step(key, state, n, **recorded)
        return new, {"acceptance": 0.5}


class TakesNaN(Own):
    def init(self, field: Any) -> Any:
        return hb.mcmc.State(field)


class InitShifts(Own):
    def init(self, field: Any) -> Any:
        if np.isfinite(field).all():
            field -= field.mean()
        return self.inner.init(field)


class RecordsAnother(Own):
    def step(self, key: Any, state: Any, n: int = 1, **recorded: Any) -> Any:
        every = 2 * recorded.get("measure_every", 0)
        return self.inner.step(key, state, n, measure_every=every)


class RecordingMatters(Own):
    def step(self, key: Any, state: Any, n: int = 1, *, measure_every: int = 0) -> Any:
        other = key.leaf("recorded") if measure_every else key
        return self.inner.step(other, state, n, measure_every=measure_every)


MISTAKES = {
    StepsByPlaceInCall: "n = a + b",
    ChainsMeet: "a chain alone",
    NamesByPlaceInBatch: "a chain alone",
    OtherDtype: "the field's shape and dtype",
    ForgetsSteps: "step counts updates",
    OneAcceptance: "acceptance per chain",
    TakesNaN: "NaN refused",
    InitShifts: "arguments unchanged",
    RecordsAnother: "scalars recorded",
    RecordingMatters: "recording changes nothing",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
def test_each_promise_can_be_broken(mistake: Any) -> None:
    promise = MISTAKES[mistake]
    assert check_purity(Own(ACTION))
    found = check_purity.examine(mistake(ACTION))
    assert not found.passed
    assert found.numbers[promise] == 0.0
    assert found.numbers["the same call twice"] == 1.0
    assert found.advice


def test_what_it_needs() -> None:
    with pytest.raises(ValueError, match="at least two chains"):
        check_purity(hb.HMC(ACTION), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="at least two chains"):
        check_purity(hb.HMC(ACTION), np.zeros((1, 4, 3)))
    assert check_purity(hb.HMC(ACTION), np.zeros((2, 4, 3)))
