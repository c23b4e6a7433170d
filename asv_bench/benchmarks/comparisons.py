"""Every other comparison of the catalogue: each ratio of each case is one number."""

from __future__ import annotations

from .catalogue import COMPARISONS

CASES = {
    key: case
    for name, cases in COMPARISONS.items()
    if name not in ("rows", "leapfrog", "cuda")
    for key, case in cases.items()
}


class Comparisons:
    """The first ratio of each case, or its first time where it has none (see `report`)."""

    params = (tuple(CASES),)
    param_names = ("case",)
    timeout = 600

    def track_ratio(self, case: str) -> float:
        entry = CASES[case](7)
        numbers = entry.get("ratios") or entry.get("times") or {"skipped": float("nan")}
        return float(next(iter(numbers.values())))

    track_ratio.unit = "time / time"  # type: ignore[attr-defined]
