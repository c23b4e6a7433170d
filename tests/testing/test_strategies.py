"""The public strategies: what they draw fits together, and covers what is rare elsewhere."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings, strategies as st

import heatbath as hb
from heatbath.testing import strategies

FEW = settings(max_examples=20)


@given(strategies.shapes(), strategies.batches())
def test_shapes_are_those_of_small_lattices(shape: Any, batch: Any) -> None:
    assert 1 <= len(shape) <= 4
    assert hb.Lattice(shape).volume <= 48
    assert all(n >= 1 for n in batch)


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (1, 3), (2, 2), (3, 1, 2), (1, 2, 3, 2)])
def test_rare_shapes_are_drawn(shape: Any) -> None:
    dim = len(shape)
    assert find(strategies.shapes(dim, extents=tuple(set(shape))), lambda s: s == shape) == shape


@FEW
@given(strategies.actions(), st.sampled_from(["float64", "float32"]))
def test_actions_take_fields_of_their_lattice(action: Any, dtype: str) -> None:
    if not action.arrays:
        phi = np.ones((2, *action.lattice.shape), dtype)
        assert action(phi).dtype == dtype
    phi = np.ones((2, *action.lattice.shape))
    assert action.force(phi).shape == phi.shape


@FEW
@given(strategies.theories(confining=True))
def test_confined_theories_can_be_normalised(theory: Any) -> None:
    """Far out S grows as φ⁴/4 per site, whatever the formula: its other terms are bounded."""
    action = theory(g=1.0, j=1.0, lattice=(3,))
    near, far = (float(action(np.full(3, r))) for r in (1e3, 2e3))
    assert far == pytest.approx(16 * near, rel=1e-2)


@pytest.mark.parametrize("name", ["kappa", "lam"])
@pytest.mark.parametrize("array", [False, True])
def test_couplings_are_numbers_and_arrays(name: str, array: bool) -> None:
    values = find(
        strategies.couplings(hb.actions.Phi4, (2, 3), dtype="float32"),
        lambda v: isinstance(v[name], np.ndarray) == array,
    )
    if array:
        assert values[name].shape == {"kappa": (2, 2, 3), "lam": (2, 3)}[name]
        assert values[name].dtype == np.float32
        assert 0.1 <= values[name].min() <= values[name].max() <= 1.0


def test_drawn_formulas_use_the_whole_language() -> None:
    """Every operation is met among the recorded formulas of some draws."""
    seen: set[str] = set()

    @settings(max_examples=100, database=None, derandomize=True)
    @given(strategies.theories())
    def draw(theory: Any) -> None:
        seen.update(o for o in OPERATIONS if f"{o}(" in theory.text or f" {o} " in theory.text)

    draw()
    assert seen == set(OPERATIONS)


OPERATIONS = ("exp", "log", "sin", "cos", "sqrt", "+", "-")


def test_namespaces_are_installed() -> None:
    assert find(strategies.namespaces(), lambda n: n == "numpy") == "numpy"


WITHOUT = """
import sys
sys.modules["hypothesis"] = None
import heatbath as hb
hb.testing.check_force(hb.actions.Gaussian(m2=1.0, lattice=(3,)))
try:
    hb.testing.strategies
except ModuleNotFoundError as missing:
    print(missing)
"""


def test_hypothesis_is_needed_for_them_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "heatbath.testing.strategies needs the package hypothesis: pip install hypothesis\n"
    )


def test_checks_alone_do_not_load_hypothesis() -> None:
    code = (
        "import sys, heatbath.testing; print('hypothesis' in sys.modules, 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
