"""Means of observables in one reweighted ensemble, and functions of such means."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.stats.ensembles import Weights
from heatbath.stats.estimation import call_function, slopes
from heatbath.stats.results import Estimate
from heatbath.stats.runs import errors_of_sums, stretch_sums
from heatbath.stats.series import FloatArray, as_source
from heatbath.stats.several_runs import GivenRuns, check_finite, one_per_run

__all__ = ["Observables", "estimate_function", "estimate_means"]

_CACHED = 1 << 19  # influences at once, which stay in the cache
_LARGEST = 1 << 25  # influences at once of long series, up to 8 rows of them

Estimated = tuple[list[Estimate], FloatArray | None]
"""Estimates, and the influences on them summed over stretches, (parts, stretches), if wanted."""


@dataclass(frozen=True)
class Observables:
    """m observables of all N measurements; a complex one has two components."""

    shape: tuple[int, ...]
    """Of the array of observables, before the axes of a run: () for a single one."""
    arrays: tuple[NDArray[Any], ...]
    """For each run, shape (m, N_r)."""
    is_complex: bool

    @classmethod
    def of(cls, observable: Any, runs: GivenRuns) -> Observables:
        """Check what the user gave: for each run an array of shape (*shape, *run's shape)."""
        given = one_per_run("observable", observable, len(runs.runs))
        arrays, extras = [], []
        for r, (values, run, own) in enumerate(zip(given, runs.runs, runs.shapes, strict=True)):
            source = as_source(values, f"observable[{r}]")
            shape = tuple(source.shape)
            if shape[len(shape) - len(own) :] != own or len(shape) < len(own):
                raise ValueError(
                    f"observable[{r}] must have shape {_wanted(own)}, as many measurements as its "
                    f"run; got {shape}"
                )
            extras.append(shape[: len(shape) - len(own)])
            target = np.complex128 if source.dtype.kind == "c" else np.float64
            with np.errstate(over="ignore"):  # a longdouble beyond 1e308 is refused as infinite
                array = np.asarray(source[...], dtype=target)
            check_finite(array, f"observable[{r}]")
            arrays.append(array.reshape(-1, run.total))
        if len(set(extras)) > 1:
            raise ValueError(
                f"observable must have the same leading axes in all runs; got {extras[0]} in run 0 "
                f"and {next(e for e in extras if e != extras[0])} in another"
            )
        return cls(extras[0], tuple(arrays), any(a.dtype.kind == "c" for a in arrays))

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    def groups(self) -> Iterator[tuple[slice, FloatArray]]:
        """Components in groups: which, and their values (some, N), to be overwritten."""
        total = sum(array.shape[1] for array in self.arrays)
        each = 1 + self.is_complex
        together = max(_CACHED // (each * total), min(_LARGEST // (each * total), 8), 1)
        for first in range(0, self.count, together):
            stop = min(first + together, self.count)
            values = np.concatenate([array[first:stop] for array in self.arrays], axis=1)
            if self.is_complex:
                parts = np.stack([values.real, values.imag], axis=1)
                values = parts.reshape(-1, total).astype(np.float64, copy=False)
            yield slice(each * first, each * stop), values

    def together(self, parts: list[Estimate]) -> list[Estimate]:
        """One estimate per observable from those of the components."""
        return complex_estimates(parts) if self.is_complex else parts


def estimate_means(
    observables: Observables, sums: bool, weights: Weights, effective: float
) -> Estimated:
    """The mean of each observable."""
    parts: list[Estimate] = []
    summed = []
    runs = weights.ensembles.runs
    for _, rows in observables.groups():
        means = _centre(weights, rows)
        influences = weights.influences(rows)
        parts += errors_of_sums(means, influences, runs, effective)
        if sums:
            summed.append(stretch_sums(influences, runs))
    return observables.together(parts), np.concatenate(summed) if sums else None


def estimate_function(
    observables: Observables,
    function: Callable[..., Any],
    sums: bool,
    weights: Weights,
    effective: float,
) -> Estimated:
    """A function of the means of all observables, linearised as by `estimate`."""
    each = 1 + observables.is_complex
    means, naive = np.empty((2, each * observables.count))
    for some, rows in observables.groups():
        means[some] = _centre(weights, rows)
        naive[some] = np.sqrt(np.square(rows * weights.w).sum(axis=1))
    is_complex = [observables.is_complex] * observables.count
    value = call_function(function, means, is_complex)
    gradient = slopes(function, means, naive, is_complex)
    parts = 1 + (isinstance(value, complex) or np.iscomplexobj(gradient))
    values, linear = _parts(np.array([value]), parts)[:, 0], _parts(gradient, parts)
    if not (np.isfinite(values).all() and np.isfinite(linear).all()):
        return _not_finite(weights, value, means), None
    rows = np.zeros((parts, weights.ensembles.total))
    for some, own in observables.groups():
        _centre(weights, own)
        rows += linear[:, some] @ own
    influences = weights.influences(rows)
    runs = weights.ensembles.runs
    found = errors_of_sums(values, influences, runs, effective)
    summed = stretch_sums(influences, runs) if sums else None
    return complex_estimates(found) if parts == 2 else found, summed


def complex_estimates(parts: list[Estimate]) -> list[Estimate]:
    """Real and imaginary part, in turns, as complex estimates."""
    return [
        Estimate(
            value=complex(re.value.real, im.value.real),
            error=complex(re.error.real, im.error.real),
            tau_int=max(re.tau_int, im.tau_int),
            n=re.n,
            tau_int_error=max((re.tau_int, re.tau_int_error), (im.tau_int, im.tau_int_error))[1],
            ess=min(re.ess, im.ess),
            warnings=tuple(dict.fromkeys(re.warnings + im.warnings)),
        )
        for re, im in zip(parts[::2], parts[1::2], strict=True)
    ]


def _centre(weights: Weights, rows: FloatArray) -> FloatArray:
    """The means of rows, which are subtracted in place.

    About the first measurement, so that small fluctuations keep their digits and constants are 0.
    """
    first = rows[:, :1].copy()
    rows -= first
    means = weights.means(rows)
    rows -= means[:, np.newaxis]
    return np.asarray(means + first[:, 0])


def _wanted(own: tuple[int, ...]) -> str:
    return f"(*shape, {', '.join(str(n) for n in own)})"


def _parts(values: NDArray[Any], parts: int) -> FloatArray:
    return np.stack([np.real(values), np.imag(values)][:parts]).astype(np.float64)


def _not_finite(weights: Weights, value: float | complex, means: FloatArray) -> list[Estimate]:
    shown = ", ".join(f"{mean:.6g}" for mean in means[:10])
    words = f"the function is not finite at or near the means ({shown}); run longer"
    error = complex(math.nan, math.nan) if isinstance(value, complex) else math.nan
    return [Estimate(value, error, math.nan, weights.ensembles.total, warnings=(words,))]
