r"""Free energies of several ensembles from measurements of all of them: the MBAR equations.

Ensemble k has weight e^{−u_k(x)} and N_k measurements.  Of all together, x is drawn from the
mixture D(x) = Σ_k N_k e^{f_k − u_k(x)}, and a measurement belongs to ensemble k with probability

    p_k(x) = N_k e^{f_k − u_k(x)} / D(x).

The free energies f_k = −log Z_k, known up to a common constant, are those for which each ensemble
is expected as often as it was simulated, Σ_n p_k(x_n) = N_k.  That is where the convex function

    Φ(f) = Σ_n log D(x_n) − Σ_k N_k f_k

is least: its gradient is g_k = Σ_n p_k − N_k, its Hessian H_kj = δ_kj Σ_n p_k − Σ_n p_k p_j.  We
start from f_k − f_j = (⟨u_k − u_j⟩_j + ⟨u_k − u_j⟩_k) / 2 along the tree of the nearest ensembles,
which is exact where energies are Gaussian, and go on by Newton's method; a step that overshoots is
halved.  Far from the solution, where H tells nothing, f_k −= log(Σ_n p_k / N_k), the iteration of
Ferrenberg and Swendsen, always leads down.

H is the Laplacian of a graph: Σ_n p_A p_B is what the ensembles of A share with those of B.  Where
that is a few measurements, the free energy between A and B is not known: disjoint histograms.

Sources: M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129 (2008) 124105, equation 11;
A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63 (1989) 1195, for u = β E.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from heatbath.stats.series import FloatArray

__all__ = ["ConvergenceError", "Mixture", "disjoint_groups", "first_guess", "pinned_inverse"]

KEPT = 1 << 24  # numbers that may be kept from one evaluation to the next
ENOUGH_SHARED = 20.0  # measurements shared by two groups of ensembles, or a quarter of the smaller
_MOST = 60  # steps
_SMALL = 1e-7  # of the last step: what is left is of the order of its square
_FAR = 5.0  # a Newton step that is longer is not taken
_NEAR = 30.0  # free energies move less from where the exponentials were taken

Block = tuple[FloatArray, FloatArray | None]
"""Reduced potentials (K, b), and how often each of the b measurements counts (None: once)."""


class ConvergenceError(RuntimeError):
    """Free energies that were not found; the message says how far from a solution it ended."""

    hessian: FloatArray | None = None
    """Where it ended."""


@dataclass(frozen=True)
class Mixture:
    """N_k, and the potentials of all measurements in blocks that can be read again."""

    counts: FloatArray
    blocks: Callable[[], Iterable[Block]]
    size: int
    """Numbers in all blocks."""

    def solve(self, start: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Free energies with f_0 = 0, shape (K,), and the Hessian there, (K, K).

        Raises ConvergenceError after 60 steps.
        """
        here = _Place.at(self, start - start[0])
        step = here.newton_step()
        for _ in range(_MOST):
            if np.abs(step).max() <= _SMALL:
                return here.free + step, here.hessian
            here = here.moved(step) if np.abs(step).max() <= _FAR else here.iterated()
            step = here.newton_step()
        residual = np.abs(here.gradient / self.counts)
        trouble = ConvergenceError(
            f"the free energies did not converge in {_MOST} steps: of ensemble "
            f"{int(residual.argmax())} the expected number of measurements is still off by "
            f"{residual.max():.2g} of its number, and the next step would be "
            f"{np.abs(step).max():.2g}; look at the potentials, or simulate ensembles in between"
        )
        trouble.hessian = here.hessian
        raise trouble


def first_guess(means: FloatArray) -> FloatArray:
    """Free energies from means[j, k] = ⟨u_k⟩_j, along the tree of the nearest ensembles.

    ⟨u_k − u_j⟩_k ≤ f_k − f_j ≤ ⟨u_k − u_j⟩_j (Gibbs and Bogoliubov); the width of that interval is
    the distance of the two ensembles, its middle the guess.
    """
    above = means - np.diag(means)[:, np.newaxis]  # [j, k]: ⟨u_k − u_j⟩_j
    distance, middle = above + above.T, (above - above.T) / 2
    free = np.zeros(len(means))
    known = np.arange(len(means)) == 0
    while not known.all():  # Prim (1957)
        between = np.where(known[:, np.newaxis] & ~known, distance, np.inf)
        j, k = np.unravel_index(np.argmin(between), between.shape)
        free[k] = free[j] + middle[j, k]
        known[k] = True
    return free


def pinned_inverse(hessian: FloatArray, counts: FloatArray) -> FloatArray:
    """The inverse at fixed f_0, with zeros for it; regularised where an ensemble is cut off."""
    inverse = np.zeros_like(hessian)
    if len(hessian) > 1:
        small = 1e-13 * np.diag(counts[1:])
        inverse[1:, 1:] = np.linalg.inv(hessian[1:, 1:] + small)
    return inverse


