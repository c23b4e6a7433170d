"""The p-values of right samplers are uniform, so that ALPHA is the rate of false alarms."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import kstest

import heatbath as hb
from heatbath.testing import (
    check_detailed_balance,
    check_ergodicity,
    check_schwinger_dyson,
    check_stationarity,
)
from samplers import cubic, phi4

SEEDS = range(1, 31)
ROUGH = {"step_size": 0.6, "n_steps": 3}
CASES = {
    "detailed balance of hmc": (check_detailed_balance, hb.HMC(phi4(4, 4), **ROUGH)),
    "detailed balance of metropolis": (check_detailed_balance, hb.Metropolis(cubic(4), width=1.5)),
    "stationarity of hmc": (check_stationarity, hb.HMC(cubic(4), **ROUGH)),
    "stationarity of a cycle": (
        check_stationarity,
        hb.cycle(hb.HMC(phi4(4), **ROUGH), hb.Metropolis(phi4(4))),
    ),
    "ergodicity of hmc": (check_ergodicity, hb.HMC(phi4(6, 6))),
    "ergodicity of metropolis": (check_ergodicity, hb.Metropolis(cubic(6), width=1.5)),
    "Schwinger-Dyson of hmc": (check_schwinger_dyson, hb.HMC(phi4(6, 6))),
    "Schwinger-Dyson of metropolis": (
        check_schwinger_dyson,
        hb.Metropolis(hb.actions.Gaussian(m2=0.5, lattice=(4, 4)), width=1.5),
    ),
}


@pytest.mark.nightly
@pytest.mark.parametrize("name", CASES)
def test_p_values_are_uniform(name: str) -> None:
    check, sampler = CASES[name]
    examine: Any = check.examine
    found = [examine(sampler, seed=seed).p_value for seed in SEEDS]
    assert kstest(found, "uniform").pvalue > 1e-4, sorted(found)
