"""Fills of a contiguous vector with the numbers of one chain, step, purpose and draw.

A block of Philox gives LANES numbers, at neighbouring sites.  Each lane of a chunk of blocks is
written to a vector of its own, so that the loop over blocks vectorises; then they interleave.
"""

import numpy as np

from heatbath_numba.elementary_signature import log
from heatbath_numba.header import LANES, kernel, real
from heatbath_numba.random.lanes_float64 import put_normals, put_uniforms
from heatbath_numba.random.philox_loops import WORD, words

CHUNK = 256  # blocks whose numbers stay in the first-level cache


@kernel
def uniform_chunk(lanes, first, count, step, purpose_and_draw, key_0, key_1):
    for i in range(count):
        w0, w1, w2, w3 = words(first + i, step, purpose_and_draw, key_0, key_1)
        put_uniforms(lanes, i, w0, w1, w2, w3)


@kernel
def normal_chunk(lanes, first, count, step, purpose_and_draw, key_0, key_1):
    for i in range(count):
        w0, w1, w2, w3 = words(first + i, step, purpose_and_draw, key_0, key_1)
        put_normals(lanes, i, w0, w1, w2, w3)


@kernel
def interleave(out, lanes, start, count):
    """lanes[k, i] to out[start + LANES·i + k], as far as `out` reaches."""
    whole_blocks = min(count, (out.size - start) // LANES)
    for i in range(whole_blocks):
        for k in range(LANES):
            out[start + LANES * i + k] = lanes[k, i]
    for site in range(start + LANES * whole_blocks, min(start + LANES * count, out.size)):
        out[site] = lanes[(site - start) % LANES, (site - start) // LANES]


@kernel
def fill_uniform(out, step, purpose_and_draw, key_0, key_1):
    lanes = np.empty((LANES, CHUNK), real)
    blocks = (out.size + LANES - 1) // LANES
    for first in range(0, blocks, CHUNK):
        count = min(CHUNK, blocks - first)
        uniform_chunk(lanes, first, count, step, purpose_and_draw, key_0, key_1)
        interleave(out, lanes, LANES * first, count)


@kernel
def fill_normal(out, step, purpose_and_draw, key_0, key_1):
    lanes = np.empty((LANES, CHUNK), real)
    blocks = (out.size + LANES - 1) // LANES
    for first in range(0, blocks, CHUNK):
        count = min(CHUNK, blocks - first)
        normal_chunk(lanes, first, count, step, purpose_and_draw, key_0, key_1)
        interleave(out, lanes, LANES * first, count)


@kernel
def fill_exponential(out, step, purpose_and_draw, key_0, key_1):
    """−log u: what an energy difference is compared with."""
    fill_uniform(out, step, purpose_and_draw, key_0, key_1)
    for i in range(out.size):
        out[i] = -log(out[i])


@kernel
def draw_integer(high, step, purpose_and_draw, key_0, key_1):
    """One whole number 0 ≤ n < high: ⌊64-bit word × high / 2⁶⁴⌋."""
    first, second, _, _ = words(0, step, purpose_and_draw, key_0, key_1)
    count = np.uint64(high)
    return np.int64((first * count + ((second * count) >> WORD)) >> WORD)


@kernel
def fill_chains_uniform(out, keys, step, purpose_and_draw):
    for chain in range(out.shape[0]):
        fill_uniform(out[chain], step, purpose_and_draw, keys[chain, 0], keys[chain, 1])


@kernel
def fill_chains_normal(out, keys, step, purpose_and_draw):
    for chain in range(out.shape[0]):
        fill_normal(out[chain], step, purpose_and_draw, keys[chain, 0], keys[chain, 1])
