"""Blockwise autocovariance against the double sum, and the window rule."""

import numpy as np
import pytest

from heatbath.stats import autocorrelation, estimate, integrated_autocorrelation_time
from heatbath.stats.gamma import _finish, analyse, autocovariance_sums, block_length


def brute_force(delta, max_lag):
    n = delta.shape[-1]
    lags = range(max_lag + 1)
    return np.stack(
        [(delta[..., : max(n - t, 0)] * delta[..., t:]).sum(axis=(1, 2)) for t in lags], axis=-1
    )


def reader(delta):
    return lambda start, stop: delta[..., start:stop]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 63, 64, 65, 127, 128, 129, 640, 1001])
@pytest.mark.parametrize(("parts", "chains"), [(1, 1), (2, 3)])
def test_autocovariance_equals_the_double_sum(n, parts, chains):
    delta = np.random.default_rng(n).normal(size=(parts, chains, n))
    for max_lag in (0, 1, 2, 7, 31, 63):
        expected = brute_force(delta, max_lag)
        for block in {64, block_length(n, max_lag)}:
            sums = autocovariance_sums(
                reader(delta), parts=parts, n=n, max_lag=max_lag, block=block
            )
            np.testing.assert_allclose(sums, expected, rtol=0, atol=1e-10 * expected[:, :1].max())


def test_autocovariance_does_not_depend_on_the_blocks():
    delta = np.random.default_rng(0).normal(size=(1, 1, 100_003))
    small, large = (
        autocovariance_sums(reader(delta), parts=1, n=100_003, max_lag=200, block=1 << k)
        for k in (8, 17)
    )
    np.testing.assert_allclose(small, large, rtol=0, atol=1e-10 * large[0, 0])


def test_lags_grow_until_the_window_closes(ar1):
    # The first pass computes n / 16 lags, and a chain of 25 tau needs more.
    x = ar1(1, 1, 5000, 200.0)[:, np.newaxis]
    lags = []

    def counting(start, stop):
        lags.append(stop - start)
        return x[..., start:stop] - x.mean()

    (gamma,) = analyse(counting, parts=1, chains=1, n=5000)
    assert gamma.closed
    assert gamma.window > 5000 // 16
    assert len(lags) == 2


def test_many_parts_are_analysed_as_each_alone(ar1):
    # Their windows close after different passes: 64 lags do for the fast ones only.
    taus = [0.5, 300.0, 2.0, 0.2, 40.0, 0.5]
    x = np.stack([ar1(30 + j, 2, 20_000, tau) for j, tau in enumerate(taus)] * 100)
    x[5] = 0.0
    x -= x.mean(axis=(1, 2), keepdims=True)
    together = analyse(reader(x), parts=600, chains=2, n=20_000)
    for j in (*range(6), 599):
        (alone,) = analyse(reader(x[j : j + 1]), parts=1, chains=2, n=20_000)
        assert together[j].window == alone.window
        assert together[j].error == pytest.approx(alone.error, rel=1e-9)
        assert together[j].tau_error == pytest.approx(alone.tau_error, rel=1e-9)
    assert together[5].error == 0


def test_matches_wolffs_formulas_written_out(ar1):
    x = ar1(3, 3, 400, 3.0)
    delta, total = x - x.mean(), x.size
    gamma = np.array(
        [(delta[:, : 400 - t] * delta[:, t:]).sum() / (total - 3 * t) for t in range(200)]
    )
    summed = 0.0
    for w in range(1, 200):
        summed += gamma[w] / gamma[0]
        tau = 1.5 / np.log((summed + 1) / summed)
        if np.exp(-w / tau) - tau / np.sqrt(w * total) < 0:
            break
    c = gamma[0] + 2 * gamma[1 : w + 1].sum()
    gamma += c / total
    c = gamma[0] + 2 * gamma[1 : w + 1].sum()
    tau = c / (2 * gamma[0])
    e, t = estimate(x), integrated_autocorrelation_time(x)
    assert t.window == w
    assert e.error == pytest.approx(np.sqrt(c / total), rel=1e-12)
    assert e.tau_int == t.value == pytest.approx(tau, rel=1e-12)
    assert t.error == pytest.approx(2 * tau * np.sqrt((w + 0.5 - tau) / total), rel=1e-12)
    assert e.tau_int_error == t.error


@pytest.mark.parametrize("tau", [0.1, 0.5, 3.0, 30.0])
def test_tau_int_of_ar1(ar1, tau):
    x = ar1(4, 10, int(2000 * max(tau, 1)), tau)
    t = integrated_autocorrelation_time(x)
    assert abs(t.value - tau) < 4 * t.error
    assert t.error < 0.2 * tau
    assert t.warnings == ()


def test_rho_of_ar1(ar1, ar1_coefficient):
    x = ar1(5, 50, 4000, 4.0)
    rho = autocorrelation(x, 20)
    assert rho[0] == 1
    np.testing.assert_allclose(rho, ar1_coefficient(4.0) ** np.arange(21), atol=0.03)


@pytest.mark.parametrize("n", [4, 5, 9])
def test_rho_reaches_the_last_lag(n):
    x = np.random.default_rng(n).normal(size=n)
    d = x - x.mean()
    expected = [(d[: n - t] @ d[t:] / (n - t)) / (d @ d / n) for t in range(n)]
    np.testing.assert_allclose(autocorrelation(x, n - 1), expected, atol=1e-12)


def test_rho_of_complex_and_constant_series(ar1):
    x, y = ar1(6, 2, 2000, 3.0)
    np.testing.assert_allclose(autocorrelation(x + 0j, 5), autocorrelation(x, 5), atol=1e-12)
    np.testing.assert_allclose(autocorrelation(x * 1j, 5), autocorrelation(x, 5), atol=1e-12)
    assert autocorrelation(x + 1j * y, 0).tolist() == [1.0]
    assert autocorrelation(np.full(10, 0.1), 2).tolist() == [1.0, 0.0, 0.0]


def test_negative_sum_falls_back_to_the_naive_error():
    # Possible only through noise in very short chains; made here by hand.
    (result,) = _finish(np.array([[1.0, -0.9, 0.0]]), np.array([1]), 100)
    assert (result.error, result.tau, result.tau_error) == (0.1, 0.5, np.inf)
    assert not result.positive


def test_window_that_never_closes_takes_the_larger_scatter():
    # Ten chains frozen in their sectors: what is known is the scatter of ten numbers.
    rng = np.random.default_rng(0)
    x = np.arange(10.0)[:, np.newaxis] + 0.01 * rng.normal(size=(10, 12))
    e = estimate(x)
    assert any("never closed" in sentence for sentence in e.warnings)
    assert any("replicas disagree" in sentence for sentence in e.warnings)
    assert e.error >= x.mean(axis=1).std(ddof=1) / np.sqrt(10)
    assert e.tau_int_error == np.inf
    assert "never closed" in integrated_autocorrelation_time(x).warnings[-1]
