"""What a formula may hold, and in which words everything else is refused where it is defined."""

import functools
import math
import operator

import numpy as np
import pytest
import torch

import heatbath as hb
from heatbath import formula
from heatbath.elementary import exp, sqrt
from heatbath.formula import FormulaError
from heatbath.formula.expression import constant, coupling, field

# name: (a site energy that is refused, words of the message; (…) shows the expression)
REFUSED = {
    "branch": (lambda phi: phi if phi else -phi, r"a branch on the value of 'phi'"),
    "not": (lambda phi: phi * (not phi), r"a branch on the value of 'phi'"),
    "and": (lambda phi: 2 * phi and phi, r"a branch on the value of '2\*phi'"),
    "comparison": (lambda phi: phi * (phi * phi > 1), r"a comparison of 'phi\*phi'"),
    "reflected comparison": (lambda phi: operator.lt(1, phi + 1), r"a comparison of 'phi \+ 1'"),
    "equal": (lambda phi: phi * (phi == 0), r"a comparison of 'phi'"),
    "unequal": (lambda phi: phi * (phi != 0), r"a comparison of 'phi'"),
    "contained": (lambda phi: phi * (phi in (1, 2)), r"a comparison of 'phi'"),
    "abs": (lambda phi: abs(phi - 1), r"absolute value of 'phi - 1'.*sqrt\(x\*x\)"),
    "max": (lambda phi: max(phi, 0), r"a comparison of 'phi'"),
    "min": (lambda phi: min(0, phi), r"a comparison of 'phi'"),
    "numpy.exp": (lambda phi: np.exp(-phi), r"numpy.exp of '-phi'.*use hb\.elementary\.exp"),
    "numpy.tanh": (lambda phi: np.tanh(phi), r"numpy.tanh of 'phi'.*whole powers"),
    "numpy.power": (lambda phi: np.power(phi, 2), r"numpy.power of 'phi'"),
    "numpy.maximum": (lambda phi: np.maximum(phi, 0), r"numpy.maximum of 'phi'"),
    "numpy.add.reduce": (lambda phi: np.add.reduce(phi), r"numpy.add of 'phi'|array of 'phi'"),
    "numpy.sum": (lambda phi: np.sum(phi), r"attribute \.sum of 'phi'"),
    "numpy.where": (lambda phi: np.where(phi, 1, 2), r"a NumPy array of 'phi'"),
    "numpy.asarray": (lambda phi: np.asarray([phi]), r"a NumPy array of 'phi'"),
    "torch.exp": (lambda phi: torch.exp(phi + 1), r"torch.exp of 'phi \+ 1' is not recorded"),
    "torch.where": (lambda phi: torch.where(phi, 1, 2), r"torch.where of 'phi'"),
    "torch.Tensor": (lambda phi: torch.ones(2) * phi, r"combines the field with Tensor"),
    "math.exp": (lambda phi: math.exp(2 * phi), r"the number of '2\*phi'.*hb\.elementary\.exp"),
    "float": (lambda phi: float(phi), r"the number of 'phi'"),
    "int": (lambda phi: int(phi), r"the number of 'phi'"),
    "complex": (lambda phi: complex(phi), r"the number of 'phi'"),
    "real power": (lambda phi: (phi + 1) ** 0.5, r"power \(phi \+ 1\)\*\*\(0\.5\).*sqrt"),
    "negative power": (lambda phi: phi**-1, r"power \(phi\)\*\*\(-1\)"),
    "power of a bool": (lambda phi: phi**True, r"power \(phi\)\*\*\(True\)"),
    "high power": (lambda phi: phi**65, r"whole number from 0 to 64"),
    "exponential": (lambda phi: 2**phi, r"power \(2\)\*\*x of 'phi'.*exp\(x\*log\(base\)\)"),
    "field as power": (lambda phi: phi**phi, r"power \(phi\)\*\*\(phi\)"),
    "power modulo": (lambda phi: pow(phi, 2, 3), r"power modulo a number of 'phi'"),
    "indexing": (lambda phi: phi[0], r"an element of 'phi'.*one site at a time"),
    "iteration": (lambda phi: sum(phi), r"the elements of 'phi'"),
    "attribute": (lambda phi: phi.mean(), r"attribute \.mean of 'phi'"),
    "complex number": (lambda phi: 1j * phi, r"combines the field with complex 1j \(mul\)"),
    "text": (lambda phi: phi + "1", r"combines the field with str '1' \(add\)"),
    "None": (lambda phi: phi - None, r"combines the field with NoneType None \(sub\)"),
    "array": (lambda phi: phi * np.ones(3), r"with ndarray .*pass arrays as couplings"),
    "array on the left": (lambda phi: np.ones(3) * phi, r"with ndarray .*arrays as couplings"),
    "remainder": (lambda phi: phi % 2, r"remainder.* of 'phi'.*not differentiable"),
    "reflected remainder": (lambda phi: 2 % phi, r"remainder.* of 'phi'"),
    "whole division": (lambda phi: phi // 2, r"whole numbers of 'phi'"),
    "divmod": (lambda phi: divmod(phi, 2)[0], r"whole numbers of 'phi'"),
    "round": (lambda phi: round(phi), r"rounding to whole numbers of 'phi'"),
    "floor": (lambda phi: math.floor(phi), r"rounding to whole numbers of 'phi'"),
    "trunc": (lambda phi: math.trunc(phi), r"rounding to whole numbers of 'phi'"),
    "logical and": (lambda phi: phi & 1, r"logical or matrix operation of 'phi'"),
    "matrix product": (lambda phi: phi @ phi, r"logical or matrix operation of 'phi'"),
    "division by zero": (lambda phi: phi / 0, r"the formula divides 'phi' by zero"),
    "NaN": (lambda phi: phi * math.nan, r"the number nan in a formula is not finite"),
    "infinity": (lambda phi: phi + math.inf, r"the number inf in a formula is not finite"),
    "overflow": (lambda phi: phi * (constant(1e300) * 1e300), r"inf in a formula is not finite"),
    "reciprocal overflow": (lambda phi: phi / 1e-310, r"inf in a formula is not finite"),
    "no field": (lambda phi: 3.0, r"= '3' does not depend on the field"),
    "power zero": (lambda phi: phi**0, r"= '1' does not depend on the field"),
    "times zero": (lambda phi: 0 * phi, r"does not depend on the field"),
    "nothing returned": (lambda phi: None, r"returned None; it must return a formula"),
    "a list": (lambda phi: [phi], r"returned \[phi\]"),
    "a bool": (lambda phi: True, r"returned True"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_where_it_is_defined(name):
    energy, words = REFUSED[name]
    with pytest.raises(FormulaError, match=words):
        hb.Theory("t", site=energy)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_inside_a_bond(name):
    energy, words = REFUSED[name]
    with pytest.raises(FormulaError, match=words):
        hb.Theory("t", bond=lambda phi, neighbour: energy(phi))


def test_a_formula_error_is_a_type_error():
    with pytest.raises(TypeError):
        hb.Theory("t", site=lambda phi: abs(phi))


def no_coupling_energy(phi, lam):
    return lam * phi


@pytest.mark.parametrize(
    "energy",
    [
        no_coupling_energy,
        lambda phi, neighbour: phi * neighbour,
        lambda: 1.0,
        lambda *, lam: lam,
        lambda *phi: phi[0],
        lambda phi, *rest: phi,
        lambda phi, **couplings: phi,
        lambda phi, g=1.0: phi * g,
    ],
    ids=["positional coupling", "two fields", "none", "coupling", "*", "phi, *", "**", "default"],
)
def test_the_form_of_a_site_energy(energy):
    with pytest.raises(FormulaError, match=r"must have the form .*\(phi, \*, couplings…\)"):
        hb.Theory("t", site=energy)


@pytest.mark.parametrize(
    "energy",
    [lambda phi: phi, lambda a, b, c: a * b * c, lambda a, b, kappa: kappa * a * b],
    ids=["one field", "three fields", "positional coupling"],
)
def test_the_form_of_a_bond_energy(energy):
    with pytest.raises(FormulaError, match=r"\(phi, neighbour, \*, couplings…\): 2 positional"):
        hb.Theory("t", bond=energy)


@pytest.mark.parametrize(
    "energy", [lambda phi, *, lam=0.5: lam * phi, lambda phi=0.0: phi], ids=["coupling", "field"]
)
def test_default_values_belong_to_the_theory(energy):
    with pytest.raises(FormulaError, match=r"has a default value; give it to the theory instead"):
        hb.Theory("t", site=energy)


def test_an_energy_is_a_function():
    with pytest.raises(FormulaError, match="an energy is a function of field values; got 3"):
        hb.Theory("t", site=3)


def test_objects_without_a_name_are_functions_too():
    class Energy:
        def __call__(self, phi, *, lam):
            return lam * phi

    assert hb.Theory("t", site=Energy()).couplings == ("lam",)
    with pytest.raises(FormulaError, match="does not depend on the field"):
        hb.Theory("t", site=functools.partial(lambda c, phi: c, 2.0))


@pytest.mark.parametrize(
    ("energy", "shown"),
    [
        (lambda phi: np.float64(0.5) * phi, "0.5*phi"),
        (lambda phi: np.float32(0.5) + phi, "0.5 + phi"),
        (lambda phi: phi / np.float64(2), "phi*0.5"),
        (lambda phi: np.int64(3) - phi, "3 - phi"),
        (lambda phi: np.asarray(2.0) / phi, "2/phi"),
        (lambda phi: +phi * True, "phi"),
        (lambda phi: sum([phi, phi]), "phi + phi"),
        (lambda phi: math.prod([phi, phi]), "phi*phi"),
        (lambda phi: operator.neg(-phi), "phi"),
        (lambda phi: -phi, "-phi"),
        (lambda phi: phi * 0.1234567891, "phi*0.1234567891"),
        (lambda phi: sqrt(exp(phi)), "sqrt(exp(phi))"),
    ],
)
def test_numbers_of_numpy_and_trivial_operations(energy, shown):
    assert str(energy(field(0))) == shown


# ---- powers ----------------------------------------------------------------------------------
@pytest.mark.parametrize("n", range(0, 65))
def test_whole_powers_are_products(n):
    e = field(0) ** n
    assert operations(e) <= {"mul", "field", "constant"}
    assert evaluate(e, {0: 3}) == 3**n  # whole numbers, hence exact


def test_powers_by_repeated_squaring():
    assert str(field(0) ** 4) == "(phi*phi)*(phi*phi)"
    assert len(formula.record((formula.site(lambda p: p**64),), "energy", (1,), frozenset()).source
               .splitlines()) == 2 + 6  # fmt: skip


def operations(e):
    return {e.op}.union(*(operations(a) for a in e.args)) if e.args else {e.op}


def evaluate(e, fields, couplings=None):
    """A formula in exact or float arithmetic, written apart from the library's evaluators."""
    args = [evaluate(a, fields, couplings) for a in e.args]
    match e.op:
        case "field":
            return fields[e.payload]
        case "coupling":
            return couplings[e.payload]
        case "constant":
            return int(e.payload) if e.payload == int(e.payload) else e.payload
        case "add":
            return args[0] + args[1]
        case "sub":
            return args[0] - args[1]
        case "mul":
            return args[0] * args[1]
        case "div":
            return args[0] / args[1]
        case "neg":
            return -args[0]
        case function:
            return getattr(math, function)(args[0])


# ---- division --------------------------------------------------------------------------------
def test_division_by_a_coupling_multiplies_by_its_reciprocal():
    e = field(0) / coupling("t")
    assert str(e) == "phi*(1/t)"
    phi = np.asarray([1.0, -7.3])
    action = hb.Theory("t", site=lambda p, *, t: p / t)(t=3.0, lattice=(2,))
    assert np.array_equal(action.energies(phi), phi * (1 / 3.0))


def test_the_reciprocal_is_taken_once_in_float64():
    action = hb.Theory("t", site=lambda p, *, t: p / t)(t=3.0, lattice=(1,))
    (value,) = action.scalar_values(action.program("energy"), "float32")
    assert value == float(np.float32(1 / 3.0))


def test_reciprocal_of_the_field():
    action = hb.Theory("t", site=lambda p, *, t: t / p)(t=0.7, lattice=(2,))
    phi = np.asarray([1.7, -0.3])
    assert np.array_equal(action.energies(phi), 0.7 / phi)
    np.testing.assert_allclose(action.force(phi), 0.7 / phi**2, rtol=4e-16)


def test_couplings_that_make_a_divisor_zero():
    theory = hb.Theory("t", site=lambda p, *, a, b: p / (a - b))
    with pytest.raises(FormulaError, match=r"divides by 'a - b', which is 0 for .*'a': 2\.0"):
        theory(a=2.0, b=2.0, lattice=(3,)).energies(np.ones(3))
    assert theory(a=2.0, b=1.5, lattice=(3,))(np.ones(3)) == 6.0


def test_constants_are_folded():
    e = field(0) * (constant(2.0) * 3 - 5 + 1)
    assert str(e) == "phi*2"


# ---- identity --------------------------------------------------------------------------------
def test_equal_expressions_are_one_object():
    phi, lam = field(0), coupling("lam")
    one, two = exp(phi * lam + phi**4 / 3), exp(phi * lam + phi**4 / 3)
    assert one is two
    assert phi is field(0)
    assert phi is not field(1)
    assert coupling("lam") is not coupling("kappa")
    assert phi * lam is not lam * phi  # the order of operations is kept: it decides the bits


def test_constants_are_told_apart_to_the_last_bit_and_the_sign_of_zero():
    assert constant(0.0) is not constant(-0.0)
    assert constant(0.1) is not constant(math.nextafter(0.1, 1))
    assert constant(1) is constant(1.0)


def test_shared_parts_are_computed_once():
    cliques = (formula.site(lambda p: exp(p * p) * exp(p * p)),)
    source = formula.record(cliques, "energy", (3,), frozenset()).source
    assert source.count("exp(") == 1


def test_expressions_are_hashable_and_die():
    from heatbath.formula.expression import _interned

    before = len(_interned)
    made = [field(k + 1000) * 3.25 for k in range(50)]
    assert len(set(made)) == 50
    assert len(_interned) >= before + 100
    del made
    assert len(_interned) <= before + 2


def test_expressions_of_any_depth_are_recorded():
    def deep(phi):
        for _ in range(3000):
            phi = phi * 0.5 + 1
        return phi

    def broad(phi):  # written out as a tree it would hold 2**40 leaves
        for _ in range(40):
            phi = phi * phi * 0.5 + phi
        return phi

    action = hb.Theory("t", site=deep)(lattice=(1,))
    assert action(np.zeros(1)) == pytest.approx(2.0)
    assert action.force(np.zeros(1)) == pytest.approx(0.0, abs=1e-300)
    action = hb.Theory("t", site=broad)(lattice=(1,))
    assert action.force(np.zeros(1)) == -1.0


# ---- text ------------------------------------------------------------------------------------
def test_messages_cut_long_expressions_but_the_stored_text_is_whole():
    def energy(last):
        def site(phi, *, g):
            total = phi
            for k in range(30):
                total = (total + g * k) * phi
            return total * last

        return hb.Theory("t", site=site)

    assert "…" not in energy(2.5).text
    assert energy(2.5).text == energy(2.5).text
    assert energy(2.5).text != energy(2.5000001).text  # deep or not, a changed digit shows

    def innermost(number):
        def site(phi):
            total = phi + number
            for _ in range(30):
                total = total * phi + 1
            return total

        return hb.Theory("t", site=site).text

    assert innermost(0.25) != innermost(0.5)


def test_latex_of_phi4():
    assert hb.actions.Phi4.latex == (
        r"S = \sum_x\left[\left(1 - 2\, \lambda\right)\, \phi_x^{2} + \lambda\, \phi_x^{4}\right]"
        r" + \sum_{x,\mu}\left[-2\, \kappa\, \phi_x\, \phi_{x+\hat\mu}\right]"
    )


@pytest.mark.parametrize(
    ("energy", "text"),
    [
        (lambda phi: phi * -2, r"\phi_x\, \left(-2\right)"),
        (lambda phi: 1 - -phi, r"1 - \left(-\phi_x\right)"),
        (lambda phi: phi - (phi - 1), r"\phi_x - \left(\phi_x - 1\right)"),
        (lambda phi: 1e-10 * phi, r"1 \cdot 10^{-10}\, \phi_x"),
        (lambda phi: (phi / (1 + phi)) ** 2, r"\left(\frac{\phi_x}{1 + \phi_x}\right)^{2}"),
        (lambda phi: -(phi + 1), r"-\left(\phi_x + 1\right)"),
        (lambda phi: exp(-phi), r"\exp\left(-\phi_x\right)"),
        (lambda phi: sqrt(phi), r"\sqrt{\phi_x}"),
        (lambda phi: phi * coupling("m2"), r"\phi_x\, m_{2}"),
        (lambda phi: phi + -phi * 3, r"\phi_x + \left(-\phi_x\right)\, 3"),
        (lambda phi: phi + -(phi * 3), r"\phi_x - \phi_x\, 3"),
    ],
)
def test_latex(energy, text):
    assert formula.latex(energy(field(0))) == text


@pytest.mark.parametrize("function", ["exp", "log", "sin", "cos", "sqrt"])
def test_every_elementary_function_has_a_derivative_latex_and_source(function):
    assert function in formula.expression.ELEMENTARY
    action = hb.Theory("t", site=getattr(hb.elementary, function))(lattice=(1,))
    assert f"\\{function}" in action.theory.latex
    phi = np.asarray([0.7])
    assert action(phi) == getattr(hb.elementary, function)(0.7)
    slope = (getattr(math, function)(0.7 + 1e-6) - getattr(math, function)(0.7 - 1e-6)) / 2e-6
    assert action.force(phi)[0] == pytest.approx(-slope, rel=1e-8)
