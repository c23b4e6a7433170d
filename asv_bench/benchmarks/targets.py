"""What was aimed at, and whether an entry meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .entries import Entry, rounded

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True)
class Target:
    """text: what is asked.  key, ratio: the entry, and its ratio or, for a bare time, its time.
    at_most: the bound.  inverse: the text speaks of the inverse, "at least"."""

    text: str
    key: str
    ratio: str
    at_most: float
    inverse: bool = False

    def value(self, entries: Mapping[str, Entry]) -> float | None:
        """The ratio (as the text speaks of it), or None where it was not measured."""
        entry = entries.get(self.key, {})
        value = entry.get("ratios", {}).get(self.ratio, entry.get("times", {}).get(self.ratio))
        return value if value is None or not self.inverse else rounded(1 / value)

    def verdict(self, entries: Mapping[str, Entry]) -> str:
        """'met: …', 'missed: …' or why it was not measured."""
        value = self.value(entries)
        if value is None:
            return f"not measured: {entries.get(self.key, {}).get('skipped', 'no entry')}"
        bound = rounded(1 / self.at_most) if self.inverse else self.at_most
        met = value >= bound if self.inverse else value <= bound
        return f"{'met' if met else 'missed'}: {value:g}"


def at_least(text: str, key: str, ratio: str, bound: float) -> Target:
    """A target on the inverse of a stored ratio."""
    return Target(text, key, ratio, 1 / bound, inverse=True)


def _leapfrog(size: str, bound: float) -> Target:
    return Target(
        f"leapfrog {size}, float64: ≤ {bound} × C", f"leapfrog {size}", "kernel / C", bound
    )


TARGETS = (
    *(_leapfrog(size, 0.85) for size in ("16²", "32²", "64²")),
    *(_leapfrog(size, 1.1) for size in ("256²", "1024²")),
    *(_leapfrog(size, 1.3) for size in ("16³", "32³", "8⁴", "16⁴")),
    Target(
        "256 chains of 16²: no dearer per site than one",
        "batch 256 × 16²",
        "256 chains / one chain",
        1.0,
    ),
    *(
        at_least(
            f"leapfrog {size}, float32: ≥ 1.3 × as fast as float64",
            f"leapfrog {size}",
            "kernel float32 / kernel",
            1.3,
        )
        for size in ("64²", "256²", "1024²")
    ),
    *(
        Target(
            f"κ and λ per site, {size}: ≤ 1.5 × numbers",
            f"couplings {size}",
            "κ and λ per site / numbers",
            1.5,
        )
        for size in ("64²", "256²")
    ),
    *(
        Target(
            f"Metropolis {size}: ≤ 1.2 × C",
            f"mcmc.metropolis.sweeps {size}",
            "NumPy kernel / C",
            1.2,
        )
        for size in ("64²", "256²", "1024²")
    ),
    Target(
        "normals: ≤ 0.2 × NumPy's Generator",
        "generator normal",
        "heatbath / NumPy Generator",
        0.2,
    ),
    Target(
        "uniforms: ≤ 0.6 × NumPy's Generator",
        "generator uniform",
        "heatbath / NumPy Generator",
        0.6,
    ),
    at_least("HMC: ≥ 8 × BlackJAX", "peers BlackJAX", "heatbath / BlackJAX", 8),
    at_least("HMC: ≥ 12 × rolls in NumPy", "peers NumPy rolls", "heatbath / NumPy rolls", 12),
    at_least(
        "independent |M| per second, both tuned: ≥ 8 × BlackJAX",
        "effective samples",
        "heatbath / BlackJAX",
        8,
    ),
    Target(
        "a user's formula, bonds as products: ≤ 1.1 × the library's",
        "formula 64²",
        "own, products / built in",
        1.1,
    ),
    Target(
        "a user's formula, bonds as differences: ≤ 1.1 × the library's",
        "formula 64²",
        "own, differences / built in",
        1.1,
    ),
    *(
        Target(
            f"torch tensors, {operation} 256²: ≤ 1.1 × NumPy arrays",
            f"{operation} 256²",
            "torch kernel / NumPy kernel",
            1.1,
        )
        for operation in (
            "random.uniform",
            "random.normal",
            "mcmc.hmc.trajectories",
            "mcmc.metropolis.sweeps",
            "sde.langevin.steps",
        )
    ),
    Target("choosing an implementation, NumPy: ≤ 2 µs", "dispatch", "choice, NumPy", 2),
    Target("choosing an implementation, torch: ≤ 2 µs", "dispatch", "choice, torch", 2),
    Target("first sample of a cached run: < 3 s", "first sample", "first sample", 3),
)
