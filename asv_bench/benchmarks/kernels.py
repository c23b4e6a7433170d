"""Kernels against their references and against C.  `track_ratio` is the number to judge."""

from __future__ import annotations

from . import sweeps
from .entries import Entry
from .operations import OPERATIONS, label

Entries = dict[str, Entry]

SHAPES = {label(shape): shape for shape in ((16, 16), (64, 64), (256, 256))}
NAN = float("nan")
LEAPFROG = {label(shape): shape for shape in sweeps.LEAPFROG_SHAPES}


class Kernels:
    """Each operation of the kernel table on NumPy arrays."""

    params = (tuple(OPERATIONS), tuple(SHAPES))
    param_names = ("operation", "lattice")
    timeout = 300

    def setup_cache(self) -> Entries:
        """All entries, measured once for the three numbers of each."""
        return {
            f"{operation} {size}": sweeps.row(operation, shape)
            for operation in OPERATIONS
            for size, shape in SHAPES.items()
        }

    setup_cache.timeout = 900  # type: ignore[attr-defined]

    def track_ratio(self, entries: Entries, operation: str, size: str) -> float:
        return float(entries[f"{operation} {size}"]["ratios"]["NumPy kernel / NumPy reference"])

    track_ratio.unit = "kernel's time / reference's"  # type: ignore[attr-defined]

    def track_torch(self, entries: Entries, operation: str, size: str) -> float:
        return float(
            entries[f"{operation} {size}"]["ratios"].get("torch kernel / NumPy kernel", NAN)
        )

    track_torch.unit = "torch's time / NumPy's"  # type: ignore[attr-defined]

    def track_nanoseconds(self, entries: Entries, operation: str, size: str) -> float:
        return float(entries[f"{operation} {size}"]["times"]["NumPy kernel"])

    track_nanoseconds.unit = "ns per site and update"  # type: ignore[attr-defined]


class Leapfrog:
    """A leapfrog step of φ⁴ against C."""

    params = (tuple(LEAPFROG),)
    param_names = ("lattice",)
    timeout = 300

    def setup(self, size: str) -> None:
        if sweeps.limit() is None:
            raise NotImplementedError("no C compiler")  # how asv is told to skip

    def track_ratio(self, size: str) -> float:
        return float(sweeps.leapfrog(LEAPFROG[size])["ratios"]["kernel / C"])

    track_ratio.unit = "kernel's time / C's"  # type: ignore[attr-defined]
