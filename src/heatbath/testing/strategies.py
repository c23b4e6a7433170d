"""Hypothesis strategies for your own tests: lattices, fields, couplings, theories, actions.

They need hypothesis (`pip install hypothesis`), which `import heatbath` does not.  Extents 1 and 2
and odd ones are drawn often, since a site is then its own neighbour, meets one neighbour twice, or
breaks a checkerboard.  Fields are NumPy's and come from a drawn seed: hypothesis shrinks lattices
and formulas, which explain a failure; it could not explain a thousand numbers.

>>> from hypothesis import given, settings
>>> import heatbath as hb
>>> @settings(max_examples=5, deadline=None, database=None)
... @given(actions())
... def test_force(action):
...     hb.testing.check_force(action)
>>> test_force()
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from heatbath import elementary
from heatbath.actions import Action, Theory
from heatbath.lattice import Lattice

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "heatbath.testing.strategies needs the package hypothesis: pip install hypothesis",
        name="hypothesis",
    ) from missing

__all__ = [
    "actions",
    "batches",
    "couplings",
    "fields",
    "lattices",
    "namespaces",
    "seeds",
    "shapes",
    "site_dependent",
    "theories",
]

Strategy = st.SearchStrategy


def seeds() -> Strategy[int]:
    """Seeds of random numbers: whole numbers of 32 bits.

    >>> from hypothesis import find
    >>> find(seeds(), lambda seed: seed > 5)
    6
    """
    return st.integers(0, 2**32 - 1)


@st.composite
def shapes(
    draw: st.DrawFn,
    max_dim: int = 4,
    max_volume: int = 48,
    extents: Sequence[int] = (1, 2, 3, 4, 5, 6),
) -> tuple[int, ...]:
    """Lattice shapes of one to `max_dim` extents and at most `max_volume` sites.

    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 3)
    (1, 1, 1)
    """
    shape: list[int] = []
    for _ in range(draw(st.integers(1, max_dim))):
        room = max_volume // math.prod(shape)
        shape.append(draw(st.sampled_from([n for n in extents if n <= room])))
    return tuple(shape)


def lattices(max_dim: int = 4, max_volume: int = 48) -> Strategy[Lattice]:
    """Lattices of one to `max_dim` dimensions and at most `max_volume` sites.

    >>> from hypothesis import find
    >>> find(lattices(), lambda lattice: lattice.volume > 2)
    Lattice(shape=(3,), boundary='periodic')
    """
    return shapes(max_dim, max_volume).map(Lattice)


def batches() -> Strategy[tuple[int, ...]]:
    """Shapes of the axes before the lattice's: one chain without an axis, or several.

    >>> from hypothesis import find
    >>> find(batches(), lambda batch: len(batch) == 2)
    (2, 2)
    """
    return st.sampled_from([(), (1,), (3,), (2, 2)])


@st.composite
def fields(
    draw: st.DrawFn, shape: tuple[int, ...], scale: float = 1.0, dtype: str = "float64"
) -> Any:
    """Fields of independent normal numbers with standard deviation `scale`, NumPy arrays.

    shape: (*batch, *lattice).

    >>> from hypothesis import find
    >>> find(fields((2, 3)), lambda phi: True).shape
    (2, 3)
    """
    rng = np.random.default_rng(draw(seeds()))
    return (scale * rng.normal(size=shape)).astype(dtype)


@st.composite
def couplings(
    draw: st.DrawFn,
    theory: Theory,
    shape: tuple[int, ...],
    low: float = 0.1,
    high: float = 1.0,
    dtype: str = "float64",
) -> dict[str, Any]:
    """Values between `low` and `high` for all couplings of a theory, each a number or, where it
    can be, an array over the sites, (*lattice), or the bonds, (dimension, *lattice).

    >>> import heatbath as hb
    >>> from hypothesis import find
    >>> sorted(find(couplings(hb.actions.Phi4, (4, 3)), lambda values: True))
    ['kappa', 'lam']
    """
    rng = np.random.default_rng(draw(seeds()))
    values: dict[str, Any] = {}
    for name in theory.couplings:
        size = site_dependent(theory, name, shape)
        if size is not None and not draw(st.booleans()):
            size = None
        drawn = rng.uniform(low, high, size=size)
        values[name] = float(drawn) if size is None else drawn.astype(dtype)
    return values


def site_dependent(theory: Theory, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of the coupling `name` as an array on a lattice of this shape, or None where sites
    and bonds share it, so that it must be a number.

    >>> import heatbath as hb
    >>> [site_dependent(hb.actions.Phi4, name, (4, 3)) for name in ("kappa", "lam")]
    [(2, 4, 3), (4, 3)]
    """
    users = {clique.n_sites for clique in theory.cliques if name in clique.couplings}
    if len(users) > 1:
        return None
    return shape if users == {1} else (len(shape), *shape)


