"""Hypothesis strategies shared by all rooms: lattices, fields and couplings.

Arrays are NumPy's and come from a drawn seed; extents 1 and 2 and odd extents are drawn often,
since a site is then its own neighbour, meets one neighbour twice, or breaks a checkerboard.
"""

import math

import numpy as np
from hypothesis import strategies as st

__all__ = ["batches", "couplings", "fields", "seeds", "shapes", "site_dependent"]


def seeds():
    return st.integers(0, 2**32 - 1)


@st.composite
def shapes(draw, max_dim=4, max_volume=48, extents=(1, 2, 3, 4, 5, 6)):
    """A lattice shape of one to `max_dim` extents and at most `max_volume` sites."""
    shape = []
    for _ in range(draw(st.integers(1, max_dim))):
        room = max_volume // math.prod(shape)
        shape.append(draw(st.sampled_from([n for n in extents if n <= room])))
    return tuple(shape)


def batches():
    """Shapes of the axes before the lattice's."""
    return st.sampled_from([(), (1,), (3,), (2, 2)])


@st.composite
def fields(draw, shape, scale=1.0, dtype="float64"):
    """A field of normal numbers."""
    rng = np.random.default_rng(draw(seeds()))
    return (scale * rng.normal(size=shape)).astype(dtype)


@st.composite
def couplings(draw, theory, shape, low=0.1, high=1.0, dtype="float64"):
    """Values for all couplings of a theory, each a number or, if possible, an array over the
    sites or bonds."""
    rng = np.random.default_rng(draw(seeds()))
    values = {}
    for name in theory.couplings:
        size = site_dependent(theory, name, shape)
        if size is not None and not draw(st.booleans()):
            size = None
        drawn = rng.uniform(low, high, size=size)
        values[name] = float(drawn) if size is None else drawn.astype(dtype)
    return values


def site_dependent(theory, name, shape):
    """The shape of the coupling `name` as an array, or None where sites and bonds share it."""
    users = {clique.n_sites for clique in theory.cliques if name in clique.couplings}
    if len(users) > 1:
        return None
    return shape if users == {1} else (len(shape), *shape)
