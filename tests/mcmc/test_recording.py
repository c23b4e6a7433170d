"""Scalars recorded inside `step` are those of `action.scalars` measured between single updates."""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy as np
import pytest
import torch

import heatbath as hb
from heatbath._namespace import as_numpy
from samplers import SAMPLERS, bits, field, phi4

SHAPE = (3, 4)
LIBRARIES = {
    "numpy": np.asarray,
    "strict": array_api_strict.asarray,
    "torch": torch.from_numpy,
}
every_sampler = pytest.mark.parametrize("name", SAMPLERS)
both_ways = pytest.mark.parametrize("wish", ["reference", "fastest"])


def key_for(batch: tuple[int, ...]) -> Any:
    return hb.random.key(31, chains=int(np.prod(batch, dtype=int)))


def outside(sampler: Any, start: Any, key: Any, n: int, every: int, first: int = 0) -> Any:
    """The scalars (n // every, 3, *batch) by single updates and `action.scalars`, on the host."""
    state, rows = hb.mcmc.State(start, first), []
    for done in range(1, n + 1):
        state, _ = sampler.step(key, state)
        if done % every == 0:
            scalars = sampler.action.scalars(state.field)
            assert list(scalars) == ["magnetization", "phi_squared", "action_density"]
            rows.append(np.stack([as_numpy(values) for values in scalars.values()]))
    return np.stack(rows)


def recorded(sampler: Any, start: Any, key: Any, n: int, every: int) -> Any:
    return sampler.step(key, hb.mcmc.State(start), n, measure_every=every)[1].scalars


