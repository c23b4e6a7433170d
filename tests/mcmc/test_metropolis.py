"""Checkerboard Metropolis: one update at a time, and the exact transition of a site."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatbath as hb
from heatbath.random import Purpose


def uniforms(field: Any, key: Any, step: int, draw: int) -> Any:
    return hb.random.uniform(field, key, step, dim=field.ndim, purpose=Purpose.PROPOSAL, draw=draw)


@pytest.mark.parametrize("shape", [(5,), (4, 4), (3, 4), (1, 3), (2, 3, 3)])
def test_a_sweep_is_single_site_updates_in_order_of_colour(shape: tuple[int, ...]) -> None:
    """Site after site with the brute-force change of the whole action, colour by colour."""
    action = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=shape)
    key, width = hb.random.key(6), 1.2
    field = hb.random.normal(np.empty(shape), key, 0, dim=len(shape))
    u, v = (uniforms(field, key, 3, draw) for draw in (0, 1))
    expected, accepted, colours = field.copy(), 0, action.colouring()
    for colour in range(colours.max() + 1):
        for x in zip(*np.nonzero(colours == colour), strict=True):
            trial = expected.copy()
            trial[x] += width * (2 * u[x] - 1)
            if v[x] < np.exp(action(expected) - action(trial)):
                expected, accepted = trial, accepted + 1
    sampler = hb.Metropolis(action, width=width)
    state, info = sampler.step(key, hb.mcmc.State(field, 3))
    assert state.field == pytest.approx(expected, abs=1e-13)
    assert info.accepted[0] == pytest.approx(accepted / field.size)
    assert 0 < accepted < field.size or field.size < 4
    assert state.step == 4


def transition(width: float, wrong: bool = False) -> tuple[Any, Any]:
    """Grid of one free site (weight e^{−φ²/2}) and where 4·10⁵ chains go from each of its cells
    in one update; `wrong` accepts everything."""
    action = hb.actions.Gaussian(m2=1.0, lattice=(1,))
    edges = np.linspace(-2.0, 2.0, 9)
    middle = 0.5 * (edges[1:] + edges[:-1])
    chains = 50_000
    start = np.repeat(middle, chains)[:, None]
    sampler = hb.Metropolis(action, width=width)
    state, _ = sampler.step(hb.random.key(1, chains=start.size), sampler.init(start))
    field = state.field
    if wrong:
        key = hb.random.key(1, chains=start.size)
        u = hb.random.uniform(start, key, 0, dim=1, purpose=Purpose.PROPOSAL, draw=0)
        field = start + width * (2 * u - 1)
    to = np.rint((field[:, 0] - middle[0]) / (middle[1] - middle[0])).astype(int)
    count = np.zeros((8, 8))
    source = np.repeat(np.arange(8), chains)
    inside = (to >= 0) & (to < 8) & (field[:, 0] != start[:, 0])
    np.add.at(count, (source[inside], to[inside]), 1)
    return middle, count / chains


def balance(wrong: bool) -> float:
    """The largest violation of detailed balance between two cells, in standard errors.

    A move from a cell's middle lands anywhere in another cell, where the weight differs a little
    from that of its middle: exact rates come from the integral over the landing cell.
    """
    width = 1.5
    middle, rate = transition(width, wrong)
    worst = 0.0
    for i in range(8):
        for j in range(8):
            cell = middle[j] + np.linspace(-0.25, 0.25, 2001)
            reach = np.abs(cell - middle[i]) <= width
            accept = np.minimum(1, np.exp((middle[i] ** 2 - cell**2) / 2))
            exact = np.mean(reach * accept) * 0.5 / (2 * width)
            if i != j and exact > 0:
                error = np.sqrt(exact * (1 - exact) / 50_000)
                worst = max(worst, abs(rate[i, j] - exact) / error)
    return worst


def test_the_transition_of_one_site_is_that_of_metropolis() -> None:
    assert balance(wrong=False) < 4.5


def test_a_forgotten_accept_step_is_seen() -> None:
    assert balance(wrong=True) > 20


@pytest.mark.parametrize("width", [0.0, -1.0, np.inf, "1", True])
def test_bad_widths_are_refused(width: Any) -> None:
    action = hb.actions.Gaussian(m2=1.0, lattice=(2,))
    with pytest.raises(ValueError, match="width must be a positive number"):
        hb.Metropolis(action, width=width)
