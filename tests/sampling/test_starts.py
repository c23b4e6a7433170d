"""Starts: over-dispersed ones surround equilibrium, whatever its scale."""

import numpy as np
import pytest

import heatbath as hb
from heatbath.sampling.placement import Placement
from heatbath.sampling.starts import make_start

NUMPY = Placement("numpy", None, "float64")
THEORIES = {
    "phi4": hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(8, 8)),
    "broken phi4": hb.actions.Phi4(kappa=0.4, lam=0.022, lattice=(8, 8)),
    "stiff": hb.actions.Gaussian(m2=1e6, lattice=(8, 8)),
    "soft": hb.actions.Gaussian(m2=0.05, lattice=(8, 8)),
}
FLAT = hb.Theory("flat", bond=lambda a, b: hb.elementary.cos(a - b))(lattice=(8, 8))


def start(action, name="over-dispersed", chains=4, seed=0):
    return make_start(name, action, hb.random.key(seed, chains=chains), NUMPY)


@pytest.mark.parametrize("name", THEORIES)
def test_over_dispersed_starts_surround_equilibrium(name):
    action = THEORIES[name]
    settled = hb.sample(hb.HMC(action), samples=400, warmup=800, progress=False, seed=2)
    m = np.abs(settled.history["magnetization"])
    spread = np.abs(np.concatenate([start(action, seed=s).mean(axis=(1, 2)) for s in range(8)]))
    assert spread.min() < m.mean() + m.std()
    assert spread.max() > m.mean() + m.std()
    phi2 = np.concatenate([(start(action, seed=s) ** 2).mean(axis=(1, 2)) for s in range(8)])
    assert phi2.min() < settled.estimates["phi_squared"].value < phi2.max()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("chains", [2, 3, 4, 16, ["a", "b", "c"]])
def test_chains_start_apart(seed, chains):
    fields = start(THEORIES["phi4"], chains=chains, seed=seed)
    energies = THEORIES["phi4"].scalars(fields)["phi_squared"]
    assert energies.max() > 1.2 * energies.min()


def test_a_chain_starts_the_same_in_any_company():
    assert np.array_equal(start(THEORIES["phi4"])[2], start(THEORIES["phi4"], chains=[2])[0])


def test_an_action_without_a_scale_still_starts():
    assert np.isfinite(start(FLAT)).all()
    unbounded = hb.actions.Phi4(kappa=0.5, lam=0.0, lattice=(4, 4))
    assert np.isfinite(start(unbounded)).all()


def test_cold_and_hot():
    assert not start(THEORIES["phi4"], "cold").any()
    assert start(THEORIES["phi4"], "hot", chains=64).std() == pytest.approx(1.0, abs=0.05)
