"""Effective size, split-R̂ and the thermalisation cut."""

import numpy as np
import pytest

from heatbath.stats import effective_sample_size, split_rhat, thermalisation_cut


@pytest.mark.parametrize("tau", [0.2, 0.5, 5.0])
def test_effective_sample_size_of_ar1(ar1, tau):
    x = ar1(1, 10, 5000, tau)
    assert effective_sample_size(x) == pytest.approx(x.size / (2 * tau), rel=0.15)


def test_effective_sample_size_of_the_slower_part(ar1):
    x, y = ar1(2, 1, 5000, 5.0), ar1(2, 1, 5000, 0.5)
    assert effective_sample_size(y + 1j * x) == effective_sample_size(x)
    assert effective_sample_size(np.ones(100)) == 100


def test_split_rhat_matches_the_formula():
    x = np.random.default_rng(3).normal(size=(3, 101))
    halves = np.concatenate([x[:, :50], x[:, 51:]])
    within, between = halves.var(axis=1, ddof=1).mean(), halves.mean(axis=1).var(ddof=1)
    assert split_rhat(x) == pytest.approx(np.sqrt(49 / 50 + between / within), rel=1e-12)


def test_split_rhat_detects_a_shifted_chain(ar1):
    x = ar1(4, 4, 4000, 2.0)
    assert split_rhat(x) < 1.01
    x[1] += 1
    assert split_rhat(x) > 1.05


def test_split_rhat_detects_a_drift_within_one_chain(ar1):
    x = ar1(5, 1, 4000, 2.0)
    assert split_rhat(x[0]) < 1.01
    assert split_rhat(x[0] + np.linspace(0, 2, 4000)) > 1.05


def test_split_rhat_takes_the_worse_part_of_a_complex_series(ar1):
    x = ar1(6, 2, 1000, 1.0)
    shifted = x + np.array([[0], [2]])
    assert split_rhat(x + 1j * shifted) == split_rhat(shifted) > 1.1


def test_split_rhat_of_constants():
    assert split_rhat(np.full((4, 100), 0.1)) == 1.0
    assert split_rhat(np.repeat([[0.1], [0.2]], 100, axis=1)) == np.inf
    assert split_rhat([0.0, 0.0, 1.0, 1.0]) == np.inf


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("chains", [1, 8])
def test_cut_removes_an_exponential_relaxation(ar1, seed, chains):
    scale, amplitude, n = 50, 20.0, 10_000
    x = ar1(seed, chains, n, 2.0) + amplitude * np.exp(-np.arange(n) / scale)
    cut = thermalisation_cut(x)
    # What is left at the cut is below the noise of one mean over chains; not much more is thrown.
    assert amplitude * np.exp(-cut / scale) < 3
    assert cut < 15 * scale
    left = x[:, cut:].mean()
    assert abs(left) < 4 * np.sqrt(2 * 2.0 / (n - cut) / chains) + 0.02
    assert x.mean() > left + 0.05


@pytest.mark.parametrize("seed", range(5))
def test_cut_of_a_stationary_series_is_small(ar1, seed):
    assert thermalisation_cut(ar1(seed, 4, 10_000, 2.0)) < 1000


def test_cut_is_never_more_than_half():
    for n in (4, 5, 100, 40_001):
        assert thermalisation_cut(np.arange(float(n))) == n // 2
    assert thermalisation_cut(np.ones(100)) == 0


def test_cut_of_a_long_series_is_found_in_batches():
    n = 100_000
    x = np.random.default_rng(0).normal(size=(2, n))
    x[:, :30_000] += 5
    assert thermalisation_cut(x) == pytest.approx(30_000, abs=7)
    assert thermalisation_cut(x * 1j + 1) == thermalisation_cut(x)


def test_cut_equals_mser_written_out():
    x = np.random.default_rng(1).normal(size=60) + 3 * np.exp(-np.arange(60) / 5) + 100
    statistic = [((x[d:] - x[d:].mean()) ** 2).sum() / (60 - d) ** 2 for d in range(31)]
    assert thermalisation_cut(x) == np.argmin(statistic)