def namespaces() -> Strategy[str]:
    """Names of array libraries that are installed and have kernels on the CPU.

    >>> from hypothesis import find
    >>> find(namespaces(), lambda name: True)
    'numpy'
    """
    return st.sampled_from([n for n in ("numpy", "torch") if importlib.util.find_spec(n)])


# ---- random theories -------------------------------------------------------------------------
Tree = Any  # a name, a number, or a tuple of an operation and its trees

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "negative": lambda a: -a,
    "square": lambda a: a * a,
    "cube": lambda a: a**3,
    "sin": elementary.sin,
    "cos": elementary.cos,
    # with arguments that stay where they are finite and smooth
    "bell": lambda a: elementary.exp(-(a * a)),
    "root": lambda a: elementary.sqrt(1.0 + a * a),
    "log": lambda a: elementary.log(1.0 + a * a),
    "quotient": lambda a, b: a / (1.0 + b * b),
}
TWO = ("+", "-", "*", "quotient")
# Powers of powers inside a sine would make formulas that no difference resolves.
POLYNOMIAL = ("+", "-", "*", "negative", "square", "cube")
SMOOTH = ("+", "-", "*", "negative", "sin", "cos", "bell", "root", "log", "quotient")


@st.composite
def theories(draw: st.DrawFn, max_leaves: int = 6, *, confining: bool = True) -> Theory:
    """Random theories: a formula on sites with the coupling g, one on bonds with j, each a
    polynomial or of all functions of the language; bonds are not symmetric in their ends.

    max_leaves: of each formula's tree.
    confining: make exp(−S) normalisable, so that samplers have a target: formulas of bounded
        functions of the field beside φ² + φ⁴/4.  Otherwise any powers.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=3, deadline=None, database=None)
    ... @given(theories())
    ... def test_couplings(theory):
    ...     assert theory.couplings == ("g", "j")
    >>> test_couplings()
    """
    site, bond = (draw(_trees((*names, coupling), max_leaves)) for names, coupling in LEAVES)
    seen: Callable[[Any], Any] = elementary.sin if confining else lambda phi: phi

    def site_energy(phi: Any, *, g: Any) -> Any:
        own = g * seen(phi) + _planted(site, {"phi": seen(phi), "g": g})
        return phi * phi + 0.25 * phi**4 + own if confining else own

    def bond_energy(phi: Any, neighbour: Any, *, j: Any) -> Any:
        leaves = {"phi": seen(phi), "neighbour": seen(neighbour), "j": j}
        return j * seen(phi) * seen(neighbour) + _planted(bond, leaves)

    return Theory("drawn", site=site_energy, bond=bond_energy)


LEAVES = ((("phi",), "g"), (("phi", "neighbour"), "j"))


def _trees(names: Sequence[str], max_leaves: int) -> Strategy[Tree]:
    return _of(POLYNOMIAL, names, max_leaves) | _of(SMOOTH, names, max_leaves)


def _of(operations: Sequence[str], names: Sequence[str], max_leaves: int) -> Strategy[Tree]:
    leaves = st.sampled_from(list(names)) | st.sampled_from([0.5, 2.0, -1.5])
    one = st.sampled_from([o for o in operations if o not in TWO])
    two = st.sampled_from([o for o in operations if o in TWO])
    return st.recursive(
        leaves, lambda t: st.tuples(one, t) | st.tuples(two, t, t), max_leaves=max_leaves
    )


def _planted(tree: Tree, leaves: dict[str, Any]) -> Any:
    """The value of a tree on numbers, arrays or symbols."""
    if not isinstance(tree, tuple):
        return leaves[tree] if isinstance(tree, str) else tree
    operation, *rest = tree
    return OPERATIONS[operation](*(_planted(t, leaves) for t in rest))


@st.composite
def actions(
    draw: st.DrawFn,
    theory: Theory | Strategy[Theory] | None = None,
    shape: tuple[int, ...] | Strategy[tuple[int, ...]] | None = None,
    *,
    dtype: str = "float64",
) -> Action:
    """Actions on lattices: of one theory, or by default of `theories()`; with couplings that are
    numbers or arrays of `dtype`, NumPy's.

    theory, shape: one, or a strategy of them; shapes are by default those of `shapes()`.

    >>> import heatbath as hb
    >>> from hypothesis import find
    >>> find(actions(hb.actions.Gaussian, (2,)), lambda action: not action.arrays).lattice.shape
    (2,)
    """
    one = theory if isinstance(theory, Theory) else draw(theories() if theory is None else theory)
    place = shape if isinstance(shape, tuple) else draw(shapes() if shape is None else shape)
    return one(**draw(couplings(one, place, dtype=dtype)), lattice=place)
