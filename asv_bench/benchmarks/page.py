"""docs/benchmarks.md, written from stored results; nothing on it is measured elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import gpu
from .entries import Entry, rounded
from .operations import OPERATIONS, label
from .plots import draw
from .sweeps import LEAPFROG_SHAPES, SHAPES
from .targets import TARGETS

__all__ = ["PAGE", "text", "write"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
Entries = Mapping[str, Entry]

INTRODUCTION = """\
# Benchmarks

Judge ratios: times drift with the machine, and both sides of a ratio were measured in turns in one
process, so that they saw the same machine. `make report` measures yours; it wrote this page from
[its results]({results}).

What is compared:

- *kernel*: heatbath's compiled loops, whose bits are those of the reference;
- *reference*: the same operation written for any array library, here run by NumPy or torch;
- *C*: [what a C programmer gets](../asv_bench/limit/limit.c) out of one thread with vector
  registers, compiled for this processor and free of our rules about bits: it may fuse
  multiplications with additions, and its polynomials are shorter. Same generator and counters, so
  its Metropolis chain makes the same decisions;
- *peers*: what one would use instead.
"""

METHOD = """\
## How it was measured

Medians of at least seven rounds; in each, all contenders run in turn, every call after a warm one
(but for those of 0.3 s and longer). Ratios are medians of each round's ratio. Times are CPU time of
the process on one thread, which neighbours on the machine do not lengthen; *threads*, *first
sample* and *NVIDIA GPUs* are on the wall's clock. A leapfrog step is isolated from random numbers
and accept step: HMC with 50 steps less HMC with 10 steps, per step; C and the reference likewise.
The allocator keeps freed memory (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`), without which
NumPy is up to five times slower and ratios flatter us.

BlackJAX runs its HMC in float64 under one `jit`, chains by `vmap`, updates by `scan`, with the same
potential, step size and number of steps; that its acceptance is ours shows that the step is what we
say. For independent |M| per second each sampler gets the best of one grid of step sizes and
lengths; heatbath draws the number of steps at random around the mean, as is its default.
"""


def write(file: Path) -> None:
    """The page and its images from the results in `file`."""
    result = json.loads(file.read_text(encoding="utf-8"))
    PAGE.write_text(text(result, file.relative_to(ROOT).as_posix()), encoding="utf-8")
    try:
        draw(result["entries"], PAGE.parent / "benchmarks")
    except ModuleNotFoundError as missing:
        print(f"the images are left as they were: {missing.name} is not installed")


def text(result: Mapping[str, Any], results: str) -> str:
    """The page.  results: path of the JSON file from the repository's root."""
    entries = result["entries"]
    parts = [
        INTRODUCTION.format(results=f"../{results}"),
        _machine(result["machine"]),
        _targets(entries),
        _leapfrog(entries),
        *(_operation(entries, name) for name in OPERATIONS),
        _others(entries),
        _cuda(entries),
        _peers(entries),
        METHOD,
    ]
    return "\n".join(parts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table: words to the left, numbers to the right."""
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def shown_time(entries: Entries, key: str, name: str) -> str:
    return number(entries.get(key, {}).get("times", {}).get(name))


def shown_ratio(entries: Entries, key: str, a: str, b: str) -> str:
    """a's time over b's, whichever way round it is stored, to two digits."""
    ratios = entries.get(key, {}).get("ratios", {})
    if f"{a} / {b}" in ratios:
        return number(rounded(ratios[f"{a} / {b}"], 2))
    inverse = ratios.get(f"{b} / {a}")
    return number(None if inverse is None else rounded(1 / inverse, 2))


def _machine(machine: Mapping[str, Any]) -> str:
    caches = ", ".join(f"{level} {size}" for level, size in machine["caches"].items())
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {machine['processor']}, {machine['cores']} cores, "
        f"{', '.join(machine['features'])}; caches {caches}; governor {machine['governor']}; "
        f"load {machine['load']} at the start; {machine['system']}. {versions}. "
        f"{machine['compiler']} with `{machine['flags']}`.\n"
    )


def _targets(entries: Entries) -> str:
    rows = [(target.text, target.verdict(entries)) for target in TARGETS]
    return "## Targets\n\n" + table(("Target", "Result"), rows)


def _leapfrog(entries: Entries) -> str:
    head = (
        "Lattice",
        "kernel",
        "C",
        "reference",
        "kernel / C",
        "reference / kernel",
        "kernel float32",
        "C float32",
        "kernel / C, float32",
        "float64 / float32",
    )
    rows = []
    for shape in LEAPFROG_SHAPES:
        key = f"leapfrog {label(shape)}"
        rows.append(
            (
                label(shape),
                *(shown_time(entries, key, name) for name in ("kernel", "C", "reference")),
                shown_ratio(entries, key, "kernel", "C"),
                shown_ratio(entries, key, "reference", "kernel"),
                *(shown_time(entries, key, f"{name} float32") for name in ("kernel", "C")),
                shown_ratio(entries, key, "kernel float32", "C float32"),
                shown_ratio(entries, key, "kernel", "kernel float32"),
            )
        )
    return (
        "## A leapfrog step of φ⁴\n\nIn ns per site and step.\n\n"
        + table(head, rows)
        + "\n![ns per site and leapfrog step against L](benchmarks/leapfrog.svg)\n"
    )


def _operation(entries: Entries, operation: str) -> str:
    head = (
        "Lattice",
        "kernel",
        "C",
        "reference",
        "kernel / C",
        "reference / kernel",
        "torch kernel / NumPy kernel",
        "torch reference / torch kernel",
        "float64 / float32",
    )
    rows = []
    for shape in SHAPES:
        key = f"{operation} {label(shape)}"
        names = ("NumPy kernel", "C", "NumPy reference")
        rows.append(
            (
                label(shape),
                *(shown_time(entries, key, name) for name in names),
                shown_ratio(entries, key, "NumPy kernel", "C"),
                shown_ratio(entries, key, "NumPy reference", "NumPy kernel"),
                shown_ratio(entries, key, "torch kernel", "NumPy kernel"),
                shown_ratio(entries, key, "torch reference", "torch kernel"),
                shown_ratio(entries, key, "NumPy kernel", "NumPy kernel float32"),
            )
        )
    unit = OPERATIONS[operation].unit
    return f"## `{operation}`\n\nIn {unit}; one chain, float64.\n\n" + table(head, rows)


def _cuda(entries: Entries) -> str:
    keys = [f"{name} {label(shape)} on cuda" for name in OPERATIONS for shape in gpu.SHAPES]
    reasons = [entries.get(key, {}).get("skipped", "") for key in keys]
    if all(reasons):
        return f"## On NVIDIA GPUs\n\nNot measured: {', '.join(sorted(set(reasons)))}.\n"
    rows = [
        (
            f"`{key.removesuffix(' on cuda')}`",
            *(shown_time(entries, key, f"torch {name}") for name in ("kernel", "reference")),
            shown_ratio(entries, key, "torch reference", "torch kernel"),
        )
        for key in keys
    ]
    head = ("Operation", "kernel, ns", "reference, ns", "reference / kernel")
    title = "## On NVIDIA GPUs\n\nBy the wall's clock, torch tensors in float64.\n\n"
    return title + table(head, rows)


def _others(entries: Entries) -> str:
    def ratio(key: str, a: str, b: str) -> str:
        return shown_ratio(entries, key, a, b)

    batch, sites = "batch 256 × 16²", "κ and λ per site"
    rows = [
        ("256 chains of 16² / one, per site", ratio(batch, "256 chains", "one chain")),
        ("256 chains of 16² / C", ratio(batch, "256 chains", "C")),
    ]
    for size in ("64²", "256²"):
        key = f"couplings {size}"
        rows += [
            (f"κ and λ per site / numbers, {size}", ratio(key, sites, "numbers")),
            (f"λ per site / numbers, {size}", ratio(key, "λ per site", "numbers")),
            (f"the same in C, κ and λ, {size}", ratio(key, f"C, {sites}", "C, numbers")),
            (f"κ and λ per site, kernel / C, {size}", ratio(key, sites, f"C, {sites}")),
        ]
    for kind, bonds in (("products", "−φφ'"), ("differences", "½(φ' − φ)²")):
        value = ratio("formula 64²", f"own, {kind}", "built in")
        rows.append((f"a user's φ⁴ with bonds {bonds} / the library's, 64²", value))
    rows += [_measuring(entries, name, size) for name in SWEEPS for size in ("16²", "64²")]
    rows.append(
        ("2 threads / 1, 8 chains of 64²", ratio("threads 8 × 64²", "2 threads", "1 thread"))
    )
    for name in ("NumPy", "torch"):
        choice = shown_time(entries, "dispatch", f"choice, {name}")
        rows.append((f"choosing an implementation, {name}, µs", choice))
        rows.append((f"choosing and checking all arguments, {name}, µs", _check(entries, name)))
    first = shown_time(entries, "first sample", "first sample")
    rows.append(("first sample of a cached run, seconds from the start of Python", first))
    return "## Other ratios\n\n" + table(("Compared", "Result"), rows)


SWEEPS = ("mcmc.hmc.trajectories", "mcmc.metropolis.sweeps", "sde.langevin.steps")


def _measuring(entries: Entries, operation: str, size: str) -> tuple[str, str]:
    ratio = entries.get(f"measuring {operation} {size}", {}).get("ratios", {})
    value = ratio.get("measured / plain")
    shown = "–" if value is None else f"{100 * (value - 1):+.0f} %"
    return f"scalars measured after each update, `{operation}` {size}", shown


def _check(entries: Entries, name: str) -> str:
    times = entries.get("dispatch", {}).get("times", {})
    if f"public call, {name}" not in times:
        return "–"
    return number(rounded(times[f"public call, {name}"] - times[f"kernel alone, {name}"], 2))


def _peers(entries: Entries) -> str:
    rows = []
    for name in ("NumPy rolls", "torch rolls", "BlackJAX"):
        rows.append(_peer(entries, f"peers {name}", name, "HMC, 64 chains of 32², 7 steps"))
    rows.append(_peer(entries, "effective samples", "BlackJAX", "independent |M|, tuned"))
    for kind in ("uniform", "normal"):
        rows.append(
            _peer(entries, f"generator {kind}", "NumPy Generator", f"65 536 {kind} numbers")
        )
    head = ("What", "Peer", "peer's time / heatbath's", "heatbath", "peer", "unit")
    notes = [
        f"{key.removeprefix('peers ')}: {name} {value}"
        for key in ("peers NumPy rolls", "peers torch rolls", "peers BlackJAX", "effective samples")
        for name, value in entries.get(key, {}).get("notes", {}).items()
    ]
    return (
        "## Peers\n\n"
        + table(head, rows)
        + "\n![times of peers over heatbath's](benchmarks/peers.svg)\n\n"
        + "".join(f"- {note}\n" for note in notes)
    )


def _peer(entries: Entries, key: str, peer: str, what: str) -> tuple[str, ...]:
    entry = entries.get(key, {})
    if "skipped" in entry or not entry:
        return (what, peer, entry.get("skipped", "not measured"), "–", "–", "–")
    return (
        what,
        peer,
        shown_ratio(entries, key, peer, "heatbath"),
        shown_time(entries, key, "heatbath"),
        shown_time(entries, key, peer),
        entry["unit"],
    )
