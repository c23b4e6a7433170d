"""Moves of a whole field with one mistake in what they propose or accept, and their healthy twins.

Each update proposes φ′ and accepts it by −log u > S(φ′) − S(φ) − log r, with r the ratio of the
densities of the way back and the way there (W. K. Hastings, Biometrika 57, 97 (1970)), times the
Jacobian if the move is a map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heatbath import random
from heatbath._namespace import Array, namespace_of
from heatbath._sampler import State, check_update, started
from heatbath.actions import Action
from heatbath.elementary import exp, log
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose

__all__ = [
    "BiasedProposal",
    "DriftingWalk",
    "ForgottenJacobian",
    "Rescaling",
    "Walk",
    "WrongAcceptance",
]


@dataclass(frozen=True)
class MoveInfo:
    """acceptance: the accepted fraction of each chain, shape (*batch,)."""

    acceptance: Array


@dataclass(frozen=True)
class Walk:
    """φ′ = φ + (width/√V) z, z ~ N(0, 1) at each of V sites: as likely there as back.

    >>> import numpy as np, heatbath as hb
    >>> sampler = Walk(hb.actions.Gaussian(m2=1.0, lattice=(3,)))
    >>> state, info = sampler.step(hb.random.key(1), sampler.init(np.zeros(3)), n=4)
    >>> state.step
    4
    """

    action: Action
    width: float = 1.2

    name = "walk"
    exact = True
    reversible = True
    temperature = 1.0

    def on(self, lattice: Lattice | Any) -> Any:
        """The same sampler with its action on `lattice`."""
        return replace(self, action=self.action.on(lattice))

    def init(self, field: Array) -> State:
        """The state at `field`, an array (*batch, *lattice)."""
        return started(self.action, field)

    def propose(self, field: Array, key: Key, step: int) -> tuple[Array, Array]:
        """φ′ and log r, of shapes (*batch, *lattice) and (*batch,)."""
        z = self.normal(field, key, step)
        return field + self.scale * z, 0.0 * self.per_chain(field)

    def step(self, key: Key, state: State, n: int = 1) -> tuple[State, MoveInfo]:
        """n updates of every chain."""
        check_update(state.field, self.action, key, state.step, n)
        field, taken, xp = state.field, 0.0, namespace_of(state.field)
        for now in range(state.step, state.step + n):
            proposal, log_ratio = self.propose(field, key, now)
            change = self.action(proposal) - self.action(field) - log_ratio
            like = self.per_chain(field)
            u = random.uniform(like, key, now, dim=0, purpose=Purpose.ACCEPT)
            accept = xp.asarray(-log(u) * self.temperature > change)
            field = xp.where(self.over_sites(accept), proposal, field)
            taken = taken + xp.astype(accept, field.dtype)
        return State(field, state.step + n), MoveInfo(taken * (1.0 / n))

    @property
    def scale(self) -> Any:
        """width/√V."""
        return self.width * float(self.action.placed_on.volume) ** -0.5

    def normal(self, field: Array, key: Key, step: int) -> Array:
        """Standard normal numbers, one per site."""
        dim = self.action.placed_on.ndim
        return random.normal(field, key, step, dim=dim, purpose=Purpose.NOISE)

    def per_chain(self, field: Array) -> Array:
        """One site of each chain, shape (*batch,): an array to be like."""
        return field[(..., *(0,) * self.action.placed_on.ndim)]

    def over_sites(self, values: Array) -> Array:
        """(*batch,) as (*batch, 1, …, 1)."""
        return values[(..., *(None,) * self.action.placed_on.ndim)]


class WrongAcceptance(Walk):
    """−2 log u in place of −log u: it samples exp(−S/2)."""

    name = "walk with a wrong acceptance"
    temperature = 2.0


@dataclass(frozen=True)
class DriftingWalk(Walk):
    """φ′ = φ + (width/√V)(z + drift): forwards more likely than back, which log r puts right."""

    drift: float = 0.25

    name = "drifting walk"

    def propose(self, field: Array, key: Key, step: int) -> tuple[Array, Array]:
        """φ′ and log r = −2 drift Σ(z + drift)."""
        jump = self.normal(field, key, step) + self.drift
        log_ratio = -2.0 * self.drift * self.action.placed_on.sum(jump)
        return field + self.scale * jump, log_ratio


class BiasedProposal(DriftingWalk):
    """The drift without Hastings' ratio: the field is pushed to positive values."""

    name = "biased proposal"

    def propose(self, field: Array, key: Key, step: int) -> tuple[Array, Array]:
        """φ′, and log r forgotten."""
        proposal, log_ratio = super().propose(field, key, step)
        return proposal, 0.0 * log_ratio


@dataclass(frozen=True)
class Rescaling(Walk):
    """φ′ = e^s φ, s ~ ½(width/√V) N(0, 1): a map, whose Jacobian e^{sV} is in r.

    Exact, but not ergodic: it moves along one line of fields.
    """

    name = "rescaling"

    def propose(self, field: Array, key: Key, step: int) -> tuple[Array, Array]:
        """φ′ and log r = sV."""
        noise = random.normal(self.per_chain(field), key, step, dim=0, purpose=Purpose.NOISE)
        s = 0.5 * self.scale * noise
        return self.over_sites(exp(s)) * field, float(self.action.placed_on.volume) * s


class ForgottenJacobian(Rescaling):
    """Accepted by exp(−ΔS) alone: small fields are preferred."""

    name = "rescaling without its Jacobian"

    def propose(self, field: Array, key: Key, step: int) -> tuple[Array, Array]:
        """φ′, and log r forgotten."""
        proposal, log_ratio = super().propose(field, key, step)
        return proposal, 0.0 * log_ratio
