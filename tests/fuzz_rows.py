"""The table of the fuzz tests: one row per public callable, made of a small valid call.

A new public function gets its row here, or its reason in `EXCUSED`; a test says which are missing.
A row is `row(name, make, **kinds)`: `make()` gives the function and its valid arguments (fresh
ones at each call, in `arguments`), `kinds` says for each argument which bad values it is given.
"""

import inspect
import itertools
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field as dataclass_field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

import fuzz_values as bad
import heatbath as hb

__all__ = ["EXCUSED", "PENDING", "ROWS", "Row", "public_callables"]


@dataclass(frozen=True)
class Row:
    """name: "room.function" or "room.Class.method".  function: what is called.
    make: its valid arguments; a name with a star holds positional ones.
    kinds: of each argument.  free: arguments that take anything, with the reason.
    also: words by which an error may name an argument.  raises: further documented errors.
    arithmetic: whether it is arithmetic on arrays, where NumPy tells an overflow itself.
    slow: whether a valid call takes seconds; then only what is refused is tried, but at night."""

    name: str
    function: Callable[..., Any]
    make: Callable[[], dict[str, Any]]
    kinds: Mapping[str, bad.Kind]
    free: Mapping[str, str] = dataclass_field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    raises: tuple[type[Exception], ...] = ()
    arithmetic: bool = False
    slow: bool = False


ROWS: dict[str, Row] = {}
EXCUSED: dict[str, str] = {}  # name, or pattern of names -> reason
PENDING: list[str] = []
ARITHMETIC = (
    "actions.Action.",
    "elementary.",
    "lattice.",
    "mcmc.integrate",
    "mcmc.HMC.traj",
    "mcmc.Recording.",
)


def row(name, function, make, /, *, free=None, also=None, raises=(), slow=False, **kinds):
    arithmetic = name.startswith(ARITHMETIC)
    ROWS[name] = Row(name, function, make, kinds, free or {}, also or {}, raises, arithmetic, slow)


def excused(reason, *names):
    EXCUSED.update(dict.fromkeys(names, reason))


def pending(*names):
    """Names, or patterns of names, of a room that is still growing: each waits for its row."""
    PENDING.extend(names)


def public_callables():
    """Name -> function, class or method of every room in `hb.__all__`, and of the modules that a
    room shows; without exceptions, enumerations and aliases of types, which take no input."""
    found = {}
    for name in hb.__all__:
        if isinstance(thing := getattr(hb, name), types.ModuleType):
            found.update(_of_module(name, thing))
    return found


def _of_module(path, module):
    found = {}
    for name in module.__all__:
        thing = getattr(module, name)
        if isinstance(thing, types.ModuleType):
            found.update(_of_module(f"{path}.{name}", thing))
        elif inspect.isclass(thing) and not issubclass(thing, BaseException | Enum):
            found[f"{path}.{name}"] = thing
            found.update(_methods(f"{path}.{name}", thing))  # those of a base are in its own row
        elif not inspect.isclass(thing) and callable(thing) and hasattr(thing, "__module__"):
            found[f"{path}.{name}"] = thing
    return {n: t for n, t in found.items() if getattr(t, "__module__", "typing") != "typing"}


def _methods(path, cls):
    for name, thing in vars(cls).items():
        kind = types.FunctionType | classmethod | staticmethod
        spoken = not name.startswith("_") or name in ("__call__", "__format__", "__getitem__")
        if spoken and isinstance(thing, kind):
            yield f"{path}.{name}", getattr(cls, name)


# ---------------------------------------------------------------- what calls are made of

SHAPE = (4, 6)
ACTION = hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=SHAPE)
AWAY = hb.actions.Phi4(kappa=0.2, lam=0.1)
LATTICE = hb.Lattice(SHAPE)
SAMPLERS = {
    "mcmc.HMC": hb.HMC(ACTION, step_size=0.1, n_steps=2),
    "mcmc.Metropolis": hb.Metropolis(ACTION),
    "mcmc.Cycle": hb.cycle(hb.HMC(ACTION, n_steps=2), hb.Metropolis(ACTION)),
    "sde.Langevin": hb.Langevin(ACTION),
}
PLACES = [Path("fuzz-of-no-test")]  # the last one is the folder for runs; a fixture adds it
_numbers = itertools.count()


def square(phi):
    return phi * phi


def phi():
    return np.random.default_rng(1).normal(size=(2, *SHAPE))


def measured():
    return np.random.default_rng(2).normal(size=(2, 64))


def key():
    return hb.random.key(1, chains=2)


def place():
    """A path that does not exist."""
    return PLACES[-1] / str(next(_numbers))


def a_run():
    """The path of a finished run."""
    path = PLACES[-1] / "finished"
    if not path.exists():
        hb.sample(SAMPLERS["mcmc.Metropolis"], **FEW, chains=1, out=path)
    return path


FEW = {"samples": 4, "warmup": 2, "progress": False}
FIELD = {"field": ("phi",), "phi": ("field",), "like": ("field",), "series": ("primaries",)}
