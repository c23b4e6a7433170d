"""The promise of the library: nominal 68 % intervals hold the truth in 63 to 72 % of all runs."""

import numpy as np
import pytest

from heatbath.stats import Estimate, estimate

CHAINS = 1500  # the hit rate is then known to 0.012: the interval 0.63..0.72 is +- 3.7 sigma
LOW, HIGH = 0.63, 0.72


def hit_rate(estimates, truth=0.0):
    return np.mean([abs(e.value - truth) < e.error for e in estimates])


def naive(chain):
    """The wrong error that every beginner quotes first: autocorrelations ignored."""
    return Estimate(chain.mean(), chain.std(ddof=1) / np.sqrt(chain.size), 0.5, chain.size)


@pytest.mark.parametrize("tau", [1 / 6, 2.0])
def test_nominal_interval_covers_the_mean(ar1, tau):
    chains = ar1(11, CHAINS, int(1000 * max(tau, 0.5)), tau)
    assert LOW < hit_rate(map(estimate, chains)) < HIGH


def test_naive_error_is_rejected_by_the_same_test(ar1):
    chains = ar1(11, CHAINS, 2000, 2.0)
    assert hit_rate(map(naive, chains)) < LOW
    antithetic = ar1(11, CHAINS, 500, 1 / 6)
    assert hit_rate(map(naive, antithetic)) > HIGH


@pytest.mark.statistics
def test_replicas_cover_the_mean(ar1):
    chains = ar1(12, 4 * CHAINS, 500, 2.0).reshape(CHAINS, 4, 500)
    assert LOW < hit_rate(map(estimate, chains)) < HIGH


def test_derived_quantity_covers_its_value(ar1):
    # Susceptibility of a Gaussian: <x^2> - <x>^2 = 1.
    chains = ar1(13, CHAINS, 1000, 1.0)
    estimates = [
        estimate(x, primaries=(np.square, np.positive), function=lambda b, a: b - a * a)
        for x in chains
    ]
    assert LOW < hit_rate(estimates, 1.0) < HIGH


@pytest.mark.parametrize("n", [50, 100])
def test_chain_of_few_tau_says_so(ar1, n):
    # The promise: no silence about a chain that covers its truth too rarely.
    estimates = [estimate(x) for x in ar1(14, 300, n, 5.0)]
    assert np.mean([bool(e.warnings) for e in estimates]) > 0.99
    assert all("chain too short" in e.warnings[0] for e in estimates if e.warnings)


def test_chain_of_1000_tau_is_silent(ar1):
    assert not any(estimate(x).warnings for x in ar1(15, 200, 2000, 2.0))


@pytest.mark.statistics
@pytest.mark.parametrize("tau", [1 / 6, 0.5, 1.0, 5.0, 20.0, 50.0])
def test_nominal_interval_covers_the_mean_for_many_tau(ar1, tau):
    batches = [ar1(seed, 500, int(1000 * max(tau, 0.5)), tau) for seed in range(100, 116)]
    rate = hit_rate(estimate(x) for batch in batches for x in batch)  # 8000: known to 0.005
    assert 0.65 < rate < 0.70


@pytest.mark.statistics
@pytest.mark.parametrize("chains", [2, 4, 16, 100])
def test_replicas_cover_the_mean_for_many_splits(ar1, chains):
    n = 5000 // chains
    runs = ar1(21, 4000 * chains, n, 5.0).reshape(4000, chains, n)
    assert LOW < hit_rate(map(estimate, runs)) < HIGH


@pytest.mark.statistics
def test_tau_int_covers_its_truth(ar1):
    # The error of tau_int is itself a leading-order formula: wider bounds.
    estimates = [estimate(x) for x in ar1(22, 2000, 10_000, 5.0)]
    hits = np.mean([abs(e.tau_int - 5.0) < e.tau_int_error for e in estimates])
    assert 0.62 < hits < 0.76
