"""HMC trajectories of a batch of chains, one chain after the other."""

import numpy as np

from heatbath_numba.field_loops import pack, sum_sites, unpack
from heatbath_numba.formula_signature import energy_row, force_row
from heatbath_numba.header import PAD, kernel, real
from heatbath_numba.mcmc.momentum_loops import change_sites, drift
from heatbath_numba.random.fill_loops import draw_integer, fill_exponential, fill_normal


@kernel
def kick(p, q, force, amount, table, width, scalars, loads):
    for row in range(q.shape[0]):
        force_row(force, q, row, table, width, scalars, loads)
        y = p[row * width : row * width + width]
        for j in range(width):
            y[j] += amount * force[j]


@kernel
def energies(out, q, table, width, scalars, loads):
    for row in range(q.shape[0]):
        energy_row(out[row * width : row * width + width], q, row, table, width, scalars, loads)


@kernel
def trajectory(
    q, p, force, length, inner, kicks, joined, outer, table, width, halo, scalars, loads
):
    """`length` steps: outer drift, kicks with inner drifts between, joined drifts, outer drift."""
    drift(q, p, outer, width, halo)
    for k in range(length):
        for stage in range(kicks.size):
            kick(p, q, force, kicks[stage], table, width, scalars, loads)
            if stage < inner.size:
                drift(q, p, inner[stage], width, halo)
        drift(q, p, joined if k + 1 < length else outer, width, halo)


@kernel
def run_chains(
    fields,
    keys,
    first_step,
    delta_h,
    accepted,
    purposes,
    n_steps,
    spread,
    inner,
    kicks,
    joined,
    outer,
    table,
    width,
    halo,
    scalars,
    loads,
):
    """delta_h.shape[0] updates of each field (chains, sites), in place."""
    volume, rows = fields.shape[1], table.shape[0]
    q = np.zeros((rows, width + 2 * PAD), real)
    p, p_old, change = np.empty(volume, real), np.empty(volume, real), np.empty(volume, real)
    old, new = np.empty(volume, real), np.empty(volume, real)
    force, row_sums, limit = np.empty(width, real), np.empty(rows, real), np.empty(1, real)
    for chain in range(fields.shape[0]):
        field, key_0, key_1 = fields[chain], keys[chain, 0], keys[chain, 1]
        pack(q, field, width, halo)
        energies(old, q, table, width, scalars, loads)
        for i in range(delta_h.shape[0]):
            step = first_step + i
            fill_normal(p, step, purposes[0], key_0, key_1)
            for j in range(volume):
                p_old[j] = p[j]
            longer = draw_integer(2 * spread + 1, step, purposes[1], key_0, key_1)
            length = n_steps - spread + longer
            trajectory(
                q,
                p,
                force,
                length,
                inner,
                kicks,
                joined,
                outer,
                table,
                width,
                halo,
                scalars,
                loads,
            )
            energies(new, q, table, width, scalars, loads)
            change_sites(change, new, old, p, p_old)
            delta_h[i, chain] = sum_sites(change, row_sums, width)
            fill_exponential(limit, step, purposes[2], key_0, key_1)
            accepted[i, chain] = limit[0] > delta_h[i, chain]
            if accepted[i, chain]:
                unpack(field, q, width)
                old, new = new, old
            else:
                pack(q, field, width, halo)
