"""P-values of right samplers are uniform: the checks of `heatbath.testing` with fresh seeds.

Run by `make nightly`.  The seed is in the tests' names; HEATBATH_FRESH_SEED gives it again.  A
right library fails one of these tests once in 10⁴ runs, whatever the number of seeds.
"""

from __future__ import annotations

import os
import secrets

import pytest
from scipy.stats import kstest

import heatbath as hb

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(7200)]

SEED = int(os.environ.get("HEATBATH_FRESH_SEED") or secrets.randbelow(1 << 31))
SEEDS = 10  # for each sampler and action, so 60 p-values for each check
CHECKS = {
    "detailed balance": hb.testing.check_detailed_balance,
    "stationarity": hb.testing.check_stationarity,
    "Schwinger-Dyson": hb.testing.check_schwinger_dyson,
    "ergodicity": hb.testing.check_ergodicity,
}
ACTIONS = {
    "phi4": hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 4)),
    "gaussian": hb.actions.Gaussian(m2=1.0, lattice=(4, 4)),
}
SAMPLERS = {
    "hmc": lambda action: hb.HMC(action, step_size=0.3, n_steps=4),
    "metropolis": lambda action: hb.Metropolis(action, width=1.5),
    "cycle": lambda action: hb.cycle(
        hb.HMC(action, step_size=0.3, n_steps=4), hb.Metropolis(action)
    ),
}
NOT_REVERSIBLE = ("cycle",)


def p_values(check, sampler_of, action, first):
    return [check.examine(sampler_of(action), seed=first + k).p_value for k in range(SEEDS)]


def tested(name):
    """Samplers that owe what the check examines."""
    skipped = NOT_REVERSIBLE if name == "detailed balance" else ()
    return [sampler for key, sampler in SAMPLERS.items() if key not in skipped]


@pytest.mark.parametrize("name", CHECKS, ids=lambda name: f"{name}, seed {SEED}")
def test_p_values_are_uniform(name):
    values = [
        p
        for sampler in tested(name)
        for action in ACTIONS.values()
        for p in p_values(CHECKS[name], sampler, action, SEED)
    ]
    found = kstest(values, "uniform")
    print(f"{name}: {len(values)} p-values, least {min(values):.2g}, Kolmogorov {found.pvalue:.2g}")
    assert found.pvalue >= 1e-4, sorted(values)


@pytest.mark.parametrize("name", ["stationarity", "Schwinger-Dyson"])
def test_those_of_a_biased_sampler_are_not(name):
    def langevin(action):
        return hb.Langevin(action, step_size=0.2)

    values = p_values(CHECKS[name], langevin, ACTIONS["gaussian"], SEED)
    assert kstest(values, "uniform").pvalue < 1e-4
