"""What `heatbath analyse` computes: where the series come from, and what is estimated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heatbath import stats
from heatbath.sampling.standard import SCALARS, STANDARD, Absolute, estimated
from heatbath.stats import Estimate

__all__ = ["Analysis", "Source", "analysed", "opened"]

MAGIC = b"\x93NUMPY"


@dataclass(frozen=True)
class Source:
    """path: a file or a run.  series: name -> array-like (n,) or (chains, n).
    volume: the sites of a run's lattice; None for a file of one series."""

    path: Path
    series: Mapping[str, Any]
    volume: int | None = None


@dataclass(frozen=True)
class Kept:
    """A series of shape (chains, n) from its measurement `begin` on, read when it is sliced."""

    series: Any
    begin: int

    @property
    def chains(self) -> int:
        return int(self.series.shape[0]) if len(self.series.shape) == 2 else 1

    @property
    def n(self) -> int:
        return int(self.series.shape[-1]) - self.begin

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.series.shape[:-1], self.n)

    @property
    def dtype(self) -> Any:
        return self.series.dtype

    def __getitem__(self, key: Any) -> Any:
        *chains, time = key if isinstance(key, tuple) else (key,)
        start, stop, _ = time.indices(self.n)
        return self.series[(*chains, slice(self.begin + start, self.begin + stop))]


@dataclass(frozen=True)
class Analysis:
    """estimates, rhat: by name.  cut: measurements that look like warm-up.
    kept: one of the series that were analysed."""

    source: Source
    kept: Kept
    estimates: Mapping[str, Estimate]
    rhat: Mapping[str, float]
    cut: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the errors; each sentence names its observable."""
        several = len(self.estimates) > 1
        return tuple(
            f"{name}: {words}" if several else words
            for name, e in self.estimates.items()
            for words in e.warnings
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `heatbath analyse --json`."""
        return {
            "source": str(self.source.path),
            "chains": self.kept.chains,
            "n": self.kept.n,
            "discarded": self.kept.begin,
            "observables": {name: e.to_dict() for name, e in self.estimates.items()},
            "rhat": {n: r if math.isfinite(r) else None for n, r in self.rhat.items()},
            "thermalisation_cut": self.cut,
            "warnings": list(self.warnings),
        }


def opened(path: Path) -> Source:
    """The series of a .npy file, or of a run; read when they are sliced."""
    if path.is_dir():
        return _run(path)
    if not path.exists():
        raise ValueError(f"there is no file or run {str(path)!r}")
    return Source(path, {path.stem: _series(path)})


def analysed(source: Source, discard: int = 0) -> Analysis:
    """All estimates of a source without its first `discard` measurements."""
    first = next(iter(source.series.values()))
    length = int(first.shape[-1])
    if source.volume is not None and length < 4:
        raise ValueError(
            f"the run {source.path} holds {length} measurements so far, and at least 4 are needed; "
            f"wait, or type: heatbath resume {source.path}"
        )
    if not 0 <= discard <= max(length - 4, 0):
        raise ValueError(
            f"--discard must leave at least 4 of the {length} measurements; got {discard}"
        )
    kept = {name: Kept(values, discard) for name, values in source.series.items()}
    with _named(source.path):
        if source.volume is None:
            estimates = {name: stats.estimate(values) for name, values in kept.items()}
        else:
            estimates = {n: estimated(n, kept, source.volume) for n in _observables(kept)}
        watched: dict[str, Any] = dict(kept)
        if source.volume is not None:
            watched = {"abs_magnetization": Absolute(kept["magnetization"]), **kept}
        return Analysis(
            source,
            next(iter(kept.values())),
            estimates,
            rhat={name: stats.split_rhat(values) for name, values in watched.items()},
            cut=max(stats.thermalisation_cut(values) for values in watched.values()),
        )


def _run(path: Path) -> Source:
    from heatbath.io import Run

    with Run.open(path) as run:
        series = {name: run.history(name) for name in run.names}
        return Source(path, series, math.prod(run.record["shape"]))


def _observables(series: Mapping[str, Any]) -> tuple[str, ...]:
    """As in `hb.sample`: the standard observables, then the user's."""
    return (*STANDARD, *(name for name in series if name not in SCALARS))


def _series(path: Path) -> Any:
    """The array of a .npy file, mapped and not read; nothing is ever unpickled."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head[:2] == b"PK":
        raise ValueError(
            f"{path} is an archive of arrays (.npz); save the one series with numpy.save"
        )
    if head != MAGIC:
        raise ValueError(
            f"{path} is not a .npy file; write one with numpy.save('{path.stem}.npy', series)"
        )
    try:
        series = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as trouble:
        raise ValueError(_unreadable(path, str(trouble))) from trouble
    if series.ndim == 0:
        raise ValueError(f"{path} holds a single number; a series of at least 4 is needed")
    return series


def _unreadable(path: Path, trouble: str) -> str:
    if "Python objects" in trouble or "Object arrays" in trouble:
        return (
            f"{path} holds Python objects, which are not unpickled since that could run any code; "
            f"save numbers: numpy.save(file, numpy.asarray(series, dtype=float))"
        )
    return f"{path} is cut off or damaged ({trouble.rstrip('.')}); write it again with numpy.save"


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors of the analysis begin with the file; there "series" is the argument's name."""
    try:
        yield
    except (ValueError, TypeError) as trouble:
        raise ValueError(f"{path}: {trouble}") from trouble
