"""Stochastic differential equations: one file per integrator."""

from heatbath.sde.langevin import Langevin, LangevinInfo, steps

__all__ = ["Langevin", "LangevinInfo", "steps"]
