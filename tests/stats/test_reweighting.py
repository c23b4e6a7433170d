"""One run reweighted: exact means, complex weights, and the refusal to extrapolate."""

import re

import numpy as np
import pytest

from exact_ensembles import GaussianFamily, Ising, ar1
from heatbath.stats import (
    ExtrapolationError,
    average_phase,
    estimate,
    integrated_autocorrelation_time,
    reweight,
    weight_overlap,
)


def gaussian(seed, shape=(2, 20_000), tau=0.5):
    return ar1(np.random.default_rng(seed), shape, tau)


def distance(found, exact):
    return abs(found.value - exact) / found.error


@pytest.mark.parametrize("tau", [0.5, 3.0])
def test_variance_of_a_gaussian_of_another_width(tau):
    x = gaussian(1, tau=tau)
    for change in (-0.2, 0.3, 1.0):  # S' = (1 + change) x²/2
        e = reweight(x, -change * x * x / 2, primaries=np.square)
        assert distance(e, 1 / (1 + change)) < 4
        assert e.error < 0.05
        assert e.warnings == ()


def test_shift_of_a_gaussian_and_a_function_of_means():
    x = gaussian(2, tau=2.0)
    log_weights = 0.7 * x  # a Gaussian about 0.7
    assert distance(reweight(x, log_weights), 0.7) < 4
    moments = (np.positive, np.square)
    variance = reweight(x, log_weights, primaries=moments, function=lambda m, m2: m2 - m * m)
    assert distance(variance, 1.0) < 4
    both = reweight(
        {"x": x, "y": x + 100},
        log_weights,
        primaries=(lambda s: s["x"], lambda s: s["y"]),
        function=lambda x, y: y / x,
    )
    ratio = reweight((x, x + 100), log_weights, function=lambda x, y: y / x)
    assert both == ratio
    assert distance(ratio, 100.7 / 0.7) < 4


def test_error_is_that_of_the_linearised_ratio():
    # Γ of w (O − ⟨O⟩') / ⟨w⟩, whose mean is 0, by the same method.
    x = gaussian(3, (1, 20_000), 2.0)[0]
    w = np.exp(0.5 * x)
    mean = (w @ x) / w.sum()
    e, moved = reweight(x, 0.5 * x), estimate(w * (x - mean) / w.mean())
    assert e.value == pytest.approx(mean, rel=1e-12)
    assert e.error == pytest.approx(moved.error, rel=1e-6)
    assert e.tau_int == pytest.approx(moved.tau_int, rel=1e-6)


def test_large_mean_does_not_spoil_the_error():
    # Slopes of a ratio by differences would leave R ε³ with R the ratio: more than the error here.
    x = gaussian(4, (1, 5000))
    near, far = reweight(x, 1.2 * x), reweight(x + 1e6, 1.2 * x)
    assert far.error == pytest.approx(near.error, rel=1e-6)
    assert far.value - 1e6 == pytest.approx(near.value, abs=1e-8)


def test_equal_weights_change_nothing_and_a_constant_is_free():
    x = gaussian(5, tau=2.0)
    same, plain = reweight(x, np.full(x.shape, 3e5)), estimate(x)
    assert same.value == pytest.approx(plain.value, rel=1e-12)
    assert same.error == pytest.approx(plain.error, rel=1e-9)
    assert same.ess == pytest.approx(plain.ess, rel=1e-9)
    shifted, e = reweight(x, 0.4 * x - 1e5), reweight(x, 0.4 * x)
    assert shifted.value == pytest.approx(e.value, rel=1e-9)


def test_imaginary_shift_of_a_gaussian():
    # ⟨x e^{iax}⟩/⟨e^{iax}⟩ = ia,  ⟨x²⟩ = 1 − a²,  ⟨e^{iax}⟩ = e^{−a²/2}.
    x, a = gaussian(6, tau=2.0), 0.8
    mean, square = reweight(x, 1j * a * x), reweight(x, 1j * a * x, primaries=np.square)
    phase = average_phase(1j * a * x)
    for found, exact in ((mean, 1j * a), (square, 1 - a * a), (phase, np.exp(-a * a / 2))):
        difference = found.value - exact
        assert abs(difference.real) < 4 * found.error.real
        assert abs(difference.imag) < 4 * found.error.imag
        assert abs(found.error) < 0.05


def test_real_and_imaginary_shift_together():
    x = gaussian(7)
    found = reweight(x, (0.5 + 0.5j) * x)
    assert abs(found.value - (0.5 + 0.5j)) < 4 * abs(found.error)
    # |w| alone is reweighted: |⟨w⟩| / ⟨|w|⟩ = e^{−b²/2}.
    assert abs(average_phase((0.5 + 0.5j) * x).value) == pytest.approx(np.exp(-1 / 8), rel=0.02)


