"""Stands in for the row functions that `formulas` generates where a loop file is read alone.

Each evaluates its program on one row of the padded field (see `formulas` for the arguments).
"""

from heatbath_numba.header import kernel


@kernel
def energy_row(out, field, row, table, width, scalars, loads):
    pass


@kernel
def force_row(out, field, row, table, width, scalars, loads):
    pass


@kernel
def difference_row(out, proposal, field, row, table, width, scalars, loads):
    pass
