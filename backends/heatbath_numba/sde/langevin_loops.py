"""Euler–Maruyama steps of a batch of chains, one chain after the other."""

import numpy as np

from heatbath_numba.field_loops import pack, refresh, unpack
from heatbath_numba.formula_signature import force_row
from heatbath_numba.header import PAD, kernel, real
from heatbath_numba.random.fill_loops import fill_normal


@kernel
def run_chains(
    fields,
    keys,
    first_step,
    n,
    purpose,
    step_size,
    amplitude,
    table,
    width,
    halo,
    scalars,
    loads,
):
    """n steps of each field (chains, sites), in place."""
    volume, rows = fields.shape[1], table.shape[0]
    q = np.zeros((rows, width + 2 * PAD), real)
    force, noise = np.empty(volume, real), np.empty(volume, real)
    for chain in range(fields.shape[0]):
        pack(q, fields[chain], width, halo)
        for i in range(n):
            fill_normal(noise, first_step + i, purpose, keys[chain, 0], keys[chain, 1])
            for row in range(rows):
                force_row(
                    force[row * width : row * width + width],
                    q,
                    row,
                    table,
                    width,
                    scalars,
                    loads,
                )
            for row in range(rows):
                x = q[row, PAD : PAD + width]
                f = force[row * width : row * width + width]
                xi = noise[row * width : row * width + width]
                for j in range(width):
                    x[j] += step_size * f[j] + amplitude * xi[j]
                refresh(q, row, width, halo)
        unpack(fields[chain], q, width)
