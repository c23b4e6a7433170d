"""Measuring: the action's scalars of every configuration, and the user's observables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from heatbath._checks import check_mapping
from heatbath._namespace import Array, as_numpy, dtype_name, kind_of
from heatbath._sampler import State
from heatbath._suggest import shown
from heatbath.actions import Action
from heatbath.random import Key
from heatbath.sampling.advancing import advanced, measurements_per_call
from heatbath.sampling.standard import SCALARS, STANDARD
from heatbath.sampling.tally import Tally

__all__ = ["Meter"]

RESERVED = ("after_warmup", "checksums", "configurations", "lock", "start")

Observable = Callable[[Array], Any]


class Meter:
    """What is measured on fields of shape (chains, *lattice).

    observables: name -> function of the field that gives (chains,) real or complex numbers.
    """

    def __init__(self, action: Action, observables: Mapping[str, Observable] | None) -> None:
        self.action = action
        self.observables = _checked_observables(observables)
        self.dtypes: dict[str, Any] = {}

    def prepare(self, field: Array) -> None:
        """Call each observable once, to learn its dtype and to refuse wrong shapes early."""
        dtype = np.dtype(dtype_name(field))
        self.dtypes = dict.fromkeys(SCALARS, dtype)
        for name, function in self.observables.items():
            value = _checked_value(name, function(_guarded(field)), field.shape[0])
            kind = value.dtype if value.dtype.kind in "fc" else np.dtype("float64")
            self.dtypes[name] = kind

    def chunk(
        self,
        sampler: Any,
        key: Key,
        state: State,
        n: int,
        thin: int,
        save_every: int,
        progress: Callable[[int], None],
    ) -> tuple[State, dict[str, Any], list[Any], Tally]:
        """n measurements: the state, the series (chains, n), the configurations to store (each
        save_every-th and the last, on the host) and the tally of the updates."""
        chains = len(key.chains)
        series = {name: np.empty((chains, n), dtype) for name, dtype in self.dtypes.items()}
        together = 1 if self.observables else measurements_per_call(sampler, chains, thin)
        kept: list[Any] = []
        tally, end = Tally(), 0
        while end < n:
            begin, end = end, min(end + together, end + save_every - end % save_every, n)
            state, scalars, counts = advanced(sampler, key, state, end - begin, thin)
            for k, name in enumerate(SCALARS):
                series[name][:, begin:end] = scalars[:, k, :].T
            self._observe(state.field, end - 1, series)
            if end % save_every == 0 or end == n:
                kept.append(as_numpy(state.field))
            tally = tally + counts
            progress(end)
        return state, series, kept, tally

    def _observe(self, field: Array, i: int, series: dict[str, Any]) -> None:
        if not self.observables:
            return
        field = _guarded(field)
        for name, function in self.observables.items():
            value = _checked_value(name, function(field), field.shape[0])
            if value.dtype.kind == "c" and self.dtypes[name].kind != "c":
                raise ValueError(
                    f"observable {name!r} was real at first and is complex now; let it return "
                    f"complex numbers always"
                )
            series[name][:, i] = value
            # NaN is an error, unless the field itself has diverged.
            bad = ~np.isfinite(series[name][:, i])
            if bad.any() and (bad & np.isfinite(series["action_density"][:, i])).any():
                raise ValueError(
                    f"observable {name!r} returned NaN or infinity on a finite field; return a "
                    f"finite number for every configuration"
                )


def _guarded(field: Array) -> Array:
    """A view that NumPy refuses to write through: an observable must not change the chain."""
    if kind_of(field) != "numpy":
        return field
    view = field.view()
    view.flags.writeable = False
    return view


def _checked_observables(given: Mapping[str, Observable] | None) -> dict[str, Observable]:
    observables = check_mapping("observables", given, "names to functions of the field")
    for name, function in observables.items():
        if not isinstance(name, str) or not name.replace("_", "a").isalnum():
            raise ValueError(
                f"the name of an observable must consist of letters, digits and underscores; got "
                f"{shown(name)}"
            )
        if name in RESERVED or name.startswith("coupling_"):
            raise ValueError(f"{name!r} names an array of every run; give your observable another")
        if name in STANDARD:
            raise ValueError(f"observable {name!r} is measured always; give yours another name")
        if not callable(function):
            raise TypeError(
                f"observable {name!r} must be a function of the field; got {shown(function)}"
            )
    return observables


def _checked_value(name: str, value: Any, chains: int) -> Any:
    shape = tuple(getattr(value, "shape", ()))
    if shape != (chains,):
        got = f"shape {shape}" if hasattr(value, "shape") else type(value).__name__
        raise ValueError(
            f"observable {name!r} must return one number per chain, shape ({chains},), for a "
            f"field of shape ({chains}, *lattice); got {got}: reduce over the lattice axes only"
        )
    value = as_numpy(value)
    if value.dtype.kind not in "biufc":
        raise TypeError(
            f"observable {name!r} must return real or complex numbers; got dtype {value.dtype}"
        )
    return value
