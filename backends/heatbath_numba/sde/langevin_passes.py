"""Euler–Maruyama steps over the blocks of a lattice, compiled for each formula."""

from heatbath_numba.calls import whole_at
from heatbath_numba.formula_signature import diffuse_row
from heatbath_numba.header import kernel


@kernel
def diffuse(new, q, noise, step_size, amplitude, images, at, count, n, table, size, loads, scalars):
    """new = q + (step_size · force(q) + amplitude · noise)."""
    for k in range(n):
        begin, length = whole_at(at, k), whole_at(count, k)
        diffuse_row(
            new, begin, step_size, amplitude, noise, images, q, table, k, size, loads, scalars,
            length,
        )  # fmt: skip
