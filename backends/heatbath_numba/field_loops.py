"""Moving fields in and out of padded rows, and sums in the fixed order of `tree_sum`."""

from heatbath_numba.header import PAD, kernel, real


@kernel
def refresh(q, row, width, halo):
    """Write the periodic images of a row into its pads."""
    left, right = width - 1, 0
    for k in range(halo):
        q[row, PAD - 1 - k] = q[row, PAD + left]
        q[row, PAD + width + k] = q[row, PAD + right]
        left = left - 1 if left > 0 else width - 1
        right = right + 1 if right + 1 < width else 0


@kernel
def pack(q, field, width, halo):
    for row in range(q.shape[0]):
        for j in range(width):
            q[row, PAD + j] = field[row * width + j]
        refresh(q, row, width, halo)


@kernel
def unpack(field, q, width):
    for row in range(q.shape[0]):
        for j in range(width):
            field[row * width + j] = q[row, PAD + j]


@kernel
def halve(x, n):
    """The fixed tree: x[i] + x[i + h], h = ⌈n/2⌉, until one number is left (x is used up)."""
    while n > 1:
        h = (n + 1) // 2
        for i in range(n - h):
            x[i] += x[h + i]
        n = h
    return x[0]


@kernel
def sum_sites(x, row_sums, width):
    """The sum over all sites; x is used up."""
    rows = row_sums.size
    for row in range(rows):
        row_sums[row] = halve(x[row * width : row * width + width], width)
    return halve(row_sums, rows)


@kernel
def fill_zero(x):
    for i in range(x.size):
        x[i] = real(0.0)
