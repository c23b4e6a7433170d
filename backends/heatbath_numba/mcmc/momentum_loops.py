"""The part of Hamiltonian dynamics that does not depend on the action."""

from heatbath_numba.field_loops import refresh
from heatbath_numba.header import HALF, PAD, kernel


@kernel
def drift(q, p, amount, width, halo):
    for row in range(q.shape[0]):
        x, y = q[row, PAD : PAD + width], p[row * width : row * width + width]
        for j in range(width):
            x[j] += amount * y[j]
        refresh(q, row, width, halo)


@kernel
def change_sites(change, new, old, p_new, p_old):
    """ΔH of each site: the energies' difference plus ½(p'² − p²)."""
    for i in range(change.size):
        change[i] = (new[i] - old[i]) + HALF * (p_new[i] * p_new[i] - p_old[i] * p_old[i])
