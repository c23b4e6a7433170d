"""What checks examine: names for reports, random fields, small lattices, the bits of results."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from heatbath._namespace import Array, as_numpy, dtype_name, namespace_by_name, namespace_of
from heatbath.actions import Action

__all__ = [
    "arrays_of",
    "bits",
    "depends_on_site",
    "described",
    "random_fields",
    "shrunk",
    "small_shape",
]

# Extents that are odd, even and 2, so that a site meets a neighbour twice and no checkerboard fits.
SMALL = {1: (7,), 2: (4, 3), 3: (3, 2, 4), 4: (3, 2, 1, 4)}


def described(subject: Any) -> str:
    """ "hmc of phi4 on (16, 16)", or "phi4 on (16, 16)" for an action."""
    if not isinstance(subject, Action):
        name = getattr(subject, "name", type(subject).__name__)
        return f"{name} of {described(subject.action)}"
    place = f"{subject.theory.name} on {subject.placed_on.shape}"
    return place if type(subject) is Action else f"{type(subject).__name__} of {place}"


def small_shape(ndim: int) -> tuple[int, ...]:
    """A shape of at most 24 sites with so many axes."""
    return SMALL[ndim]


def depends_on_site(action: Action) -> bool:
    """Whether couplings are arrays, which fit one lattice, library and dtype alone."""
    return bool(action.arrays)


def shrunk(action: Action, most: int) -> Action:
    """The action, on a small lattice if its own has more than `most` sites; couplings that depend
    on the site are cut to it."""
    lattice = action.placed_on
    if lattice.volume <= most:
        return action
    shape = tuple(map(min, zip(small_shape(lattice.ndim), lattice.shape, strict=True)))
    corner = (..., *(slice(n) for n in shape))
    couplings = {n: v[corner] if n in action.arrays else v for n, v in action.couplings.items()}
    return dataclasses.replace(action, couplings=couplings, lattice=None).on(shape)


def random_fields(
    action: Action,
    batch: Sequence[int],
    seed: int,
    *,
    namespace: str = "numpy",
    dtype: str = "float64",
    like: Array | None = None,
) -> Array:
    """Standard normal fields (*batch, *lattice) from a seed, of the library, device and dtype of
    `like`, else of the action's arrays, else as named."""
    rng = np.random.default_rng(int(seed) % 2**64)
    values = rng.normal(size=(*batch, *action.placed_on.shape))
    arrays = [action.couplings[name] for name in sorted(action.arrays)]
    like = arrays[0] if like is None and arrays else like
    if like is None:
        return namespace_by_name(namespace).asarray(values.astype(dtype))
    made = values.astype(dtype_name(like))
    return namespace_of(like).asarray(made, device=getattr(like, "device", None))


def bits(array: Array) -> bytes:
    """All bits of an array of any library, signs of zeros included."""
    values = np.ascontiguousarray(as_numpy(array))
    return f"{values.dtype}{values.shape}".encode() + values.tobytes()


def arrays_of(result: Any) -> Iterator[Array]:
    """The arrays and numbers in a state or an info, whatever it is made of, in order."""
    if hasattr(result, "dtype"):
        yield result
    elif isinstance(result, bool | int | float):
        yield np.asarray(result)
    elif dataclasses.is_dataclass(result):
        for field in dataclasses.fields(result):
            yield from arrays_of(getattr(result, field.name))
    elif isinstance(result, dict):
        for name in result:
            yield from arrays_of(result[name])
    elif isinstance(result, list | tuple):
        for part in result:
            yield from arrays_of(part)
    elif hasattr(result, "__dict__"):
        yield from arrays_of(vars(result))
