"""Ensembles with known free energies and means, drawn without any sampler."""

from __future__ import annotations

from functools import cache

import numpy as np

__all__ = ["GaussianFamily", "Ising", "ar1"]


def ar1(rng: np.random.Generator, shape: tuple[int, ...], tau: float) -> np.ndarray:
    """Stationary Gaussian chains of variance 1 along the last axis, ρ(t) = a^t, of this τ_int."""
    a = (2 * tau - 1) / (2 * tau + 1)
    x = rng.normal(size=shape)
    if a == 0:
        return x
    x[..., 1:] *= np.sqrt(1 - a * a)
    for t in range(1, shape[-1]):
        x[..., t] += a * x[..., t - 1]
    return x


class GaussianFamily:
    """S = β E with E = Σ_i x_i²/2 over d numbers: ⟨E⟩ = d/(2β), f(β) = (d/2) log β + constant."""

    def __init__(self, dim: int = 1) -> None:
        self.dim = dim

    def free_energy(self, beta, relative_to):
        return self.dim / 2 * np.log(np.asarray(beta) / relative_to)

    def mean(self, beta):
        return self.dim / (2 * np.asarray(beta))

    def variance(self, beta):
        return self.dim / (2 * np.asarray(beta) ** 2)

    def energies(self, rng, beta, shape, tau=0.5):
        """E of chains whose x are AR(1); those of E decorrelate as ρ²."""
        if tau == 0.5:
            return rng.gamma(self.dim / 2, 1 / beta, size=shape)
        x = ar1(rng, (self.dim, *shape), tau)
        return np.square(x).sum(axis=0) / (2 * beta)


class Ising:
    """The Ising model on a 4×4 torus by enumeration: S = β E, E = −Σ over the 32 bonds of s s'."""

    @staticmethod
    @cache
    def states():
        """E and |M| of all 2^16 configurations."""
        bits = np.arange(1 << 16)[:, np.newaxis] >> np.arange(16)
        spins = (1 - 2 * (bits & 1)).reshape(-1, 4, 4)
        bonds = sum((spins * np.roll(spins, 1, axis)).sum(axis=(1, 2)) for axis in (1, 2))
        return -bonds.astype(float), np.abs(spins.sum(axis=(1, 2))).astype(float)

    @classmethod
    def probabilities(cls, beta):
        energy, _ = cls.states()
        w = np.exp(-beta * (energy - energy.min()))
        return w / w.sum()

    @classmethod
    def exact(cls, beta):
        """⟨E⟩ and ⟨|M|⟩."""
        p = cls.probabilities(beta)
        return tuple(float(p @ values) for values in cls.states())

    @classmethod
    def free_energy(cls, beta, relative_to):
        """f(β) − f(β₀)."""
        energy, _ = cls.states()
        return float(
            -np.log(np.exp(-(beta - relative_to) * energy) @ cls.probabilities(relative_to))
        )

    @classmethod
    def draw(cls, rng, beta, shape):
        """Independent E and |M|."""
        index = rng.choice(1 << 16, size=shape, p=cls.probabilities(beta))
        return tuple(values[index] for values in cls.states())
