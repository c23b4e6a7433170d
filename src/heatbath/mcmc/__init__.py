"""Markov chains with a known stationary distribution: one file per sampler."""

from heatbath._sampler import Sampler, State
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
    "Sampler",
    "State",
    "cycle",
    "integrate",
    "sweeps",
    "trajectories",
]
