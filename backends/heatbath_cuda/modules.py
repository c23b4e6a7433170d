"""Generated modules: joined source text, named by its hash, whose machine code is kept on disk.

As in `heatbath_numba.modules`: everything that a kernel uses is in its module's text, and the
module's name is the hash of the text and of the versions, so that what is kept is never stale.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import sys
import threading
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

import numba
import numba_cuda
from numba import config

from heatbath_cuda import elementary
from heatbath_cuda.machine_code import keep

__all__ = ["common_module", "module"]

HERE = Path(__file__).parent
FLOAT32 = (
    "real, whole, LANES = np.float32, np.int32, 4\n"
    "FRACTION_BITS, BIAS, TINY, LIFT, SHIFT = 23, 127, 2.0**-100, 60, 240.0\n"
    "LARGEST = 3.4028234663852886e38\n"
)


COMMON = (
    "site_loops.py",
    "random/philox_loops.py",
    "random/lanes_{dtype}.py",
    "random/fill_loops.py",
    "mcmc/momentum_loops.py",
    "mcmc/proposal_loops.py",
)


@lru_cache(maxsize=256)
def module(loops: str, dtype: str, sources: tuple[str, ...]) -> ModuleType:
    """The module made of the file `loops` of this package and generated source: that of energies,
    and that of another program.  Each layer is compiled once for all above it."""
    energy, other = sources
    layers = (
        _common(dtype),
        f"{energy}\n\n{_file('measuring_loops.py')}",
        f"{other}\n\n{_file(loops)}",
    )
    if config.ENABLE_CUDASIM:  # it lends its `cuda` to one module at a time
        return _imported("\n\n".join(layers))
    made = common_module(dtype)
    for layer in layers[1:]:
        made = _imported(f"from {made.__name__} import *\n\n{layer}")
    return made


@cache
def common_module(dtype: str) -> ModuleType:
    """What does not depend on a formula: random fills, sums, and all below them."""
    return _imported(_common(dtype))


@cache
def _common(dtype: str) -> str:
    rounded = "simulated" if config.ENABLE_CUDASIM else dtype
    basic = [_header(dtype), *map(_file, (f"rounded_{rounded}.py", "primitives.py"))]
    files = (_file(name.format(dtype=dtype)) for name in COMMON)
    return "\n\n".join([*basic, elementary.source(dtype), *files])


def _header(dtype: str) -> str:
    source = _file("header.py")
    if dtype == "float64":
        return source
    start, end = source.index("real, whole, LANES"), source.index("\nZERO")
    return source[:start] + FLOAT32 + source[end:]


@cache
def _file(name: str) -> str:
    """The text of a file of this package without its imports from this package."""
    source = (HERE / name).read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heatbath_cuda"):
            for k in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[k] = ""
    return "\n".join(lines)


def _imported(source: str) -> ModuleType:
    """The module of this text.  It has no file: tracebacks find its lines in `linecache`."""
    digest = hashlib.blake2b(f"{_around()}\n{source}".encode(), digest_size=12).hexdigest()
    name = f"heatbath_kernel_{digest}"
    with _one_at_a_time:
        if name not in sys.modules:
            sys.modules[name] = _executed(name, source)
        return sys.modules[name]


_one_at_a_time = threading.Lock()


def _executed(name: str, source: str) -> ModuleType:
    made, place = ModuleType(name), f"<{name}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    exec(compile(source, place, "exec"), vars(made))
    if not config.ENABLE_CUDASIM:
        keep(made)
    return made


def _around() -> str:
    """All that machine code depends on besides the text of its module and the device."""
    python = "{}.{}".format(*sys.version_info)
    return f"numba-cuda {numba_cuda.__version__}, numba {numba.__version__}, Python {python}"
