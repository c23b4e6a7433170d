"""Moving fields in and out of the layout of rows."""

from heatbath_numba.header import DTYPE, WIDTH, kernel
from heatbath_numba.row_registers import copy_images

copy_numbers = copy_images(DTYPE, 1)
copy_registers = copy_images(DTYPE, WIDTH)


@kernel
def pack(q, fields, first_chain, g, team):
    """The fields (chains, sites) from `first_chain` on as padded rows; lanes without a chain
    repeat the last."""
    for lane in range(g.unit):
        field = fields[min(first_chain + lane, fields.shape[0] - 1)]
        for row in range(team.first, team.last):
            base = g.lead + row * g.classes * g.stride + lane
            for j in range(g.width):
                q[base + g.places[j]] = field[row * g.width + j]
    for row in range(team.first, team.last):
        refresh(q, row, g)


@kernel
def unpack(fields, q, first_chain, g, team):
    for lane in range(min(g.unit, fields.shape[0] - first_chain)):
        field = fields[first_chain + lane]
        for row in range(team.first, team.last):
            base = g.lead + row * g.classes * g.stride + lane
            for j in range(g.width):
                field[row * g.width + j] = q[base + g.places[j]]


@kernel
def refresh(q, row, g):
    """Write the periodic images of a row into its pads."""
    start, n = g.lead + row * g.classes * g.stride, g.images.size // 2
    if g.unit == 1:
        copy_numbers(q, start, g.images, n)
    else:
        copy_registers(q, start, g.images, n)
