"""Stands in for the functions that `formulas` generates where a loop file is read on its own.

Each evaluates its program at one site of a field (sites,), from the field at its neighbours.
"""

from heatbath_cuda.header import device


@device
def energy_at(field, site, table, span, scalars, loads):
    return field[site]


@device
def force_at(field, site, table, span, scalars, loads):
    return field[site]


@device
def difference_at(proposal, field, site, table, span, scalars, loads):
    return proposal