@both_ways
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_sampler
def test_they_are_the_actions_scalars(name: str, dtype: str, wish: str) -> None:
    """Also where measure_every does not divide n, and for every update and for the last alone."""
    sampler, start = SAMPLERS[name](phi4(*SHAPE)), field(2, *SHAPE, dtype=dtype)
    with hb.backends.use(wish):
        for n, every in ((7, 3), (4, 1), (5, 5)):
            expected = outside(sampler, start, key_for((2,)), n, every)
            found = recorded(sampler, start, key_for((2,)), n, every)
            assert found.dtype == dtype
            assert found.shape == (n // every, 3, 2)
            assert bits(found) == bits(expected)
            assert len(np.unique(found)) > 3 * (n // every)  # not one number again and again


@both_ways
@pytest.mark.parametrize("batch", [(), (1,), (3,), (2, 2)], ids=str)
@every_sampler
def test_every_batch_shape(name: str, batch: tuple[int, ...], wish: str) -> None:
    sampler, start, key = SAMPLERS[name](phi4(*SHAPE)), field(*batch, *SHAPE), key_for(batch)
    with hb.backends.use(wish):
        found = recorded(sampler, start, key, 5, 2)
        assert bits(found) == bits(outside(sampler, start, key, 5, 2))
        for every in (0, 6):  # nothing, and not yet anything
            nothing = recorded(sampler, start, key, 5, every)
            assert nothing.shape == (0, 3, *batch)
            assert nothing.dtype == "float64"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("library", LIBRARIES)
@every_sampler
def test_every_library(name: str, library: str, dtype: str) -> None:
    sampler, start = SAMPLERS[name](phi4(*SHAPE)), field(2, *SHAPE, dtype=dtype)
    array = LIBRARIES[library](start)
    with hb.backends.use("reference"):
        expected = recorded(sampler, start, key_for((2,)), 4, 2)
        found = recorded(sampler, array, key_for((2,)), 4, 2)
        nothing = recorded(sampler, array, key_for((2,)), 1, 0)
    assert bits(found) == bits(expected)
    for values in (found, nothing):
        assert type(values) is type(array)
        assert (values.dtype, values.device) == (array.dtype, array.device)


@both_ways
@every_sampler
def test_recording_changes_nothing_else(name: str, wish: str) -> None:
    sampler, start = SAMPLERS[name](phi4(*SHAPE)), field(2, *SHAPE)
    with hb.backends.use(wish):
        plain, _ = sampler.step(key_for((2,)), sampler.init(start), 5)
        watched, info = sampler.step(key_for((2,)), sampler.init(start), 5, measure_every=2)
        assert bits(watched.field) == bits(plain.field)
        assert watched.step == plain.step == 5
        quiet = sampler.step(key_for((2,)), sampler.init(start), 5)[1]
    assert bits(info.acceptance) == bits(quiet.acceptance)


@both_ways
@every_sampler
def test_split_calls_count_from_their_own_start(name: str, wish: str) -> None:
    """Updates are counted within the call, whatever state.step is."""
    sampler, start, key = SAMPLERS[name](phi4(*SHAPE)), field(2, *SHAPE), key_for((2,))
    with hb.backends.use(wish):
        whole = recorded(sampler, start, key, 6, 2)
        middle, first = sampler.step(key, sampler.init(start), 4, measure_every=2)
        _, second = sampler.step(key, middle, 2, measure_every=2)
        assert bits(np.concatenate([first.scalars, second.scalars])) == bits(whole)
        shifted, _ = sampler.step(key, sampler.init(start), 1)
        _, info = sampler.step(key, shifted, 5, measure_every=2)
        assert bits(info.scalars) == bits(outside(sampler, shifted.field, key, 5, 2, first=1))


@both_ways
@pytest.mark.parametrize("wrong", [-1, 0.5, 2.0, True, None, "1"], ids=repr)
@every_sampler
def test_what_is_not_a_count_is_refused(name: str, wrong: Any, wish: str) -> None:
    sampler, start = SAMPLERS[name](phi4(*SHAPE)), field(2, *SHAPE)
    words = "measure_every must be a whole number of at least 0; got"
    with hb.backends.use(wish), pytest.raises(ValueError, match=words):
        recorded(sampler, start, key_for((2,)), 2, wrong)


class Plain:
    """A sampler made outside: HMC whose `step` knows nothing of recording."""

    exact = True

    def __init__(self, inner: Any) -> None:
        self.inner, self.action = inner, inner.action

    def on(self, lattice: Any) -> Plain:
        return Plain(self.inner.on(lattice))

    def init(self, start: Any) -> Any:
        return self.inner.init(start)

    def step(self, key: Any, state: Any, n: int = 1) -> Any:
        return self.inner.step(key, state, n)


@pytest.mark.parametrize("last", [True, False], ids=["last", "first"])
def test_a_cycle_records_whatever_its_parts_can(last: bool) -> None:
    action = phi4(*SHAPE)
    parts = [hb.Metropolis(action), Plain(hb.HMC(action, n_steps=2))]
    sampler = hb.cycle(*(parts if last else parts[::-1]))
    start = field(2, *SHAPE)
    assert sampler.records_scalars
    for n, every in ((5, 2), (3, 0)):
        found = recorded(sampler, start, key_for((2,)), n, every)
        rows = n // every if every else 0
        expected = outside(sampler, start, key_for((2,)), n, every or n)[:rows]
        assert bits(found) == bits(expected)


def test_gradients_pass_through_what_is_recorded() -> None:
    """⟨M⟩ after some Langevin steps, differentiated by the start; central differences agree."""
    sampler, key = hb.Langevin(phi4(*SHAPE), step_size=0.05), key_for(())
    direction = field(*SHAPE, seed=1)
    start = torch.from_numpy(field(*SHAPE)).requires_grad_()
    recorded(sampler, start, key, 3, 3)[0, 0].backward()
    up, down = (recorded(sampler, field(*SHAPE) + h * direction, key, 3, 3) for h in (1e-5, -1e-5))
    slope = float(up[0, 0] - down[0, 0]) / 2e-5
    assert slope == pytest.approx(float((start.grad.numpy() * direction).sum()), rel=1e-7)
