"""Checkerboard Metropolis sweeps of a batch of chains, one chain after the other."""

import numpy as np

from heatbath_numba.field_loops import fill_zero, pack, refresh, sum_sites, unpack
from heatbath_numba.formula_signature import difference_row
from heatbath_numba.header import ONE, PAD, TWO, kernel, real
from heatbath_numba.random.fill_loops import fill_exponential, fill_uniform


@kernel
def displace(displacement, step_width):
    """Uniform numbers to displacements width·(2u − 1), in place."""
    for i in range(displacement.size):
        displacement[i] = step_width * (TWO * displacement[i] - ONE)


@kernel
def update_colour(
    q,
    colour,
    colours,
    displacement,
    threshold,
    moved,
    proposal,
    difference,
    table,
    width,
    halo,
    scalars,
    loads,
):
    """Propose at all sites of each row, accept at those of one colour."""
    for row in range(q.shape[0]):
        start = row * width
        x, shift = q[row, PAD : PAD + width], displacement[start : start + width]
        for j in range(width):
            proposal[j] = x[j] + shift[j]
        difference_row(difference, proposal, q, row, table, width, scalars, loads)
        limit, mine = threshold[start : start + width], colours[start : start + width]
        hit = moved[start : start + width]
        for j in range(width):
            accept = (mine[j] == colour) & (limit[j] > difference[j])
            x[j] = proposal[j] if accept else x[j]
            hit[j] = ONE if accept else hit[j]
        refresh(q, row, width, halo)


@kernel
def run_chains(
    fields,
    keys,
    first_step,
    accepted,
    purposes,
    step_width,
    colours,
    n_colours,
    table,
    width,
    halo,
    scalars,
    loads,
):
    """accepted.shape[0] sweeps of each field (chains, sites), in place."""
    volume, rows = fields.shape[1], table.shape[0]
    q = np.zeros((rows, width + 2 * PAD), real)
    displacement, threshold = np.empty(volume, real), np.empty(volume, real)
    moved, row_sums = np.empty(volume, real), np.empty(rows, real)
    proposal, difference = np.empty(width, real), np.empty(width, real)
    per_site = real(1.0 / volume)
    for chain in range(fields.shape[0]):
        key_0, key_1 = keys[chain, 0], keys[chain, 1]
        pack(q, fields[chain], width, halo)
        for i in range(accepted.shape[0]):
            fill_uniform(displacement, first_step + i, purposes[0], key_0, key_1)
            fill_exponential(threshold, first_step + i, purposes[1], key_0, key_1)
            displace(displacement, step_width)
            fill_zero(moved)
            for colour in range(n_colours):
                update_colour(
                    q,
                    colour,
                    colours,
                    displacement,
                    threshold,
                    moved,
                    proposal,
                    difference,
                    table,
                    width,
                    halo,
                    scalars,
                    loads,
                )
            accepted[i, chain] = sum_sites(moved, row_sums, width) * per_site
        unpack(fields[chain], q, width)
