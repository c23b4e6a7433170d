"""Random numbers of whole rows, for one chain or for the chains side by side."""

from heatbath_numba.header import WIDTH, kernel
from heatbath_numba.random.fill_loops import (
    fill_chains_exponential,
    fill_chains_normal,
    fill_chains_uniform,
    fill_exponential,
    fill_normal,
    fill_uniform,
)


@kernel
def take_keys(lane_keys, keys, first_chain, g):
    """The first words of the chains in the lanes, then the second ones; lanes without a chain
    repeat the last."""
    for lane in range(WIDTH):
        chain = min(first_chain + (lane if g.unit > 1 else 0), keys.shape[0] - 1)
        lane_keys[lane], lane_keys[WIDTH + lane] = keys[chain, 0], keys[chain, 1]


@kernel
def fill_sites_normal(out, step, word, lane_keys, first, last, g):
    """In the order of the sites, for the rows first … last − 1."""
    start, n = first * g.width, (last - first) * g.width
    if g.unit > 1:
        fill_chains_normal(out, start, n, step, word, lane_keys)
    else:
        fill_normal(out, start, n, step, word, lane_keys[0], lane_keys[WIDTH])


@kernel
def fill_sites_uniform(out, step, word, lane_keys, first, last, g):
    start, n = first * g.width, (last - first) * g.width
    if g.unit > 1:
        fill_chains_uniform(out, start, n, step, word, lane_keys)
    else:
        fill_uniform(out, start, n, step, word, lane_keys[0], lane_keys[WIDTH])


@kernel
def fill_sites_exponential(out, step, word, lane_keys, first, last, g):
    start, n = first * g.width, (last - first) * g.width
    if g.unit > 1:
        fill_chains_exponential(out, start, n, step, word, lane_keys)
    else:
        fill_exponential(out, start, n, step, word, lane_keys[0], lane_keys[WIDTH])


@kernel
def fill_one_exponential(out, step, word, lane_keys, g):
    """One number per lane."""
    if g.unit > 1:
        fill_chains_exponential(out, 0, 1, step, word, lane_keys)
    else:
        fill_exponential(out, 0, 1, step, word, lane_keys[0], lane_keys[WIDTH])
