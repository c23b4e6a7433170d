"""Neighbours are found where the lattice has them, without a division."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from heatbath.lattice import Lattice
from strategies import shapes

layout = pytest.importorskip("heatbath_cuda.layout", reason="the package numba-cuda is missing")


def row_of(site: int, span: tuple[int, ...]) -> int:
    """As in `site_loops`, where the words have 32 bits."""
    _, multiplier, shift, *_ = span
    assert multiplier < 1 << 32
    return ((2 * site * multiplier) >> 32) >> shift


@given(st.integers(1, 2**31 - 1), st.data())
def test_the_multiplication_divides(width, data):
    span = layout.Layout(1, width, (), (), np.empty(0)).span
    site = data.draw(st.integers(0, 2**31 - 1))
    near = width * data.draw(st.integers(0, (2**31 - 1) // width))
    for s in {site, near, max(near - 1, 0), 2**31 - 1}:
        assert row_of(s, span) == s // width


@given(shapes(max_volume=60), st.data())
def test_neighbours(shape, data):
    steps = st.integers(-9, 9)
    offsets = data.draw(st.lists(st.tuples(*(steps for _ in shape)), min_size=1, max_size=4))
    made = layout.Layout.of(shape, tuple(offsets))
    width, _, _, *moves = made.span
    sites = np.arange(math.prod(shape)).reshape(shape)
    for offset in offsets:
        expected = Lattice(shape).shift(sites, offset).reshape(-1)
        for site in range(math.prod(shape)):
            row = row_of(site, made.span)
            column = site - row * width + moves[made.steps.index(offset[-1])]
            column -= width if column >= width else 0
            start = made.table[made.row_offsets.index(offset[:-1]), row]
            assert start + column == expected[site]


def test_too_many_sites_are_refused_in_words():
    with pytest.raises(ValueError, match="run it with"):
        layout.Layout.of((2**16, 2**15), ((0, 0),))
