"""Critical couplings: self-duality, and relations between the models."""

import math

import pytest

from heatbath.exact import critical


def test_ising():
    # shared/exact.json: Ising_beta_c
    assert pytest.approx(0.4406867935097715, rel=1e-15) == critical.ISING
    assert math.sinh(2 * critical.ISING) == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("q", [2, 3, 4, 10, 64])
def test_potts_is_self_dual(q):
    assert (math.exp(critical.potts(q)) - 1) ** 2 == pytest.approx(q, rel=1e-14)


def test_clock():
    assert critical.clock(2) == critical.ISING == pytest.approx(critical.potts(2) / 2, rel=1e-15)
    assert critical.clock(3) * 1.5 == pytest.approx(critical.potts(3), rel=1e-15)
    assert critical.clock(4) == pytest.approx(2 * critical.ISING, rel=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: critical.potts(1), ValueError, "q must be"),
        (lambda: critical.potts(3.0), TypeError, "q must be"),
        (lambda: critical.potts(True), TypeError, "q must be"),
        (lambda: critical.clock(5), ValueError, "two transitions.*q = 5"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
