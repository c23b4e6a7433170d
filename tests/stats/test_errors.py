"""Every wrong input is refused in one sentence: which argument, what it was, what to do."""

import numpy as np
import pytest

from heatbath import stats

GOOD = np.arange(10.0)
NAN_AT_7 = np.where(np.arange(20).reshape(2, 10) == 17, np.nan, 1.0)

WRONG = [
    (np.zeros((2, 3, 4)), ValueError, r"series must have shape \(n,\).*got \(2, 3, 4\); reduce"),
    (np.float64(3.0), ValueError, r"series must have shape .* got \(\)"),
    ([], ValueError, r"series is empty, with shape \(0,\); give at least 4"),
    (np.zeros((0, 10)), ValueError, "series is empty"),
    ([1.0, 2.0, 3.0], ValueError, "3 measurements per chain and at least 4 are needed; run longer"),
    (np.zeros((100, 3)), ValueError, "transpose it if its first axis is time"),
    (NAN_AT_7, ValueError, "series must be finite; got nan at measurement 7 of chain 1; remove"),
    ([1.0, -np.inf, 1.0, 1.0], ValueError, "got -inf at measurement 1 of chain 0"),
    (np.full(10, 1e200) * GOOD, ValueError, "squares overflow float64; rescale"),
    (np.array(["a"] * 5), TypeError, "series must hold real or complex numbers; got dtype <U1"),
    (GOOD.astype(object), TypeError, "got dtype object; convert it with np.asarray"),
    ([[1.0] * 5, [1.0] * 4], TypeError, "series of type list cannot become a NumPy array"),
    (GOOD.astype(">f8"), TypeError, r"dtype >f8 of foreign byte order; .*astype\('<f8'\)"),
    (np.ma.masked_less(GOOD, 3), TypeError, "masked array.*drop the masked"),
]


@pytest.mark.parametrize(("series", "kind", "words"), WRONG)
@pytest.mark.parametrize(
    "function",
    [
        stats.estimate,
        stats.integrated_autocorrelation_time,
        stats.effective_sample_size,
        stats.split_rhat,
        stats.thermalisation_cut,
        lambda series: stats.autocorrelation(series, 2),
    ],
)
def test_wrong_series(function, series, kind, words):
    with pytest.raises(kind, match=words):
        function(series)


def test_series_on_a_gpu_is_not_copied_in_silence():
    class OnGpu:
        __cuda_array_interface__ = None

    with pytest.raises(TypeError, match=r"on a GPU \(OnGpu\).*copy it with .cpu\(\)"):
        stats.estimate(OnGpu())


@pytest.mark.parametrize("window", [-1, 10, 1.5, None])
def test_wrong_window(window):
    with pytest.raises(ValueError, match=r"window must be .* from 0 to n - 1 = 9.*got"):
        stats.autocorrelation(GOOD, window)


def test_several_series_need_a_function():
    with pytest.raises(ValueError, match=r"give 2 means; say with function= .* np.stack"):
        stats.estimate([GOOD, GOOD])
    with pytest.raises(ValueError, match="give 2 means"):
        stats.estimate(GOOD, primaries=(np.abs, np.square))
    with pytest.raises(TypeError, match=r"series must be one series.*got 2 of them"):
        stats.split_rhat([GOOD, GOOD])


def test_several_series_must_agree_in_shape():
    with pytest.raises(ValueError, match=r"series\['a'\] has \(10,\) and series\['b'\] has \(9,\)"):
        stats.estimate({"a": GOOD, "b": GOOD[1:]}, function=lambda a, b: a)
    with pytest.raises(ValueError, match="empty mapping"):
        stats.estimate({}, function=abs)
    with pytest.raises(ValueError, match=r"series\[1\] must be finite; got nan at measurement 2"):
        stats.estimate([GOOD, np.where(GOOD == 2, np.nan, GOOD)], function=lambda a, b: a)


@pytest.mark.parametrize(
    ("primary", "words"),
    [
        (np.sum, r"primaries\[0\] must map a block of shape \(1, 1\).*got shape \(\)"),
        (lambda x: x.astype(str), r"primaries\[0\] must map .* dtype <U"),
        (lambda x: np.where(x > 5, np.nan, x), r"primaries\[0\] must be finite; got nan at .* 6"),
    ],
)
def test_wrong_primary(primary, words):
    with pytest.raises(ValueError, match=words):
        stats.estimate(GOOD, primaries=primary)


@pytest.mark.parametrize("primaries", [(), (np.abs, 3)])
def test_primaries_must_be_functions(primaries):
    with pytest.raises(TypeError, match="primaries must be functions of a block"):
        stats.estimate(GOOD, primaries=primaries)


def test_function_must_return_one_number():
    with pytest.raises(TypeError, match=r"function must return one real .* got shape \(2,\)"):
        stats.estimate(GOOD, function=lambda m: [m, m])
    with pytest.raises(TypeError, match="dtype object"):
        stats.estimate(GOOD, function=lambda m: None)
    with pytest.raises(TypeError, match=r"function must be callable with the means.*got 3"):
        stats.estimate(GOOD, function=3)
