"""What a coupling may be, and in which words everything else is refused."""

from fractions import Fraction

import array_api_strict
import numpy as np
import pytest
import torch

import heatbath as hb
from heatbath.actions import Gaussian, Phi4

NAN = float("nan")


@pytest.mark.parametrize(
    "value",
    [
        1,
        Fraction(1),
        np.float32(1),
        np.int64(1),
        np.asarray(1.0),
        torch.tensor(1.0),
        array_api_strict.asarray(1.0),
    ],
    ids=lambda v: type(v).__name__,
)
def test_numbers_become_python_floats(value):
    (kept,) = Gaussian(m2=value).couplings.values()
    assert type(kept) is float
    assert kept == 1.0


@pytest.mark.parametrize(
    "value",
    ["1.0", b"1", True, None, 1j, [1.0, 2.0], np.True_, np.complex64(1), torch.tensor(True)],
    ids=repr,
)
def test_what_is_no_real_number(value):
    with pytest.raises(TypeError, match="coupling m2 must be a real number or an array"):
        Gaussian(m2=value)


@pytest.mark.parametrize("value", [np.asarray("1.0"), np.asarray(1j), np.asarray(True)], ids=repr)
def test_arrays_without_axes_are_no_way_around_it(value):
    with pytest.raises(TypeError, match="coupling m2 must be a real number"):
        Gaussian(m2=value)


@pytest.mark.parametrize("value", [NAN, float("inf"), -np.inf, np.asarray(NAN), torch.tensor(NAN)])
def test_numbers_that_are_not_finite(value):
    with pytest.raises(ValueError, match="coupling m2 must be finite; got"):
        Gaussian(m2=value)


@pytest.mark.parametrize("bad", [NAN, float("inf")])
def test_arrays_that_are_not_finite(bad, xp, dtype):
    values = xp.asarray(np.asarray([1.0, bad], dtype=dtype))
    with pytest.raises(ValueError, match="coupling m2 holds values that are not finite"):
        Gaussian(m2=values)


@pytest.mark.parametrize("kind", ["int64", "bool", "float16", "complex128", "U3"])
def test_arrays_of_other_dtypes(kind):
    with pytest.raises(TypeError, match="coupling m2 must be a float64 or float32 array"):
        Gaussian(m2=np.ones(4, dtype=kind))


def test_foreign_byte_order():
    foreign = np.dtype("float64").newbyteorder("S")
    with pytest.raises(TypeError, match="coupling m2 has a foreign byte order"):
        Gaussian(m2=np.ones(4, dtype=foreign))


@pytest.mark.parametrize("shape", [(3,), (4, 1), (1, 4, 4), (2, 4, 3)], ids=str)
def test_site_couplings_of_the_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"site coupling m2 .* shape \(4, 3\); got"):
        Gaussian(m2=np.ones(shape), lattice=(4, 3))


@pytest.mark.parametrize("shape", [(4, 3), (3, 4, 3), (4, 3, 2), (2, 3, 4)], ids=str)
def test_bond_couplings_of_the_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"bond coupling kappa .* shape \(2, 4, 3\); got"):
        Phi4(kappa=np.ones(shape), lam=0.1, lattice=(4, 3))


def test_the_shape_is_checked_when_the_lattice_comes_later():
    action = Gaussian(m2=np.ones(4))
    with pytest.raises(ValueError, match="site coupling m2"):
        action.on((5,))
    assert action.on((4,)).force(np.zeros(4)).shape == (4,)


def test_one_name_in_site_and_bond_may_be_a_number_but_no_array():
    theory = hb.Theory("t", site=lambda phi, *, b: b * phi * phi, bond=lambda x, y, *, b: b * x * y)
    phi = np.asarray([1.0, 2.0, 4.0])
    assert theory(b=2.0, lattice=(3,))(phi) == 2 * (1 + 4 + 16) + 2 * (2 + 8 + 4)
    with pytest.raises(ValueError, match=r"coupling b appears in site and bond .* its own name"):
        theory(b=np.ones(3), lattice=(3,))


