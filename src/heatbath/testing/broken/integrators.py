"""Hybrid Monte Carlo with maps that are not what the acceptance step believes.

Each is written out as plainly as a first program of its kind: momenta, a map, min(1, e^{−ΔH}).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heatbath import random
from heatbath._namespace import Array, namespace_of
from heatbath._sampler import State, started
from heatbath.actions import Action
from heatbath.elementary import log
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose

__all__ = ["ForgottenJacobianInTheMap", "NotReversible", "PlainHMC"]


@dataclass(frozen=True)
class PlainInfo:
    """acceptance: the accepted fraction of each chain, shape (*batch,)."""

    acceptance: Array


@dataclass(frozen=True)
class PlainHMC:
    """Hybrid Monte Carlo by leapfrog, without any kernel: the healthy twin of the others.

    >>> import numpy as np, heatbath as hb
    >>> sampler = PlainHMC(hb.actions.Gaussian(m2=1.0, lattice=(3,)))
    >>> state, info = sampler.step(hb.random.key(1), sampler.init(np.zeros(3)), n=4)
    >>> state.step
    4
    """

    action: Action
    step_size: float = 0.25
    n_steps: int = 6

    name = "plain hmc"
    exact = True
    order = 2

    def on(self, lattice: Lattice | Any) -> Any:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return started(self.action, field)

    def trajectory(self, field: Array, momentum: Array) -> tuple[Array, Array]:
        """n_steps integration steps from a field and momentum (*batch, *lattice)."""
        for _ in range(self.n_steps):
            field, momentum = self.one_step(field, momentum)
        return field, momentum

    def one_step(self, phi: Array, p: Array) -> tuple[Array, Array]:
        """Half a drift, a kick, half a drift."""
        phi = phi + 0.5 * self.step_size * p
        p = p + self.step_size * self.action.force(phi)
        return phi + 0.5 * self.step_size * p, p

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, PlainInfo]:
        """n trajectories of every chain."""
        phi, lattice, taken = state.field, self.action.placed_on, []
        xp = namespace_of(phi)
        spread_out = (..., *(None,) * lattice.ndim)
        for now in range(state.step, state.step + n):
            p = random.normal(phi, key, now, dim=lattice.ndim, purpose=Purpose.MOMENTUM)
            new, p_new = self.trajectory(phi, p)
            kinetic = 0.5 * (p_new * p_new - p * p)
            change = lattice.sum(self.action.energies(new) - self.action.energies(phi) + kinetic)
            u = random.uniform(change, key, now, dim=0, purpose=Purpose.ACCEPT)
            accepted = -log(u) > change
            phi = xp.where(accepted[spread_out], new, phi)
            taken.append(xp.astype(accepted, phi.dtype))
        return State(phi, state.step + n), PlainInfo(xp.mean(xp.stack(taken), axis=0))


class NotReversible(PlainHMC):
    """Euler's symplectic steps, drift then kick: they keep the volume, but do not return."""

    name = "hmc that does not return"
    order = 1

    def one_step(self, phi: Array, p: Array) -> tuple[Array, Array]:
        """A whole drift, then a whole kick."""
        phi = phi + self.step_size * p
        return phi, p + self.step_size * self.action.force(phi)


class ForgottenJacobianInTheMap(PlainHMC):
    """Leapfrog in y = sinh φ, whose momentum is kicked by −∂S/∂y: it returns and keeps H, but a
    volume in y is one in φ only with the Jacobian dy/dφ = cosh φ, which the acceptance lacks."""

    name = "hmc with a forgotten Jacobian"

    def one_step(self, phi: Array, p: Array) -> tuple[Array, Array]:
        """Half a drift of sinh φ, a kick, half a drift."""
        phi = self._drifted(phi, p)
        slope = 1.0 / namespace_of(phi).cosh(phi)
        p = p + self.step_size * self.action.force(phi) * slope
        return self._drifted(phi, p), p

    def _drifted(self, phi: Array, p: Array) -> Array:
        xp = namespace_of(phi)
        return xp.asinh(xp.sinh(phi) + 0.5 * self.step_size * p)
