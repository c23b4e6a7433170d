"""What makes a call slower than it could be, said once per process and reason."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from heatbath._kernels import Kernel
from heatbath._namespace import _transformed, device_kind, kind_of

__all__ = ["HIDDEN", "SlowerPath", "advice", "lacking", "say", "say_why"]

HIDDEN = "torch must see through it, for a gradient or a transform, and the kernel hides it"

# Frames of these packages are not where the user called.
OURS = ("heatbath", "heatbath_numba", "heatbath_cuda", "numba", "concurrent", "threading")
# Not made for speed: with it one tests that a program keeps to the Array API.
WITHOUT_KERNELS = ("array_api_strict",)
# What NumPy makes of an array without axes, such as a sum: there is nothing to be fast about.
NUMBERS = ("numpy.float64", "numpy.float32")
# What installs all that a provider's kernels import, where that is more than one package.
EXTRAS = {"heatbath_cuda": "'heatbath[cuda]'"}


class SlowerPath(UserWarning):
    """Results are the same, but come slower than they could: a reference runs where a kernel
    might, or kernels cannot be kept on disk.  The text says why, and what would help.

    Silence it with ``warnings.simplefilter("ignore", hb.backends.SlowerPath)``.
    """


@cache
def say(message: str) -> None:
    """Warn, once per process, at the line outside of this library that led here."""
    warnings.warn(message, SlowerPath, stacklevel=_level())


def _level() -> int:
    """The `stacklevel`, for `say`, of the innermost frame of other code."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in OURS and not package.startswith("heatbath_kernel_"):
            break
        level, frame = level + 1, frame.f_back
    return level


def say_why(fitting: Callable[..., Any] | str, obstacle: str | None, array: Any) -> None:
    """Say why the reference runs on an array.  fitting: the kernel for such arrays, or what
    `advice` says; obstacle: what keeps kernels from these values."""
    why = obstacle if callable(fitting) else fitting
    if obstacle == HIDDEN:
        traced = kind_of(array) == "torch" and _transformed(array)
        if traced or sys.modules["torch"].is_grad_enabled():
            return  # a transform or a derivative is what the user wants
        why = "something requires a gradient where gradients are off: detach() field and couplings"
    if why:
        say(f"heatbath runs a reference, with the same results but slower: {why}")


def lacking(provider: str, package: str | None) -> str:
    """That the package is missing which the module `provider` imports, and how to get it."""
    root = provider.partition(".")[0]
    return f"the package {package} is missing: pip install {EXTRAS.get(root, package)}"


def advice(
    rows: Sequence[Kernel], kind: type, dtype: Any, device: str, load: Callable[[Kernel], Any]
) -> str:
    """Why no row takes arrays of this type, dtype and device, and what would be faster; "" where
    nobody asked for speed.  `load` gives a kernel's function, or why there is none."""
    name = f"{kind.__module__}.{kind.__name__}"
    if not rows or name in NUMBERS or kind.__module__.partition(".")[0] in WITHOUT_KERNELS:
        return ""
    typed = [row for row in rows if row.array_type == name]
    if not typed:
        return f"no kernel takes {name}: {_plain(rows, kind) or _convert(rows)}"
    placed = [row for row in typed if row.device == device_kind(device)]
    if not placed:
        return f"no kernel runs for {name} on {device}: {_convert(rows)}"
    fitting = [row for row in placed if str(dtype).rpartition(".")[2] in row.dtypes]
    if not fitting:
        return f"no kernel takes {dtype}: convert to {' or '.join(placed[0].dtypes)}"
    return str(load(fitting[0]))


def _plain(rows: Sequence[Kernel], kind: type) -> str | None:
    """How to make a plain array of a subclass, which may overload anything."""
    bases = {f"{base.__module__}.{base.__name__}" for base in kind.__mro__}
    if bases.isdisjoint(row.array_type for row in rows):
        return None
    plain = "numpy.asarray(field)" if "numpy.ndarray" in bases else "field.detach()"
    return f"it may overload anything; pass {plain}"


def _convert(rows: Sequence[Kernel]) -> str:
    places = dict.fromkeys(f"{row.array_type} on {row.device}" for row in rows)
    return f"there are kernels for {', '.join(places)}"
