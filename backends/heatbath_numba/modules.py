"""Generated modules: joined source text, named by its hash, whose machine code is kept on disk.

numba's own disk cache is silently stale when a kernel inlines something from another file.
Here everything that a kernel inlines is in its module's text or in one of the files that emit
instructions while it compiles (`COMPILE_TIME_FILES`).  The module's name is the hash of all these
texts, of the versions and settings of the compiler and of the processor, so a hit is always right
and a change always misses.  Nothing is ever imported from the cache folder.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import sys
import threading
import time
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

import llvmlite
import numba
from llvmlite import binding

import heatbath
from heatbath._dispatch import LOADED
from heatbath_numba import lanes
from heatbath_numba.machine_code import keep

__all__ = ["COMPILE_TIME", "common_module", "module"]

if numba.config.DISABLE_JIT:
    raise ImportError("numba's compiler is switched off: unset NUMBA_DISABLE_JIT")

HERE, LIBRARY = Path(__file__).parent, Path(heatbath.__file__).parent
# Modules that emit instructions while a kernel compiles: generated modules import them.
COMPILE_TIME = (
    "calls",
    "lanes",
    "memory",
    "random.registers",
    "row_formulas",
    "row_registers",
    "team",
)
# What those are made of: they turn the library's formulas into instructions.
COMPILE_TIME_FILES = (
    *(HERE / f"{name.replace('.', '/')}.py" for name in COMPILE_TIME),
    *(LIBRARY / name for name in ("elementary.py", "_primitives.py")),
    *(LIBRARY / "formula").glob("*.py"),
    *(LIBRARY / "random").glob("*.py"),
)
# numba's settings that change the code it makes.
SETTINGS = (
    "OPT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "ENABLE_AVX",
    "BOUNDSCHECK",
    "DEBUGINFO_DEFAULT",
)
FLOAT32 = "real, LANES = np.float32, 4"


@lru_cache(maxsize=256)
def module(passes: tuple[str, ...], dtype: str, formulas: str) -> ModuleType:
    """The module made of `formulas` (generated source) and the files `passes` of this package,
    on top of the common module of the dtype."""
    common = f"from {common_module(dtype).__name__} import *"
    return _imported("\n\n".join([common, formulas, *map(_file, passes)]))


@cache
def common_module(dtype: str) -> ModuleType:
    """What does not depend on a formula, compiled once per dtype: random fills, and the loops of
    all samplers around the passes."""
    files = (
        "team_loops.py",
        "random/philox_loops.py",
        "random/fill_loops.py",
        "random/row_fill_loops.py",
        "field_loops.py",
        "row_loops.py",
        "mcmc/hmc_loops.py",
        "mcmc/metropolis_loops.py",
        "sde/langevin_loops.py",
    )
    return _imported("\n\n".join([_header(dtype), *map(_file, files)]))


def _header(dtype: str) -> str:
    text = _file("header.py")
    if dtype == "float64":
        return text
    start, end = text.index("real, LANES"), text.index("\n\nDTYPE")
    return text[:start] + FLOAT32 + text[end:]


@cache
def _file(name: str) -> str:
    """The text of a file of this package without its imports from this package, except those of
    `COMPILE_TIME`."""
    text = (HERE / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        source = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        package, _, part = source.partition(".")
        own = package == "heatbath_numba" and part and part not in COMPILE_TIME
        if own or source == "__future__":
            for k in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[k] = ""
    return "\n".join(lines)


def _imported(text: str) -> ModuleType:
    """The module of this text.  It has no file: tracebacks find its lines in `linecache`."""
    digest = hashlib.blake2b(f"{_around()}\n{text}".encode(), digest_size=12).hexdigest()
    name = f"heatbath_kernel_{digest}"
    with _one_at_a_time:
        if name not in sys.modules:
            sys.modules[name] = _executed(name, text)
        return sys.modules[name]


_one_at_a_time = threading.Lock()


def _executed(name: str, text: str) -> ModuleType:
    made, place = ModuleType(name), f"<{name}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    exec(compile(text, place, "exec"), vars(made))
    if not _edited():
        keep(made)
    return made


@cache
def _around() -> str:
    """All that machine code depends on besides the text of its module."""
    seen = hashlib.blake2b(digest_size=16)
    for file in sorted(COMPILE_TIME_FILES):
        seen.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    python = "{}.{}".format(*sys.version_info)
    versions = f"numba {numba.__version__}, llvmlite {llvmlite.__version__}, Python {python}"
    settings = [str(getattr(numba.config, name, None)) for name in SETTINGS]
    return f"{versions}, {settings}, {host()}, {seen.hexdigest()}"


def host() -> str:
    """The processor's name and the width of its registers in bytes."""
    return f"{binding.get_host_cpu_name()} {lanes.register_bytes()}"


def _edited() -> bool:
    """Whether a file was changed after the library was read: its text is not what runs, and
    nothing may be kept under its hash."""
    return any(LOADED < file.stat().st_mtime < time.time() for file in COMPILE_TIME_FILES)
