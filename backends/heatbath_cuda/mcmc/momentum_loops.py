"""The part of Hamiltonian dynamics that does not depend on the action."""

import numpy as np
from numba import cuda

from heatbath_cuda.header import LANES, device, kernel
from heatbath_cuda.random.fill_loops import exponential
from heatbath_cuda.random.lanes_float64 import lane, normals
from heatbath_cuda.random.philox_loops import draw_integer
from heatbath_cuda.rounded_float64 import add, mul


@device
def length_of(n_steps, spread, step, purpose, key):
    """The number of steps of one trajectory."""
    return n_steps - spread + draw_integer(2 * spread + 1, step, purpose, key)


@device
def start(q, p, field, step, purpose, key, outer, first, stride):
    """New momenta, and the drift that opens the trajectory."""
    block = first
    while LANES * block < field.size:
        z = normals(block, step, purpose, key)
        for k in range(LANES):
            site = LANES * block + k
            if site < field.size:
                here, momentum = np.uint64(site), lane(z, k)
                p[here] = momentum
                q[here] = add(field[here], mul(outer, momentum))
        block += stride


@device
def copy(field, q, first, stride):
    site = first
    while site < field.size:
        here = np.uint64(site)
        field[here] = q[here]
        site += stride


@kernel
def start_all(q, p, fields, lengths, keys, step, purposes, n_steps, spread, outer):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        first, stride, key = cuda.grid(1), cuda.gridsize(1), keys[chain]
        if first == 0:
            lengths[chain] = length_of(n_steps, spread, step, purposes[1], key)
        start(q[chain], p[chain], fields[chain], step, purposes[0], key, outer, first, stride)
        chain += cuda.gridDim.y


@kernel
def decide_all(delta_h, accepted, i, values, keys, step, purposes):
    """The accept step of all chains, from the sums of their changes."""
    chain = cuda.grid(1)
    while chain < values.shape[0]:
        delta_h[i, chain] = values[chain, 0, 0]
        accepted[i, chain] = exponential(step, purposes[2], keys[chain]) > values[chain, 0, 0]
        chain += cuda.gridsize(1)


@kernel
def keep_accepted(fields, q_even, q_odd, lengths, stages, accepted, i):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        if accepted[i, chain]:
            q = q_even[chain] if lengths[chain] * stages % 2 == 0 else q_odd[chain]
            copy(fields[chain], q, cuda.grid(1), cuda.gridsize(1))
        chain += cuda.gridDim.y
