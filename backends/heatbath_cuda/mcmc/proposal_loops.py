"""The part of a Metropolis sweep that does not depend on the action."""

import numpy as np
from numba import cuda

from heatbath_cuda.elementary_signature import log
from heatbath_cuda.header import LANES, ONE, TWO, device, kernel
from heatbath_cuda.random.lanes_float64 import lane, uniforms
from heatbath_cuda.rounded_float64 import mul, sub


@device
def propose(displacement, threshold, step, purposes, key, step_width, first, stride):
    """Displacements width·(2u − 1), and −log v, what the energy differences must not exceed."""
    block = first
    while LANES * block < displacement.size:
        u = uniforms(block, step, purposes[0], key)
        v = uniforms(block, step, purposes[1], key)
        for k in range(LANES):
            site = LANES * block + k
            if site < displacement.size:
                here = np.uint64(site)
                displacement[here] = mul(step_width, sub(mul(TWO, lane(u, k)), ONE))
                threshold[here] = -log(lane(v, k))
        block += stride


@kernel
def propose_all(displacement, threshold, keys, step, purposes, step_width):
    chain = cuda.blockIdx.y
    while chain < displacement.shape[0]:
        propose(
            displacement[chain],
            threshold[chain],
            step,
            purposes,
            keys[chain],
            step_width,
            cuda.grid(1),
            cuda.gridsize(1),
        )
        chain += cuda.gridDim.y
