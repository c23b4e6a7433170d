"""Which array library a field lives in, and what may enter there."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any, TypeAlias

Array: TypeAlias = Any
Namespace: TypeAlias = Any

__all__ = [
    "FLOAT_TYPES",
    "Array",
    "Namespace",
    "as_numpy",
    "device_kind",
    "dtype_name",
    "kind_of",
    "namespace_by_name",
    "namespace_of",
    "needs_gradient",
    "require_alike",
    "require_field",
]

FLOAT_TYPES = ("float64", "float32")
LIBRARIES = ("numpy", "torch", "cupy")
UNLIKE = ("matrix", "MaskedArray", "MaskedConstant")  # arrays whose arithmetic is another


@lru_cache(maxsize=64)
def _namespace_of_type(kind: type) -> Namespace | None:
    import array_api_compat

    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        import array_api_compat.numpy

        return array_api_compat.numpy
    if root == "torch":
        return sys.modules.get("array_api_compat.torch") or __import__(
            "array_api_compat.torch", fromlist=["torch"]
        )
    if hasattr(kind, "__array_namespace__") or root == "cupy":
        return array_api_compat
    return None


def namespace_of(x: Array, name: str = "a field") -> Namespace:
    """The Array API namespace of an array, the argument `name`; cheap, since it is remembered by
    type."""
    kind: Any = type(x)
    known = _namespace_of_type(kind)
    if known is None:
        raise TypeError(
            f"{name} must be an array of NumPy, torch, CuPy or another Array API library; got "
            f"{type(x).__name__}: make one with numpy.asarray or torch.asarray"
        )
    if known.__name__ == "array_api_compat":
        return known.array_namespace(x)
    return known


def namespace_by_name(name: str) -> Namespace:
    """The namespace called "numpy", "torch" or "cupy", imported now."""
    from heatbath._checks import check_choice

    check_choice("namespace", name, LIBRARIES)
    import importlib

    try:
        return importlib.import_module(f"array_api_compat.{name}")
    except ImportError as missing:
        package = {"torch": "torch", "cupy": "cupy"}.get(name, name)
        raise ModuleNotFoundError(
            f"namespace {name!r} needs the package {package}: pip install 'heatbath[{package}]'"
        ) from missing


def kind_of(x: Array) -> str:
    """The short name of the array library: numpy, torch, cupy, array_api_strict, …"""
    kind: Any = type(x)
    return _kind_of_type(kind)


@lru_cache(maxsize=64)
def _kind_of_type(kind: type) -> str:
    """Of a subclass, that of the library whose array it is."""
    roots = [base.__module__.partition(".")[0] for base in kind.__mro__]
    return next((root for root in roots if root in LIBRARIES), roots[0])


def dtype_name(x: Array) -> str:
    """ "float64", "float32", … for an array of any library."""
    kind: Any = type(x.dtype)
    return _dtype_names(kind, x.dtype)


@lru_cache(maxsize=64)
def _dtype_names(kind: type, dtype: Any) -> str:
    """Remembered by kind first: dtypes of different libraries may share a hash."""
    return str(dtype).rpartition(".")[2].lstrip("<>=|")


def device_kind(device: str) -> str:
    """ "cpu", "cuda", … from a library's text for a device: "cuda:1", "<CUDA Device 1>"."""
    return device.lstrip("<").partition(":")[0].partition(" ")[0].lower()


def needs_gradient(x: Any) -> bool:
    """Whether torch must see every operation on this leaf: it is a tensor (or an action with one)
    that autograd tracks, or torch transforms or compiles the computation."""
    tracked = getattr(x, "requires_grad", None)
    if tracked is None:
        return False
    return bool(tracked) or (kind_of(x) == "torch" and _transformed(x))


def _transformed(x: Array) -> bool:
    """Whether a tensor is under vmap, forward-mode differentiation or torch.compile."""
    torch = sys.modules["torch"]
    return bool(
        torch.compiler.is_compiling()
        or torch._C._functorch.is_functorch_wrapped_tensor(x)
        or torch.autograd.forward_ad._current_level >= 0
    )


def as_numpy(x: Array) -> Any:
    """The values as a NumPy array on the host, for storing and analysing."""
    import numpy as np

    if kind_of(x) == "torch":
        return x.detach().cpu().resolve_conj().resolve_neg().numpy()
    return x.get() if kind_of(x) == "cupy" else np.asarray(x)


def require_field(phi: Array, shape: tuple[int, ...] | None, name: str = "field") -> None:
    """Raise unless `phi` is a real floating-point array of shape (*batch, *shape)."""
    namespace_of(phi, name)
    if type(phi).__name__ in UNLIKE:
        _refuse_unlike(phi, name)
    native = getattr(phi.dtype, "isnative", True)
    if not native:
        raise TypeError(
            f"{name} has the foreign byte order {phi.dtype.str!r}; convert it once with "
            f"{name}.astype({name}.dtype.newbyteorder('='))"
        )
    if dtype_name(phi) not in FLOAT_TYPES:
        raise TypeError(
            f"{name} has dtype {dtype_name(phi)}; it must be float64 or float32: convert it before"
        )
    if shape is not None and tuple(phi.shape[max(phi.ndim - len(shape), 0) :]) != shape:
        raise ValueError(
            f"{name} must have shape (*batch, {', '.join(map(str, shape))}) for this lattice; "
            f"got {tuple(phi.shape)}"
        )


def _refuse_unlike(phi: Array, name: str) -> None:
    """Raise for a matrix, and for a masked array where something is masked."""
    if type(phi).__name__ == "matrix":
        raise TypeError(
            f"{name} is a numpy.matrix, whose * is the matrix product; pass numpy.asarray({name})"
        )
    if phi.mask.any():
        raise TypeError(
            f"{name} is a masked array, and every site of a lattice needs a value; fill it with "
            f"{name}.filled(0.0)"
        )


def require_alike(other: Array, field: Array, name: str) -> None:
    """Raise unless `other`, the argument `name`, has the shape, dtype and library of the field."""
    if tuple(other.shape) != tuple(field.shape):
        raise ValueError(
            f"the {name} has the shape {tuple(other.shape)}, the field {tuple(field.shape)}; "
            f"there must be one for each site"
        )
    if kind_of(other) != kind_of(field) or dtype_name(other) != dtype_name(field):
        raise TypeError(
            f"the {name} is {dtype_name(other)} of {kind_of(other)}, the field "
            f"{dtype_name(field)} of {kind_of(field)}; make both alike"
        )
