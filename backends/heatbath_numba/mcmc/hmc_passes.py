"""The passes of Hamiltonian dynamics over the blocks of a lattice, compiled for each formula.

at, count, table, order, ready: as in `layout.Blocks`.  Arguments are addresses and counts.
"""

from heatbath_numba.calls import whole_at
from heatbath_numba.formula_signature import drift_row, kick_row
from heatbath_numba.header import kernel


@kernel
def kick_and_drift(
    p, p_from, q, kick, amounts, moving, images, at, count, order, ready, n, table, size, loads,
    scalars,
):  # fmt: skip
    """p = p_from + kick · force(q), then q += amounts · p: in one pass, each block drifting as
    soon as no force reads it any more."""
    done = 0
    for k in range(n):
        begin, length = whole_at(at, k), whole_at(count, k)
        kick_row(p, p_from, begin, kick, moving, q, table, k, size, loads, scalars, length)
        for _ in range(done, whole_at(ready, k)):
            b = whole_at(order, done)
            drift_row(q, q, whole_at(at, b), amounts, p, moving, images, whole_at(count, b))
            done += 1


@kernel
def drift(q, x, p, amounts, moving, images, at, count, order, first, last):
    """q = x + amounts · p in the blocks order[first:last]."""
    for k in range(first, last):
        b = whole_at(order, k)
        drift_row(q, x, whole_at(at, b), amounts, p, moving, images, whole_at(count, b))
