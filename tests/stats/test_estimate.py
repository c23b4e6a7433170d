"""Means and derived quantities against analytic truth; every kind of input."""

import tracemalloc

import numpy as np
import pytest

from heatbath.stats import estimate


def test_mean_of_one_chain_and_of_replicas(ar1):
    x = 3 + ar1(1, 8, 5000, 2.0)
    e = estimate(x)
    assert e.value == pytest.approx(x.mean(), rel=1e-14)
    assert e.error == pytest.approx(np.sqrt(2 * 2.0 / x.size), rel=0.1)
    assert (e.n, e.ess) == (x.size, x.size / (2 * e.tau_int))
    assert e.warnings == ()
    assert estimate(x[0]) == estimate(x[:1])


def test_error_of_a_susceptibility_is_the_analytic_one(ar1, ar1_coefficient):
    # Gaussian x: x^2 decorrelates as rho^2, so error^2 = 2 (1 + a^2)/(1 - a^2) / N.
    x = 5 + ar1(2, 4, 50_000, 4.0)
    a2 = ar1_coefficient(4.0) ** 2
    e = estimate(x, primaries=(np.positive, np.square), function=lambda m, m2: m2 - m * m)
    assert e.error == pytest.approx(np.sqrt(2 * (1 + a2) / (1 - a2) / x.size), rel=0.1)
    assert e.tau_int == pytest.approx((1 + a2) / (1 - a2) / 2, rel=0.2)
    assert abs(e.value - 1) < 4 * e.error


def test_one_magnetisation_gives_moments_and_the_binder_cumulant(ar1):
    m = ar1(3, 4, 20_000, 2.0)
    absolute = estimate(m, primaries=np.abs)
    assert abs(absolute.value - np.sqrt(2 / np.pi)) < 4 * absolute.error
    binder = estimate(
        m,
        primaries=(np.square, lambda x: x**4),
        function=lambda m2, m4: 1 - m4 / (3 * m2**2),
    )
    assert abs(binder.value) < 4 * binder.error
    susceptibility = estimate(
        m, primaries=(np.abs, np.square), function=lambda a, m2: 64 * (m2 - a * a)
    )
    assert abs(susceptibility.value - 64 * (1 - 2 / np.pi)) < 4 * susceptibility.error


def test_correlated_series_cancel_in_their_ratio(ar1):
    x, y = ar1(4, 2, 10_000, 3.0)
    a, b = 10 + x, 20 + 2 * x + 0.001 * y
    expected = estimate(y, primaries=lambda v: v / 1e4)
    for e in (
        estimate({"a": a, "b": b}, function=lambda a, b: b / a),
        estimate((a, b), function=lambda a, b: b / a),
        estimate([a, b], function=lambda a, b: b / a),
        estimate(
            {"a": a, "b": b},
            primaries=(lambda s: s["a"], lambda s: s["b"]),
            function=lambda a, b: b / a,
        ),
        estimate((a, b), primaries=(lambda s: s[0], lambda s: s[1]), function=lambda a, b: b / a),
    ):
        assert abs(e.value - 2) < 4 * e.error
        assert e.error == pytest.approx(expected.error, rel=0.02)


def test_linear_function_is_the_mean(ar1):
    x = ar1(5, 4, 1000, 2.0)
    e, f = estimate(x), estimate(x, function=lambda m: 3 * m + 1)
    assert f.value == pytest.approx(3 * e.value + 1)
    assert f.error == pytest.approx(3 * e.error)
    assert f.tau_int == pytest.approx(e.tau_int)


def test_bias_of_a_square_is_removed_with_replicas(ar1):
    # E[mean^2] - mu^2 = 2 tau / N: visible in the average of many short runs, gone with replicas.
    runs = ar1(6, 4 * 800, 100, 1.0).reshape(800, 4, 100)
    bias, spread = 2 * 1.0 / 400, np.sqrt(2) * 2 * 1.0 / 400 / np.sqrt(800)
    corrected = np.mean([estimate(x, function=lambda m: m * m).value for x in runs])
    assert abs(np.square(runs.mean(axis=(1, 2))).mean() - bias) < 5 * spread
    assert abs(corrected) < 5 * spread


def test_large_bias_is_told(ar1):
    x = ar1(7, 4, 100, 1.0)
    e = estimate(x - x.mean() + 0.001, function=lambda m: m * m)
    assert any("bias" in sentence for sentence in e.warnings)


def test_complex_series_have_an_error_for_each_part(ar1):
    x, y = ar1(8, 1, 4000, 5.0)[0], ar1(9, 1, 4000, 0.5)[0]
    e = estimate(x + 1j * (2 + 3 * y))
    re, im = estimate(x), estimate(3 * y)
    assert e.value == pytest.approx(complex(re.value, 2 + im.value))
    assert e.error == pytest.approx(complex(re.error, im.error))
    assert e.tau_int == pytest.approx(re.tau_int)
    assert str(e).endswith("j")


def test_functions_of_complex_means(ar1):
    # A reweighted mean <O w>/<w> with a complex phase w, whose truth is O = 2 - i.
    x, y = ar1(10, 2, 20_000, 2.0)
    w = np.exp(0.3j * y)
    e = estimate({"ow": (2 - 1j + x) * w, "w": w}, function=lambda ow, w: ow / w)
    assert isinstance(e.value, complex)
    assert abs(e.value.real - 2) < 4 * e.error.real
    assert abs(e.value.imag + 1) < 4 * e.error.imag
    modulus = estimate(w, function=abs)
    assert isinstance(modulus.value, float)
    assert abs(modulus.value - np.exp(-0.045)) < 4 * modulus.error


