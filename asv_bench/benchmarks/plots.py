"""The images of docs/benchmarks.md.  matplotlib is imported late: asv imports all modules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .operations import label
from .sweeps import SHAPES

__all__ = ["draw"]

# The same bytes for the same numbers, and text as text.
STYLE = {"svg.hashsalt": "heatbath", "svg.fonttype": "none", "font.size": 10}
LINES = {
    "reference": ("tab:gray", ":"),
    "C": ("tab:orange", "-"),
    "kernel": ("tab:blue", "-"),
    "C float32": ("tab:orange", "--"),
    "kernel float32": ("tab:blue", "--"),
}
PEERS = {
    "HMC\nrolls in NumPy": ("peers NumPy rolls", "heatbath / NumPy rolls"),
    "HMC\nrolls in torch": ("peers torch rolls", "heatbath / torch rolls"),
    "HMC\nBlackJAX": ("peers BlackJAX", "heatbath / BlackJAX"),
    "independent M\nBlackJAX": ("effective samples", "heatbath / BlackJAX"),
    "normals\nNumPy": ("generator normal", "heatbath / NumPy Generator"),
    "uniforms\nNumPy": ("generator uniform", "heatbath / NumPy Generator"),
}


def draw(entries: Mapping[str, Any], folder: Path) -> None:
    """leapfrog.svg and peers.svg.  ModuleNotFoundError without matplotlib."""
    import matplotlib

    matplotlib.use("svg")
    folder.mkdir(exist_ok=True)
    with matplotlib.rc_context(STYLE):
        _leapfrog(entries, folder / "leapfrog.svg")
        _peers(entries, folder / "peers.svg")


def _axes(width: float, height: float) -> Any:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")


def _leapfrog(entries: Mapping[str, Any], file: Path) -> None:
    figure, axes = _axes(6, 3.6)
    for name, (colour, style) in LINES.items():
        points = [
            (shape[0], entries[key]["times"][name])
            for shape in SHAPES
            if name in entries.get(key := f"leapfrog {label(shape)}", {}).get("times", {})
        ]
        if points:
            axes.plot(*zip(*points, strict=True), style, color=colour, marker="o", ms=4, label=name)
    ticks = [shape[0] for shape in SHAPES]
    axes.set(xlabel="L", ylabel="ns per site and leapfrog step", xscale="log", yscale="log")
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, file)


def _peers(entries: Mapping[str, Any], file: Path) -> None:
    found = {
        name: 1 / entries[key]["ratios"][ratio]
        for name, (key, ratio) in PEERS.items()
        if ratio in entries.get(key, {}).get("ratios", {})
    }
    figure, axes = _axes(7, 3.2)
    axes.bar_label(axes.bar(list(found), list(found.values()), color="tab:blue"), fmt="%.1f")
    axes.margins(y=0.12)
    axes.axhline(1.0, color="black", lw=0.8)
    axes.set_ylabel("peer's time / heatbath's")
    axes.tick_params(axis="x", labelsize=8)
    _save(figure, file)


def _save(figure: Any, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
