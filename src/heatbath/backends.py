"""What runs where: `explain` an operation, or force one implementation with `use`.

>>> import heatbath as hb
>>> with hb.backends.use("reference"):
...     hb.backends.explain("random.normal", hb.backends.example()).chosen
'reference'
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from heatbath._checks import check_choice
from heatbath._dispatch import OPERATIONS, _load, choose, reasons, use
from heatbath._kernels import TABLE, Kernel
from heatbath._namespace import namespace_of
from heatbath._slower import SlowerPath

__all__ = [
    "Explanation",
    "Kernel",
    "SlowerPath",
    "example",
    "explain",
    "operations",
    "table",
    "use",
]


@dataclass(frozen=True)
class Explanation:
    """Which implementation runs, and for every row of the table why it does not.

    chosen: the provider that runs, or "reference".
    rows: (kernel, reason) pairs; reason None means that the row holds.
    """

    operation: str
    chosen: str
    rows: tuple[tuple[Kernel, str | None], ...]

    def __str__(self) -> str:
        lines = [f"{self.operation}: {self.chosen} runs"]
        for kernel, reason in self.rows:
            lines.append(f"  {kernel.array_type} by {kernel.provider}: {reason or 'holds'}")
        return "\n".join(lines)


def explain(operation: Any, array: Any, *args: Any) -> Explanation:
    """What `operation` (its name, or the public function) would run on `array` and why.

    args: further positional arguments, such as the action, which may exclude a kernel.
    Raises ValueError for an unknown operation, with the nearest name.
    """
    name = getattr(operation, "operation", operation)
    known = operations()
    check_choice("operation", name, known)
    namespace_of(array)
    implementation = choose(name, array, args)
    chosen = next(
        (k.provider for k in TABLE.get(name, ()) if _load(k) is implementation), "reference"
    )
    return Explanation(name, chosen, tuple(reasons(name, array, args)))


def operations() -> tuple[str, ...]:
    """The names of all operations."""
    for room in ("mcmc", "random", "sde"):
        importlib.import_module(f"heatbath.{room}")
    return tuple(OPERATIONS)


def table() -> tuple[Kernel, ...]:
    """All rows of the kernel table."""
    return tuple(kernel for rows in TABLE.values() for kernel in rows)


def example() -> Any:
    """A small NumPy field to ask `explain` about."""
    import numpy as np

    return np.zeros((4, 4))
