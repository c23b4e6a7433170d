"""The barrier of threads that sweep one lattice together."""

from heatbath_numba.header import kernel
from heatbath_numba.team import SPINS, arrive, arrived, step_aside


@kernel
def meet(team):
    """Wait until all members of the team are here."""
    if team.size > 1:
        round_ = arrive(team.arrivals) // team.size + 1
        tries = 0
        while arrived(team.arrivals) < round_ * team.size:
            tries += 1
            if tries > SPINS:
                step_aside()
