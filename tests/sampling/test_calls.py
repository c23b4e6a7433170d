"""How `hb.sample` calls `step`: many measurements at once, and the same numbers however many."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import heatbath as hb
from heatbath._namespace import Array
from heatbath.mcmc import Sampler, State, check_update, started
from heatbath.sampling import advancing
from heatbath.sampling.plan import chunk_length

GAUSSIAN = hb.actions.Gaussian(m2=1.0, lattice=(4, 4))
METROPOLIS = hb.Metropolis(GAUSSIAN, width=1.5)
OPTIONS = {"samples": 60, "warmup": 40, "seed": 3, "progress": False, "chains": 2}


@dataclass(frozen=True)
class Own:
    """A user's sampler, made of what `heatbath.mcmc` shows; its updates are those of `inner`."""

    action: object
    width: float = 1.5
    calls: list = field(default_factory=list, compare=False)

    exact = True

    def on(self, lattice):
        return replace(self, action=self.action.on(lattice))

    def init(self, start):
        return started(self.action, start)

    def step(self, key, state, n=1):
        check_update(state.field, self.action, key, state.step, n)
        self.calls.append(n)
        after, info = hb.Metropolis(self.action, self.width).step(key, state, n)
        return State(after.field, after.step), OwnInfo(info.acceptance)


@dataclass(frozen=True)
class OwnInfo:
    acceptance: Array


@dataclass(frozen=True)
class Watched(hb.Metropolis):
    """Metropolis that notes its calls as (n, measure_every)."""

    calls: list = field(default_factory=list, compare=False)

    def step(self, key, state, n=1, *, measure_every=0):
        self.calls.append((n, measure_every))
        return super().step(key, state, n, measure_every=measure_every)


def same(a, b):
    for name, values in a.history.items():
        assert np.array_equal(values, b.history[name]), name
    assert np.array_equal(a.state.field, b.state.field)
    assert a.acceptance == pytest.approx(b.acceptance, rel=1e-12)


def test_many_measurements_are_one_call():
    watched = Watched(GAUSSIAN, width=1.5)
    result = hb.sample(watched, thin=3, tune=False, **OPTIONS)
    chunk = chunk_length(2 * 16, 3, 60)
    assert chunk > 1
    assert watched.calls == [(40, 0)] + [(3 * chunk, 3)] * (60 // chunk)
    same(result, hb.sample(METROPOLIS, thin=3, tune=False, **OPTIONS))


def test_with_observables_each_measurement_is_one_call():
    watched, seen = Watched(GAUSSIAN, width=1.5), []

    def observable(phi):
        seen.append(phi.shape)
        return phi.mean(axis=(1, 2))

    result = hb.sample(watched, thin=3, tune=False, observables={"m": observable}, **OPTIONS)
    assert watched.calls == [(40, 0)] + [(3, 3)] * 60
    assert seen == [(2, 4, 4)] * 61
    plain = hb.sample(METROPOLIS, thin=3, tune=False, **OPTIONS)
    same(plain, result)
    np.testing.assert_allclose(result.history["m"], result.history["magnetization"], atol=1e-15)


@pytest.mark.parametrize("sampler", [METROPOLIS, hb.HMC(GAUSSIAN, n_steps=3)], ids=lambda s: s.name)
@pytest.mark.parametrize("most", [1, 2, 5, 7])
def test_the_length_of_calls_changes_no_number(sampler, most, monkeypatch, tmp_path):
    """Shorter than `thin`, longer, and not a multiple of it; in memory and on disk."""
    expected = hb.sample(sampler, thin=3, **OPTIONS)
    monkeypatch.setattr(advancing, "updates_per_call", lambda sampler, chains: most)
    same(hb.sample(sampler, thin=3, **OPTIONS), expected)
    stored = hb.sample(sampler, thin=3, out=tmp_path / "run", save_every=3, **OPTIONS)
    same(stored, expected)
    with hb.io.Run.open(tmp_path / "run") as run:
        for k, configuration in enumerate(run.configurations[:]):
            scalars = GAUSSIAN.scalars(configuration)
            for name, values in expected.history.items():
                assert np.array_equal(values[:, 3 * k + 2], scalars[name])


@pytest.mark.parametrize(
    ("n", "thin", "most", "calls"),
    [
        (4, 3, 12, [(12, 3)]),
        (1, 3, 3, [(3, 3)]),
        (1, 3, 2, [(2, 0), (1, 1)]),
        (1, 6, 2, [(2, 0), (2, 0), (2, 2)]),
        (1, 2, 1, [(1, 0), (1, 1)]),
    ],
)
def test_measurements_become_calls(n, thin, most, calls):
    found = list(advancing._calls(n, thin, most))
    assert found == calls
    assert sum(updates for updates, _ in found) == n * thin


def test_calls_are_short_where_updates_are_long_and_bounded_always():
    def most(shape, chains, **settings):
        action = hb.actions.Gaussian(m2=1.0, lattice=shape)
        return advancing.updates_per_call(hb.HMC(action, **settings), chains)

    small, large = most((4, 4), 4), most((512, 512), 4)
    assert 100 < small < 10_000
    assert 1 <= large < 10
    assert most((64, 64), 4, n_steps=40) < most((64, 64), 4, n_steps=10)
    assert most((1,), 1 << 22) == 1
    action = hb.actions.Gaussian(m2=1.0, lattice=(8, 8))
    both = hb.cycle(hb.HMC(action), hb.Metropolis(action))
    assert advancing.updates_per_call(both, 4) < advancing.updates_per_call(both.parts[0], 4)
    measurements = advancing.measurements_per_call(hb.HMC(action), 4, 7)
    assert measurements == advancing.updates_per_call(hb.HMC(action), 4) // 7


def test_a_users_sampler_that_records_nothing_still_works(tmp_path):
    own = Own(GAUSSIAN)
    assert isinstance(own, Sampler)
    expected = hb.sample(METROPOLIS, tune=False, thin=2, **OPTIONS)
    same(hb.sample(own, thin=2, **OPTIONS), expected)
    assert own.calls == [16, 16, 8] + [2] * 60
    observables = {"m": lambda phi: phi.mean(axis=(1, 2))}
    same(expected, hb.sample(own, thin=2, observables=observables, **OPTIONS))
    stored = hb.sample(own, thin=2, out=tmp_path / "run", save_every=3, **OPTIONS)
    same(stored, expected)
    same(hb.resume(tmp_path / "run", sampler=own, progress=False), expected)


def test_it_may_be_part_of_a_cycle():
    cycles = [hb.cycle(METROPOLIS, part) for part in (METROPOLIS, Own(GAUSSIAN))]
    a, b = (hb.sample(c, thin=2, tune=False, **OPTIONS) for c in cycles)
    same(a, b)
