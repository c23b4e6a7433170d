"""Where measurements go: memory, or a run on disk.  Both see the same calls in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from heatbath.sampling.tally import Tally

__all__ = ["Memory", "Recorder"]


class Recorder(Protocol):
    """n: measurements per chain so far.  tally, seconds: of these.  stopped: whether the target
    error ended the run.  directory: of the run, or None."""

    @property
    def n(self) -> int: ...

    @property
    def tally(self) -> Tally: ...

    @property
    def seconds(self) -> float: ...

    @property
    def stopped(self) -> bool: ...

    @property
    def directory(self) -> str | None: ...

    @property
    def history(self) -> Mapping[str, Any]:
        """Name -> series of shape (chains, n)."""
        ...

    def begin(self, sampler: Any, configuration: Any, seconds: float) -> None:
        """Warm-up is over: keep the tuned sampler and the configuration."""
        ...

    def append(
        self, series: Mapping[str, Any], configurations: list[Any], tally: Tally, seconds: float
    ) -> None:
        """Commit one chunk; the last configuration is the checkpoint."""
        ...

    def finish(self, *, stopped: bool) -> None:
        """The run is complete."""
        ...


class Memory:
    """A recorder that keeps the series, and no configurations.

    dtypes: of each series.
    """

    directory = None

    def __init__(self, chains: int, samples: int, dtypes: Mapping[str, Any]) -> None:
        self._series = {name: np.empty((chains, samples), dtype) for name, dtype in dtypes.items()}
        self.n = 0
        self.tally = Tally()
        self.seconds = 0.0
        self.stopped = False

    @property
    def history(self) -> dict[str, Any]:
        """Name -> series of shape (chains, n)."""
        return {name: values[:, : self.n] for name, values in self._series.items()}

    def begin(self, sampler: Any, configuration: Any, seconds: float) -> None:
        """Only the time is kept."""
        self.seconds += seconds

    def append(
        self, series: Mapping[str, Any], configurations: list[Any], tally: Tally, seconds: float
    ) -> None:
        """Keep one chunk."""
        for name, values in series.items():
            self._series[name][:, self.n : self.n + values.shape[1]] = values
        self.n += next(iter(series.values())).shape[1]
        self.tally = self.tally + tally
        self.seconds += seconds

    def finish(self, *, stopped: bool) -> None:
        """Nothing is left to do."""
        self.stopped = stopped
