"""The result of a run: estimates, the series behind them, and what to know before trusting them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatbath._sampler import State
from heatbath.sampling.describing import described, parameters
from heatbath.stats import Estimate

__all__ = ["Result"]


@dataclass(frozen=True, repr=False)
class Result:
    """What `hb.sample` and `hb.resume` return; `print` shows a table.

    estimates: name -> `Estimate`, the standard observables first, then the user's.
    history: name -> measured series, shape (chains, n): NumPy arrays, or for a run on disk
        array-likes read when sliced.
    sampler: with the settings that were used; put into `hb.sample(…, tune=False)` they repeat it.
    state: the last state; field of shape (chains, *lattice).
    acceptance: mean accepted fraction after warm-up.
    seconds: wall time of warm-up and measuring, over all sessions of the run.
    rhat: name -> split-R̂; beware above 1.01.
    warnings: one sentence each; empty if nothing is wrong.
    shape, seed, chains, samples (measurements per chain made), thin, warmup, namespace, dtype:
        of the run.
    directory: of the run on disk, or None.
    """

    estimates: Mapping[str, Estimate]
    history: Mapping[str, Any]
    sampler: Any
    state: State
    acceptance: float
    seconds: float
    rhat: Mapping[str, float]
    warnings: tuple[str, ...]
    shape: tuple[int, ...]
    seed: int
    chains: tuple[int | str, ...]
    samples: int
    thin: int
    warmup: int
    namespace: str
    dtype: str
    directory: str | None = None

    @property
    def ess(self) -> dict[str, float]:
        """Name -> effective number of independent measurements."""
        return {name: e.ess for name, e in self.estimates.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, as printed by `heatbath run --json`; what is not finite becomes None."""
        action = self.sampler.action
        return {
            "theory": action.theory.name,
            "parameters": parameters(action),
            "shape": list(self.shape),
            "sampler": described(self.sampler),
            "acceptance": _json_number(self.acceptance),
            "seconds": _json_number(self.seconds),
            "observables": {name: e.to_dict() for name, e in self.estimates.items()},
            "seed": self.seed,
            "chains": len(self.chains),
            "chain_names": list(self.chains),
            "samples": self.samples,
            "thin": self.thin,
            "warmup": self.warmup,
            "namespace": self.namespace,
            "dtype": self.dtype,
            "rhat": {name: _json_number(r) for name, r in self.rhat.items()},
            "ess": {name: _json_number(n) for name, n in self.ess.items()},
            "warnings": list(self.warnings),
            "directory": self.directory,
        }

    def __str__(self) -> str:
        rows = [(n, str(e), _tau(e), _count(e.ess)) for n, e in self.estimates.items()]
        rows.insert(0, ("observable", "value(error)", "tau_int", "ess"))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = [self._headline()]
        for name, *numbers in rows:
            cells = [name.ljust(widths[0])]
            cells += [n.rjust(w) for n, w in zip(numbers, widths[1:], strict=True)]
            lines.append("  " + "  ".join(cells))
        return "\n".join([*lines, *(f"warning: {sentence}" for sentence in self.warnings)])

    def __repr__(self) -> str:
        return f"<Result {self}>"

    def _headline(self) -> str:
        settings = described(self.sampler)
        name = settings.pop("name")
        shown = ", ".join(f"{k}={_short(v)}" for k, v in settings.items() if k != "parts")
        return (
            f"{self.sampler.action}: {len(self.chains)} chains of {self.samples} measurements "
            f"every {self.thin} updates, {name}({shown}), acceptance {self.acceptance:.3f}, "
            f"{self.seconds:.1f} s"
        )


def _tau(e: Estimate) -> str:
    return f"{e.tau_int:.2f}" if math.isfinite(e.tau_int) else "?"


def _count(ess: float) -> str:
    return f"{ess:.0f}" if math.isfinite(ess) else "?"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _json_number(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
