"""Same seed, same chain: equal bits in every library, thread count and batch, split or not.

And the reason why a chain may be trusted: no random number is used twice.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import array_api_strict
import numpy as np
import pytest
import torch

import heatbath as hb
from heatbath.random import Purpose
from samplers import SAMPLERS, bits, field, infos, logged_blocks, phi4

PLAIN = ["hmc", "omelyan", "metropolis", "langevin"]
CHAINS = 3
KEY = hb.random.key(2024, chains=CHAINS)
LIBRARIES = {
    "strict": array_api_strict.asarray,
    "torch": torch.from_numpy,
}


def site_energy(phi: Any, *, m2: Any, g: Any) -> Any:
    return m2 * phi * phi + g * hb.elementary.cos(phi)


def bond_energy(a: Any, b: Any, *, j: Any) -> Any:
    return j * hb.elementary.exp(-(a - b) * (a - b)) / (1 + a * a * b * b)


Mine = hb.Theory("mine", site=site_energy, bond=bond_energy)


def run(sampler: Any, start: Any, n: int, key: Any = KEY, first: int = 0) -> tuple[bytes, ...]:
    """The bits of the end and of everything that was reported on the way."""
    state, info = sampler.step(key, hb.mcmc.State(sampler.init(start).field, first), n)
    assert state.step == first + n
    return bits(state.field), *map(bits, infos(info))


def reference(sampler: Any, start: Any, n: int, key: Any = KEY) -> tuple[bytes, ...]:
    with hb.backends.use("reference"):
        return run(sampler, start, n, key)


def kernel(sampler: Any, start: Any, n: int, key: Any = KEY) -> tuple[bytes, ...]:
    with hb.backends.use("kernel"):
        return run(sampler, start, n, key)


def assert_moved(start: Any, result: tuple[bytes, ...]) -> None:
    """Equal bits prove nothing of a chain that stands still."""
    assert bits(start) != result[0]


# ---------------------------------------------------------------- 200 updates, every engine


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PLAIN)
def test_200_updates_everywhere(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start = field(CHAINS, 3, 4, dtype=dtype)
    sampler = SAMPLERS[name](phi4(3, 4))
    expected = reference(sampler, start, 200)
    assert_moved(start, expected)
    assert reference(sampler, torch.from_numpy(start), 200) == expected
    for threads in ("1", "2", "7"):
        monkeypatch.setenv("HEATBATH_NUM_THREADS", threads)
        assert kernel(sampler, start, 200) == expected
        assert kernel(sampler, torch.from_numpy(start), 200) == expected
    strict = array_api_strict.asarray(start)
    assert reference(sampler, strict, 20) == kernel(sampler, start, 20)


@pytest.mark.parametrize("name", PLAIN)
def test_alone_or_inside_a_batch(name: str) -> None:
    start = field(CHAINS, 4, 6)
    sampler = SAMPLERS[name](phi4(4, 6))
    for way, n in ((kernel, 200), (reference, 10)):
        with hb.backends.use("kernel" if way is kernel else "reference"):
            together, _ = sampler.step(KEY, sampler.init(start), n)
            for c in (2, 0):
                alone, _ = sampler.step(hb.random.key(2024, chains=[c]), sampler.init(start[c]), n)
                assert bits(alone.field) == bits(together.field[c])
            turned, _ = sampler.step(
                hb.random.key(2024, chains=[2, 0]), sampler.init(start[[2, 0]]), n
            )
            assert bits(turned.field) == bits(together.field[[2, 0]])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PLAIN)
def test_ten_thousand_sites(name: str, dtype: str) -> None:
    """Here torch's vectorised square root, which is not correctly rounded, and vector loops with
    their remainders come into play; and HMC's and Metropolis's sums are long trees."""
    start = field(104, 101, dtype=dtype)
    sampler = SAMPLERS[name](phi4(104, 101))
    if isinstance(sampler, hb.HMC):
        sampler = dataclasses.replace(sampler, step_size=0.01)  # or nothing would be accepted
    key = hb.random.key(7)
    expected = kernel(sampler, start, 3, key)
    assert_moved(start, expected)
    assert reference(sampler, start, 3, key) == expected
    assert reference(sampler, torch.from_numpy(start), 3, key) == expected


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_users_theory_with_exp_and_cos(name: str, library: str) -> None:
    start = field(CHAINS, 3, 4)
    sampler = SAMPLERS[name](Mine(m2=0.5, g=0.7, j=-0.4, lattice=(3, 4)))
    expected = kernel(sampler, start, 20)
    assert_moved(start, expected)
    assert reference(sampler, start, 20) == expected
    assert reference(sampler, LIBRARIES[library](start), 5) == kernel(sampler, start, 5)


def test_a_users_theory_in_float32() -> None:
    start = field(CHAINS, 3, 4, dtype="float32")
    sampler = SAMPLERS["langevin"](Mine(m2=0.5, g=0.7, j=-0.4, lattice=(3, 4)))
    assert reference(sampler, start, 20) == kernel(sampler, start, 20)
    assert reference(sampler, torch.from_numpy(start), 20) == kernel(sampler, start, 20)


@pytest.mark.parametrize("name", ["cycle", "two hmcs", "nested cycle"])
def test_cycles(name: str) -> None:
    start = field(CHAINS, 3, 4)
    sampler = SAMPLERS[name](phi4(3, 4))
    expected = reference(sampler, start, 20)
    assert_moved(start, expected)
    assert kernel(sampler, start, 20) == expected
    assert reference(sampler, torch.from_numpy(start), 20) == expected


# ---------------------------------------------------------------- purity


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("wish", ["kernel", "reference"])
def test_n_is_a_then_b(name: str, wish: str) -> None:
    start = field(CHAINS, 3, 4)
    sampler = SAMPLERS[name](phi4(3, 4))
    with hb.backends.use(wish):
        whole, info = sampler.step(KEY, sampler.init(start), 9)
        middle, first = sampler.step(KEY, sampler.init(start), 4)
        end, second = sampler.step(KEY, middle, 5)
    assert bits(end.field) == bits(whole.field)
    assert end.step == whole.step == 9
    if name in ("hmc", "omelyan", "metropolis"):  # what they report has one row per update
        for a, b, both in zip(infos(first), infos(second), infos(info), strict=True):
            assert bits(np.concatenate([a, b])) == bits(both)


@pytest.mark.parametrize("name", SAMPLERS)
def test_steps_are_pure(name: str) -> None:
    """Same arguments, same result; another seed, chain or step, another one."""
    start = field(CHAINS, 3, 4)
    before = bits(start)
    sampler = SAMPLERS[name](phi4(3, 4))
    once = run(sampler, start, 5)
    assert run(sampler, start, 5) == once
    assert bits(start) == before
    assert run(sampler, start, 5, hb.random.key(2025, chains=CHAINS))[0] != once[0]
    assert run(sampler, start, 5, hb.random.key(2024, chains=[0, 1, 9]))[0] != once[0]
    assert run(sampler, start, 5, KEY, first=5)[0] != once[0]


def test_the_last_steps_of_a_key_and_no_further() -> None:
    sampler = SAMPLERS["hmc"](phi4(3, 4))
    state = hb.mcmc.State(field(CHAINS, 3, 4), 2**48 - 2)
    with hb.backends.use("reference"):
        expected, _ = sampler.step(KEY, state, 2)
    found, _ = sampler.step(KEY, state, 2)
    assert bits(found.field) == bits(expected.field)
    with pytest.raises(ValueError, match=r"step must be a whole number from 0 to 2\*\*48 - n"):
        sampler.step(KEY, state, 3)


# ---------------------------------------------------------------- no number is used twice


def twice(log: list[tuple[int, ...]]) -> int:
    """How many blocks were computed that had been computed before."""
    return sum(count - 1 for count in Counter(log).values())


@pytest.mark.parametrize("name", SAMPLERS)
def test_no_counter_is_used_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = SAMPLERS[name](phi4(3, 5))
    with logged_blocks(monkeypatch) as log:
        state = sampler.init(field(CHAINS, 3, 5))
        for n in (1, 2, 1):
            state, _ = sampler.step(KEY, state, n)
    sweeps = 4 * CHAINS
    assert len(log) >= 8 * sweeps  # 15 sites are 8 blocks
    assert twice(log) == 0


def test_starts_and_samplers_share_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every purpose at one step of one key, as a run with a random start reads them."""
    sites = field(CHAINS, 3, 5)
    with logged_blocks(monkeypatch) as log:
        for purpose in Purpose:
            hb.random.normal(sites, KEY, 0, dim=2, purpose=purpose)
        for draw in (1, 2):
            hb.random.uniform(sites, KEY, 0, dim=2, purpose=Purpose.PROPOSAL, draw=draw)
    assert len(log) == (len(Purpose) + 2) * CHAINS * 8
    assert twice(log) == 0


def test_the_log_finds_a_shared_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken twin of the cycle: both parts read the stream of the same key."""
    one, two = SAMPLERS["two hmcs"](phi4(3, 5)).parts
    with logged_blocks(monkeypatch) as log:
        state = one.init(field(CHAINS, 3, 5))
        moved, _ = one.step(KEY.leaf(0), state)
        two.step(KEY.leaf(0), hb.mcmc.State(moved.field, 0))
    assert twice(log) == CHAINS * (8 + 1 + 1)  # momenta, length, acceptance


def test_the_log_finds_a_step_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = SAMPLERS["metropolis"](phi4(3, 5))
    with logged_blocks(monkeypatch) as log:
        state = sampler.init(field(CHAINS, 3, 5))
        moved, _ = sampler.step(KEY, state)
        sampler.step(KEY, hb.mcmc.State(moved.field, 0))
    assert twice(log) == len(log) // 2
