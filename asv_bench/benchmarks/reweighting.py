"""Reweighting and MBAR: ten runs of 10⁵ measurements, 500 observables, and pymbar.

The goals are 20 ms for energies alone, 0.4 s for general potentials and a fifth of pymbar's time
(`pip install pymbar`), 0.1 s for the errors of 500 observables.  `python -m benchmarks.reweighting`
in the folder above prints times and ratios, measured in turns.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

import heatbath as hb

from .alternating import alternate, each
from .entries import Entry, entry, skipped

__all__ = ["ManyObservables", "SeveralRuns", "against_pymbar"]

DIM, BETA = 40, np.linspace(1.0, 2.0, 10)  # S = β E, E = Σ_i x_i²/2 over 40 numbers


def energies(n: int) -> list[np.ndarray]:
    """Independent energies of each run."""
    rng = np.random.default_rng(1)
    return [rng.gamma(DIM / 2, 1 / beta, size=n) for beta in BETA]


def potentials(runs: list[np.ndarray]) -> list[np.ndarray]:
    """β_k E of the measurements of each run, (10, n)."""
    return [np.multiply.outer(BETA, e) for e in runs]


class SeveralRuns:
    """Ten runs of 10⁵ independent measurements."""

    def setup(self) -> None:
        self.energies = energies(100_000)
        self.potentials = potentials(self.energies)
        self.mbar = hb.stats.MBAR.of_energies(self.energies, BETA)
        self.mbar.mean(self.energies, 1.5)  # makes what is kept

    def time_of_energies(self) -> None:
        hb.stats.MBAR.of_energies(self.energies, BETA)

    def time_of_potentials(self) -> None:
        hb.stats.MBAR.of_potentials(self.potentials)

    def time_a_mean_with_its_error(self) -> None:
        self.mbar.mean(self.energies, 1.5)


class ManyObservables:
    """500 observables of 10⁴ measurements of one run, reweighted, with their errors."""

    def setup(self) -> None:
        rng = np.random.default_rng(1)
        self.mbar = hb.stats.MBAR.of_energies([rng.gamma(DIM / 2, size=10_000)], [1.0])
        self.observables = [rng.normal(size=(500, 10_000))]

    def time_errors(self) -> None:
        self.mbar.mean(self.observables, 1.1)


class Pymbar:
    """Free energies of ten runs of n measurements, against pymbar's defaults."""

    params = (1_000, 10_000)
    param_names = ("n",)
    timeout = 600

    def track_ratio(self, n: int) -> float:
        found = against_pymbar(n, 3)
        if "skipped" in found:
            raise NotImplementedError(found["skipped"])
        return float(found["ratios"]["potentials / pymbar"])

    track_ratio.unit = "time / time"  # type: ignore[attr-defined]


def against_pymbar(n: int, rounds: int = 3) -> Entry:
    """Both forms and pymbar.  RuntimeError if they do not find the same free energies."""
    if importlib.util.find_spec("pymbar") is None:
        return skipped("pymbar is not installed")
    from pymbar import MBAR

    runs = energies(n)
    given = potentials(runs)
    together, counts = np.concatenate(given, axis=1), np.full(len(BETA), n)

    def peer() -> Any:
        return MBAR(together, counts)

    ours, theirs = hb.stats.MBAR.of_potentials(given).free_energies().values, peer().f_k
    if np.abs(ours - (theirs - theirs[0])).max() > 1e-6:
        raise RuntimeError(f"free energies differ: {ours} and {theirs - theirs[0]}")
    contenders = {
        "energies": each(lambda: hb.stats.MBAR.of_energies(runs, BETA), 1),
        "potentials": each(lambda: hb.stats.MBAR.of_potentials(given), 1),
        "pymbar": each(peer, 1),
    }
    pairs = [("energies", "pymbar"), ("potentials", "pymbar")]
    return entry(alternate(contenders, rounds), pairs, unit="ms", scale=1e3)


def main() -> None:
    """Print times in ms of the processor, and ratios."""
    for cls in (SeveralRuns, ManyObservables):
        case = cls()
        case.setup()
        names = [name for name in vars(cls) if name.startswith("time_")]
        contenders = {name[5:]: each(getattr(case, name), 1) for name in names}
        print(cls.__name__, entry(alternate(contenders), [], unit="ms", scale=1e3)["times"])
    for n in Pymbar.params:
        print(f"ten runs of {n}:", against_pymbar(n))


if __name__ == "__main__":
    main()
