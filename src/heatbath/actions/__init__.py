"""Actions: sums of clique formulas."""

from heatbath.actions.action import Action, Theory
from heatbath.actions.gaussian import Gaussian
from heatbath.actions.phi4 import Phi4

__all__ = ["Action", "Gaussian", "Phi4", "Theory"]
