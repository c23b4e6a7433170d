"""Checkerboard Metropolis sweeps: passes over the sites, and kernels that run them in one block
per chain (all sweeps in one launch) or over the whole grid (one launch per pass).

Sites of one colour share no clique, so a pass may change them in place.
"""

import numpy as np
from numba import cuda

from heatbath_cuda.formula_signature import difference_at
from heatbath_cuda.header import device, kernel
from heatbath_cuda.mcmc.proposal_loops import propose
from heatbath_cuda.measuring_loops import record_chain
from heatbath_cuda.rounded_float64 import add


@device
def update_colour(
    field,
    displacement,
    threshold,
    sites,
    begin,
    end,
    table,
    span,
    scalars,
    loads,
    first,
    stride,
):
    """Propose at sites[begin:end]; how many were accepted by this block.

    first: the position of the block's first thread; all its threads count together.
    """
    count = 0
    start = begin + first
    while start < end:
        accept = False
        k = start + cuda.threadIdx.x
        if k < end:
            site = np.int64(sites[np.uint64(k)])
            here = np.uint64(site)
            proposal = add(field[here], displacement[here])
            difference = difference_at(proposal, field, site, table, span, scalars, loads)
            accept = threshold[here] > difference
            if accept:
                field[here] = proposal
        count += cuda.syncthreads_count(np.int32(accept))
        start += stride
    return count


@kernel
def run_chains(
    fields,
    displacement,
    threshold,
    values,
    keys,
    first_step,
    begin,
    end,
    counts,
    purposes,
    step_width,
    sites,
    bounds,
    measure_every,
    recorded,
    per_site,
    table,
    span,
    scalars,
    loads,
):
    """Sweeps begin, …, end − 1 of each field (chains, sites), in place; one block per chain.

    Colour c has sites[bounds[c]:bounds[c + 1]].
    """
    chain, thread, threads = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    if chain < fields.shape[0]:
        field, key = fields[chain], keys[chain]
        shift, limit = displacement[chain], threshold[chain]
        for i in range(begin, end):
            step, count = first_step + i, 0
            propose(shift, limit, step, purposes, key, step_width, thread, threads)
            cuda.syncthreads()
            for c in range(bounds.size - 1):
                count += update_colour(
                    field,
                    shift,
                    limit,
                    sites,
                    bounds[c],
                    bounds[c + 1],
                    table,
                    span,
                    scalars,
                    loads,
                    0,
                    threads,
                )
                cuda.syncthreads()
            if thread == 0:
                counts[i, chain] = count
            if measure_every > 0 and (i + 1) % measure_every == 0:
                record_chain(
                    recorded[(i + 1) // measure_every - 1, :, chain],
                    values[chain],
                    field,
                    per_site,
                    table,
                    span,
                    scalars,
                    loads,
                )


@kernel
def update_colour_of_all(
    fields,
    displacement,
    threshold,
    counts,
    i,
    sites,
    begin,
    end,
    table,
    span,
    scalars,
    loads,
):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        count = update_colour(
            fields[chain],
            displacement[chain],
            threshold[chain],
            sites,
            begin,
            end,
            table,
            span,
            scalars,
            loads,
            cuda.blockIdx.x * cuda.blockDim.x,
            cuda.gridsize(1),
        )
        if cuda.threadIdx.x == 0:
            cuda.atomic.add(counts, (i, chain), count)
        chain += cuda.gridDim.y
