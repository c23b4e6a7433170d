"""Euler–Maruyama steps: one pass over the sites, and kernels that run it in one block per chain
(all steps in one launch) or over the whole grid (one launch per step).

Steps alternate between two fields: a pass reads one and writes the other.
"""

import numpy as np
from numba import cuda

from heatbath_cuda.formula_signature import force_at
from heatbath_cuda.header import LANES, device, kernel
from heatbath_cuda.measuring_loops import record_chain
from heatbath_cuda.random.lanes_float64 import lane, normals
from heatbath_cuda.rounded_float64 import add, mul


@device
def advance(
    new,
    field,
    step,
    purpose,
    key,
    step_size,
    amplitude,
    table,
    span,
    scalars,
    loads,
    first,
    stride,
):
    block = first
    while LANES * block < field.size:
        noise = normals(block, step, purpose, key)
        for k in range(LANES):
            site = LANES * block + k
            if site < field.size:
                here = np.uint64(site)
                force = force_at(field, site, table, span, scalars, loads)
                change = add(mul(step_size, force), mul(amplitude, lane(noise, k)))
                new[here] = add(field[here], change)
        block += stride


@kernel
def run_chains(
    even,
    odd,
    values,
    keys,
    first_step,
    begin,
    end,
    purpose,
    step_size,
    amplitude,
    measure_every,
    recorded,
    per_site,
    table,
    span,
    scalars,
    loads,
):
    """Steps begin, …, end − 1; one block per chain.  After i steps the fields (chains, sites)
    are in `even` or `odd`, as i is."""
    chain, thread, threads = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    if chain < even.shape[0]:
        field, other, key = even[chain], odd[chain], keys[chain]
        if begin % 2 == 1:
            field, other = other, field
        for i in range(begin, end):
            advance(
                other,
                field,
                first_step + i,
                purpose,
                key,
                step_size,
                amplitude,
                table,
                span,
                scalars,
                loads,
                thread,
                threads,
            )
            field, other = other, field
            cuda.syncthreads()
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
def advance_all(
    new, fields, keys, step, purpose, step_size, amplitude, table, span, scalars, loads
):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        advance(
            new[chain],
            fields[chain],
            step,
            purpose,
            keys[chain],
            step_size,
            amplitude,
            table,
            span,
            scalars,
            loads,
            cuda.grid(1),
            cuda.gridsize(1),
        )
        chain += cuda.gridDim.y
