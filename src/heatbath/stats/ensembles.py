"""All measurements of several runs as one sample: weights, influences and overlaps.

The formulas stand in `heatbath.stats.mbar`.  N is the number of measurements of all runs, K that of
simulated ensembles, one per run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatbath.stats.mixture import KEPT, pinned_inverse
from heatbath.stats.overlap import Overlap, Piece, measure_overlap
from heatbath.stats.runs import RunSlice, gammas_of_run
from heatbath.stats.series import FloatArray

__all__ = ["Ensembles", "Weights"]

Blocks = Callable[[], Iterator[tuple[slice, FloatArray]]]
"""Places among the N measurements, never of two runs, and the potentials (K, b) there."""


@dataclass(frozen=True, eq=False)
class Ensembles:
    """Runs, their potentials, and the free energies that were found."""

    runs: tuple[RunSlice, ...]
    blocks: Blocks
    free: FloatArray
    hessian: FloatArray

    @property
    def counts(self) -> FloatArray:
        """N_k."""
        return np.array([run.total for run in self.runs], dtype=np.float64)

    @property
    def total(self) -> int:
        """N."""
        return sum(run.total for run in self.runs)

    @cached_property
    def inverse(self) -> FloatArray:
        """H⁻¹ at f_0 = 0, shape (K, K)."""
        return pinned_inverse(self.hessian, self.counts)

    @cached_property
    def log_mixture(self) -> FloatArray:
        """log D of each measurement, shape (N,)."""
        logs = np.empty(self.total)
        for place, u in self.blocks():
            _, logs[place] = self._belongings(u)
        return logs

    def belongings(self) -> Iterator[tuple[slice, FloatArray]]:
        """p_k of the measurements, in blocks (K, b); kept where they are few enough."""
        if self.total * len(self.runs) <= KEPT:
            yield from self._kept
        else:
            for place, u in self.blocks():
                yield place, self._belongings(u)[0]

    @cached_property
    def _kept(self) -> list[tuple[slice, FloatArray]]:
        return [(place, self._belongings(u)[0]) for place, u in self.blocks()]

    def _belongings(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        exponents = (np.log(self.counts) + self.free)[:, np.newaxis] - u
        top = exponents.max(axis=0)
        exponents -= top
        p = np.exp(exponents, out=exponents)
        mixture = p.sum(axis=0)
        p /= mixture
        return p, top + np.log(mixture)

    def log_weights(self, potential: FloatArray) -> FloatArray:
        """−u − log D, shape (N,)."""
        return np.asarray(-potential - self.log_mixture)

    def weights(self, potential: FloatArray) -> Weights:
        """Of the ensemble with this reduced potential, shape (N,)."""
        logs = self.log_weights(potential)
        top = logs.max()
        w = np.exp(logs - top)
        total = w.sum()
        return Weights(self, logs, w / total, -float(top + np.log(total)))

    def overlap(self, logs: FloatArray, taus: Sequence[float]) -> Overlap:
        """What log weights (N,) rest on; taus: of each run."""

        def reader(run: RunSlice) -> Callable[[int, int], FloatArray]:
            own = logs[run.place].reshape(run.chains, run.n)
            return lambda start, stop: own[:, start:stop]

        return measure_overlap(
            [
                Piece(reader(run), run.chains, run.n, tau)
                for run, tau in zip(self.runs, taus, strict=True)
            ]
        )

    def taus(self, series: FloatArray) -> list[float]:
        """τ_int of a series (N,) in each run, 1/2 at least."""
        found = (gammas_of_run(run.centred(series[np.newaxis]))[0].tau for run in self.runs)
        return [max(tau, 0.5) for tau in found]


@dataclass(frozen=True, eq=False)
class Weights:
    """The measurements' weights in one ensemble."""

    ensembles: Ensembles
    logs: FloatArray
    """−u − log D, shape (N,)."""
    w: FloatArray
    """W_n, whose sum is 1."""
    free: float
    """f = −log Σ_n e^{−u} / D."""

    def means(self, observables: FloatArray) -> FloatArray:
        """Σ_n W_n O_n of observables (m, N)."""
        return np.asarray(observables @ self.w)

    def influences(self, fluctuations: FloatArray) -> FloatArray:
        """Of each measurement on means, from O − ⟨O⟩ of shape (m, N), which is overwritten."""
        fluctuations *= self.w
        return self._with_free_energies(fluctuations)

    def influence_on_free(self) -> FloatArray:
        """Of each measurement on f, shape (1, N)."""
        return -self._with_free_energies(self.w[np.newaxis].copy())

    def _with_free_energies(self, rows: FloatArray) -> FloatArray:
        """Add, in place, what the measurements do by moving the free energies."""
        if len(self.ensembles.runs) == 1:
            return rows
        a = sum(rows[:, place] @ p.T for place, p in self.ensembles.belongings())
        moved = a @ self.ensembles.inverse
        for place, p in self.ensembles.belongings():
            rows[:, place] += moved @ p
        return rows
