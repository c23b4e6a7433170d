"""The chooser: which implementation of an operation runs for an array.

The reference *is* the public function; `@operation` runs the operation's argument check and
then the first row of the table (`heatbath._kernels`) that holds for the arguments, else the
reference.  There are no conversions, priorities or scans.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from heatbath._kernels import TABLE, Kernel
from heatbath._namespace import needs_gradient
from heatbath._suggest import unknown

__all__ = ["OPERATIONS", "choose", "operation", "reasons", "use"]

WISHES = ("fastest", "reference", "kernel")
OPERATIONS: dict[str, Callable[..., Any]] = {}
_wish: ContextVar[str] = ContextVar("heatbath_wish", default="fastest")


def operation(name: str, *, check: Callable[..., None]) -> Callable[[Any], Any]:
    """Make a reference the public function of operation `name`; `check` sees all arguments."""

    def decorate(reference: Callable[..., Any]) -> Callable[..., Any]:
        first = next(iter(inspect.signature(reference).parameters))

        @functools.wraps(reference)
        def public(*args: Any, **kwargs: Any) -> Any:
            if first in kwargs:
                args = (kwargs.pop(first), *args)
            check(*args, **kwargs)
            return choose(name, args[0], (*args[1:], *kwargs.values()))(*args, **kwargs)

        public.reference = reference  # type: ignore[attr-defined]
        public.operation = name  # type: ignore[attr-defined]
        OPERATIONS[name] = public
        return public

    return decorate


@contextmanager
def use(wish: str) -> Iterator[None]:
    """Within the block run the "reference", the "kernel" (raise where there is none), or the
    "fastest" (the default)."""
    if wish not in WISHES:
        raise ValueError(unknown("choice", wish, WISHES))
    token = _wish.set(wish)
    try:
        yield
    finally:
        _wish.reset(token)


def choose(name: str, array: Any, args: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """The implementation that runs operation `name` on these arguments."""
    wish = _wish.get()
    reference: Callable[..., Any] = OPERATIONS[name].reference  # type: ignore[attr-defined]
    if wish == "reference":
        return reference
    why = []
    for kernel in TABLE.get(name, ()):
        reason = _reason(kernel, array, args)
        implementation = _load(kernel) if reason is None else None
        if implementation is not None:
            return implementation
        why.append(f"{kernel.provider}: {reason or 'its package is missing'}")
    if wish == "kernel":
        raise ValueError(f"no kernel runs {name} here: {'; '.join(why)}")
    return reference


def reasons(name: str, array: Any, args: tuple[Any, ...] = ()) -> list[tuple[Kernel, str | None]]:
    """Each row of the table with the reason why it does not hold, or None where it does."""
    return [(kernel, _reason(kernel, array, args)) for kernel in TABLE.get(name, ())]


def _reason(kernel: Kernel, array: Any, args: tuple[Any, ...]) -> str | None:
    kind: Any = type(array)
    reason = _mismatch(kernel, kind, array.dtype, str(getattr(array, "device", "cpu")))
    if reason is not None:
        return reason
    if any(map(needs_gradient, (array, *args))):
        return "torch must see through it, for a gradient or a transform, and the kernel hides it"
    return next((r for a in args if (r := getattr(a, "unsupported", None)) is not None), None)


@functools.lru_cache(maxsize=1024)
def _mismatch(kernel: Kernel, kind: type, dtype: Any, device: str) -> str | None:
    """Why the row does not hold for arrays of this exact type, dtype and device."""
    if f"{kind.__module__}.{kind.__name__}" != kernel.array_type:
        return f"it takes {kernel.array_type}, not {kind.__module__}.{kind.__name__}"
    if str(dtype).rpartition(".")[2] not in kernel.dtypes:
        return f"it takes {' or '.join(kernel.dtypes)}, not {dtype}"
    if device.partition(":")[0] != kernel.device:
        return f"it runs on {kernel.device}, not {device}"
    return None


@functools.cache
def _load(kernel: Kernel) -> Callable[..., Any] | None:
    """Import a kernel at first use; None, and a warning, where its package is missing."""
    module, _, name = kernel.provider.partition(":")
    try:
        implementation: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        _say_missing(missing.name or module)
        return None
    return implementation


@functools.cache
def _say_missing(package: str) -> None:
    warnings.warn(
        f"heatbath runs slow references because the package {package} is missing; "
        f"pip install {package}",
        stacklevel=5,
    )
