"""Given random numbers: a driven key draws what its points say, and a small chain is a matrix."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, qmc

import heatbath as hb
from heatbath.random import Purpose
from heatbath.testing.driven import MOST, coordinates, driven_key

POINTS = qmc.Sobol(2, bits=52, seed=np.random.default_rng(3)).random(64)


def test_uniform_numbers_are_the_points() -> None:
    with hb.backends.use("reference"):
        drawn = hb.random.uniform(np.zeros((64, 2)), driven_key(POINTS), 0, dim=1)
    assert np.abs(drawn - POINTS).max() < 2.0**-51


@pytest.mark.parametrize("purpose", [Purpose.MOMENTUM, Purpose.NOISE])
def test_normal_numbers_are_the_inverse_distribution(purpose: Purpose) -> None:
    with hb.backends.use("reference"):
        drawn = hb.random.normal(np.zeros((64, 2)), driven_key(POINTS), 0, dim=1, purpose=purpose)
    np.testing.assert_allclose(drawn, norm.ppf(POINTS), rtol=1e-9, atol=1e-9)


def test_normal_numbers_of_another_purpose_are_normal() -> None:
    points = qmc.Sobol(2, bits=52, seed=np.random.default_rng(3)).random(4096)
    with hb.backends.use("reference"):
        drawn = hb.random.normal(np.zeros((4096, 2)), driven_key(points), 0, dim=1)
    assert np.abs(np.abs(drawn).mean(axis=0) - np.sqrt(2 / np.pi)).max() < 2e-3
    signs = np.sign(drawn)  # from bits that the points do not spread out: as good as random
    assert np.abs([*signs.mean(axis=0), signs.prod(axis=1).mean()]).max() < 4 / 64


def test_whole_numbers() -> None:
    with hb.backends.use("reference"):
        drawn = hb.random.integers(np.zeros(64), driven_key(POINTS), 0, high=7, dim=0)
    assert np.array_equal(drawn, np.floor(7 * POINTS[:, 0]))


def test_blocks_keep_their_coordinates_and_parts_of_a_cycle_have_their_own() -> None:
    key = driven_key(np.random.default_rng(1).random((5, 6)))

    def drawn(key: Any, step: int) -> Any:
        return hb.random.uniform(np.zeros(5), key, step, dim=0)

    with hb.backends.use("reference"):
        first, second, part = drawn(key, 0), drawn(key, 1), drawn(key.leaf(0), 0)
        again = drawn(key, 0)
    assert np.array_equal(first, again)
    assert len({tuple(x) for x in (first, second, part)}) == 3


def test_coordinates_counts_what_an_update_reads() -> None:
    """HMC on one site: a momentum, a length and a decision."""
    sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(1,)))
    with hb.backends.use("reference"):
        count, places = coordinates(lambda key: sampler.step(key, sampler.init(np.ones((1, 1)))))
    assert count == 6
    assert [place[2] >> 16 for place in places] == [
        Purpose.MOMENTUM,
        Purpose.LENGTH,
        Purpose.ACCEPT,
    ]


def test_what_is_demanded_beyond_the_coordinates_comes_from_the_stream() -> None:
    key, like = driven_key(np.zeros((4, 2)), seed=9), np.zeros(4)
    with hb.backends.use("reference"):
        hb.random.uniform(like, key, 0, dim=0)
        beyond = hb.random.uniform(like, key, 1, dim=0)
        stream = hb.random.uniform(like, hb.random.key(9, chains=4), 1, dim=0)
    assert np.array_equal(beyond, stream)
    assert MOST >= 16


def test_kernels_cannot_read_a_driven_key() -> None:
    sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4,)))
    with pytest.raises(RuntimeError, match="kernels make their own: run the sampler inside"):
        sampler.step(driven_key(np.zeros((1, 8))), sampler.init(np.zeros((1, 4))))


# ---------------------------------------------------------------- an enumerable chain
WEIGHTS = np.array([0.5, 0.3, 0.2])


def toy(key: Any, state: np.ndarray) -> np.ndarray:
    """Metropolis on three values: propose one of the two others, accept by the ratio of weights."""
    like = np.zeros(len(state))
    with hb.backends.use("reference"):
        jump = 1 + hb.random.integers(like, key, 0, high=2, dim=0, purpose=Purpose.PROPOSAL)
        u = hb.random.uniform(like, key, 0, dim=0, purpose=Purpose.ACCEPT)
    proposal = (state + jump) % 3
    return np.where(u * WEIGHTS[state] < WEIGHTS[proposal], proposal, state)


def test_the_matrix_of_a_chain_of_three_values() -> None:
    """As written down: P_ij = ½ min(1, w_j/w_i) off the diagonal."""
    expected = np.zeros((3, 3))
    for i, j in itertools.permutations(range(3), 2):
        expected[i, j] = 0.5 * min(1.0, WEIGHTS[j] / WEIGHTS[i])
    expected += np.diag(1.0 - expected.sum(axis=1))
    np.testing.assert_allclose(WEIGHTS @ expected, WEIGHTS)
    count, places = coordinates(lambda key: toy(key, np.zeros(1, dtype=int)))
    points = qmc.Sobol(count, bits=52, seed=np.random.default_rng(1)).random(4096)
    for i in range(3):
        after = toy(driven_key(points, places=places), np.full(4096, i))
        found = np.bincount(after, minlength=3) / 4096
        np.testing.assert_allclose(found, expected[i], atol=4 / 4096)
