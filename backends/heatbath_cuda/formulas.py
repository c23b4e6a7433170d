"""Site functions from recorded programs: the part of a kernel that knows the formula.

For each program of an action one function evaluates it at a site of a field (sites,):

    energy_at(field, site, table, span, scalars, loads)
    force_at(field, site, table, span, scalars, loads)
    difference_at(proposal, field, site, table, span, scalars, loads)

`table` and `span` say where the neighbours are (see `layout`).  Programs are numbered through, so
that the first one has the same text whatever follows;
`scalars` holds the coupling-only numbers of all programs one after the other; `loads[k]` is a
site-dependent coupling in the layout of the field.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from heatbath._namespace import namespace_of
from heatbath.actions import Action
from heatbath.formula import Kind, Program
from heatbath.formula.source import python_source
from heatbath_cuda.elementary import operator
from heatbath_cuda.layout import Layout, Offset

__all__ = ["Compiled", "compiled", "loads_of", "scalars_of"]


@dataclass(frozen=True)
class Compiled:
    """Generated source for some programs of an action, one text each, and what the kernels need
    with it."""

    sources: tuple[str, ...]
    layout: Layout
    load_names: tuple[tuple[str, int | None], ...]


def compiled(action: Action, kinds: tuple[Kind, ...]) -> Compiled:
    """The site functions of `kinds` for an action on its lattice."""
    programs = tuple(action.program(kind) for kind in kinds)
    return _compiled(programs, action.placed_on.shape)


@lru_cache(maxsize=256)
def _compiled(programs: tuple[Program, ...], shape: tuple[int, ...]) -> Compiled:
    offsets = [o for p in programs for o in (*p.points, *(a.offset for a in p.loads))]
    layout = Layout.of(shape, tuple(dict.fromkeys(offsets)))
    names = tuple(dict.fromkeys((a.name, a.direction) for p in programs for a in p.loads))
    first, parts = 0, []
    for program in programs:
        function = _site_function(program, layout, names, first)
        parts.append(f"{_formula(program)}\n\n{function}")
        first += len(program.scalars)
    return Compiled(tuple(parts), layout, names)


def scalars_of(action: Action, kinds: tuple[Kind, ...], dtype: str) -> np.ndarray:
    """The coupling-only numbers of a call, in the order that the site functions read."""
    values = [v for kind in kinds for v in action.scalar_values(action.program(kind), dtype)]
    return np.asarray([*values, 0.0], dtype=dtype)


def loads_of(action: Action, made: Compiled) -> Any | None:
    """The site-dependent couplings (number, sites), in their own library; None without any."""
    rows = []
    for name, direction in made.load_names:
        values = action.couplings[name]
        values = values if direction is None else values[direction, ...]
        rows.append(namespace_of(values).reshape(values, (-1,)))
    return namespace_of(rows[0]).stack(rows) if rows else None


def _formula(program: Program) -> str:
    """The program as a function of field values, loads and scalars, as the reference's is."""
    arguments = tuple(inspect.signature(program.function).parameters)
    leaves = arguments[: len(arguments) - len(program.scalars)]
    return "@device\n" + python_source(program.kind, program.result, leaves, operator)


def _site_function(
    program: Program, layout: Layout, names: tuple[tuple[str, int | None], ...], first: int
) -> str:
    """One site function: the neighbours' places, then a call of the formula."""
    places: dict[Offset, str] = {}
    arguments = ["proposal"] if program.kind == "difference" else []
    for offset in program.points:
        arguments.append(f"field[{places.setdefault(offset, f's{len(places)}')}]")
    for load in program.loads:
        which = names.index((load.name, load.direction))
        place = places.setdefault(load.offset, f"s{len(places)}")
        arguments.append(f"loads[{which}, {place}]")
    arguments += [f"scalars[{first + k}]" for k in range(len(program.scalars))]
    head = "proposal, field" if program.kind == "difference" else "field"
    result = f"{program.kind}({', '.join(arguments)})"
    if program.result.is_scalar:  # as the reference spreads one number over the field
        result = f"add(mul(field[s0], ZERO), {result})"
    return "\n".join(
        [
            "@device",
            f"def {program.kind}_at({head}, site, table, span, scalars, loads):",
            "    row = row_of(site, span)",
            "    column = site - row * span[0]",
            *(f"    {name} = np.uint64({_place(layout, o)})" for o, name in places.items()),
            f"    return {result}",
        ]
    )


def _place(layout: Layout, offset: Offset) -> str:
    """The site at an offset from (row, column)."""
    *others, along = offset
    if not any(offset):
        return "site"
    column = f"around(column, {3 + layout.steps.index(along)}, span)" if along else "column"
    row = f"table[{layout.row_offsets.index(tuple(others))}, row]"
    return f"{row} + {column}" if any(others) else f"site - column + {column}"
