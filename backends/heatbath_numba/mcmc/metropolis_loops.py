"""Checkerboard Metropolis sweeps: groups of as many chains as lie side by side.

A colour is a list of runs: equally spaced sites of one row that a single loop updates (see `Runs`
in `metropolis`).
"""

from heatbath_numba.calls import address_of, call
from heatbath_numba.field_loops import pack, unpack
from heatbath_numba.header import entry, kernel, real
from heatbath_numba.random.row_fill_loops import (
    fill_sites_exponential,
    fill_sites_uniform,
    take_keys,
)
from heatbath_numba.row_loops import evaluate_energies, measure
from heatbath_numba.team_loops import meet


@kernel
def update_colour(counts, q, uniform, limit, first, last, settings, passes, g, runs, formula):
    """The runs first … last − 1."""
    call(
        passes.update,
        (
            address_of(counts), address_of(q), address_of(uniform), address_of(limit),
            address_of(settings.width), address_of(runs.class_row), address_of(runs.start),
            address_of(runs.count), address_of(runs.step), address_of(runs.random_at), first, last,
            g.lead, g.stride, g.classes, address_of(g.images), g.images.size // 2,
            address_of(runs.table), formula.size, address_of(formula.loads),
            address_of(formula.scalars),
        ),
    )  # fmt: skip


@kernel
def count_accepted(accepted, counts, first_chain, g):
    """The accepted fraction of each chain, from the counts of all members and lanes."""
    per_site = real(1.0 / (g.rows * g.width))
    for lane in range(min(g.unit, accepted.size - first_chain)):
        total = 0
        for member in range(counts.shape[0]):
            if g.unit > 1:
                total += counts[member, lane]
            else:
                for other in range(counts.shape[1]):
                    total += counts[member, other]
        accepted[first_chain + lane] = real(total) * per_site


@kernel
def fill_slice(uniform, limit, step, settings, lane_keys, first, last, g):
    """The random numbers of the rows first … last − 1."""
    fill_sites_uniform(uniform, step, settings.proposal, lane_keys, first, last, g)
    fill_sites_exponential(limit, step, settings.decision, lane_keys, first, last, g)


@kernel
def sweep_slices(counts, q, uniform, limit, step, settings, lane_keys, passes, g, runs, formula):
    """One sweep of two colours: the first colour of a slice, then the second of the slice before
    it; the second colour of slice 0 waits for the end, since the last slice reads it."""
    n = runs.slices.size - 1
    for k in range(n + 1):
        if k < n:
            first, last = runs.slices[k], runs.slices[k + 1]
            fill_slice(uniform, limit, step, settings, lane_keys, first, last, g)
            a, b = runs.bounds[0, k], runs.bounds[0, k + 1]
            update_colour(counts, q, uniform, limit, a, b, settings, passes, g, runs, formula)
        if k > 1:
            a, b = runs.bounds[1, k - 1], runs.bounds[1, k]
            update_colour(counts, q, uniform, limit, a, b, settings, passes, g, runs, formula)
    a, b = runs.bounds[1, 0], runs.bounds[1, 1]
    update_colour(counts, q, uniform, limit, a, b, settings, passes, g, runs, formula)


@kernel
def sweep_colours(
    counts, q, uniform, limit, step, settings, lane_keys, passes, g, runs, team, formula
):
    """One sweep: all rows of this member, one colour after the other."""
    fill_slice(uniform, limit, step, settings, lane_keys, team.first, team.last, g)
    for colour in range(runs.bounds.shape[0]):
        meet(team)
        a, b = runs.bounds[colour, 0], runs.bounds[colour, 1]
        update_colour(counts, q, uniform, limit, a, b, settings, passes, g, runs, formula)


@entry
def run_metropolis(
    fields, keys, first_step, accepted, recorded, settings, passes, g, runs, team, work, formula
):
    """accepted.shape[0] sweeps of each field (chains, sites), in place."""
    lane_keys, counts = work.keys[team.rank], work.counts[team.rank]
    scratch = work.scratch[team.rank]
    for first_chain in range(team.begin, team.end, g.unit):
        q, uniform, limit = work.fields[0], work.fields[1], work.fields[2]
        take_keys(lane_keys, keys, first_chain, g)
        pack(q, fields, first_chain, g, team)
        for i in range(accepted.shape[0]):
            step = first_step + i
            for lane in range(counts.size):
                counts[lane] = 0
            if runs.slices.size > 2:
                sweep_slices(
                    counts, q, uniform, limit, step, settings, lane_keys, passes, g, runs, formula
                )
            else:
                sweep_colours(
                    counts, q, uniform, limit, step, settings, lane_keys, passes, g, runs, team,
                    formula,
                )  # fmt: skip
            meet(team)
            if team.rank == 0:
                count_accepted(accepted[i], work.counts, first_chain, g)
            if settings.every > 0 and (i + 1) % settings.every == 0:
                evaluate_energies(limit, q, passes, runs.blocks, formula)
                into = recorded[(i + 1) // settings.every - 1]
                measure(into, q, limit, work.row_sums, scratch, first_chain, passes, g, team)
            meet(team)
        unpack(fields, q, first_chain, g, team)
        meet(team)
