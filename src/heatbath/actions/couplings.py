"""Couplings: normalised once, checked against the lattice, evaluated once per call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from heatbath._namespace import FLOAT_TYPES, dtype_name, namespace_of, needs_gradient
from heatbath._suggest import shown
from heatbath.formula import Clique, Program
from heatbath.formula.source import evaluated
from heatbath.lattice import Lattice

__all__ = ["check_couplings", "normalised", "scalar_values"]


def normalised(name: str, value: Any) -> Any:
    """A number as a Python float; an array as it is; a 0-d tensor that needs a gradient too."""
    if getattr(value, "ndim", 0) > 0:
        return _checked_array(name, value)
    if not _is_real_number(value):
        raise TypeError(
            f"the coupling {name} must be a real number or an array; got {shown(value)}"
        )
    if needs_gradient(value):
        return value
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond 1e308
        number = math.inf
    except (TypeError, ValueError):  # it only looks like a number
        raise TypeError(f"the coupling {name} must be a real number; got {shown(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"the coupling {name} must be finite; got {number}")
    return number


def check_couplings(
    cliques: tuple[Clique, ...], couplings: Mapping[str, Any], lattice: Lattice
) -> None:
    """Raise unless every site-dependent coupling has the shape that its clique reads."""
    for name, values in couplings.items():
        if getattr(values, "ndim", 0) == 0:
            continue
        users = {c.n_sites for c in cliques if name in c.couplings}
        if len(users) > 1:
            raise ValueError(
                f"the coupling {name} appears in site and bond energies, so it cannot depend on "
                f"the site: give each its own name"
            )
        shapes = {1: lattice.shape, 2: (lattice.ndim, *lattice.shape)}
        (n_sites,) = users
        if tuple(values.shape) != shapes[n_sites]:
            kind = {1: "site", 2: "bond"}[n_sites]
            raise ValueError(
                f"the {kind} coupling {name} must be a number or have shape {shapes[n_sites]}; "
                f"got {tuple(values.shape)}"
            )


def scalar_values(program: Program, couplings: Mapping[str, Any], dtype: str) -> list[Any]:
    """The scalars of a program in float64, rounded to `dtype`; tensors stay tensors."""
    return [_rounded(evaluated(s, couplings), dtype, s, couplings) for s in program.scalars]


def _rounded(value: Any, dtype: str, scalar: Any, couplings: Mapping[str, Any]) -> Any:
    if not isinstance(value, float):
        return value
    with np.errstate(over="ignore"):
        number = float(np.float32(value)) if dtype == "float32" else value
    if not math.isfinite(number):
        raise ValueError(
            f"'{scalar}' of the action is {number} in {dtype} for the couplings "
            f"{shown(dict(couplings))}; choose couplings for which it is finite"
        )
    return number


def _checked_array(name: str, value: Any) -> Any:
    if not hasattr(value, "dtype"):
        kind = type(value).__name__
        raise TypeError(f"the coupling {name} must be a number or an array; got a {kind}")
    if type(value).__name__ in ("MaskedArray", "matrix"):
        raise TypeError(
            f"the coupling {name} is a numpy {type(value).__name__}; make it a plain array with "
            f"numpy.array"
        )
    if not getattr(value.dtype, "isnative", True):
        raise TypeError(f"the coupling {name} has a foreign byte order; convert it with astype")
    if dtype_name(value) not in FLOAT_TYPES:
        kind = dtype_name(value)
        raise TypeError(f"the coupling {name} must be a float64 or float32 array; got {kind}")
    xp = namespace_of(value)
    if not needs_gradient(value) and not bool(xp.all(xp.isfinite(value))):
        raise ValueError(f"the coupling {name} holds values that are not finite")
    return value


def _is_real_number(value: Any) -> bool:
    if isinstance(value, bool) or type(value).__name__ == "MaskedConstant":
        return False
    if hasattr(value, "dtype"):
        return dtype_name(value).startswith(("float", "int", "uint"))
    return isinstance(value, Real | Decimal)
