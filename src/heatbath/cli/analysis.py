"""What `heatbath analyse` computes: where the series come from, and what is estimated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heatbath import stats
from heatbath._suggest import unknown
from heatbath.cli.cuts import Cuts, Kept
from heatbath.sampling.standard import SCALARS, STANDARD, Absolute, estimated, rhats_of
from heatbath.stats import Estimate

__all__ = ["Analysis", "Source", "analysed", "opened"]

MAGIC = b"\x93NUMPY"


@dataclass(frozen=True)
class Source:
    """path: a file or a run.  series: name -> array-like (n,) or (chains, n).
    chains: their names.  volume: the sites of a run's lattice; None for a file of one series."""

    path: Path
    series: Mapping[str, Any]
    chains: tuple[str, ...]
    volume: int | None = None

    @property
    def observables(self) -> tuple[str, ...]:
        """What can be estimated: as in `hb.sample`, the standard observables, then the user's."""
        if self.volume is None:
            return tuple(self.series)
        return (*STANDARD, *(name for name in self.series if name not in SCALARS))


@dataclass(frozen=True)
class Analysis:
    """estimates, rhat: by name.  cut: kept measurements that look like warm-up.
    watched: |M| and the series that were analysed, by name, of shape (chains, n)."""

    source: Source
    cuts: Cuts
    watched: Mapping[str, Any]
    estimates: Mapping[str, Estimate]
    rhat: Mapping[str, float]
    cut: int

    @property
    def kept(self) -> Kept:
        """What is kept of each series."""
        return self.cuts.applied(next(iter(self.source.series.values())), self.source.chains)

    @property
    def chains(self) -> tuple[str, ...]:
        """The names of the chains that were analysed."""
        return self.source.chains if self.cuts.chains is None else self.cuts.chains

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
            "chain_names": list(self.chains),
            "n": self.kept.n,
            "discarded": self.kept.begin,
            "thin": self.kept.step,
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
    if not path.is_file():  # opening a pipe waits for somebody who writes
        raise ValueError(f"{path} is neither a file nor a run; write a file with numpy.save")
    series = _series(path)
    chains = series.shape[0] if series.ndim == 2 else 1
    return Source(path, {path.stem: series}, tuple(map(str, range(chains))))


def analysed(source: Source, cuts: Cuts | None = None, only: Sequence[str] = ()) -> Analysis:
    """All estimates of what `cuts` leave of a source, or of the observables in `only`."""
    cuts, names = cuts or Cuts(), _chosen(source, only)
    first = next(iter(source.series.values()))
    length = int(first.shape[-1])
    if source.volume is not None and length < 4:
        raise ValueError(
            f"the run {source.path} holds {length} measurements so far, and at least 4 are needed; "
            f"wait, or type: heatbath resume {source.path}"
        )
    kept = {name: cuts.applied(values, source.chains) for name, values in source.series.items()}
    with _named(source.path):
        if source.volume is None:
            estimates = {name: stats.estimate(values) for name, values in kept.items()}
        else:
            estimates = {name: estimated(name, kept, source.volume) for name in names}
        watched = _watched(source, kept, names)
        return Analysis(
            source,
            cuts,
            watched,
            estimates,
            rhat={name: r for name, r in rhats_of(watched).items() if not only or name in names},
            cut=max(_cut(values) for values in watched.values()),
        )


def _run(path: Path) -> Source:
    from heatbath.io import Run
    from heatbath.sampling.resume import require_recorded

    with Run.open(path) as run:
        require_recorded(run)
        run.check(*run.names)  # a damaged file is no matter of statistics
        series = {name: run.history(name) for name in run.names}
        chains = tuple(map(str, run.record["plan"]["chains"]))
        return Source(path, series, chains, math.prod(run.record["shape"]))


def _chosen(source: Source, only: Sequence[str]) -> tuple[str, ...]:
    """The observables to estimate, in the source's order."""
    for name in only:
        if name not in source.observables:
            raise ValueError(unknown("observable", name, source.observables))
    return tuple(name for name in source.observables if not only or name in only)


def _watched(source: Source, kept: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The series behind the observables `names`, and |M| if M is one of them."""
    if source.volume is None:
        return dict(kept)
    behind = {"magnetization" if name in STANDARD[:5] else name for name in names}
    watched = {name: values for name, values in kept.items() if name in behind}
    if "magnetization" in watched:
        return {"abs_magnetization": Absolute(watched["magnetization"]), **watched}
    return watched


def _cut(series: Any) -> int:
    """How much looks like warm-up; nothing where that cannot be told, as of a diverged chain."""
    try:
        return stats.thermalisation_cut(series)
    except ValueError:
        return 0


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
    except Exception as trouble:  # NumPy evaluates the header, which may hold anything
        raise ValueError(_unreadable(path, " ".join(str(trouble).split()))) from trouble
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
