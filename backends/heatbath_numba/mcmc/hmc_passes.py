"""The passes of Hamiltonian dynamics over the blocks of a lattice, compiled for each formula.

at, count, table, order, ready: as in `layout.Blocks`.  Arguments are addresses and counts.
"""

from heatbath_numba.calls import whole_at
from heatbath_numba.formula_signature import WRITTEN_OUT, drift_row, kick_and_drift_row, kick_row
from heatbath_numba.header import kernel


@kernel
def kick_and_drift(
    p, p_from, q, kick, amounts, moving, images, at, count, order, ready, n, table, size, loads,
    scalars,
):  # fmt: skip
    """p = p_from + kick · force(q), then q += amounts · p: in one pass, each block drifting with
    the kick that follows the last one to read it."""
    done, free = 0, 0
    for k in range(n):
        begin, length = whole_at(at, k), whole_at(count, k)
        if done < free and not WRITTEN_OUT:
            other = whole_at(at, whole_at(order, done))
            kick_and_drift_row(
                p, p_from, begin, kick, moving, amounts, other, images, q, table, k, size, loads,
                scalars, length,
            )  # fmt: skip
            done += 1
        else:
            kick_row(p, p_from, begin, kick, moving, q, table, k, size, loads, scalars, length)
        for _ in range(done, free):
            b = whole_at(order, done)
            drift_row(q, q, whole_at(at, b), amounts, p, moving, images, whole_at(count, b))
            done += 1
        free = whole_at(ready, k)
    for _ in range(done, free):
        b = whole_at(order, done)
        drift_row(q, q, whole_at(at, b), amounts, p, moving, images, whole_at(count, b))
        done += 1


@kernel
def drift(q, x, p, amounts, moving, images, at, count, order, first, last):
    """q = x + amounts · p in the blocks order[first:last]."""
    for k in range(first, last):
        b = whole_at(order, k)
        drift_row(q, x, whole_at(at, b), amounts, p, moving, images, whole_at(count, b))
