"""Several numbers from the same measurements: an array of ``Estimate`` with their covariance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.stats.results import Estimate
from heatbath.stats.series import FloatArray

__all__ = ["Estimates"]


@dataclass(frozen=True, repr=False)
class Estimates:
    """An array of estimates: ``values``, ``errors``, and each as an ``Estimate`` by its index.

    >>> both = Estimates((2,), (Estimate(1.5, 0.25, 0.5, 16), Estimate(2.0, 0.5, 0.5, 16)))
    >>> print(both[0], both.values, both.errors)
    1.50(25) [1.5 2. ] [0.25 0.5 ]
    """

    shape: tuple[int, ...]
    """Shape of the array."""
    flat: tuple[Estimate, ...]
    """The estimates in C order."""
    covariance: FloatArray | None = None
    """Covariance of the values in C order, shape (size, size), if it was asked for.

    Its diagonal holds the squared errors of the Γ-method, its correlations are those of sums over
    stretches of the chains.
    """

    def __post_init__(self) -> None:
        if math.prod(self.shape) != len(self.flat):
            raise ValueError(
                f"shape must be that of the {len(self.flat)} estimates in flat; got {self.shape}"
            )

    @property
    def values(self) -> NDArray[Any]:
        """The values, real or complex."""
        return np.array([e.value for e in self.flat]).reshape(self.shape)

    @property
    def errors(self) -> NDArray[Any]:
        """The standard errors."""
        return np.array([e.error for e in self.flat]).reshape(self.shape)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every sentence that any of the estimates warns with, once."""
        return tuple(dict.fromkeys(sentence for e in self.flat for sentence in e.warnings))

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        """An ``Estimate``, or ``Estimates`` for an index that leaves an array; as NumPy's."""
        chosen = np.arange(len(self.flat)).reshape(self.shape)[index]
        if np.ndim(chosen) == 0:
            return self.flat[int(chosen)]
        places = chosen.ravel()
        covariance = None if self.covariance is None else self.covariance[np.ix_(places, places)]
        return Estimates(chosen.shape, tuple(self.flat[j] for j in places.tolist()), covariance)

    def __str__(self) -> str:
        return str(np.array([str(e) for e in self.flat]).reshape(self.shape).tolist())

    def __repr__(self) -> str:
        trouble = "".join(f"; {sentence}" for sentence in self.warnings)
        return f"<Estimates of shape {self.shape}: {self}{trouble}>"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: the shape, the estimates in C order, and the covariance or None."""
        return {
            "shape": list(self.shape),
            "estimates": [e.to_dict() for e in self.flat],
            "covariance": None if self.covariance is None else self.covariance.tolist(),
        }
