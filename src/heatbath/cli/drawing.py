"""The figures of a report: which ones a run allows, and in words what is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath import plot, stats
from heatbath.cli.analysis import Analysis
from heatbath.cli.cuts import Kept
from heatbath.io import Run
from heatbath.stats import Estimate, TimeSlices
from heatbath.stats.correlator import Vacuum

__all__ = ["configurations_section", "correlator_section", "observable_sections"]

SHOWN = 3  # configurations
MOST_READ = 1 << 28  # numbers of configurations that a correlator reads: 2 GB of float64
CLEARLY = 4  # standard errors
LEAST = 4  # configurations of each chain


def observable_sections(analysis: Analysis) -> Iterator[plot.Section]:
    """History, distribution and autocorrelation of each series."""
    for name, series in analysis.watched.items():
        for part, values in _parts(name, series):
            yield _of_series(part, values, analysis)


def correlator_section(
    run: Run, kept: Kept | None, expected: float | None
) -> tuple[plot.Section, dict[str, Any]]:
    """Correlator and effective mass from the stored configurations; the numbers as JSON."""
    title = "Correlator"
    try:
        fields, axis, step = _fields(run, kept)
        slices = TimeSlices.of(fields, dim=len(run.layout.shape), axis=axis, step=step)
        vacua, why = _vacua(slices)
        exact = None if expected is None else ("exact free mass", expected)
        picture = plot.Correlator.of(slices, vacua, axis=axis, expected=exact)
    except ValueError as trouble:
        return plot.Section(title, (f"There is no correlator: {trouble}.",)), {}
    thinned = f" Of the stored configurations one in {step} was read." if step > 1 else ""
    masses = [["", *map(_finite, curve.mass)] for curve in picture.curves]
    columns = [c for curve in picture.curves for c in (plot.LABELS[curve.vacuum], "m_eff(t)")]
    rows = tuple(
        (str(t), *(x for c, m in zip(picture.curves, masses, strict=True)
                   for x in (str(c.correlator[t]), m[t])))
        for t in range(slices.extent // 2 + 1)
    )  # fmt: skip
    section = plot.Section(title, (why + thinned,), (picture,), ("t", *columns), rows)
    return section, _as_json(picture, axis)


def configurations_section(run: Run, kept: Kept | None) -> plot.Section:
    """Up to three configurations: the last of different chains, or of one chain over time."""
    title = "Sample configurations"
    if run.status == "warming up":
        return plot.Section(title, ("There is none yet: the run is warming up.",))
    try:
        chosen = _samples(run, _rows(run, kept))
        picture = plot.Configurations.of(
            np.stack([field for field, _ in chosen]), [label for _, label in chosen]
        )
    except ValueError as trouble:
        return plot.Section(title, (f"They are not drawn: {trouble}.",))
    return plot.Section(title, (), (picture,))


def _samples(run: Run, rows: list[int]) -> list[tuple[Any, str]]:
    """Fields (*lattice) and what they are called."""
    stored, names = run.configurations, run.record["plan"]["chains"]
    if len(rows) > 1 or run.n_committed == 0:
        n, last = run.n_committed, run.checkpoint
        when = f"measurement {n - 1}" if n else "after warm-up"
        return [(last[c], f"chain {names[c]}, {when}") for c in rows[:SHOWN]]
    spread = sorted({0, (len(stored) - 1) // 2, len(stored) - 1})
    (c,) = rows
    return [(stored[k, c], f"chain {names[c]}, measurement {_number(run, k)}") for k in spread]


def _of_series(name: str, series: Any, analysis: Analysis) -> plot.Section:
    kept = analysis.kept
    makers: dict[str, Callable[[], plot.Picture]] = {
        "history": lambda: plot.History.of(
            series, name, first=kept.begin, step=kept.step, chains=analysis.chains
        ),
        "distribution": lambda: plot.Histogram.of(series, name),
        "autocorrelation": lambda: plot.Autocorrelation.of(series, name),
    }
    pictures = []
    for what, make in makers.items():
        try:
            pictures.append(make())
        except ValueError as trouble:
            return plot.Section(name, (f"Its {what} is not drawn: {trouble}.",), tuple(pictures))
        if what == "history" and not _varies(pictures[0]):
            return plot.Section(
                name,
                (
                    f"{name} is {pictures[0].mean:.6g} in every measurement, so it has no "  # type: ignore[attr-defined]
                    f"distribution and no autocorrelation to draw.",
                ),
                tuple(pictures),
            )
    return plot.Section(name, (), tuple(pictures))


def _varies(history: Any) -> bool:
    return bool(history.low.min() < history.high.max())


def _parts(name: str, series: Any) -> list[tuple[str, Any]]:
    """A complex series as its two real ones."""
    if np.dtype(series.dtype).kind != "c":
        return [(name, series)]
    return [(f"{name}_real", _Part(series, np.real)), (f"{name}_imaginary", _Part(series, np.imag))]


@dataclass(frozen=True)
class _Part:
    """The real or imaginary part of a series, taken while it is read."""

    series: Any
    take: Callable[[Any], Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.series.shape)

    @property
    def dtype(self) -> Any:
        return np.dtype("float64")

    def __getitem__(self, key: Any) -> Any:
        return self.take(self.series[key])


@dataclass(frozen=True)
class _Fields:
    """Stored configurations from the one number `begin` on, of some chains, read when sliced."""

    stored: Any
    begin: int
    rows: list[int]

    @property
    def shape(self) -> tuple[int, ...]:
        count, _, *lattice = self.stored.shape
        return (count - self.begin, len(self.rows), *lattice)

    @property
    def dtype(self) -> Any:
        return self.stored.dtype

    def __getitem__(self, key: slice) -> Any:
        start, stop, step = key.indices(self.shape[0])
        block = self.stored[self.begin + start : self.begin + stop : step]
        return block if len(self.rows) == block.shape[1] else block[:, self.rows]


def _fields(run: Run, kept: Kept | None) -> tuple[_Fields, int, int]:
    """The configurations to use, the time axis, and of how many one is read."""
    shape = run.layout.shape
    axis = int(np.argmax(shape))
    if shape[axis] < 2:
        raise ValueError("no axis of the lattice has two sites")
    stored, begin = run.configurations, 0
    while kept is not None and begin < len(stored) and _number(run, begin) < kept.begin:
        begin += 1
    fields = _Fields(stored, begin, _rows(run, kept))
    count = fields.shape[0]
    if count < LEAST:
        raise ValueError(
            f"at least {LEAST} configurations of each chain are needed, and {max(count, 0)} "
            f"{'is' if count == 1 else 'are'} stored; the option --save-every K keeps more"
        )
    per_field = math.prod(fields.shape[1:])
    return fields, axis, max(1, min(math.ceil(count * per_field / MOST_READ), count // LEAST))


def _vacua(slices: TimeSlices) -> tuple[tuple[Vacuum, ...], str]:
    """How the vacuum's part is subtracted, and why, in words."""
    m = stats.estimate(slices.means)
    m2, m4 = (float(np.mean(slices.means**k)) for k in (2, 4))
    if abs(m.value) > CLEARLY * abs(m.error):
        return ("none", "mean"), (
            f"The mean field ⟨M⟩ = {m} is not 0, so the correlator is shown as it is and "
            f"connected, without V_s⟨M⟩², V_s being the sites of a slice."
        )
    if m2 > 0 and 1 - m4 / (3 * m2 * m2) > 0.5:
        return ("none", "abs"), (
            "The mean field M has two signs of a clear size (its Binder cumulant exceeds 1/2), so "
            "the correlator is shown as it is, where the mass is that of tunnelling between the "
            "signs, and without V_s⟨|M|⟩², V_s being the sites of a slice."
        )
    return ("none",), (
        f"The mean field ⟨M⟩ = {m} is compatible with 0, so nothing is subtracted: the "
        f"correlator is connected as it is."
    )


def _rows(run: Run, kept: Kept | None) -> list[int]:
    rows = None if kept is None else kept.rows
    return list(range(run.layout.chains)) if rows is None else list(rows)


def _number(run: Run, k: int) -> int:
    """The number of the measurement after which configuration k was stored."""
    return min((k + 1) * run.layout.save_every, run.n_committed) - 1


def _finite(e: Estimate) -> str:
    return str(e) if math.isfinite(abs(e.value)) else "lost in noise"


def _as_json(picture: plot.Correlator, axis: int) -> dict[str, Any]:
    return {
        "axis": axis,
        "extent": picture.extent,
        "configurations": picture.fields,
        "curves": [
            {
                "vacuum": curve.vacuum,
                "correlator": [e.to_dict() for e in curve.correlator],
                "effective_mass": [e.to_dict() for e in curve.mass],
            }
            for curve in picture.curves
        ],
    }
