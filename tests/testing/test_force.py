"""`check_force` passes every right action and rejects each small mistake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import brute_force
import heatbath as hb
from heatbath.testing import broken, brute_force as loops, check_force, strategies
from samplers import phi4

# Extents 1, 2 and odd ones, in one to four dimensions.
SHAPES = [(1,), (2,), (5,), (1, 3), (2, 3), (2, 1, 3), (1, 2, 2, 3)]
FEWER = [(1,), (2, 3)]  # for the longest formulas
WRONG = [broken.WrongSignForce, broken.BondCountedTwice, broken.BondsHalvedWhereOneSiteMoves]


def made(name: str, shape: Any, *, local: bool = False, dtype: str = "float64") -> Any:
    case = brute_force.CASES[name]
    return case.theory(**case.couplings(shape, local=local, dtype=dtype), lattice=shape)


@pytest.mark.parametrize("local", [False, True], ids=["numbers", "arrays"])
@pytest.mark.parametrize(
    ("name", "shape"),
    [(n, s) for n in brute_force.CASES for s in (FEWER if n == "rich" else SHAPES)],
)
def test_right_actions_pass_and_wrong_ones_do_not(name: str, shape: Any, local: bool) -> None:
    action = made(name, shape, local=local)
    assert check_force(action).numbers["force tolerance"] < 1e-8
    without_bonds = name == "gaussian" and shape == (1,)  # (φ − φ)²/2 = 0
    for wrong in WRONG[: 1 if without_bonds else None]:
        with pytest.raises(hb.testing.CheckFailed, match="FAILED"):
            check_force(wrong.of(action))


@pytest.mark.parametrize("shape", [(2,), (2, 3)], ids=str)
@pytest.mark.parametrize("name", brute_force.CASES)
def test_the_loops_agree_with_energies_written_by_hand(name: str, shape: Any) -> None:
    case, action = brute_force.CASES[name], made(name, shape, local=True)
    phi = np.random.default_rng(1).normal(size=shape)
    expected = brute_force.energies(case, phi, action.couplings)
    found = loops.energies(loops.visits(action), phi)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


@settings(max_examples=20)
@given(st.data(), st.booleans(), st.sampled_from(["float64", "float32"]))
def test_whatever_hypothesis_makes(data: Any, confining: bool, dtype: str) -> None:
    theories = strategies.theories(confining=confining)
    shape = data.draw(strategies.shapes(max_volume=12))
    action = data.draw(strategies.actions(theories, shape, dtype=dtype))
    phi = data.draw(strategies.fields((*data.draw(strategies.batches()), *shape), dtype=dtype))
    assert check_force(action, phi)
    assert not check_force.examine(broken.WrongSignForce.of(action), phi).passed


@pytest.mark.parametrize(("name", "local"), [("phi4", True), ("rich", False)])
def test_every_namespace_and_dtype(name: str, local: bool, dtype: str, xp: Any) -> None:
    case, shape = brute_force.CASES[name], (1, 3)
    numbers = case.couplings(shape, local=local, dtype=dtype)
    values = {n: xp.asarray(v.copy()) if np.ndim(v) else v for n, v in numbers.items()}
    action = case.theory(**values, lattice=shape)
    phi = xp.asarray(np.random.default_rng(2).normal(size=(2, 1, 3)).astype(dtype))
    assert check_force(action, phi)
    assert not check_force.examine(broken.WrongSignForce.of(action), phi).passed


# ---- small mistakes in methods of one's own --------------------------------------------------
class Mine(hb.Action):
    """An action whose methods are replaced by one's own, as kernels would not see."""

    changed: str
    change: Any

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__(name)
        if name != super().__getattribute__("changed"):
            return own
        return lambda *fields: type(self).change(own(*fields), *fields)


def one_site(result: Any, *fields: Any) -> Any:
    """A little too much at one site of one chain."""
    result = result.copy()
    result.reshape(-1)[-1] += 3e-9
    return result


MISTAKES = {
    "a force off at one site": ("force", one_site),
    "energies off at one site": ("energies", one_site),
    "a local difference off at one site": ("local_difference", one_site),
    "a force twice as large": ("force", lambda r, phi: 2 * r),
    "a force of the neighbour": ("force", lambda r, phi: np.roll(r, 1, -1)),
    "a force that sees another chain": ("force", lambda r, phi: r + 1e-8 * phi[::-1]),
    "energies at a bond's other end": ("energies", lambda r, phi: np.roll(r, 1, -1)),
    "the difference backwards": ("local_difference", lambda r, phi, new: -r),
    "a force in float32": ("force", lambda r, phi: r.astype("float32")),
    "a force without chains": ("force", lambda r, phi: r[0]),
    "a force that is NaN somewhere": ("force", lambda r, phi: np.where(r == r[0, 0, 0], np.nan, r)),
}