def test_constant_series():
    e = estimate(np.full((3, 50), 0.1))
    assert (e.value, e.error, e.tau_int, e.tau_int_error, e.ess) == (
        pytest.approx(0.1),
        0,
        0.5,
        0,
        150,
    )
    assert e.warnings == ("nothing varies, so the error 0 says nothing of measurements not made",)
    assert estimate(np.full(50, 0.1), function=lambda m: m**2).error == 0
    half = estimate(np.random.default_rng(0).normal(size=1000) + 0.1j)
    assert half.error.imag == 0
    assert half.warnings == ()


@pytest.mark.parametrize("shift", [0.4, 1, 3, 100])
def test_replicas_that_disagree_are_told(ar1, shift):
    x = ar1(11, 4, 2000, 2.0)
    assert estimate(x).warnings == ()
    x[2] += shift
    assert any("replicas disagree" in sentence for sentence in estimate(x).warnings)


def test_short_replicas_are_told(ar1):
    e = estimate(ar1(12, 200, 40, 8.0))
    assert any("may remember its start" in sentence for sentence in e.warnings)


def test_short_chain_says_how_much_longer():
    e = estimate(np.random.default_rng(2).normal(size=20))
    missing = int(np.ceil(100 * e.tau_int)) - 20
    assert e.warnings == (
        f"chain too short: n = 20 is only {20 / e.tau_int:.0f} tau_int; run at least 100 tau_int "
        f"({missing} more measurements) before trusting this error",
    )


def test_function_that_is_not_finite_is_told_not_raised():
    x = np.random.default_rng(0).normal(size=1000) - 5
    with np.errstate(invalid="ignore"):
        e = estimate(x, function=np.log)
    assert np.isnan(e.value)
    assert np.isnan(e.error)
    assert "not finite at or near the means" in e.warnings[0]


def test_function_outside_its_domain_for_single_chains_is_told(ar1):
    x = 0.02 + 0.1 * ar1(13, 40, 10, 0.5)
    x += 0.03 - x.mean()
    assert (x.mean(axis=1) < 0).any()
    e = estimate(x, function=lambda m: np.log(m))
    assert np.isfinite(e.error)
    assert any("bias of order 1/n was left in" in sentence for sentence in e.warnings)


@pytest.mark.parametrize("dtype", ["?", "i1", "u4", "i8", "f2", "f4", "f8", "g", "c8", "c16"])
def test_every_numeric_dtype(dtype):
    x = np.random.default_rng(1).integers(0, 2, size=(2, 500)).astype(dtype)
    expected = estimate(x.real.astype(float))
    assert estimate(x).value == pytest.approx(expected.value)
    assert complex(estimate(x).error).real == pytest.approx(expected.error)
    assert estimate(x * x, primaries=np.square).n == 1000


def test_lists_strided_views_and_tensors(ar1):
    x = ar1(14, 2, 1000, 2.0)
    e = estimate(x)
    assert estimate(x.tolist()) == e
    assert estimate(np.asfortranarray(x)).error == pytest.approx(e.error, rel=1e-12)
    assert estimate(np.repeat(x, 3, axis=1)[:, ::3]) == e
    torch = pytest.importorskip("torch")
    assert estimate(torch.tensor(x, requires_grad=True)) == e


def test_memory_map_and_zarr_equal_the_array(ar1, tmp_path):
    x = ar1(15, 3, 70_001, 5.0)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, mode="r", shape=x.shape)
    assert estimate(mapped) == estimate(x)
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(
        store=str(tmp_path / "z"), shape=x.shape, chunks=(3, 1000), dtype="f8"
    )
    stored[:] = x
    assert estimate(stored, primaries=np.square) == estimate(x, primaries=np.square)


class Endless:
    """A series that is computed when it is read, and counts how much is read at once."""

    dtype = np.dtype(np.float64)
    largest = 0

    def __init__(self, n):
        self.shape = (2, n)

    def __getitem__(self, key):
        start, stop = key[1].start, key[1].stop
        self.largest = max(self.largest, stop - start)
        return np.sin(np.arange(start, stop)[np.newaxis] ** 2 * [[0.3], [0.7]])


def test_memory_does_not_grow_with_the_series():
    peaks, reads = [], []
    for n in (150_000, 900_000):
        series = Endless(n)
        tracemalloc.start()
        estimate(series, primaries=(np.abs, np.square), function=lambda a, b: b / a)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        reads.append(series.largest)
    assert reads[0] == reads[1] <= 1 << 15
    assert peaks[1] < 1.1 * peaks[0]


def test_arguments_are_left_unchanged():
    x = np.random.default_rng(3).normal(size=(2, 100))
    copy = x.copy()
    estimate(x, primaries=(np.abs, np.square), function=lambda a, b: b - a * a)
    assert (x == copy).all()
    assert x.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        estimate(x, primaries=lambda block: np.abs(block, out=block))


def test_small_fluctuations_about_a_large_mean_keep_their_digits(ar1):
    x = ar1(16, 1, 5000, 2.0)
    e, f = estimate(x), estimate(1e8 + x)
    assert f.error == pytest.approx(e.error, rel=1e-6)
    assert f.tau_int == pytest.approx(e.tau_int, rel=1e-6)
