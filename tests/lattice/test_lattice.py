"""Neighbours, colourings and shapes, against their definitions."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import heatbath as hb
from heatbath._namespace import as_numpy
from heatbath.lattice import Lattice
from strategies import batches, fields, shapes

SMALL = [s for d in (1, 2, 3) for s in itertools.product(range(1, 6), repeat=d) if sum(s) < 11]
FOUR = [(1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3), (2, 3, 1, 4), (5, 2, 3, 2), (4, 4, 4, 4)]


def sites(shape):
    return itertools.product(*map(range, shape))


def moved(x, offset, shape):
    return tuple((i + o) % n for i, o, n in zip(x, offset, shape, strict=True))


def units(d):
    return [tuple(int(a == mu) for a in range(d)) for mu in range(d)]


# ---- shapes ----------------------------------------------------------------------------------
def test_shape_volume_and_axes():
    lattice = Lattice((2, 3, 5))
    assert (lattice.ndim, lattice.volume, lattice.axes) == (3, 30, (-3, -2, -1))
    assert Lattice([4, 4]) == Lattice((np.int64(4), 4)) == Lattice((4, 4), "periodic")
    assert Lattice(7).shape == (7,)
    assert hash(Lattice([4, 4])) == hash(Lattice((4, 4)))
    assert all(type(n) is int for n in Lattice(np.asarray([4, 4])).shape)


@pytest.mark.parametrize(
    "shape",
    [(), 0, (0,), (4, 0), (-1, 2), (4.0,), (True, 2), ("4",), (2, 2, 2, 2, 2), "44", (4, None)],
    ids=repr,
)
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match=r"one to four whole extents of at least 1.*got"):
        Lattice(shape)


def test_unknown_boundaries():
    with pytest.raises(ValueError, match=r"unknown boundary 'periodik'; did you mean 'periodic'"):
        Lattice((4,), boundary="periodik")


# ---- neighbours ------------------------------------------------------------------------------
@given(st.data(), shapes(), batches())
def test_shift_reads_the_field_at_an_offset(data, shape, batch):
    phi = data.draw(fields((*batch, *shape)))
    offset = tuple(data.draw(st.integers(-6, 6)) for _ in shape)
    shifted = Lattice(shape).shift(phi, offset)
    assert shifted.shape == phi.shape
    for x in sites(shape):
        assert np.array_equal(shifted[..., *x], phi[..., *moved(x, offset, shape)])


@pytest.mark.parametrize("shape", [(1,), (2,), (3, 1), (2, 3, 4)], ids=str)
def test_shift_in_every_library(shape, xp, dtype):
    phi = np.arange(2 * math.prod(shape), dtype=dtype).reshape(2, *shape)
    for offset in itertools.product((-2, 0, 1), repeat=len(shape)):
        expected = np.empty_like(phi)
        for x in sites(shape):
            expected[:, *x] = phi[:, *moved(x, offset, shape)]
        found = Lattice(shape).shift(xp.asarray(phi.copy()), offset)
        assert np.array_equal(as_numpy(found), expected)


# ---- colourings ------------------------------------------------------------------------------
def clashes(colours, shape, offsets):
    """Pairs of distinct sites at one of the offsets that have one colour."""
    return [
        (x, y)
        for x in sites(shape)
        for o in offsets
        if (y := moved(x, o, shape)) != x and colours[x] == colours[y]
    ]


@pytest.mark.parametrize("shape", SMALL + FOUR, ids=str)
def test_neighbours_differ_in_colour(shape):
    colours = hb.actions.Phi4(kappa=0.1, lam=0.1, lattice=shape).colouring()
    assert colours.shape == shape
    assert clashes(colours, shape, units(len(shape))) == []
    odd = any(n % 2 and n > 1 for n in shape)
    assert colours.max() == (2 if odd else int(max(shape) > 1))
    assert set(np.unique(colours)) == set(range(colours.max() + 1))


def test_a_checkerboard_would_fail_on_an_odd_extent():
    x, y = np.indices((3, 4))
    assert clashes((x + y) % 2, (3, 4), units(2)) != []
    assert clashes((x + y)[:2] % 2, (2, 4), units(2)) == []


LONG_RANGE = {
    "next to nearest": [(2,)],
    "both": [(1,), (2,)],
    "diagonal": [(1, 0), (0, 1), (1, 1), (1, -1)],
    "plaquette in 3": [(1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "far": [(3, 0), (0, 2)],
}


@pytest.mark.parametrize("name", LONG_RANGE)
def test_sites_at_longer_offsets_differ_in_colour(name):
    offsets = LONG_RANGE[name]
    d = len(offsets[0])
    for shape in [s for s in SMALL if len(s) == d]:
        colours = Lattice(shape).colouring(tuple(offsets))
        assert clashes(colours, shape, offsets) == []
        # greedy: never more colours than a site has distinct neighbours, and one
        both = [*offsets, *(tuple(-i for i in o) for o in offsets)]
        origin = (0,) * d
        assert colours.max() <= len({moved(origin, o, shape) for o in both} - {origin})


@given(st.data(), shapes(max_dim=3, max_volume=36))
def test_any_offsets(data, shape):
    offset = st.tuples(*(st.integers(-3, 3) for _ in shape)).filter(any)
    offsets = data.draw(st.lists(offset, min_size=1, max_size=3, unique=True))
    colours = Lattice(shape).colouring(tuple(offsets))
    assert clashes(colours, shape, offsets) == []


def test_colours_cannot_be_overwritten():
    colours = Lattice((4, 4)).colouring(((0, 1),))
    with pytest.raises(ValueError, match="read-only"):
        colours[0, 0] = 3