@pytest.mark.parametrize(("changed", "change"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_in_methods(changed: str, change: Any) -> None:
    wrong = type("Mine", (Mine,), {"changed": changed, "change": staticmethod(change)})
    healthy = made("rich", (3, 2))
    action = wrong(healthy.theory, healthy.couplings, healthy.lattice)
    found = check_force.examine(action)
    assert not found.passed
    assert found.advice
    assert found.subject == "Mine of rich on (3, 2)"
    assert check_force(healthy)


def test_each_site_is_judged_by_its_own_terms() -> None:
    """A large field at one site allows large roundings there, and nowhere else."""

    class Rounded(hb.Action):
        off = np.zeros(5)

        def energies(self, phi: Any) -> Any:
            return super().energies(phi) + self.off

        def __call__(self, phi: Any) -> Any:
            return self.placed_on.sum(super().energies(phi))

    healthy, phi = phi4(5), np.array([1e3, 0.5, -0.2, 0.7, 1.1])
    action = Rounded(healthy.theory, healthy.couplings, healthy.lattice)
    Rounded.off = np.array([2e-5, 0, 0, 0, 0])
    assert check_force(action, phi)
    Rounded.off = np.array([2e-5, 0, 1e-9, 0, 0])
    assert check_force.examine(action, phi).numbers["energies deviation"] < 1e-8
    assert not check_force.examine(action, phi).passed


def test_advice_names_what_is_wrong() -> None:
    action = phi4(4, 3)
    advice = [check_force.examine(wrong.of(action)).advice for wrong in WRONG]
    assert "wrong sign" in advice[0]
    assert "each bond counted once" in advice[1]
    assert "local difference is not that of S" in advice[2]


def test_couplings_of_the_wrong_bond() -> None:
    """A healthy action with its bond couplings shifted by a site has other energies."""
    theory, shape = hb.actions.Phi4, (4, 3)
    kappa = np.random.default_rng(3).uniform(0.1, 0.3, size=(2, *shape))
    right, moved = (theory(kappa=k, lam=0.1, lattice=shape) for k in (kappa, np.roll(kappa, 1, -1)))

    class Moved(hb.Action):
        def evaluate(self, program: Any, phi: Any, *proposal: Any) -> Any:
            return moved.evaluate(program, phi, *proposal)

    found = check_force.examine(Moved(right.theory, right.couplings, right.lattice))
    assert not found.passed
    assert "couplings of that bond" in found.advice


# ---- where it looks --------------------------------------------------------------------------
@pytest.mark.parametrize("local", [False, True], ids=["numbers", "arrays"])
@pytest.mark.parametrize("shape", [(200,), (16, 16), (6, 2, 9), (4, 4, 1, 8)], ids=str)
def test_large_lattices_are_cut(shape: Any, local: bool) -> None:
    found = check_force(made("phi4", shape, local=local))
    sites = eval(found.subject.removeprefix("phi4 on "))
    assert len(sites) == len(shape)
    assert hb.Lattice(sites).volume <= 24


def test_learned_couplings() -> None:
    lam = torch.tensor(0.3, requires_grad=True)
    action = hb.actions.Phi4(kappa=0.2, lam=lam, lattice=(3,))
    assert check_force(action, torch.linspace(-1, 1, 3, dtype=torch.float64))


def test_energies_that_are_not_finite_are_said_so() -> None:
    action = hb.Theory("pole", site=lambda phi: 1 / phi)(lattice=(3,))
    with pytest.raises(ValueError, match="energies of this action are not finite at this field"):
        check_force(action, np.zeros(3))
    assert check_force(action, np.array([1.0, -2.0, 3.0]))


def test_what_is_no_action() -> None:
    with pytest.raises(TypeError, match="action must be a theory with couplings"):
        check_force(hb.actions.Phi4)
    with pytest.raises(ValueError, match="holds no lattice yet"):
        check_force(hb.actions.Phi4(kappa=0.1, lam=0.1))
    with pytest.raises(ValueError, match="field must have shape"):
        check_force(phi4(4, 3), np.zeros((3, 4)))
