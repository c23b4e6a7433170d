"""Energies and sums over rows, compiled for each formula and form of its rows."""

from heatbath_numba.calls import whole_at
from heatbath_numba.formula_signature import energy_row, sum_scalars_of_row
from heatbath_numba.header import kernel


@kernel
def energies(out, q, at, count, n, table, size, loads, scalars):
    """The energy of the cliques based at each site."""
    for k in range(n):
        begin, length = whole_at(at, k), whole_at(count, k)
        energy_row(out, begin, q, table, k, size, loads, scalars, length)


@kernel
def sums(row_sums, apart, unit, q, energy, begin, stride, classes, first, last):
    """The sums of each row of q, of its squares and of its energies, `apart` numbers apart."""
    for row in range(first, last):
        at = begin + row * classes * stride
        sum_scalars_of_row(row_sums, row * unit, apart, q, energy, at, stride)
