"""Over rows: random numbers into them, sums over them, and the standard scalars."""

from heatbath_numba.calls import address_of, call
from heatbath_numba.header import DTYPE, WIDTH, kernel, real
from heatbath_numba.row_registers import Rows, copy_row, sum_row, zip_row
from heatbath_numba.team_loops import meet

alone, abreast = Rows(DTYPE, 0, 0, 0, 1, 4), Rows(DTYPE, 0, 0, 0, WIDTH, 4)
copy_sites = copy_row(alone)
zip_columns = zip_row(DTYPE)
sum_values, sum_values_abreast = sum_row(alone, "values"), sum_row(abreast, "values")
sum_squares, sum_squares_abreast = sum_row(alone, "squares"), sum_row(abreast, "squares")
sum_change, sum_change_abreast = sum_row(alone, "changes"), sum_row(abreast, "changes")


@kernel
def evaluate_energies(out, q, passes, blocks, formula):
    """The energy of the cliques based at each site."""
    call(
        passes.energies,
        (
            address_of(out), address_of(q), address_of(blocks.at), address_of(blocks.count),
            blocks.at.size, address_of(blocks.table), formula.size, address_of(formula.loads),
            address_of(formula.scalars),
        ),
    )  # fmt: skip


@kernel
def spread(out, sites, g, team):
    """Numbers in the order of the sites to rows of one class."""
    n = g.width * g.unit
    for row in range(team.first, team.last):
        copy_sites(out, g.lead + row * g.stride, sites, row * n, g.registers)


@kernel
def sum_changes(row_sums, scratch, new, old, p, p_start, g, team):
    """ΔH of each row and lane: the energies' difference plus ½(p'² − p²)."""
    for row in range(team.first, team.last):
        at = g.lead + row * g.stride
        if g.unit == 1:
            sum_change(row_sums, row, scratch, new, old, p, p_start, at, g.width)
        else:
            sum_change_abreast(row_sums, row * g.unit, scratch, new, old, p, p_start, at, g.width)


@kernel
def sum_rows(row_sums, scratch, x, squares, g, team):
    """The sum of each row, or of the squares of its numbers, for each lane."""
    for row in range(team.first, team.last):
        at, y = g.lead + row * g.classes * g.stride, x
        if g.classes == 2:
            columns = g.width  # behind what the sums need
            zip_columns(scratch, columns, x, at, at + g.stride, g.registers)
            at, y = columns, scratch
        if g.unit == 1 and squares:
            sum_squares(row_sums, row, scratch, y, at, g.width)
        elif g.unit == 1:
            sum_values(row_sums, row, scratch, y, at, g.width)
        elif squares:
            sum_squares_abreast(row_sums, row * g.unit, scratch, y, at, g.width)
        else:
            sum_values_abreast(row_sums, row * g.unit, scratch, y, at, g.width)


@kernel
def take_sums(row_sums, begin, scratch, g):
    """The sum over all rows, for each lane, to the start of `scratch`; row_sums from `begin`."""
    if g.unit == 1:
        sum_values(scratch, 0, scratch, row_sums, begin, g.rows)
    else:
        sum_values_abreast(scratch, 0, scratch, row_sums, begin, g.rows)


@kernel
def measure(into, q, energy, row_sums, scratch, first_chain, passes, g, team):
    """into: (3, chains), the mean field, its square and the energy per site, in the order of
    sums that `Action.scalars` has."""
    apart = g.rows * g.unit
    if g.whole:
        call(
            passes.sums,
            (
                address_of(row_sums), apart, g.unit, address_of(q), address_of(energy), g.lead,
                g.stride, g.classes, team.first, team.last,
            ),
        )  # fmt: skip
    else:
        sum_rows(row_sums, scratch, q, False, g, team)
        sum_rows(row_sums[apart:], scratch, q, True, g, team)
        sum_rows(row_sums[2 * apart :], scratch, energy, False, g, team)
    meet(team)
    if team.rank == 0:
        per_site = real(1.0 / (g.rows * g.width))
        for k in range(3):
            take_sums(row_sums, k * apart, scratch, g)
            for lane in range(min(g.unit, into.shape[1] - first_chain)):
                into[k, first_chain + lane] = scratch[lane] * per_site
    meet(team)
