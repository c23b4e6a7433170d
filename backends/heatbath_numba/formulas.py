"""Row intrinsics from recorded programs: the part of a kernel that knows the formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from heatbath._namespace import as_numpy
from heatbath.actions import Action
from heatbath.formula import Kind, Program
from heatbath.formula.derivative import topological
from heatbath.formula.expression import ELEMENTARY
from heatbath_numba.lanes import width_of
from heatbath_numba.layout import Layout

__all__ = ["Compiled", "Operands", "compiled", "operands"]

HEAD = """from heatbath_numba import row_formulas, row_registers

rows = row_registers.Rows(DTYPE, {registers}, {stride}, {n_images}, {unit}, {unroll})
WRITTEN_OUT = rows.registers > 0
drift_row = row_registers.drift_row(rows, {chains})
copy_row_images = row_registers.copy_images(DTYPE, {unit})
scalar_rows = row_registers.Rows(DTYPE, {sum_registers}, 0, 0, {unit}, 1)
sum_scalars_of_row = row_registers.sum_scalars(scalar_rows, {split})
"""
# So many instructions are written out for one row, or for one turn of a loop.
WRITTEN_OUT, UNROLLED, CALL = 160, 80, 40
ROWS = {
    "energy": "energy_row = energy.store()",
    "force": "kick_row = force.add({chains})\n"
    "kick_and_drift_row = force.add_and_drift({chains})\n"
    "diffuse_row = force.diffuse()",
    "difference": "update_row = difference.update(not {chains})",
}


@dataclass(frozen=True)
class Compiled:
    """Generated source for some programs of an action, and what the kernels need with it."""

    source: str
    layout: Layout
    load_names: tuple[tuple[str, int | None], ...]


def compiled(action: Action, kinds: tuple[Kind, ...], dtype: str, *, chains: bool) -> Compiled:
    """The row intrinsics of `kinds` for an action on its lattice.

    chains: registers hold one site of many chains.  The difference of one chain has its parities
    apart.
    """
    programs = tuple(action.program(kind) for kind in kinds)
    return _compiled(programs, action.placed_on.shape, dtype, chains)


@lru_cache(maxsize=256)
def _compiled(
    programs: tuple[Program, ...], shape: tuple[int, ...], dtype: str, chains: bool
) -> Compiled:
    offsets = [o for p in programs for o in (*p.points, *(a.offset for a in p.loads))]
    lanes = width_of(dtype)
    split = not chains and any(p.kind == "difference" for p in programs)
    length = max(map(_length, programs))
    layout = Layout.of(
        shape,
        tuple(dict.fromkeys(offsets)),
        lanes,
        unit=lanes if chains else 1,
        classes=2 if split else 1,
        most_written_out=min(8, WRITTEN_OUT // length),
    )
    names = tuple(dict.fromkeys((a.name, a.direction) for p in programs for a in p.loads))
    unroll = max(1, min(4, UNROLLED // length))
    first, parts = 0, [_head(layout, chains, unroll)]
    for program in programs:
        parts.append(_row_formula(program, layout, names, first, chains))
        first += len(program.scalars)
    return Compiled("\n".join(parts), layout, names)


class Operands(NamedTuple):
    """The numbers of a call that the passes read: coupling-only ones of all programs, and
    site-dependent couplings one after the other, each of `size` numbers."""

    scalars: np.ndarray
    loads: np.ndarray
    size: int


def operands(action: Action, kinds: tuple[Kind, ...], made: Compiled, dtype: str) -> Operands:
    """The operands of an action's programs."""
    values = [v for kind in kinds for v in action.scalar_values(action.program(kind), dtype)]
    arrays = []
    for name, direction in made.load_names:
        array = as_numpy(action.couplings[name])
        arrays.append(made.layout.packed(array if direction is None else array[direction]))
    loads = np.concatenate(arrays) if arrays else np.zeros(1, dtype=dtype)
    return Operands(np.asarray([*values, 0.0], dtype=dtype), loads, made.layout.size)


def _head(layout: Layout, chains: bool, unroll: int) -> str:
    g = layout.geometry
    return HEAD.format(
        chains=chains,
        registers=g.registers if layout.written_out else 0,
        stride=g.stride if layout.written_out else 0,
        n_images=len(g.images) // 2,
        unit=g.unit,
        unroll=unroll,
        sum_registers=g.registers if g.whole else 1,
        split=g.classes == 2,
    )


def _length(program: Program) -> int:
    """About how many instructions a register takes."""
    nodes = [n for n in topological(program.result) if n.args]
    return sum(CALL if n.op in ELEMENTARY else 1 for n in nodes) or 1


def _row_formula(
    program: Program,
    layout: Layout,
    names: tuple[tuple[str, int | None], ...],
    first: int,
    chains: bool,
) -> str:
    points = tuple(map(layout.offsets.index, program.points))
    loads = tuple(
        (names.index((a.name, a.direction)), layout.offsets.index(a.offset)) for a in program.loads
    )
    return "\n".join(
        [
            f"{program.kind} = row_formulas.RowFormula(",
            f"    rows=rows, name={program.kind!r}, source={program.source!r},",
            f"    points={points}, loads={loads}, first_scalar={first},",
            f"    n_scalars={len(program.scalars)}, n_columns={len(layout.offsets)},",
            ")",
            ROWS[program.kind].format(chains=chains),
        ]
    )
