"""Sums over sites in the fixed order of `tree_sum`, and neighbours on a periodic row.

Threads of a block, or of the whole grid, share the work: thread `first` takes the pieces first,
first + stride, …
"""

import numpy as np
from numba import cuda

from heatbath_cuda.header import device, kernel
from heatbath_cuda.primitives import divided
from heatbath_cuda.rounded_float64 import add, high_product, mul


@device
def row_of(site, span):
    """⌊site / width⌋, by the multiplication that `layout` prepares."""
    return np.int64(np.uint32(high_product(np.uint32(site << 1), np.uint32(span[1]))) >> span[2])


@device
def around(column, k, span):
    """The column at a distance span[k] on the periodic row."""
    moved = column + span[k]
    return moved - span[0] if moved >= span[0] else moved


@device
def add_halves(x, n, step, rows, pitch, first, stride):
    """One level of the tree, x[i] + x[i + h] with h = ⌈n/2⌉, in rows of n numbers: number i of
    a row is x[row * pitch + i * step]."""
    h = (n + 1) // 2
    k = first
    while k < rows * (n - h):
        row = divided(k, n - h)
        i = row * pitch + (k - row * (n - h)) * step
        here, there = np.uint64(i), np.uint64(i + h * step)
        x[here] = add(x[here], x[there])
        k += stride


@device
def sum_rows(x, n, step, rows, pitch):
    """All levels, by the threads of one block; the sums are x[row * pitch]."""
    while n > 1:
        add_halves(x, n, step, rows, pitch, cuda.threadIdx.x, cuda.blockDim.x)
        cuda.syncthreads()
        n = (n + 1) // 2


@device
def sum_sites(x, width):
    """The sum over all sites by the threads of one block: rows, then the rows' sums.  x is used
    up; all threads must be done with it before."""
    rows = divided(x.size, width)
    sum_rows(x, width, 1, rows, width)
    sum_rows(x, rows, width, 1, 0)
    return x[0]


@kernel
def add_halves_of_all(values, count, n, step, rows, pitch):
    """One level of the tree in values[chain, q], q < count, by the whole grid."""
    k = cuda.blockIdx.y
    while k < values.shape[0] * count:
        x = values[k // count, k % count]
        add_halves(x, n, step, rows, pitch, cuda.grid(1), cuda.gridsize(1))
        k += cuda.gridDim.y


@kernel
def sum_rows_of_all(values, count, n, step, rows, pitch, rows_per_block):
    """The remaining levels of the tree in values[chain, q], a few rows per block."""
    k = cuda.blockIdx.y
    while k < values.shape[0] * count:
        x = values[k // count, k % count]
        for row in range(cuda.blockIdx.x * rows_per_block, rows, cuda.gridDim.x * rows_per_block):
            sum_rows(x[row * pitch :], n, step, min(rows_per_block, rows - row), pitch)
        k += cuda.gridDim.y


@kernel
def record_all(out, r, values, per_site):
    """The sums of all chains (chains, 3, …) to out[r], the r-th record (3, chains)."""
    k = cuda.grid(1)
    while k < 3 * values.shape[0]:
        chain = k // 3
        out[r, k % 3, chain] = mul(values[chain, k % 3, 0], per_site)
        k += cuda.gridsize(1)
