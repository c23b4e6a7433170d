r"""Several simulated ensembles as one: free energies, and means in any ensemble near them.

The measurements of all runs are samples of the mixture D (`heatbath.stats.mixture`), and each has
in the ensemble e^{−u} the weight

    W_n = e^{f − u(x_n)} / D(x_n),   e^{−f} = Σ_n e^{−u(x_n)} / D(x_n),   ⟨O⟩ = Σ_n W_n O(x_n).

One run is reweighted by the same formulas (`heatbath.stats.reweighting`).

Errors are exact to first order in fluctuations.  The free energies solve Σ_n p_k(x_n) = N_k, so a
measurement moves them by −H⁻¹ p(x_n), and with them every weight: the influence of a measurement on
⟨O⟩ is

    x_n = W_n (O_n − ⟨O⟩) + Σ_kj a_k H⁻¹_kj p_j(x_n),   a_k = Σ_n W_n (O_n − ⟨O⟩) p_k(x_n),

and on −f the same without O_n − ⟨O⟩.  These are time series, one per run, for the Γ-method
(`heatbath.stats.runs`), which knows autocorrelations and replicas.  (Without correlations this is
the asymptotic covariance of Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105, equation 8.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from heatbath._checks import check_flag, is_whole
from heatbath._suggest import shown
from heatbath.stats.ensembles import Blocks, Ensembles, Weights
from heatbath.stats.estimates import Estimates
from heatbath.stats.estimation import check_function
from heatbath.stats.mixture import (
    ENOUGH_SHARED,
    ConvergenceError,
    Mixture,
    disjoint_groups,
    first_guess,
)
from heatbath.stats.nodes import energy_nodes
from heatbath.stats.observables import (
    Estimated,
    Observables,
    estimate_function,
    estimate_means,
)
from heatbath.stats.overlap import ExtrapolationError, Overlap
from heatbath.stats.results import Estimate
from heatbath.stats.runs import correlations, errors_of_sums, stretch_sums
from heatbath.stats.series import FloatArray
from heatbath.stats.several_runs import (
    LARGEST,
    GivenRuns,
    open_beta,
    open_energies,
    open_potentials,
    real_number,
)

__all__ = ["MBAR", "OverlapError"]

_NUMBERS = 1 << 16  # numbers of potentials at once
_PART = 50_000  # measurements that a first solution is made from
_DOUBLINGS, _HALVINGS = 20, 6  # of steps to the edge of the trusted range


class OverlapError(ValueError):
    """Ensembles that share no measurements; the message names them."""


@dataclass(frozen=True, eq=False, repr=False)
class MBAR:
    """Runs in several ensembles, analysed together: make one by `of_energies` or `of_potentials`.

    Runs may have different lengths, and several chains each, which are its replicas.

    >>> import numpy as np
    >>> rng, beta = np.random.default_rng(2), [1.0, 1.2, 1.5]      # S = β E, E = Σ_i x_i²/2, i ≤ 20
    >>> energies = [rng.gamma(10, 1 / b, size=10_000) for b in beta]
    >>> mbar = MBAR.of_energies(energies, beta)
    >>> print(mbar.free_energies()[1:])                            # 10 log(β_k/β_0) = 1.823, 4.055
    ['1.8208(37)', '4.0502(73)']
    >>> print(mbar.mean(energies, at=1.3))                         # 10 / β = 7.692
    7.686(14)
    >>> print(mbar.mean(energies, at=[0.9, 1.3]))
    ['11.063(38)', '7.686(14)']
    >>> mbar.mean(energies, at=9.0)
    Traceback (most recent call last):
        ...
    heatbath.stats.overlap.ExtrapolationError: at = 9 reaches too far: ...
    """

    given: GivenRuns
    ensembles: Ensembles
    energies: FloatArray | None = None
    """Of all measurements, one run after the other, if the ensembles differ in β alone."""
    beta: FloatArray | None = None
    """β_k, likewise."""

    @classmethod
    def of_energies(cls, energies: Any, beta: Any) -> MBAR:
        """From runs with weights e^{−β_k E}.

        energies: for each run, E of shape (n,) or (chains, n); at least 4 measurements per chain.
        beta: β_k of each run.  Any other linear parameter and what it multiplies in S will do.

        The equations are solved for the energies in narrow bins, to about 10⁻¹¹ of every sum.

        Raises ValueError or TypeError for what cannot be analysed, OverlapError where groups of
        ensembles share fewer than 20 measurements (or a quarter of the smaller group), as disjoint
        histograms do, ConvergenceError if the equations are not solved in 60 steps.
        """
        given, flat = open_energies(energies)
        betas = open_beta(beta, len(given.runs))
        column = betas[:, np.newaxis]
        low, high = float(flat.min()), float(flat.max())
        _require_digits("energies times beta", np.abs(betas).max() * max(-low, high))

        def blocks() -> Iterator[tuple[slice, FloatArray]]:
            return ((place, column * flat[place]) for place in given.places(_NUMBERS))

        means = np.array([flat[run.place].mean() for run in given.runs])
        start = first_guess(means[:, np.newaxis] * betas)
        nodes = energy_nodes(flat, low, high, spread=float(np.ptp(betas)))
        mixture = _mixture(given, blocks)
        if nodes is not None:
            short = [(column * nodes[0], nodes[1])]
            mixture = Mixture(given.counts, lambda: short, short[0][0].size)
        found = _solved(mixture, start, [f"beta = {b:.6g}" for b in betas])
        return cls(given, Ensembles(given.runs, blocks, *found), flat, betas)

    @classmethod
    def of_potentials(cls, potentials: Any) -> MBAR:
        """From runs with any weights e^{−u_k}.

        potentials: for each of the K runs, u_k of its measurements for all k, of shape (K, n) or
        (K, chains, n); run k was made with u_k.  A constant in u_k shifts f_k.

        Raises as `of_energies`.
        """
        given, arrays = open_potentials(potentials)

        def blocks() -> Iterator[tuple[slice, FloatArray]]:
            for place, r, own in given.places_in_runs(_NUMBERS):
                yield place, arrays[r][:, own]

        names = [str(k) for k in range(len(arrays))]
        found = _solved(_mixture(given, blocks), _start(arrays), names)
        return cls(given, Ensembles(given.runs, blocks, *found))

    def free_energies(self, *, covariance: bool = False) -> Estimates:
        """f_k − f_0 = −log(Z_k / Z_0) of the simulated ensembles, an array of shape (K,)."""
        check_flag("covariance", covariance)
        ensembles = self.ensembles
        rows = np.empty((len(ensembles.runs), ensembles.total))
        for place, p in ensembles.belongings():
            rows[:, place] = -ensembles.inverse @ p
        flat = errors_of_sums(ensembles.free, rows, ensembles.runs, ensembles.total)
        flat[0] = Estimate(0.0, 0.0, 0.5, ensembles.total, 0.0, float(ensembles.total))
        sums = stretch_sums(rows, ensembles.runs) if covariance else None
        return _estimates((len(flat),), flat, sums)

    def free_energy(self, at: Any, *, covariance: bool = False) -> Any:
        """f(at) − f_0: an Estimate, or Estimates for several `at`; see `mean`."""
        check_flag("covariance", covariance)

        def of(weights: Weights, effective: float) -> Estimated:
            rows = weights.influence_on_free()
            found = errors_of_sums(np.array([weights.free]), rows, self.ensembles.runs, effective)
            return found, stretch_sums(rows, self.ensembles.runs) if covariance else None

        return self._at_all(at, (), of)

    def mean(
        self,
        observable: Any,
        at: Any,
        *,
        function: Callable[..., Any] | None = None,
        covariance: bool = False,
    ) -> Any:
        """⟨O⟩ in the ensemble `at`, with its error.

        observable: for each run an array of shape (*shape, n) or (*shape, chains, n), real or
        complex, (n,) or (chains, n) being that of the run.  at: after `of_energies` a β, or several
        of them; after `of_potentials` the number k of a simulated ensemble, or the reduced
        potential of another one, an array for each run.

        function: gets the means of the observables, one number each in C order, and returns one
        real or complex number, as for `estimate`; the bias of order 1/n is left in.

        Gives an Estimate, or Estimates of shape (number of β, *shape) without the axes that are
        not there.  covariance: fill in `covariance` of the Estimates, for fits; real numbers only.

        Raises ExtrapolationError where `overlap` is not trusted.
        """
        check_flag("covariance", covariance)
        opened = Observables.of(observable, self.given)
        if function is None:
            return self._at_all(at, opened.shape, partial(estimate_means, opened, covariance))
        checked = check_function(function)
        return self._at_all(at, (), partial(estimate_function, opened, checked, covariance))

    def overlap(self, at: Any) -> Overlap:
        """What means in the ensemble `at` rest on; never raises for one that is too far away."""
        return self._overlap(self.ensembles.log_weights(self._potential(at)))

    def overlap_matrix(self) -> FloatArray:
        """O_jk = Σ_n W_j(x_n) p_k(x_n), shape (K, K): how much of ensemble j was seen by run k.

        Rows add up to 1; a run on its own has a 1 on the diagonal (P. V. Klimovich, M. R. Shirts,
        D. L. Mobley, J. Comput.-Aided Mol. Des. 29 (2015) 397).
        """
        counts = self.given.counts
        shared = sum(p @ p.T for _, p in self.ensembles.belongings())
        return np.asarray(shared / counts[:, np.newaxis])

    def weights(self, at: Any) -> tuple[FloatArray, ...]:
        """W_n in the ensemble `at`: an array for each run, of its shape; their sum is 1.

        For what `mean` does not do; whether they can be trusted is asked of `overlap`.
        """
        w = self._weights(at).w
        pairs = zip(self.given.runs, self.given.shapes, strict=True)
        return tuple(w[run.place].reshape(shape) for run, shape in pairs)

    def trusted_range(self) -> tuple[float, float]:
        """Smallest and largest β up to which `overlap` is trusted, to about a per cent of the way.

        Infinite where it ends nowhere: a ground state that was often visited.  Only after
        `of_energies`.  Raises ExtrapolationError if not even simulated β are trusted.

        >>> import numpy as np
        >>> energies = [np.random.default_rng(1).gamma(10, size=10_000)]
        >>> np.round(MBAR.of_energies(energies, [1.0]).trusted_range(), 1).tolist()
        [0.8, 2.0]
        """
        energies, beta = self._linear("trusted_range")
        trusted = [b for b in beta.tolist() if self._trusted(b)]
        if not trusted:
            raise ExtrapolationError(
                f"the runs are too short to be reweighted at all: {self.overlap(beta[0]).trouble} "
                f"at beta = {beta[0]:.6g}, where one was made; run longer"
            )
        step = 0.25 / (max(float(energies[run.place].std()) for run in self.given.runs) or 1.0)
        return self._edge(min(trusted), -step), self._edge(max(trusted), step)

    def _edge(self, inside: float, step: float) -> float:
        for _ in range(_DOUBLINGS):
            if not self._trusted(inside + step):
                break
            inside, step = inside + step, 2 * step
        else:
            return math.copysign(math.inf, step)
        for _ in range(_HALVINGS):
            step /= 2
            if self._trusted(inside + step):
                inside += step
        return inside

    def _trusted(self, beta: float) -> bool:
        return self._overlap(self.ensembles.log_weights(beta * self._linear("β")[0])).trusted

    def _linear(self, what: str) -> tuple[FloatArray, FloatArray]:
        if self.energies is None or self.beta is None:
            raise TypeError(f"{what} needs ensembles that differ in β alone: use of_energies")
        return self.energies, self.beta

    def _at_all(
        self, at: Any, shape: tuple[int, ...], of: Callable[[Weights, float], Estimated]
    ) -> Any:
        several = self.energies is not None and (
            isinstance(at, list | tuple) or len(getattr(at, "shape", ())) == 1
        )
        flat: list[Estimate] = []
        sums = []
        if several and len(at) == 0:
            raise ValueError("at is an empty sequence; give at least one β")
        for one in at if several else [at]:
            weights = self._weights(one)
            overlap = self._overlap(weights.logs)
            if not overlap.trusted:
                raise ExtrapolationError(self._too_far(one, overlap))
            found, summed = of(weights, overlap.kish)
            flat += found
            sums += [] if summed is None else [summed]
        shape = (len(at), *shape) if several else shape
        if not shape:
            return flat[0]
        known = len(sums) == (len(at) if several else 1)  # of all, and asked for
        return _estimates(shape, flat, np.concatenate(sums) if known else None)

    def _potential(self, at: Any) -> FloatArray:
        """The reduced potential of all measurements, shape (N,)."""
        if self.energies is not None:
            beta = real_number(at)
            if not math.isfinite(beta):
                raise ValueError(f"at must be a finite real β, or several; got {shown(at)}")
            _require_digits("energies times at", abs(beta) * np.abs(self.energies).max())
            return np.asarray(beta * self.energies)
        if not is_whole(at):
            return self.given.flat(at, "at")
        if not 0 <= at < len(self.given.runs):
            raise ValueError(
                f"at must be the number of a simulated ensemble, 0 to {len(self.given.runs) - 1}, "
                f"or a reduced potential for each run; got {shown(at)}"
            )
        return np.concatenate([u[at] for _, u in self.ensembles.blocks()])

    def _weights(self, at: Any) -> Weights:
        return self.ensembles.weights(self._potential(at))

    def _overlap(self, logs: FloatArray) -> Overlap:
        taus = self._energy_taus if self.beta is not None else self.ensembles.taus(logs)
        return self.ensembles.overlap(logs, taus)

    @cached_property
    def _energy_taus(self) -> list[float]:
        return self.ensembles.taus(self._linear("τ_int")[0])

    def _too_far(self, at: Any, overlap: Overlap) -> str:
        if self.beta is None:
            where = f"at = {at}" if is_whole(at) else "the potential at"
            return f"{where} reaches too far: {overlap.trouble}; simulate an ensemble nearer to it"
        at, (low, high) = float(at), self.trusted_range()
        if low <= at <= high:
            return (
                f"at = {at:.6g} lies between ensembles that share too little: {overlap.trouble}; "
                f"simulate there"
            )
        return (
            f"at = {at:.6g} reaches too far: {overlap.trouble}; trusted are {low:.6g} to "
            f"{high:.6g}: simulate nearer, or longer"
        )


def _require_digits(what: str, largest: float) -> None:
    if largest > LARGEST:
        raise ExtrapolationError(
            f"{what} must be at most {LARGEST:g} in size, for float64 to have digits left for "
            f"differences; got {largest:.3g}"
        )


def _mixture(given: GivenRuns, blocks: Blocks) -> Mixture:
    size = len(given.runs) * int(given.counts.sum())
    return Mixture(given.counts, lambda: ((u, None) for _, u in blocks()), size)


def _start(arrays: Sequence[FloatArray]) -> FloatArray:
    """Free energies from a part of the measurements."""
    stride = max(sum(array.shape[1] for array in arrays) // _PART, 1)
    few = [np.ascontiguousarray(array[:, ::stride]) for array in arrays]
    guess = first_guess(np.array([array.mean(axis=1) for array in few]))
    if stride == 1:
        return guess
    counts = np.array([array.shape[1] for array in few], dtype=np.float64)
    try:
        return Mixture(counts, lambda: ((u, None) for u in few), 0).solve(guess)[0]
    except ConvergenceError:  # too few of ensembles that share little
        return guess


def _solved(
    mixture: Mixture, start: FloatArray, names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    try:
        free, hessian = mixture.solve(start)
    except ConvergenceError as trouble:  # mostly since there is hardly any overlap
        if trouble.hessian is not None:
            _require_overlap(trouble.hessian, mixture.counts, names)
        raise
    _require_overlap(hessian, mixture.counts, names)
    return free, hessian


def _require_overlap(hessian: FloatArray, counts: FloatArray, names: Sequence[str]) -> None:
    groups, shared = disjoint_groups(hessian, counts)
    if len(groups) > 1:
        sets = "; ".join(", ".join(names[k] for k in group) for group in groups)
        raise OverlapError(
            f"ensembles fall into {len(groups)} groups that share {shared:.2g} measurements, "
            f"and {ENOUGH_SHARED:.0f} are needed ({sets}): their histograms are disjoint; simulate "
            f"ensembles in between"
        )


def _estimates(
    shape: tuple[int, ...], flat: Sequence[Estimate], sums: FloatArray | None
) -> Estimates:
    if sums is None:
        return Estimates(shape, tuple(flat))
    errors = np.array([e.error for e in flat])
    if np.iscomplexobj(errors):
        raise ValueError("covariance is for real numbers; ask for real and imaginary parts apart")
    return Estimates(shape, tuple(flat), correlations(sums) * errors * errors[:, np.newaxis])
