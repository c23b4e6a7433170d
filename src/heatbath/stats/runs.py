r"""Errors of sums over several runs, each by the Γ-method.

A number that is a smooth function of many measurements moves, to first order, by Σ_i x_i with an
influence x_i of each measurement.  Runs are independent, and only fluctuations about a run's own
mean count (how many measurements a run has is no chance), so

    error² = Σ_r N_r² · (error of the mean of x in run r)².
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heatbath.stats.estimation import (
    NOTHING_VARIES,
    gamma_warnings,
    short_chain_warning,
    widened,
)
from heatbath.stats.gamma import Gamma, analyse
from heatbath.stats.overlap import squares_of_stretches, support_of, support_warning
from heatbath.stats.results import Estimate
from heatbath.stats.series import FloatArray

__all__ = ["RunSlice", "correlations", "errors_of_sums", "gammas_of_run", "stretch_sums"]

_BINS = 64  # stretches per run, for correlations between results


@dataclass(frozen=True)
class RunSlice:
    """One run in an array of the measurements of all runs, chain after chain."""

    start: int
    chains: int
    n: int

    @property
    def total(self) -> int:
        return self.chains * self.n

    @property
    def place(self) -> slice:
        return slice(self.start, self.start + self.total)

    def centred(self, rows: FloatArray) -> FloatArray:
        """Of rows (parts, N): this run's about its mean, (parts, chains, n)."""
        own = rows[:, self.place]
        moved = own - own.mean(axis=-1, keepdims=True)
        return np.asarray(moved.reshape(len(rows), self.chains, self.n))


def errors_of_sums(
    values: FloatArray, rows: FloatArray, runs: Sequence[RunSlice], effective: float
) -> list[Estimate]:
    """Estimates of values (parts,) whose influences are rows (parts, N).

    effective: of how many equal measurements the weights leave; ``ess`` is that over 2 τ_int.
    """
    found = [_OneRun.of(rows, run) for run in runs]
    support = support_of(np.sum([one.squares for one in found], axis=0)).tolist()
    return [
        _together(value, [one.part(j) for one in found], support[j], effective)
        for j, value in enumerate(values.tolist())
    ]


def gammas_of_run(moved: FloatArray) -> list[Gamma]:
    """The Γ-method for the mean of each part of fluctuations (parts, chains, n)."""
    parts, chains, n = moved.shape
    return analyse(lambda start, stop: moved[..., start:stop], parts=parts, chains=chains, n=n)


Part = tuple[Gamma, tuple[str, ...], RunSlice]


@dataclass(frozen=True)
class _OneRun:
    run: RunSlice
    gammas: list[Gamma]
    of_chains: FloatArray
    """Mean of each chain, shape (parts, chains)."""
    squares: FloatArray
    """Σ q and Σ q² over stretches of 2 τ_int, shape (2, parts)."""

    @classmethod
    def of(cls, rows: FloatArray, run: RunSlice) -> _OneRun:
        moved = run.centred(rows)
        gammas = gammas_of_run(moved)
        # Lengths are rounded to powers of two: rows of one length go together.
        lengths = np.array([1 << max(round(math.log2(2 * g.tau)), 0) for g in gammas])
        squares = np.zeros((2, len(rows)))
        for length in set(lengths.tolist()):
            some = lengths == length
            own = moved if some.all() else moved[some]
            squares[:, some] = squares_of_stretches(own, min(length, run.n))
        return cls(run, gammas, moved.mean(axis=-1), squares)

    def part(self, j: int) -> Part:
        gamma = widened(self.gammas[j], self.of_chains[j], self.run.n)
        return gamma, gamma_warnings(gamma, self.of_chains[j], self.run.n), self.run


def _together(value: float, parts: Sequence[Part], support: float, effective: float) -> Estimate:
    squared = naive = spread = 0.0
    total = chains = 0
    for gamma, _, run in parts:
        squared += (run.total * gamma.error) ** 2
        naive += run.total * gamma.variance
        spread += (run.total * gamma.variance * gamma.tau_error) ** 2
        total, chains = total + run.total, chains + run.chains
    if naive == 0:
        return Estimate(value, 0.0, 0.5, total, 0.0, effective, (NOTHING_VARIES,))
    tau = squared / (2 * naive)
    words = short_chain_warning(total, tau, chains=chains)
    for index, (gamma, sentences, run) in enumerate(parts):
        if len(parts) == 1:
            words += sentences
        elif sentences and (run.total * gamma.error) ** 2 > 0.1 * squared:  # else of no weight
            words += tuple(f"run {index}: {sentence}" for sentence in sentences)
    return Estimate(
        value=value,
        error=math.sqrt(squared),
        tau_int=tau,
        n=total,
        tau_int_error=math.sqrt(spread) / naive,
        ess=effective / (2 * tau),
        warnings=words + support_warning(support),
    )


def stretch_sums(rows: FloatArray, runs: Sequence[RunSlice]) -> FloatArray:
    """Influences summed over stretches of the chains, shape (parts, stretches)."""
    sums = []
    for run in runs:
        moved = run.centred(rows)
        length = max(run.total // _BINS, 1)
        sums.append(
            np.add.reduceat(moved, np.arange(0, run.n, length), axis=-1).reshape(len(rows), -1)
        )
    return np.concatenate(sums, axis=-1)


def correlations(sums: FloatArray) -> FloatArray:
    """Correlations (parts, parts) of numbers whose stretch sums are given; positive by the form.

    A number that does not move is uncorrelated with all others.
    """
    size = np.sqrt(np.square(sums).sum(axis=-1))
    unit = sums / np.where(size > 0, size, 1.0)[:, np.newaxis]
    matrix = unit @ unit.T
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix)
