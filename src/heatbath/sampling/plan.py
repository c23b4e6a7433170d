"""What a run will do, fixed before it starts: counts, chunks, and when it may stop.

Everything here follows from the arguments alone, never from the clock, so that a resumed run and
a run in memory take the same decisions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from heatbath._checks import check_count
from heatbath._suggest import shown

__all__ = ["Plan", "check_updates", "chunk_length", "default_warmup"]

NANOSECONDS_PER_SITE = 2.0  # of one force or one local update, roughly
NANOSECONDS_PER_MEASUREMENT = 30_000.0  # Python's share
CHUNK_SECONDS = 1.0
LARGEST_CHUNK = 4096
MOST_NUMBERS = 1 << 22
LEAST_CHUNKS = 16  # of a run, so that a short one can stop early too
LOOK_GROWTH = 1.25  # each look at the errors is so much later than the last


@dataclass(frozen=True)
class Plan:
    """seed, chains: the names of the chains of the key.
    samples: measurements per chain (at most, with target_error).
    thin: updates per measurement.  warmup: updates before the first.  tune: whether they tune.
    start: name of the start, or "array".
    chunk: measurements per chain between two commits.
    save_every: measurements between two stored configurations; divides chunk.
    target_error: observable -> absolute error, or a text such as "0.4%".
    """

    seed: int
    chains: tuple[int | str, ...]
    samples: int
    thin: int
    warmup: int
    tune: bool
    start: str
    chunk: int
    save_every: int
    target_error: Mapping[str, float | str]

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("thin", 1), ("warmup", 0)):
            object.__setattr__(self, name, check_count(name, getattr(self, name), least))
        check_updates(self.samples, self.thin, self.warmup)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, read back by `from_dict`."""
        return {**asdict(self), "chains": list(self.chains)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote."""
        return cls(**{**stored, "chains": tuple(stored["chains"])})

    def is_look(self, n: int) -> bool:
        """Whether the errors are compared with their targets after n measurements."""
        return bool(self.target_error) and n in set(self._looks(n))

    def _looks(self, last: int) -> Iterator[int]:
        look = self.chunk
        while look <= last:
            yield look
            commits = look // self.chunk
            look = self.chunk * max(commits + 1, math.ceil(commits * LOOK_GROWTH))


def check_updates(samples: int, thin: int, warmup: int = 0) -> None:
    """Raise where the counter of the random numbers has no room for so many updates."""
    if (updates := warmup + samples * thin) >= 1 << 48:
        raise ValueError(
            f"warmup + samples·thin must stay below 2**48 updates; got {shown(updates)}: ask for "
            f"fewer samples"
        )


def default_warmup(samples: int, thin: int) -> int:
    """A tenth of the run's updates, at least 500 and at most 20 000."""
    return min(max(500, samples * thin // 10), 20_000)


def chunk_length(
    sites: int, updates_per_site: float, samples: int, save_every: int | None = None
) -> int:
    """Measurements between commits: about a second of work, from 1 to 4096, a multiple of
    save_every, and not more than 2²² numbers of configurations to store at once.

    sites: of all chains.  updates_per_site: local updates (or forces) per measurement.

    >>> chunk_length(4 * 16**2, 10, samples=100_000)
    4096
    >>> chunk_length(4 * 512**2, 10, samples=100_000)
    47
    """
    cost = NANOSECONDS_PER_MEASUREMENT + NANOSECONDS_PER_SITE * sites * updates_per_site
    chunk = int(CHUNK_SECONDS * 1e9 / cost)
    chunk = max(1, min(chunk, LARGEST_CHUNK, -(-samples // LEAST_CHUNKS)))
    if save_every is None:
        return chunk
    return save_every * max(1, min(-(-chunk // save_every), MOST_NUMBERS // sites))