def test_negative_weights():
    # Weights 1 and −1/4 for the two levels of a fair coin: ⟨level⟩ = −1/4 / (3/4) = −1/3.
    level = np.random.default_rng(8).integers(0, 2, size=20_000)
    found = reweight(level, level * (np.log(0.25) + 1j * np.pi))
    assert abs(found.value.real + 1 / 3) < 4 * found.error.real
    assert average_phase(level * (np.log(0.25) + 1j * np.pi)).value.real == pytest.approx(
        0.6, abs=0.02
    )


def test_sign_problem_is_refused():
    x = gaussian(9, (1, 10_000))
    with pytest.raises(ExtrapolationError, match=r"the average phase 0\.0\d+ is known to 0\.01 on"):
        reweight(x, 4j * x)
    assert not weight_overlap(4j * x).trusted
    assert weight_overlap(4j * x).phase < 0.05


def test_minus_infinity_is_the_weight_0():
    x = gaussian(10, tau=2.0)
    positive = np.where(x > 0, 0.0, -np.inf)
    assert distance(reweight(x, positive), np.sqrt(2 / np.pi)) < 4
    assert weight_overlap(positive[0, ::50]).effective == pytest.approx(
        (x[0, ::50] > 0).sum(), rel=0.35
    )
    complex_too = reweight(x, positive + 0j)
    assert complex_too.value.real == pytest.approx(reweight(x, positive).value, rel=1e-12)


def test_curve_of_the_ising_model_from_one_run_and_no_further():
    energy, size = Ising.draw(np.random.default_rng(11), 0.44, 20_000)
    trusted = refused = 0
    for beta in np.arange(-0.6, 0.8, 0.04):
        log_weights = -(beta - 0.44) * energy
        if not weight_overlap(log_weights).trusted:
            with pytest.raises(ExtrapolationError, match="reach too far"):
                reweight(size, log_weights)
            refused += 1
            continue
        for series, exact in zip((energy, size), Ising.exact(beta), strict=True):
            assert distance(reweight(series, log_weights), exact) < 4
        trusted += 1
    assert trusted >= 12
    assert refused >= 10


def test_refusal_names_the_part_of_the_way_that_is_trusted():
    x = gaussian(12, (1, 10_000))
    for log_weights in (5.0 * x, -2.5 * x, 0.49 * x * x, 5j * x):
        with pytest.raises(ExtrapolationError) as caught:
            reweight(x, log_weights)
        part = float(re.search(r"([\d.]+) times these log_weights", str(caught.value)).group(1))
        assert 0.05 < part < 1
        assert weight_overlap((part - 0.01) * log_weights).trusted
        assert not weight_overlap((part + 0.02) * log_weights).trusted


