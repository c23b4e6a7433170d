"""Tuning reaches the target acceptance, and then leaves the setting alone."""

import numpy as np
import pytest

import heatbath as hb
from heatbath.sampling.tuning import LONGEST, warm_up

PHI4 = hb.actions.Phi4(kappa=0.27, lam=0.022)
SAMPLERS = {
    "hmc": hb.HMC(PHI4),
    "omelyan": hb.HMC(PHI4, integrator="omelyan", n_steps=5),
    "hmc, far too large": hb.HMC(PHI4, step_size=20.0),
    "hmc, far too small": hb.HMC(PHI4, step_size=1e-3),
    "metropolis": hb.Metropolis(PHI4),
    "metropolis, far off": hb.Metropolis(PHI4, width=1e-3),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_acceptance_is_near_its_target(name):
    sampler = SAMPLERS[name]
    result = hb.sample(
        sampler, shape=(8, 8), samples=800, chains=8, warmup=1000, seed=5, progress=False
    )
    assert result.acceptance == pytest.approx(sampler.target_acceptance, abs=0.05)


def test_the_default_warmup_suffices():
    result = hb.sample(hb.HMC(PHI4), shape=(8, 8), samples=1500, seed=1, progress=False)
    assert result.acceptance == pytest.approx(0.8, abs=0.05)


def test_no_chain_is_left_behind():
    """Stiff far from equilibrium: a mean over chains would leave one rejecting for ever."""
    stiff = hb.actions.Phi4(kappa=0.27, lam=1.0, lattice=(8, 8))
    result = hb.sample(hb.HMC(stiff, step_size=1.0), samples=200, chains=16, progress=False)
    assert (result.history["phi_squared"].std(axis=1) > 0).all()


def test_both_parts_of_a_cycle_are_tuned():
    parts = hb.HMC(PHI4, step_size=1.5), hb.Metropolis(PHI4, width=9.0)
    result = hb.sample(hb.cycle(*parts), shape=(8, 8), samples=200, warmup=800, progress=False)
    hmc, metropolis = result.sampler.parts
    alone = [
        hb.sample(s, shape=(8, 8), samples=10, warmup=800, progress=False).sampler for s in parts
    ]
    assert hmc.step_size == pytest.approx(alone[0].step_size, rel=0.2)
    assert metropolis.width == pytest.approx(alone[1].width, rel=0.2)


def test_tuned_values_are_plain_floats_and_used():
    result = hb.sample(hb.HMC(PHI4), shape=(4, 4), samples=50, warmup=100, progress=False)
    assert type(result.sampler.step_size) is float
    key = hb.random.key(0, chains=4)
    again = hb.sample(
        result.sampler, samples=50, warmup=0, tune=False, start=result.state.field, progress=False
    )
    assert again.sampler == result.sampler
    assert key.seed == again.seed


def test_without_tuning_settings_stay():
    kept = hb.sample(hb.HMC(PHI4), shape=(4, 4), samples=5, tune=False, progress=False).sampler
    assert kept.step_size == 0.2
    langevin = hb.Langevin(PHI4, step_size=0.02)
    kept = hb.sample(langevin, shape=(4, 4), samples=5, warmup=20, progress=False).sampler
    assert kept.step_size == 0.02


@pytest.mark.parametrize("updates", [0, 1, 2, 3, 7])
def test_a_short_warmup_makes_as_many_updates(updates):
    sampler = hb.Metropolis(PHI4.on((2, 2)))
    key = hb.random.key(0)
    _, state = warm_up(sampler, key, sampler.init(np.zeros((1, 2, 2))), updates)
    assert state.step == updates


def test_tuning_ends_before_a_long_warmup_does():
    """The setting depends on the first LONGEST updates only."""
    sampler = hb.Metropolis(PHI4.on((2, 2)))
    key, state = hb.random.key(0), sampler.init(np.zeros((1, 2, 2)))
    long, _ = warm_up(sampler, key, state, 2 * LONGEST)
    longer, _ = warm_up(sampler, key, state, 3 * LONGEST)
    assert long == longer
