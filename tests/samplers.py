"""Every sampler of the library, for the tests that hold for all of them.

A new sampler gets one line here; purity, splitting, equal bits everywhere, recorded scalars and
the log of its random numbers then follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import heatbath as hb
from heatbath.random import Key

SAMPLERS: dict[str, Callable[[Any], Any]] = {
    "hmc": lambda action: hb.HMC(action, step_size=0.3, n_steps=3),
    "omelyan": lambda action: hb.HMC(action, step_size=0.5, n_steps=2, integrator="omelyan"),
    "metropolis": lambda action: hb.Metropolis(action, width=1.5),
    "langevin": lambda action: hb.Langevin(action, step_size=0.02),
    "cycle": lambda action: hb.cycle(
        hb.HMC(action, step_size=0.3, n_steps=3), hb.Metropolis(action)
    ),
    "two hmcs": lambda action: hb.cycle(
        hb.HMC(action, step_size=0.3, n_steps=3), hb.HMC(action, step_size=0.2, n_steps=2)
    ),
    "nested cycle": lambda action: hb.cycle(
        hb.cycle(hb.Metropolis(action), hb.Metropolis(action)), hb.Metropolis(action)
    ),
}


def phi4(*shape: int) -> Any:
    return hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=shape)


def _cubic_site(phi: Any, *, g: Any) -> Any:
    return 0.5 * phi * phi + g * phi * phi * phi + 0.2 * phi**4


CUBIC = hb.Theory("cubic", site=_cubic_site, bond=lambda a, b, *, k: -k * a * b)


def cubic(*shape: int) -> Any:
    """A user's theory without any symmetry: the two signs of φ have different weights."""
    return CUBIC(g=0.3, k=0.2, lattice=shape)


def field(*shape: int, dtype: str = "float64", seed: int = 5) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def bits(array: Any) -> bytes:
    """All bits of an array of any library, signs of zeros included."""
    values = np.ascontiguousarray(hb._namespace.as_numpy(array))
    return str(values.dtype).encode() + str(values.shape).encode() + values.tobytes()


def infos(info: Any) -> list[Any]:
    """The arrays of an info; those of a cycle's parts one after the other."""
    if isinstance(info, hb.mcmc.CycleInfo):
        return [a for part in info.parts for one in part for a in infos(one)] + [info.scalars]
    return list(vars(info).values())


@contextmanager
def logged_blocks(monkeypatch: Any) -> Iterator[list[tuple[int, ...]]]:
    """A list that receives (key words, counter words) of every Philox block while it is open."""
    log: list[tuple[int, ...]] = []
    blocks = Key.blocks

    def recorded(key: Key, counter: Any, *place: Any) -> Any:
        of_chains = np.asarray(key.words)[:, None, :]
        words = np.broadcast_arrays(*np.moveaxis(of_chains, -1, 0), *map(np.asarray, counter))
        log.extend(map(tuple, np.stack(words, -1).reshape(-1, 6).tolist()))
        return blocks(key, counter, *place)

    with monkeypatch.context() as patched, hb.backends.use("reference"):
        patched.setattr(Key, "blocks", recorded)
        yield log
