"""Cycles of samplers whose couplings are arrays, inside each other, and with wrong parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from samplers import field

LAM = np.full((4, 3), 0.1)


def action(lam: Any = LAM, kappa: Any = 0.2) -> Any:
    return hb.actions.Phi4(kappa=kappa, lam=lam, lattice=(4, 3))


def test_equal_arrays_are_the_same_action() -> None:
    both = hb.cycle(hb.HMC(action()), hb.Metropolis(action(LAM.copy())))
    with hb.backends.use("reference"):  # nothing here is worth compiling
        state, _ = both.step(hb.random.key(1), both.init(field(4, 3)), 2)
    assert state.step == 2


@pytest.mark.parametrize(
    "other",
    [
        action(LAM + 0.01),
        action(0.1),
        action(LAM.astype("float32") + 0.01),
        action(kappa=0.21),
        hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(3, 4)),
        hb.actions.Gaussian(m2=1.0, lattice=(4, 3)),
    ],
    ids=["array", "array and number", "float32", "number", "lattice", "theory"],
)
def test_another_action_is_refused(other: Any) -> None:
    with pytest.raises(ValueError, match="all samplers of a cycle must have the same action"):
        hb.cycle(hb.HMC(action()), hb.Metropolis(other))


def test_a_cycle_of_cycles() -> None:
    """Parts of parts read streams of their own, and Info keeps the nesting."""
    inner = hb.cycle(hb.Metropolis(action()), hb.Metropolis(action()))
    outer = hb.cycle(inner, hb.HMC(action(), step_size=0.2, n_steps=3))
    key, start = hb.random.key(1), field(4, 3)
    with hb.backends.use("reference"):
        state, info = outer.step(key, outer.init(start))
        middle, _ = inner.step(key.leaf(0), inner.init(start))
        end, _ = outer.parts[1].step(key.leaf(1), hb.mcmc.State(middle.field, 0))
    np.testing.assert_array_equal(state.field, end.field)
    assert isinstance(info.parts[0][0], hb.mcmc.CycleInfo)
    expected = (info.parts[0][0].acceptance + info.parts[1][0].acceptance) / 2
    np.testing.assert_allclose(info.acceptance, expected)


@pytest.mark.parametrize("make", [hb.HMC, hb.Metropolis, hb.Langevin])
@pytest.mark.parametrize("wrong", [hb.actions.Phi4, None, 0.27], ids=["theory", "None", "number"])
def test_a_sampler_needs_an_action(make: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="action must be a theory with couplings, such as"):
        make(wrong)
