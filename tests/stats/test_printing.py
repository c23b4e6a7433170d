"""How a number and its error are written."""

import dataclasses
import json

import numpy as np
import pytest

from heatbath.stats import AutocorrelationTime, Estimate

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.76283, 0.00149, "0.7628(15)"),
        (-0.76283, 0.00149, "-0.7628(15)"),
        (123.44, 5.64, "123.4(5.6)"),
        (1234.4, 56.4, "1234(56)"),
        (12344.0, 560.0, "1.234(56)e+04"),
        (1.2341e10, 5.6e8, "1.234(56)e+10"),
        (1.2341e-7, 5.6e-9, "1.234(56)e-07"),
        (1.2341e-200, 5.6e-202, "1.234(56)e-200"),
        (1234567.89, 0.12, "1234567.89(12)"),
        (0.5, 0.00996, "0.500(10)"),
        (0.5, 0.0996, "0.50(10)"),
        (9.9996e9, 5.6e7, "1.0000(56)e+10"),
        (0.3, 4.5, "0.3(4.5)"),  # error larger than the value
        (0.3, 45.0, "0(45)"),
        (1e3, 4.5e10, "0.0(4.5)e+10"),
        (0.0, 0.0015, "0.0000(15)"),
        (-0.00001, 0.0015, "0.0000(15)"),
        (0.0, 1.5e-7, "0.0(1.5)e-07"),
        (0.7628, 0.0, "0.7628(0)"),  # exactly known
        (0.0, 0.0, "0(0)"),
        (1.234e30, 0.0, "1.234(0)e+30"),
        (0.76283, NAN, "0.76283(nan)"),
        (0.76283, INF, "0.76283(inf)"),
        (NAN, NAN, "nan(nan)"),
        (NAN, 0.0015, "nan(0.0015)"),
        (-INF, 1.0, "-inf(1)"),
        (1.0, 1e-300, "1.0(1.0e-300)"),
        (1e308, 1e307, "1.00(10)e+308"),
        (5e-324, 5e-324, "4.9(4.9)e-324"),
        (1, 1, "1.0(1.0)"),
        (np.float64(0.5), np.float64(0.25), "0.50(25)"),
        (0.5 - 0.25j, 0.01 + 0.002j, "0.500(10)-0.2500(20)j"),
        (0.5 + 0j, complex(NAN, 0), "0.5(nan)+0(0)j"),
        (np.complex128(1j), 0.1 + 0.1j, "0.00(10)+1.00(10)j"),
    ],
)
def test_text(value, error, text):
    assert str(Estimate(value, error, 0.5, 10)) == text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "0.7628(15)"),
        (".1", "0.763(1)"),
        (".3", "0.76283(149)"),
        ("e", "7.628(15)e-01"),
        (">14", "    0.7628(15)"),
        ("*^14", "**0.7628(15)**"),
        ("<14.1e", "7.63(1)e-01   "),
    ],
)
def test_format(spec, text):
    assert format(Estimate(0.76283, 0.00149, 0.5, 10), spec) == text


def test_fixed_style_keeps_large_numbers_written_out():
    assert f"{Estimate(12344.0, 560.0, 0.5, 10):f}" == "12340(560)"


@pytest.mark.parametrize("spec", [".0", "g", ".2x", "2.2.2"])
def test_wrong_format_is_explained(spec):
    with pytest.raises(ValueError, match=r"must read .* got .* write for example"):
        format(Estimate(1.0, 0.1, 0.5, 10), spec)


def test_repr_shows_what_matters():
    e = Estimate(0.76283, 0.00149, 4.21, 1000, tau_int_error=0.33, warnings=("too short",))
    assert repr(e) == "<Estimate 0.7628(15), tau_int = 4.21(33), n = 1000; too short>"
    t = AutocorrelationTime(5.02, 0.11, window=31, n=1000)
    assert (str(t), repr(t)) == ("5.02(11)", "<tau_int 5.02(11), window = 31, n = 1000>")


def test_to_dict_is_plain_json():
    e = Estimate(np.float64(0.5), NAN, np.float32(2.0), np.int64(10), INF, warnings=("w",))
    assert json.loads(json.dumps(e.to_dict(), allow_nan=False)) == {
        "value": 0.5,
        "error": None,
        "tau_int": 2.0,
        "tau_int_error": None,
        "n": 10,
        "ess": None,
        "warnings": ["w"],
    }
    assert Estimate(1 + 2j, complex(0.1, NAN), 0.5, 4).to_dict()["error"] == {
        "real": 0.1,
        "imag": None,
    }


def test_estimate_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Estimate(1.0, 0.1, 0.5, 10).value = 2.0
