"""Fills of fields with the numbers of one step, purpose and draw: a block of numbers a thread."""

import numpy as np
from numba import cuda

from heatbath_cuda.elementary_signature import log
from heatbath_cuda.header import LANES, device, kernel
from heatbath_cuda.random.lanes_float64 import lane, normals, uniforms


@device
def exponential(step, purpose_and_draw, key):
    """−log u of the first site: what the energy difference of a chain is compared with."""
    return -log(uniforms(0, step, purpose_and_draw, key)[0])


@device
def put(x, block, numbers):
    for k in range(LANES):
        site = LANES * block + k
        if site < x.size:
            x[np.uint64(site)] = lane(numbers, k)


@kernel
def fill_uniform(out, keys, step, purpose_and_draw):
    chain = cuda.blockIdx.y
    while chain < out.shape[0]:
        block = cuda.grid(1)
        while LANES * block < out.shape[1]:
            put(out[chain], block, uniforms(block, step, purpose_and_draw, keys[chain]))
            block += cuda.gridsize(1)
        chain += cuda.gridDim.y


@kernel
def fill_normal(out, keys, step, purpose_and_draw):
    chain = cuda.blockIdx.y
    while chain < out.shape[0]:
        block = cuda.grid(1)
        while LANES * block < out.shape[1]:
            put(out[chain], block, normals(block, step, purpose_and_draw, keys[chain]))
            block += cuda.gridsize(1)
        chain += cuda.gridDim.y
