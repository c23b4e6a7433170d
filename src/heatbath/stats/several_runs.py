"""The border of `MBAR`: what the user gave for each run becomes flat, checked arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath._suggest import shown
from heatbath.stats.runs import RunSlice
from heatbath.stats.series import FloatArray, as_source, check_shape

__all__ = [
    "LARGEST",
    "GivenRuns",
    "check_finite",
    "one_per_run",
    "open_beta",
    "open_energies",
    "open_potentials",
    "real_number",
]

LARGEST = 1e12  # reduced potentials, whose differences of 1 count


@dataclass(frozen=True)
class GivenRuns:
    """Runs, one after the other, and the shape in which each was given, (n,) or (chains, n)."""

    runs: tuple[RunSlice, ...]
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, shapes: Sequence[tuple[int, ...]]) -> GivenRuns:
        runs: list[RunSlice] = []
        for shape in shapes:
            start = runs[-1].place.stop if runs else 0
            runs.append(RunSlice(start, shape[0] if len(shape) == 2 else 1, shape[-1]))
        return cls(tuple(runs), tuple(shapes))

    @property
    def counts(self) -> FloatArray:
        """N_k, shape (K,)."""
        return np.array([run.total for run in self.runs], dtype=np.float64)

    def places(self, numbers: int) -> Iterator[slice]:
        """Blocks of the measurements, none of two runs, for K numbers of each measurement."""
        return (place for place, _, _ in self.places_in_runs(numbers))

    def places_in_runs(self, numbers: int) -> Iterator[tuple[slice, int, slice]]:
        """The same with the number of the run and the place within it."""
        length = max(numbers // len(self.runs), 64)
        for r, run in enumerate(self.runs):
            for start in range(0, run.total, length):
                own = slice(start, min(start + length, run.total))
                yield slice(run.start + own.start, run.start + own.stop), r, own

    def flat(self, given: Any, name: str) -> FloatArray:
        """One real number per measurement, shape (N,)."""
        arrays = []
        for r, array in enumerate(one_per_run(name, given, len(self.runs))):
            real = _real(array, f"{name}[{r}]", LARGEST)
            if real.shape != self.shapes[r]:
                raise ValueError(
                    f"{name}[{r}] must have the shape of its run, {self.shapes[r]}; got "
                    f"{real.shape}"
                )
            arrays.append(real.ravel())
        return np.concatenate(arrays)


def open_energies(energies: Any) -> tuple[GivenRuns, FloatArray]:
    """Runs, and the energies of all measurements, shape (N,)."""
    arrays = []
    for r, given in enumerate(one_per_run("energies", energies)):
        arrays.append(_real(given, f"energies[{r}]"))
        check_shape(arrays[r].shape, f"energies[{r}]")
    flat = arrays[0].ravel() if len(arrays) == 1 else np.concatenate([a.ravel() for a in arrays])
    return GivenRuns.of([array.shape for array in arrays]), flat


def open_beta(beta: Any, runs: int) -> FloatArray:
    """β_k, shape (K,)."""
    found = [real_number(b) for b in _listed(beta)]
    if len(found) != runs or not np.isfinite(found).all():
        raise ValueError(
            f"beta must be {runs} finite real numbers, one for each run of energies; got "
            f"{shown(beta)}"
        )
    return np.array(found)


def open_potentials(potentials: Any) -> tuple[GivenRuns, tuple[FloatArray, ...]]:
    """Runs, and for each the reduced potentials of all ensembles, shape (K, N_r)."""
    given = one_per_run("potentials", potentials)
    arrays = []
    for r, u in enumerate(given):
        array = _real(u, f"potentials[{r}]", LARGEST)
        if array.ndim not in (2, 3) or len(array) != len(given):
            raise ValueError(
                f"potentials[{r}] must have shape (K, n) or (K, chains, n) with K = {len(given)}, "
                f"the number of runs: u_k of each of its measurements for every k; got "
                f"{array.shape}"
            )
        check_shape(array.shape[1:], f"potentials[{r}][k]")
        arrays.append(array)
    runs = GivenRuns.of([array.shape[1:] for array in arrays])
    return runs, tuple(array.reshape(len(arrays), -1) for array in arrays)


def one_per_run(name: str, given: Any, runs: int | None = None) -> list[Any]:
    """What was given for each run; ValueError for no sequence, or one of another length."""
    needed = "at least one array" if runs is None else f"{runs} arrays"
    found = _listed(given)
    scalar = bool(found) and not isinstance(found[0], list | tuple) and not _shape(found[0])
    if not found or (runs is not None and len(found) != runs) or scalar:
        raise ValueError(
            f"{name} must be a sequence of {needed}, one per run; got {shown(given)}; a single run "
            f"is given as [array]"
        )
    return found


def check_finite(array: NDArray[Any], name: str, largest: float = 1e150) -> None:
    """ValueError that names the place of the first nan or infinity, or of what is too large.

    largest: allowed; beyond 1e150 squares overflow.
    """
    numbers = array.view(np.float64) if array.dtype.kind == "c" else array
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
    if -largest <= low and high <= largest:
        return
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(
            f"{name} must be finite; got {array[place]} at {list(place)}; remove it or find out "
            f"why the run produced it"
        )
    raise ValueError(
        f"{name} must be at most {largest:g} in size, for float64 to have digits left for "
        f"differences and squares; got {max(-low, high):.3g}; subtract a constant, or rescale"
    )


def real_number(value: Any) -> float:
    """value as a float; nan for what is no real number."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number beyond 1e308
        return math.nan


def _listed(given: Any) -> list[Any]:
    """The things in a list, tuple or array; none in what is no sequence."""
    sequence = isinstance(given, list | tuple) or len(_shape(given)) > 0
    return list(given) if sequence else []


def _shape(given: Any) -> tuple[int, ...]:
    shape = getattr(given, "shape", ())
    return tuple(shape) if isinstance(shape, tuple | list) and hasattr(given, "__iter__") else ()


def _real(array: Any, name: str, largest: float = 1e150) -> FloatArray:
    source = as_source(array, name)
    if source.dtype.kind == "c":
        raise TypeError(f"{name} must be real; got dtype {source.dtype}")
    with np.errstate(over="ignore"):  # a longdouble beyond 1e308 is refused as infinite
        real = np.asarray(source[...], dtype=np.float64)
    check_finite(real, name, largest)
    return real
