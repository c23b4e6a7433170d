"""Row functions from recorded programs: the part of a kernel that knows the formula.

For each program of an action one function evaluates it on a whole row of the padded field:

    energy_row(out, field, row, table, width, scalars, loads)
    force_row(out, field, row, table, width, scalars, loads)
    difference_row(out, proposal, field, row, table, width, scalars, loads)

`table[row, k]` is the row at the k-th row offset of the stencil (see `layout`); `scalars` holds
the coupling-only numbers of all programs one after the other; `loads[k]` is a site-dependent
coupling in the layout of the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heatbath._namespace import as_numpy
from heatbath.actions import Action
from heatbath.formula import Kind, Program
from heatbath_numba.layout import PAD, Layout

__all__ = ["Compiled", "compiled", "operands"]


@dataclass(frozen=True)
class Compiled:
    """Generated source for some programs of an action, and what the kernels need with it."""

    source: str
    layout: Layout
    load_names: tuple[tuple[str, int | None], ...]


def compiled(action: Action, kinds: tuple[Kind, ...]) -> Compiled:
    """The row functions of `kinds` for an action on its lattice."""
    programs = tuple(action.program(kind) for kind in kinds)
    return _compiled(programs, action.placed_on.shape)


@lru_cache(maxsize=256)
def _compiled(programs: tuple[Program, ...], shape: tuple[int, ...]) -> Compiled:
    offsets = [o for p in programs for o in (*p.points, *(a.offset for a in p.loads))]
    layout = Layout.of(shape, tuple(dict.fromkeys(offsets)))
    names = tuple(dict.fromkeys((a.name, a.direction) for p in programs for a in p.loads))
    first, parts = 0, []
    for program in programs:
        parts.append(_row_function(program, layout, names, first))
        first += len(program.scalars)
    return Compiled("\n\n".join(parts), layout, names)


def operands(
    action: Action, kinds: tuple[Kind, ...], made: Compiled, dtype: str
) -> tuple[np.ndarray, np.ndarray]:
    """(scalars, loads): the numbers of a call, in the order that the row functions read."""
    values = [v for kind in kinds for v in action.scalar_values(action.program(kind), dtype)]
    scalars = np.asarray([*values, 0.0], dtype=dtype)
    arrays = []
    for name, direction in made.load_names:
        array = as_numpy(action.couplings[name])
        arrays.append(made.layout.packed(array if direction is None else array[direction]))
    loads = np.stack(arrays) if arrays else np.zeros((1, 1, 1), dtype=dtype)
    return scalars, loads


def _row_function(
    program: Program, layout: Layout, names: tuple[tuple[str, int | None], ...], first: int
) -> str:
    """One row function: slices at literal column shifts, one index, no branches."""
    arguments, lines = [], []
    if program.kind == "difference":
        arguments.append("proposal[j]")
    for k, offset in enumerate(program.points):
        lines.append(f"    s{k} = field[{_row(layout, offset)}, {_columns(offset)}]")
        arguments.append(f"s{k}[j]")
    for k, load in enumerate(program.loads):
        which = names.index((load.name, load.direction))
        row, columns = _row(layout, load.offset), _columns(load.offset)
        lines.append(f"    b{k} = loads[{which}, {row}, {columns}]")
        arguments.append(f"b{k}[j]")
    for k in range(len(program.scalars)):
        lines.append(f"    c{k} = scalars[{first + k}]")
        arguments.append(f"c{k}")
    head = "out, proposal, field" if program.kind == "difference" else "out, field"
    return "\n".join(
        [
            "@helper",
            program.source,
            "@helper",
            f"def {program.kind}_row({head}, row, table, width, scalars, loads):",
            *lines,
            "    for j in range(width):",
            f"        out[j] = {program.kind}({', '.join(arguments)})",
        ]
    )


def _row(layout: Layout, offset: tuple[int, ...]) -> str:
    k = layout.row_offsets.index(offset[:-1])
    return "row" if not any(offset[:-1]) else f"table[row, {k}]"


def _columns(offset: tuple[int, ...]) -> str:
    start = PAD + offset[-1]
    return f"{start} : {start} + width"
