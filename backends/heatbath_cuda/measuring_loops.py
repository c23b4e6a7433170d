"""The standard scalars of a field: magnetization, φ² per site and S/V (`Action.scalars`)."""

import numpy as np
from numba import cuda

from heatbath_cuda.formula_signature import energy_at
from heatbath_cuda.header import device, kernel
from heatbath_cuda.rounded_float64 import mul
from heatbath_cuda.site_loops import sum_sites


@device
def densities(values, field, table, span, scalars, loads, first, stride):
    """φ, φ² and the energy of each site to values[0], values[1] and values[2]."""
    site = first
    while site < field.size:
        here = np.uint64(site)
        phi = field[here]
        values[0, here] = phi
        values[1, here] = mul(phi, phi)
        values[2, here] = energy_at(field, site, table, span, scalars, loads)
        site += stride


@device
def record_chain(out, values, field, per_site, table, span, scalars, loads):
    """The scalars of one chain to out[0], out[1], out[2], by the threads of one block."""
    thread = cuda.threadIdx.x
    densities(values, field, table, span, scalars, loads, thread, cuda.blockDim.x)
    cuda.syncthreads()
    for q in range(3):
        total = sum_sites(values[q], span[0])
        if thread == 0:
            out[q] = mul(total, per_site)
    cuda.syncthreads()


@kernel
def densities_of_all(values, fields, table, span, scalars, loads):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        first, stride = cuda.grid(1), cuda.gridsize(1)
        densities(values[chain], fields[chain], table, span, scalars, loads, first, stride)
        chain += cuda.gridDim.y
