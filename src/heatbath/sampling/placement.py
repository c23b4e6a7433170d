"""Where the fields of a run live: array library, device and dtype."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatbath._checks import check_choice
from heatbath._namespace import (
    FLOAT_TYPES,
    Array,
    Namespace,
    dtype_name,
    kind_of,
    namespace_by_name,
    namespace_of,
    require_field,
)
from heatbath._suggest import unknown

__all__ = ["Placement"]

SUPPORTED = ("numpy", "torch", "cupy")


@dataclass(frozen=True)
class Placement:
    """namespace: name of the array library.  device: its text, or None for the default.
    dtype: "float64" or "float32"."""

    namespace: str
    device: str | None
    dtype: str

    @classmethod
    def of(cls, array: Array, name: str) -> Placement:
        """Where `array`, the argument `name`, lives; TypeError where no field may live."""
        require_field(array, None, name)
        return cls(kind_of(array), _device_text(array), dtype_name(array))

    @classmethod
    def named(cls, namespace: str, device: Any, dtype: Any) -> Placement:
        """A library, device and dtype by name; ValueError with the nearest name."""
        check_choice("namespace", namespace, SUPPORTED)
        name = str(getattr(dtype, "__name__", dtype)).rpartition(".")[2]
        if name not in FLOAT_TYPES:
            raise ValueError(unknown("dtype", name, FLOAT_TYPES))
        placement = cls(namespace, None if device is None else str(device), name)
        placement.zeros(())
        return placement

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """A new array of zeros there."""
        xp = self._library()
        try:
            return xp.zeros(shape, dtype=getattr(xp, self.dtype), device=self._device())
        except (RuntimeError, ValueError, TypeError, AssertionError) as trouble:
            reason = str(trouble).strip().partition("\n")[0]
            raise ValueError(
                f"{self.namespace} makes no {self.dtype} array on device {self.device!r}: {reason}"
            ) from trouble

    def from_numpy(self, values: Any) -> Array:
        """A copy of a NumPy array there, in the run's dtype."""
        values = np.array(values, dtype=self.dtype)
        return self._library().asarray(values, device=self._device())

    def _library(self) -> Namespace:
        if self.namespace in SUPPORTED:
            return namespace_by_name(self.namespace)
        try:
            return namespace_of(importlib.import_module(self.namespace).zeros(1))
        except ImportError as missing:
            raise ModuleNotFoundError(
                f"this run's fields live in the package {self.namespace}, which is not installed"
            ) from missing

    def _device(self) -> Any:
        """The device as the library wants it: CuPy's are objects, the others' have texts."""
        if self.namespace == "cupy" and self.device is not None:
            number = self.device.rpartition(":")[2]
            cuda = importlib.import_module("cupy").cuda
            return cuda.Device(int(number) if number.isdigit() else 0)
        if self.namespace == "array_api_strict" and self.device is not None:
            return importlib.import_module(self.namespace).Device(self.device)
        return self.device


def _device_text(array: Array) -> str | None:
    device = getattr(array, "device", None)
    match kind_of(array):
        case "numpy":
            return None
        case "cupy":
            return f"cuda:{device.id}"  # type: ignore[union-attr]
        case "array_api_strict":
            return str(getattr(device, "_device", device))
    return str(device)
