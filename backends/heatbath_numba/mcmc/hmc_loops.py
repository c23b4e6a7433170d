"""HMC trajectories: groups of as many chains as lie side by side, one group after the other."""

from heatbath_numba.calls import address_of, call
from heatbath_numba.field_loops import pack, unpack
from heatbath_numba.header import DTYPE, ONE, WIDTH, entry, kernel, real
from heatbath_numba.random.fill_loops import draw_integer
from heatbath_numba.random.row_fill_loops import fill_one_exponential, fill_sites_normal, take_keys
from heatbath_numba.row_loops import evaluate_energies, measure, spread, sum_changes, take_sums
from heatbath_numba.row_registers import choose_row
from heatbath_numba.team_loops import meet

accept_row = choose_row(DTYPE)


@kernel
def draw_lengths(lengths, keys, step, purpose, settings):
    """The number of steps of each lane; gives the largest."""
    longest = 0
    for lane in range(lengths.size):
        spread = 2 * settings.spread + 1
        longer = draw_integer(spread, step, purpose, keys[lane], keys[WIDTH + lane])
        lengths[lane] = settings.n_steps - settings.spread + longer
        longest = max(longest, lengths[lane])
    return longest


@kernel
def choose_amounts(amounts, moving, k, lengths, settings):
    """The drift that closes step k: joined with the next one unless it is a lane's last."""
    for lane in range(WIDTH):
        length = lengths[lane if lengths.size > 1 else 0]
        amounts[lane] = settings.joined if k + 1 < length else settings.outer
        moving[lane] = real(k < length)


@kernel
def trajectory(trial, p, q, p_start, longest, settings, passes, g, blocks, team, work, formula):
    """From (q, p_start) to (trial, p): opening drift, kicks with inner drifts between them,
    joined drifts, closing drift."""
    amounts, moving = work.lanes[team.rank, 0], work.lanes[team.rank, 1]
    for lane in range(WIDTH):
        amounts[lane], moving[lane] = settings.outer, ONE
    n, stages = blocks.at.size, settings.kicks.shape[0]
    early = blocks.ready[n - 1]  # blocks that drift within the pass
    at, count, order = address_of(blocks.at), address_of(blocks.count), address_of(blocks.order)
    ready, table, images = address_of(blocks.ready), address_of(blocks.table), address_of(g.images)
    loads, scalars = address_of(formula.loads), address_of(formula.scalars)
    to, moves, ends = address_of(trial), address_of(moving), address_of(amounts)
    begin, momentum = address_of(p_start), address_of(p)
    opening = (to, address_of(q), begin, ends, moves, images, at, count, order, 0, n)
    call(passes.drift, opening)
    meet(team)
    source = begin
    for k in range(longest):
        choose_amounts(amounts, moving, k, work.lengths[team.rank], settings)
        for stage in range(stages):
            drifts = address_of(settings.inner[stage]) if stage + 1 < stages else ends
            kick = address_of(settings.kicks[stage])
            call(
                passes.kick_and_drift,
                (
                    momentum, source, to, kick, drifts, moves, images, at, count, order, ready, n,
                    table, formula.size, loads, scalars,
                ),
            )  # fmt: skip
            source = momentum
            if team.size > 1:
                meet(team)
                rest = (to, to, momentum, drifts, moves, images, at, count, order, early, n)
                call(passes.drift, rest)
                meet(team)


@kernel
def decide(accept, delta_h, accepted, limit, totals, first_chain, g):
    """Accept where −log u > ΔH; gives how many lanes do."""
    hits = 0
    for lane in range(g.unit):
        hit = limit[lane] > totals[lane]
        accept[lane] = real(hit)
        hits += hit
        if first_chain + lane < delta_h.size:
            delta_h[first_chain + lane] = totals[lane]
            accepted[first_chain + lane] = hit
    return hits


@entry
def run_hmc(
    fields, keys, first_step, delta_h, accepted, recorded, settings, passes, g, blocks, team, work,
    formula,
):  # fmt: skip
    """delta_h.shape[0] updates of each field (chains, sites), in place."""
    lane_keys, scratch, row_sums = work.keys[team.rank], work.scratch[team.rank], work.row_sums
    for first_chain in range(team.begin, team.end, g.unit):
        q, trial, old = work.fields[0], work.fields[1], work.fields[2]
        new, p, p_start = work.fields[3], work.fields[4], work.fields[5]
        take_keys(lane_keys, keys, first_chain, g)
        pack(q, fields, first_chain, g, team)
        meet(team)
        evaluate_energies(old, q, passes, blocks, formula)
        for i in range(delta_h.shape[0]):
            step = first_step + i
            fill_sites_normal(new, step, settings.purposes[0], lane_keys, team.first, team.last, g)
            spread(p_start, new, g, team)
            lengths = work.lengths[team.rank]
            longest = draw_lengths(lengths, lane_keys, step, settings.purposes[1], settings)
            trajectory(
                trial, p, q, p_start, longest, settings, passes, g, blocks, team, work, formula
            )
            evaluate_energies(new, trial, passes, blocks, formula)
            sum_changes(row_sums, scratch, new, old, p, p_start, g, team)
            meet(team)
            if team.rank == 0:
                take_sums(row_sums, 0, scratch, g)
                fill_one_exponential(work.limit, step, settings.purposes[2], lane_keys, g)
                work.hits[0] = decide(
                    work.accept, delta_h[i], accepted[i], work.limit, scratch, first_chain, g
                )
            meet(team)
            if work.hits[0] == g.unit:
                q, trial, old, new = trial, q, new, old
            elif work.hits[0] > 0:
                begin = g.lead + team.first * g.stride
                n = (team.last - team.first) * g.stride // WIDTH
                accept_row(q, trial, begin, work.accept, n)
                accept_row(old, new, begin, work.accept, n)
            if settings.every > 0 and (i + 1) % settings.every == 0:
                into = recorded[(i + 1) // settings.every - 1]
                measure(into, q, old, row_sums, scratch, first_chain, passes, g, team)
        unpack(fields, q, first_chain, g, team)
        meet(team)