def test_effective_size_is_that_of_kish_and_knows_the_chain():
    # Gaussian log weights of width s: N e^{−s²}; the chain's τ of log w divides by 2 τ.
    n = 200_000
    free = weight_overlap(0.8 * gaussian(13, (1, n)))
    assert free.effective == pytest.approx(n * np.exp(-0.64), rel=0.1)
    slow = weight_overlap(0.8 * gaussian(14, (4, n // 4), 5.0))
    assert slow.effective == pytest.approx(n * np.exp(-0.64) / 10, rel=0.15)
    assert (slow.n, slow.phase) == (n, 1.0)
    turned = weight_overlap(0.8j * gaussian(15, (1, n)))
    assert turned.effective == pytest.approx(n * np.exp(-0.64), rel=0.1)
    assert turned.phase == pytest.approx(np.exp(-0.32), rel=0.01)


def test_support_counts_the_stretches_that_make_the_error():
    # An excursion of 20 measurements that move together, among quiet ones, and three such.
    for excursions, expected in ((1, 1.0), (3, 3.0)):
        x = 0.01 * gaussian(16, (1, 4000), 5.0)[0]
        for start in range(1000, 1000 + 500 * excursions, 500):
            x[start : start + 20] += 1.0
        overlap = weight_overlap(x)
        tau = integrated_autocorrelation_time(x).value
        stretch = round(2 * tau)
        moved = np.exp(x) * (x - np.average(x, weights=np.exp(x)))
        q = np.square(np.add.reduceat(moved, np.arange(0, 4000, stretch)))
        assert overlap.support == pytest.approx(q.sum() ** 2 / (q * q).sum(), rel=1e-9)
        assert expected * 0.9 < overlap.support < expected * 2.5
        with pytest.raises(ExtrapolationError, match="stretches of the chain make the error, and"):
            reweight(x, x)


def test_support_of_independent_gaussian_measurements():
    # Without reweighting q is x⁴ over x² in the mean: n_q = N / 3.
    x = gaussian(30, (2, 50_000))
    assert weight_overlap(1e-6 * x).support == pytest.approx(x.size / 3, rel=0.03)
    assert weight_overlap(np.zeros(100)).support == np.inf


def test_support_is_told_before_it_is_refused():
    x = gaussian(17, (1, 2000))
    told = [s for s in np.arange(0.1, 2.0, 0.1) if weight_overlap(s * x).support < 32]
    assert told[0] > 0.4
    assert weight_overlap(told[0] * x).trusted
    assert "stretches of the chain make this error" in reweight(x, told[0] * x).warnings[-1]
    assert reweight(x, 0.2 * x).warnings == ()
    # An observable may have a heavier tail than the weights.
    tail = reweight(np.exp(3.5 * x), 0.2 * x)
    assert any("stretches of the chain make this error" in sentence for sentence in tail.warnings)


def test_two_levels_whose_upper_one_was_hardly_seen():
    level = (np.arange(10_000) % 500 == 3).astype(float)  # 20 visits
    with pytest.raises(ExtrapolationError, match=r"of 10000 measurements, and 50 are|stretches"):
        reweight(level, 8.0 * level)


def test_short_chain_cannot_be_reweighted_at_all():
    x = np.random.default_rng(18).normal(size=30)
    with pytest.raises(ExtrapolationError, match="cannot be trusted however small, with tau_int"):
        reweight(x, 0.01 * x)


def test_constant_observable_and_replicas_that_disagree():
    x = gaussian(19, (4, 2000))
    e = reweight(np.full(x.shape, 0.1), 0.5 * x)
    assert (e.value, e.error) == (pytest.approx(0.1), 0.0)
    assert any("nothing varies" in sentence for sentence in e.warnings)
    stuck = x.copy()
    stuck[3] += 1.5
    assert any("replicas disagree" in s for s in reweight(stuck, 0.1 * x).warnings)


def test_series_on_disk_and_tensors(tmp_path):
    x = gaussian(20, (3, 6_001), 3.0)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, mode="r", shape=x.shape)
    e = reweight(x, x, primaries=np.square)
    assert reweight(mapped, mapped, primaries=np.square) == e
    assert reweight(x.tolist(), x, primaries=np.square) == e
    torch = pytest.importorskip("torch")
    assert reweight(torch.tensor(x), torch.tensor(x), primaries=np.square) == e


def test_arguments_are_left_unchanged():
    x = gaussian(21, (2, 500))
    log_weights = 0.1 * x
    copies = x.copy(), log_weights.copy()
    reweight(x, log_weights)
    average_phase(log_weights)
    assert (x == copies[0]).all()
    assert (log_weights == copies[1]).all()


X = np.arange(10.0)


@pytest.mark.parametrize(
    ("series", "log_weights", "kind", "words"),
    [
        (X, X[1:], ValueError, r"log_weights must have the shape .*\(9,\) for a series of \(10,"),
        (X, (X, X), TypeError, "log_weights must be one series .* got 2 of them"),
        (X, np.where(X == 3, np.nan, X), ValueError, "got nan at measurement 3 of chain 0"),
        (X, np.where(X == 3, np.inf, X), ValueError, "or -inf for the weight 0; got inf at m"),
        (X, np.full(10, -np.inf), ValueError, "every weight is 0"),
        (X, np.where(X == 2, complex(0, np.inf), X), ValueError, "got .* at measurement 2"),
        (X, X[:3], ValueError, "log_weights with shape .* has 3 measurements per chain"),
        (X[:1], X[:1], ValueError, "has 1 measurements per chain and at least 4"),
        (
            np.where(X == 1, np.nan, X).repeat(99),
            np.zeros(990),
            ValueError,
            "must be finite; got n",
        ),
        (X, X.astype(str), TypeError, "log_weights must hold real or complex"),
        ((X, X), X, ValueError, "give 2 means; say with function="),
        ("x", X, TypeError, "series"),
    ],
)
def test_wrong_input(series, log_weights, kind, words):
    with pytest.raises(kind, match=words):
        reweight(series, log_weights)


def test_wrong_functions():
    x = gaussian(22, (1, 1000))
    with pytest.raises(TypeError, match="function must be callable"):
        reweight(x, 0.1 * x, function=3)
    with pytest.raises(TypeError, match="function must return one real"):
        reweight(x, 0.1 * x, function=lambda m: [m, m])


def test_gaussian_family_is_what_the_tests_say():
    # The helper against direct integration: else every test above it is circular.
    family = GaussianFamily(3)
    e = np.linspace(0, 60, 600_001)
    p = e ** (3 / 2 - 1) * np.exp(-1.3 * e)
    assert (p @ e) / p.sum() == pytest.approx(family.mean(1.3), rel=1e-4)
    assert (p @ e**2) / p.sum() - family.mean(1.3) ** 2 == pytest.approx(
        family.variance(1.3), rel=1e-4
    )
