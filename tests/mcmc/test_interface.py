"""What all samplers share: pure steps, frozen states, and words for bad input."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import heatbath as hb

PHI4 = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 3))
SAMPLERS = {
    "hmc": hb.HMC(PHI4, step_size=0.2, n_steps=3),
    "metropolis": hb.Metropolis(PHI4),
    "langevin": hb.Langevin(PHI4),
    "cycle": hb.cycle(hb.HMC(PHI4, step_size=0.2, n_steps=3), hb.Metropolis(PHI4)),
}
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)


@every_sampler
def test_arguments_stay_as_they_are(sampler: Any) -> None:
    field = np.linspace(-1, 1, 24).reshape(2, 4, 3)
    kept = field.copy()
    key = hb.random.key(1, chains=2)
    state = sampler.init(field)
    after, info = sampler.step(key, state, n=2)
    assert np.array_equal(field, kept)
    assert state.step == 0
    assert after.step == 2
    assert after.field.shape == field.shape
    assert np.asarray(info.acceptance).shape == (2,)
    with pytest.raises(dataclasses.FrozenInstanceError):
        after.step = 5


@every_sampler
def test_read_only_and_strided_fields_are_fine(sampler: Any) -> None:
    plain = np.linspace(-1, 1, 12).reshape(4, 3)
    read_only = plain.copy()
    read_only.flags.writeable = False
    strided = np.repeat(plain, 2, axis=1)[:, ::2]
    key = hb.random.key(1)
    expected = sampler.step(key, sampler.init(plain))[0].field
    for field in (read_only, strided, np.asfortranarray(plain)):
        assert np.array_equal(sampler.step(key, sampler.init(field))[0].field, expected)


BAD_FIELDS = {
    "shape": (np.zeros((3, 4)), ValueError, r"must have shape \(\*batch, 4, 3\)"),
    "too few axes": (np.zeros(3), ValueError, r"must have shape \(\*batch, 4, 3\)"),
    "NaN": (np.full((4, 3), np.nan), ValueError, "NaN or infinite"),
    "infinity": (np.full((4, 3), np.inf), ValueError, "NaN or infinite"),
    "whole numbers": (np.zeros((4, 3), int), TypeError, "float64 or float32"),
    "complex": (np.zeros((4, 3), complex), TypeError, "float64 or float32"),
    "half precision": (np.zeros((4, 3), np.float16), TypeError, "float64 or float32"),
    "byte order": (np.zeros((4, 3), np.dtype("f8").newbyteorder()), TypeError, "byte order"),
    "list": ([[0.0] * 3] * 4, TypeError, "must be an array"),
    "None": (None, TypeError, "must be an array"),
}


@every_sampler
@pytest.mark.parametrize(("field", "error", "words"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_bad_starts_are_refused(sampler: Any, field: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        sampler.init(field)


FIELD = np.zeros((2, 4, 3))
KEY = hb.random.key(1, chains=2)
BAD_CALLS = {
    "key": ((1, hb.mcmc.State(FIELD)), {}, TypeError, "key must be made by hb.random.key"),
    "chains": (
        (hb.random.key(1), hb.mcmc.State(FIELD)),
        {},
        ValueError,
        r"batch shape \(2,\) holds 2 chains, but the key names 1: use hb.random.key",
    ),
    "zero updates": ((KEY, hb.mcmc.State(FIELD)), {"n": 0}, ValueError, "n must be a whole"),
    "negative": ((KEY, hb.mcmc.State(FIELD)), {"n": -3}, ValueError, "n must be a whole"),
    "half an update": ((KEY, hb.mcmc.State(FIELD)), {"n": 1.5}, ValueError, "n must be a whole"),
    "past": ((KEY, hb.mcmc.State(FIELD, -1)), {}, ValueError, "step must be a whole"),
    "far future": ((KEY, hb.mcmc.State(FIELD, 2**48)), {}, ValueError, "step must be a whole"),
}


@every_sampler
@pytest.mark.parametrize("wish", ["reference", "fastest"])
@pytest.mark.parametrize(("args", "kwargs", "error", "words"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_calls_are_refused_in_the_same_words(
    sampler: Any, wish: str, args: Any, kwargs: Any, error: Any, words: str
) -> None:
    with hb.backends.use(wish), pytest.raises(error, match=words):
        sampler.step(*args, **kwargs)


def test_a_field_on_another_device_than_the_couplings_is_refused() -> None:
    torch = pytest.importorskip("torch")
    lam = torch.full((4, 3), 0.1, dtype=torch.float64)
    sampler = hb.HMC(hb.actions.Phi4(kappa=0.2, lam=lam, lattice=(4, 3)))
    elsewhere = torch.zeros((4, 3), dtype=torch.float64, device="meta")
    with pytest.raises(ValueError, match="the coupling lam is on cpu, the field on meta; move one"):
        sampler.init(elsewhere)


def test_an_action_without_a_lattice_says_so() -> None:
    sampler = hb.HMC(hb.actions.Phi4(kappa=0.2, lam=0.1))
    with pytest.raises(ValueError, match=r"holds no lattice yet.*action\.on"):
        sampler.init(np.zeros((4, 4)))
    assert sampler.on((4, 4)).init(np.zeros((4, 4))).step == 0


def test_a_cycle_is_its_parts_in_turn() -> None:
    first, second = hb.HMC(PHI4, step_size=0.2, n_steps=3), hb.Metropolis(PHI4)
    key, field = hb.random.key(1), np.zeros((4, 3))
    both = hb.cycle(first, second)
    state, info = both.step(key, both.init(field), n=2)
    for now in range(2):
        field = first.step(key.leaf(0), hb.mcmc.State(field, now))[0].field
        field = second.step(key.leaf(1), hb.mcmc.State(field, now))[0].field
    assert np.array_equal(state.field, field)
    assert [len(part) for part in info.parts] == [2, 2]


def test_cycles_refuse_what_cannot_be_one() -> None:
    with pytest.raises(ValueError, match="at least one sampler"):
        hb.cycle()
    with pytest.raises(TypeError, match="made of samplers"):
        hb.cycle(PHI4)
    other = hb.actions.Phi4(kappa=0.21, lam=0.1, lattice=(4, 3))
    with pytest.raises(ValueError, match="must have the same action"):
        hb.cycle(hb.HMC(PHI4), hb.Metropolis(other))
    assert not hb.cycle(hb.HMC(PHI4), hb.Langevin(PHI4)).exact
