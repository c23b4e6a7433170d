"""Markov chains with a known stationary distribution: one file per sampler.

A sampler of your own, here or elsewhere, is made of `State`, `started` (for `init`),
`check_update` and `Recording` (for `step`); the protocol `Sampler` says what it must have.
"""

from heatbath._sampler import Recording, Sampler, State, check_update, started
from heatbath.mcmc.cycle import Cycle, CycleInfo, cycle
from heatbath.mcmc.hmc import HMC, HMCInfo, integrate, trajectories
from heatbath.mcmc.integrators import INTEGRATORS, Integrator
from heatbath.mcmc.metropolis import Metropolis, MetropolisInfo, sweeps

__all__ = [
    "HMC",
    "INTEGRATORS",
    "Cycle",
    "CycleInfo",
    "HMCInfo",
    "Integrator",
    "Metropolis",
    "MetropolisInfo",
    "Recording",
    "Sampler",
    "State",
    "check_update",
    "cycle",
    "integrate",
    "started",
    "sweeps",
    "trajectories",
]
