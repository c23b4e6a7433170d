"""Euler–Maruyama steps: groups of as many chains as lie side by side, one group after another."""

from heatbath_numba.calls import address_of, call
from heatbath_numba.field_loops import pack, unpack
from heatbath_numba.header import entry
from heatbath_numba.random.row_fill_loops import fill_sites_normal, take_keys
from heatbath_numba.row_loops import evaluate_energies, measure, spread
from heatbath_numba.team_loops import meet


@entry
def run_langevin(
    fields, keys, first_step, recorded, settings, passes, g, blocks, team, work, formula
):
    """settings.n steps of each field (chains, sites), in place."""
    lane_keys, scratch = work.keys[team.rank], work.scratch[team.rank]
    at, count, table = address_of(blocks.at), address_of(blocks.count), address_of(blocks.table)
    loads, scalars = address_of(formula.loads), address_of(formula.scalars)
    step_size, amplitude = address_of(settings.step_size), address_of(settings.amplitude)
    images, n = address_of(g.images), blocks.at.size
    for first_chain in range(team.begin, team.end, g.unit):
        q, new, noise, sites = work.fields[0], work.fields[1], work.fields[2], work.fields[3]
        take_keys(lane_keys, keys, first_chain, g)
        pack(q, fields, first_chain, g, team)
        meet(team)
        for i in range(settings.n):
            fill_sites_normal(
                sites, first_step + i, settings.purpose, lane_keys, team.first, team.last, g
            )
            spread(noise, sites, g, team)
            call(
                passes.diffuse,
                (
                    address_of(new), address_of(q), address_of(noise), step_size, amplitude,
                    images, at, count, n, table, formula.size, loads, scalars,
                ),
            )  # fmt: skip
            q, new = new, q
            meet(team)
            if settings.every > 0 and (i + 1) % settings.every == 0:
                evaluate_energies(noise, q, passes, blocks, formula)
                into = recorded[(i + 1) // settings.every - 1]
                measure(into, q, noise, work.row_sums, scratch, first_chain, passes, g, team)
        unpack(fields, q, first_chain, g, team)
        meet(team)