def test_the_library_of_the_coupling_is_the_field_s(xp):
    action = Gaussian(m2=np.ones(3), lattice=(3,))
    field = xp.asarray(np.zeros(3))
    if type(field) is np.ndarray:
        assert action(field) == 0
    else:
        with pytest.raises(TypeError, match="coupling m2 is a ndarray of float64, the field a"):
            action(field)


def test_the_dtype_of_the_coupling_is_the_field_s():
    action = Gaussian(m2=np.ones(3, dtype="float32"), lattice=(3,))
    with pytest.raises(TypeError, match=r"is a ndarray of float32, the field a ndarray of float64"):
        action.force(np.zeros(3))


def test_a_learned_number_needs_a_field_of_torch():
    lam = torch.tensor(0.3, requires_grad=True)
    with pytest.raises(TypeError, match="coupling lam is a Tensor"):
        Phi4(kappa=0.1, lam=lam, lattice=(3,))(np.zeros(3))


def test_unknown_names_come_with_a_suggestion():
    with pytest.raises(TypeError, match=r"unknown coupling of phi4 'kapa'; did you mean 'kappa'\?"):
        Phi4(kapa=0.1, lam=0.1)


def test_missing_names_are_listed():
    with pytest.raises(TypeError, match=r"phi4 needs the coupling\(s\) lam, kappa"):
        Phi4()


def test_defaults_are_used_replaced_and_checked():
    def site(phi, *, m2, g):
        return m2 * phi * phi + g * phi

    theory = hb.Theory("t", site=site, defaults={"g": 0.25})
    assert theory(m2=1).couplings == {"m2": 1.0, "g": 0.25}
    assert theory(m2=1, g=2).couplings["g"] == 2.0
    with pytest.raises(ValueError, match=r"unknown coupling of t 'gg'; did you mean 'g'\?"):
        hb.Theory("t", site=site, defaults={"gg": 1.0})


def test_theories_without_energy_or_with_a_coupling_called_lattice():
    with pytest.raises(ValueError, match="theory 't' has no energy"):
        hb.Theory("t")
    with pytest.raises(ValueError, match="'lattice' names the lattice"):
        hb.Theory("t", site=lambda phi, *, lattice: lattice * phi)


def test_an_action_without_lattice_says_how_to_give_one():
    with pytest.raises(ValueError, match=r"holds no lattice yet.*action\.on"):
        Gaussian(m2=1.0)(np.zeros(4))


@pytest.mark.parametrize(
    ("field", "error", "words"),
    [
        (np.zeros(4), ValueError, r"field must have shape \(\*batch, 4, 3\).*got \(4,\)"),
        (np.zeros((3, 4)), ValueError, r"got \(3, 4\)"),
        (np.zeros((4, 3), dtype=int), TypeError, "field has dtype int64; it must be float64"),
        (np.zeros((4, 3), dtype=complex), TypeError, "field has dtype complex128"),
        (np.zeros((4, 3), dtype=">f8" if np.little_endian else "<f8"), TypeError, "byte order"),
        ([[0.0] * 3] * 4, TypeError, "field must be an array of NumPy, torch, .*got list"),
    ],
    ids=["axis missing", "axes swapped", "whole numbers", "complex", "foreign", "list"],
)
def test_fields_that_do_not_fit(field, error, words):
    action = Gaussian(m2=1.0, lattice=(4, 3))
    for evaluate in (action, action.energies, action.force):
        with pytest.raises(error, match=words):
            evaluate(field)


def test_a_proposal_is_called_so_in_messages():
    with pytest.raises(ValueError, match="proposal must have shape"):
        Gaussian(m2=1.0, lattice=(4,)).local_difference(np.zeros(4), np.zeros(5))
