"""Run comparisons, keep their ratios, say what was lost, write the page.

    cd asv_bench
    python -m benchmarks.report                   # all: some minutes
    python -m benchmarks.report leapfrog peers    # some, by name; the others stay as stored
    python -m benchmarks.report --page            # the page again, from what is stored

Peers that are not installed are skipped with the reason.  Times are never an error: a loss is
printed, and the exit status is 0.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .environment import machine, settle, slug

__all__ = ["RESULTS", "losses", "main", "stored"]

RESULTS = Path(__file__).parents[1] / "results"
LOSS = 1.5  # a ratio that grew by more is printed


def measured(name: str, rounds: int) -> dict[str, Any]:
    """The entries of one comparison."""
    from .catalogue import COMPARISONS

    start, entries = time.perf_counter(), {}
    for key, case in COMPARISONS[name].items():
        entries[key] = case(rounds)
        print(f"  {key}: {_short(entries[key])}", flush=True)
    print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    return entries


def _short(entry: Mapping[str, Any]) -> str:
    if "skipped" in entry:
        return f"skipped, {entry['skipped']}"
    shown = entry["ratios"] or {f"{k} ({entry['unit']})": v for k, v in entry["times"].items()}
    return ", ".join(f"{name} {value:g}" for name, value in shown.items())


def losses(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Ratios that are more than LOSS times those stored before; smaller is better.

    >>> losses({"x": {"ratios": {"a / b": 1.0}}}, {"x": {"ratios": {"a / b": 1.6}}})
    ['x: a / b was 1, is 1.6']
    """
    found = []
    for key, entry in new.items():
        before = old.get(key, {}).get("ratios", {})
        for name, value in entry.get("ratios", {}).items():
            if name in before and value > LOSS * before[name]:
                found.append(f"{key}: {name} was {before[name]:g}, is {value:g}")
    return found


def stored(file: Path) -> dict[str, Any]:
    """What was kept of earlier runs on this machine."""
    empty: dict[str, Any] = {"machine": {}, "entries": {}}
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else empty


def keep(file: Path, result: Mapping[str, Any]) -> None:
    """Store the entries of comparisons that still exist, in the order of the catalogue."""
    from .catalogue import COMPARISONS

    keys = [key for cases in COMPARISONS.values() for key in cases]
    entries = {key: result["entries"][key] for key in keys if key in result["entries"]}
    text = json.dumps({**result, "entries": entries}, indent=1, ensure_ascii=False)
    RESULTS.mkdir(exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    from .catalogue import COMPARISONS
    from .page import write

    chosen = _arguments(list(COMPARISONS))
    this = machine()
    file = RESULTS / f"{slug(this['processor'])}.json"
    result, lost = stored(file), []
    for name in [] if chosen.page else chosen.names or COMPARISONS:
        entries = measured(name, chosen.rounds)
        lost += losses(result["entries"], entries)
        result = {"machine": this, "entries": {**result["entries"], **entries}}
        if not chosen.dry:
            keep(file, result)
    for loss in lost:
        print(f"LOSS  {loss}")
    if not chosen.dry:
        write(file)


def _arguments(known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--rounds", type=int, default=7, help="of each comparison (7)")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    parser.add_argument("--dry", action="store_true", help="measure, store and write nothing")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(known):
        parser.error(f"unknown: {', '.join(unknown)}; choose from {', '.join(known)}")
    return chosen


if __name__ == "__main__":
    settle()
    main()
