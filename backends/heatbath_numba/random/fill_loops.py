"""Fills of contiguous memory with the numbers of one step, purpose and draw.

`fill_…` writes the numbers of successive sites of one chain, `fill_chains_…` those of as many
chains as a register holds numbers, chains innermost.  Both work in groups of whole registers and
may write beyond the numbers asked for, the right numbers of the next sites, as far as `out`
reaches.
"""

import numpy as np

from heatbath_numba.header import DTYPE, LANES, WIDTH, entry, kernel, real
from heatbath_numba.random.philox_loops import WORD, words
from heatbath_numba.random.registers import REGISTERS, fill_blocks, fill_chains_blocks

uniform_blocks = fill_blocks("uniform", DTYPE)
normal_blocks = fill_blocks("normal", DTYPE)
exponential_blocks = fill_blocks("exponential", DTYPE)
uniform_chains_blocks = fill_chains_blocks("uniform", DTYPE)
normal_chains_blocks = fill_chains_blocks("normal", DTYPE)
exponential_chains_blocks = fill_chains_blocks("exponential", DTYPE)

SITES = REGISTERS[DTYPE] * LANES  # of each chain in one group, chains innermost
GROUP = SITES * WIDTH  # numbers in one group


@kernel
def fill_uniform(out, start, n, step, word, key_0, key_1):
    """Sites start … start + n − 1 to the same places of `out`; LANES divides start."""
    for i in range(start, start + n, GROUP):
        if i + GROUP <= out.size:
            uniform_blocks(out, i, i // LANES, step, word, key_0, key_1)
        else:
            rest = np.empty(GROUP, real)
            uniform_blocks(rest, 0, i // LANES, step, word, key_0, key_1)
            for j in range(out.size - i):
                out[i + j] = rest[j]


@kernel
def fill_normal(out, start, n, step, word, key_0, key_1):
    for i in range(start, start + n, GROUP):
        if i + GROUP <= out.size:
            normal_blocks(out, i, i // LANES, step, word, key_0, key_1)
        else:
            rest = np.empty(GROUP, real)
            normal_blocks(rest, 0, i // LANES, step, word, key_0, key_1)
            for j in range(out.size - i):
                out[i + j] = rest[j]


@kernel
def fill_exponential(out, start, n, step, word, key_0, key_1):
    """−log u: what an energy difference is compared with.  `out` has room for whole groups."""
    for i in range(start, start + n, GROUP):
        exponential_blocks(out, i, i // LANES, step, word, key_0, key_1)


@kernel
def fill_chains_uniform(out, start, n, step, word, keys):
    """Sites start … start + n − 1 of WIDTH chains; `out` has room for whole groups."""
    for i in range(start, start + n, SITES):
        uniform_chains_blocks(out, i * WIDTH, i // LANES, step, word, keys)


@kernel
def fill_chains_normal(out, start, n, step, word, keys):
    for i in range(start, start + n, SITES):
        normal_chains_blocks(out, i * WIDTH, i // LANES, step, word, keys)


@kernel
def fill_chains_exponential(out, start, n, step, word, keys):
    for i in range(start, start + n, SITES):
        exponential_chains_blocks(out, i * WIDTH, i // LANES, step, word, keys)


@kernel
def draw_integer(high, step, word, key_0, key_1):
    """One whole number 0 ≤ n < high: ⌊64-bit word × high / 2⁶⁴⌋."""
    first, second, _, _ = words(0, step, word, key_0, key_1)
    count = np.uint64(high)
    return np.int64((first * count + ((second * count) >> WORD)) >> WORD)


@entry
def fill_part_uniform(out, keys, begin, end, start, n, step, word):
    """The sites start … start + n − 1 of the chains begin … end − 1 of out (chains, sites)."""
    for chain in range(begin, end):
        fill_uniform(out[chain], start, n, step, word, keys[chain, 0], keys[chain, 1])


@entry
def fill_part_normal(out, keys, begin, end, start, n, step, word):
    for chain in range(begin, end):
        fill_normal(out[chain], start, n, step, word, keys[chain, 0], keys[chain, 1])