def disjoint_groups(hessian: FloatArray, counts: FloatArray) -> tuple[list[list[int]], float]:
    """Groups of ensembles that share too little with all others, and what the first two share.

    One group, and what its weakest cut shares, if all hang together.
    """
    cut, shared, enough = _weakest_cut(hessian, counts)
    if enough:
        return [list(range(len(counts)))], shared
    groups = []
    for part in (cut, [k for k in range(len(counts)) if k not in cut]):
        inside = hessian[np.ix_(part, part)]
        inside = inside - np.diag(inside.sum(axis=1))  # without what is shared with the others
        found, _ = disjoint_groups(inside, counts[part])
        groups += [[part[k] for k in group] for group in found]
    return sorted(groups), shared


def _weakest_cut(laplacian: FloatArray, counts: FloatArray) -> tuple[list[int], float, bool]:
    """Along the Fiedler vector (M. Fiedler, 1973): one side of the cut that shares least of what
    it needs, Σ p_A p_B there, and whether that is enough."""
    if len(counts) == 1:
        return [], np.inf, True
    scale = 1 / np.sqrt(counts)
    _, vectors = np.linalg.eigh(scale[:, np.newaxis] * laplacian * scale)
    order = np.argsort(scale * vectors[:, 1])
    shared = np.cumsum(np.cumsum(laplacian[np.ix_(order, order)], axis=0), axis=1).diagonal()[:-1]
    below = np.cumsum(counts[order])[:-1]
    needed = np.minimum(ENOUGH_SHARED, np.minimum(below, counts.sum() - below) / 4)
    best = int(np.argmin(shared / needed))
    side = sorted(order[: best + 1].tolist())
    return side, max(float(shared[best]), 0.0), bool(shared[best] >= needed[best])


@dataclass(frozen=True)
class _Place:
    """Some f, and Φ there."""

    mixture: Mixture
    free: FloatArray
    expected: FloatArray
    """Σ_n p_k."""
    hessian: FloatArray
    kept: tuple[FloatArray, Callable[[], Iterable[Block]]]
    """Where exponentials were taken, and those: e^{f − u} of each measurement, the largest 1."""

    @classmethod
    def at(cls, mixture: Mixture, free: FloatArray) -> _Place:
        def exponentials() -> Iterator[Block]:
            for u, often in mixture.blocks():
                yield _scaled_exponentials(free, u), often

        if mixture.size > KEPT:
            return cls._evaluate(mixture, free, (free, exponentials))
        held = list(exponentials())
        return cls._evaluate(mixture, free, (free, lambda: held))

    @classmethod
    def _evaluate(
        cls,
        mixture: Mixture,
        free: FloatArray,
        kept: tuple[FloatArray, Callable[[], Iterable[Block]]],
    ) -> _Place:
        reference, exponentials = kept
        factor = mixture.counts * np.exp(free - reference)
        expected = np.zeros_like(free)
        products = np.zeros((len(free), len(free)))
        for e, often in exponentials():
            belongs = e / (factor @ e)  # p_k up to the factors
            if often is None:
                expected += belongs.sum(axis=1)
                products += belongs @ belongs.T
            else:
                expected += belongs @ often
                products += (belongs * often) @ belongs.T
        expected *= factor
        products *= factor[:, np.newaxis] * factor
        return cls(mixture, free, expected, np.diag(expected) - products, kept)

    @property
    def gradient(self) -> FloatArray:
        """Σ_n p_k − N_k."""
        return self.expected - self.mixture.counts

    def newton_step(self) -> FloatArray:
        """−H⁻¹ g at fixed f_0."""
        return -pinned_inverse(self.hessian, self.mixture.counts) @ self.gradient

    def moved(self, step: FloatArray) -> _Place:
        """Along a step, as far as Φ falls."""
        steepest = 0.9 * abs(float(self.gradient @ step))
        there = self._at(self.free + step)
        # Φ is convex: it still falls at the end of the step, or rises less than it fell before.
        while float(there.gradient @ step) > steepest and np.abs(step).max() > _SMALL:
            step, steepest = step / 2, steepest / 2
            there = self._at(self.free + step)
        return there

    def iterated(self) -> _Place:
        """After one iteration of Ferrenberg and Swendsen."""
        expected = np.maximum(self.expected, np.finfo(np.float64).tiny)
        change = np.log(expected / self.mixture.counts)
        return self._at(self.free - (change - change[0]))

    def _at(self, free: FloatArray) -> _Place:
        if np.abs(free - self.kept[0]).max() > _NEAR or self.mixture.size > KEPT:
            return _Place.at(self.mixture, free)
        return _Place._evaluate(self.mixture, free, self.kept)


def _scaled_exponentials(free: FloatArray, u: FloatArray) -> FloatArray:
    exponents = free[:, np.newaxis] - u
    exponents -= exponents.max(axis=0)
    return np.asarray(np.exp(exponents, out=exponents))
