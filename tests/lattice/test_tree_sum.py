"""Sums in one fixed order: the documented tree, written by hand, in every library."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from heatbath._namespace import as_numpy
from heatbath.lattice import Lattice, tree_sum
from strategies import batches, fields, shapes

SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 127, 1000]


def by_hand(row):
    """x[i] + x[i + h], h = ⌈n/2⌉, and an odd middle element rides along."""
    while len(row) > 1:
        n, h = len(row), -(-len(row) // 2)
        added = [row[i] + row[i + h] for i in range(n - h)]
        row = added + ([row[h - 1]] if n % 2 else [])
    return row[0]


def lattice_by_hand(field):
    """Rows of the last axis, then the row sums in C order."""
    return by_hand([by_hand(list(row)) for row in field.reshape(-1, field.shape[-1])])


def numbers(n, dtype, seed=1):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=n) * 10.0 ** rng.integers(-4, 5, size=n)).astype(dtype)


@pytest.mark.parametrize("n", SIZES)
def test_rows(n, xp, dtype):
    row = numbers(n, dtype)
    assert as_numpy(tree_sum(xp.asarray(row), 1)) == by_hand(list(row))


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 5), (5, 1), (4, 8), (2, 3, 5), (1, 2, 3, 7)], ids=str
)
def test_lattices(shape, xp, dtype):
    field = numbers((2, *shape), dtype)
    found = as_numpy(Lattice(shape).sum(xp.asarray(field.copy())))
    assert found.shape == (2,)
    assert found.dtype == dtype
    assert found.tolist() == [lattice_by_hand(f) for f in field]


def test_the_order_shows_in_the_bits():
    """Otherwise the tests above would accept any order."""
    row = numbers(1000, "float64")
    assert by_hand(list(row)) != sum(row.tolist())
    assert by_hand(list(row)) != by_hand(list(row[::-1]))


@given(st.data(), shapes(max_volume=400, extents=(1, 2, 3, 5, 8, 13)), batches())
def test_exact_to_rounding(data, shape, batch):
    """The error grows with the depth of the tree alone."""
    field = data.draw(fields((*batch, *shape), scale=1e3))
    sums = Lattice(shape).sum(field)
    depth = sum(math.ceil(math.log2(n)) for n in (shape[-1], math.prod(shape[:-1])))
    for chain in np.ndindex(batch):
        values = field[chain].ravel()
        error = abs(float(sums[chain]) - math.fsum(values))
        assert error <= max(depth, 1) * 2.0**-53 * math.fsum(abs(values))


def test_whole_numbers_are_summed_exactly(xp, dtype):
    field = np.arange(2 * 6 * 7, dtype=dtype).reshape(2, 6, 7)
    found = as_numpy(tree_sum(xp.asarray(field.copy()), 2))
    assert found.tolist() == field.sum(axis=(1, 2)).tolist()
    assert tree_sum(field, 0) is field
    assert float(tree_sum(field, 3)) == field.sum()


def test_sums_of_a_chain_do_not_depend_on_the_batch(xp):
    field = numbers((3, 5, 7), "float64")
    together = as_numpy(tree_sum(xp.asarray(field.copy()), 2))
    alone = [float(as_numpy(tree_sum(xp.asarray(f.copy()), 2))) for f in field]
    assert together.tolist() == alone
