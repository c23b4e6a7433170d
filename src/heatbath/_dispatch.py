"""The chooser: which implementation of an operation runs for an array.

The reference *is* the public function; `@operation` runs the operation's argument check and
then the first row of the table (`heatbath._kernels`) that holds for the arguments, else the
reference.  There are no conversions, priorities or scans.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from heatbath._checks import PYTHON, check_choice, python_numbers
from heatbath._kernels import TABLE, Kernel
from heatbath._namespace import device_kind, needs_gradient
from heatbath._slower import HIDDEN, advice, lacking, say_why

__all__ = ["OPERATIONS", "choose", "operation", "reasons", "use"]

WISHES = ("fastest", "reference", "kernel")
LOADED = time.time()  # sources that are newer are not what runs here
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
            others = (*args[1:], *kwargs.values())
            if not PYTHON.issuperset(map(type, others)):
                args, kwargs, others = python_numbers(args, kwargs)
            implementation = choose(name, args[0], others)
            if implementation is reference and _wish.get() == "fastest":
                say_why(_fitting(name, *_kind(args[0])), _obstacle(args[0], others), args[0])
            return implementation(*args, **kwargs)

        public.reference = reference  # type: ignore[attr-defined]
        public.operation = name  # type: ignore[attr-defined]
        OPERATIONS[name] = public
        return public

    return decorate


@contextmanager
def use(wish: str) -> Iterator[None]:
    """Within the block run the "reference", the "kernel" (raise where there is none), or the
    "fastest" (the default)."""
    token = _wish.set(check_choice("choice", wish, WISHES))
    try:
        yield
    finally:
        _wish.reset(token)


def choose(name: str, array: Any, args: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """The implementation that runs operation `name` on these arguments."""
    wish = _wish.get()
    if wish != "reference":
        kernel = _fitting(name, *_kind(array))
        if callable(kernel) and _obstacle(array, args) is None:
            return kernel
    if wish == "kernel":
        rows = reasons(name, array, args)
        why = "; ".join(f"{row.provider}: {reason}" for row, reason in rows)
        raise ValueError(f"no kernel runs {name} here: {why}")
    reference: Callable[..., Any] = OPERATIONS[name].reference  # type: ignore[attr-defined]
    return reference


def reasons(name: str, array: Any, args: tuple[Any, ...] = ()) -> list[tuple[Kernel, str | None]]:
    """Each row of the table with the reason why it does not hold, or None where it does."""
    kind, obstacle = _kind(array), _obstacle(array, args)
    return [(row, _mismatch(row, *kind) or obstacle) for row in TABLE.get(name, ())]


def _kind(array: Any) -> tuple[Any, Any, str]:
    """What a choice depends on and is remembered by: exact type, dtype and device."""
    return type(array), array.dtype, str(getattr(array, "device", "cpu"))


@functools.lru_cache(maxsize=1024)
def _fitting(name: str, kind: Any, dtype: Any, device: str) -> Callable[..., Any] | str:
    """The first kernel for such arrays, or why there is none and what would help."""
    rows = TABLE.get(name, ())
    for row in rows:
        if _mismatch(row, kind, dtype, device) is None:
            return _load(row)
    return advice(rows, kind, dtype, device, _load)


def _mismatch(row: Kernel, kind: Any, dtype: Any, device: str) -> str | None:
    """Why the row does not hold for such arrays."""
    if f"{kind.__module__}.{kind.__name__}" != row.array_type:
        return f"it takes {row.array_type}, not {kind.__module__}.{kind.__name__}"
    if str(dtype).rpartition(".")[2] not in row.dtypes:
        return f"it takes {' or '.join(row.dtypes)}, not {dtype}"
    if device_kind(device) != row.device:
        return f"it runs on {row.device}, not {device}"
    loaded = _load(row)
    return loaded if isinstance(loaded, str) else None


def _obstacle(array: Any, args: tuple[Any, ...]) -> str | None:
    """Why no kernel runs on these values, whatever their types."""
    for value in (array, *args):
        if type(value) not in _silent and (reason := _objection(value)) is not None:
            return reason
    return None


_silent: set[type] = set()  # types whose values never object


def _objection(value: Any) -> str | None:
    if not hasattr(type(value), "requires_grad") and not hasattr(type(value), "unsupported"):
        _silent.add(type(value))
        return None
    return HIDDEN if needs_gradient(value) else getattr(value, "unsupported", None)


@functools.cache
def _load(row: Kernel) -> Callable[..., Any] | str:
    """Import a kernel at first use; where that fails, what is missing."""
    module, _, name = row.provider.partition(":")
    try:
        kernel: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        return lacking(module, missing.name)
    except ImportError as trouble:
        return str(trouble)
    return kernel
