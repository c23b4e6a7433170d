"""Generated modules: joined source text, named by its hash, imported from a cache folder.

numba's own disk cache is silently stale when a kernel inlines something from another file.
Here everything that a kernel inlines is in its file, and the file's name is the hash of its text
and of the versions of numba and llvmlite, so a hit is always right and a change always misses.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import tempfile
import warnings
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

from heatbath_numba import elementary

__all__ = ["cache_folder", "common_module", "module"]

HERE = Path(__file__).parent
FLOAT32 = (
    "real, whole, LANES = np.float32, np.int32, 4\n"
    "FRACTION_BITS, BIAS, TINY, LIFT, SHIFT = 23, 127, 2.0**-100, 60, 240.0\n"
    "LARGEST = 3.4028234663852886e38\n"
)


@lru_cache(maxsize=256)
def module(loops: tuple[str, ...], dtype: str, formulas: str = "") -> ModuleType:
    """The module made of `formulas` (generated source) and the files `loops` of this package,
    on top of the common module of the dtype."""
    common = common_module(dtype)
    parts = [f"from {common.__name__} import *", formulas, *map(_file, loops)]
    return _imported("\n\n".join(parts))


@cache
def common_module(dtype: str) -> ModuleType:
    """What does not depend on a formula, compiled once per dtype: the elementary functions,
    random fills, and moves between fields and padded rows."""
    files = (
        "random/philox_loops.py",
        f"random/lanes_{dtype}.py",
        "random/fill_loops.py",
        "field_loops.py",
        "mcmc/momentum_loops.py",
    )
    parts = [_header(dtype), _file("primitives.py"), elementary.source(dtype), *map(_file, files)]
    return _imported("\n\n".join(parts))


def _header(dtype: str) -> str:
    text = _file("header.py")
    if dtype == "float64":
        return text
    start, end = text.index("real, whole, LANES"), text.index("\nHALF")
    return text[:start] + FLOAT32 + text[end:]


@cache
def _file(name: str) -> str:
    """The text of a file of this package without its imports from this package."""
    text = (HERE / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heatbath_numba")
        if own or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            for k in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[k] = ""
    return "\n".join(lines)


def _imported(text: str) -> ModuleType:
    import llvmlite
    import numba

    versions = f"{numba.__version__} {llvmlite.__version__} {sys.version_info[:2]}"
    digest = hashlib.blake2b(f"{versions}\n{text}".encode(), digest_size=12).hexdigest()
    name = f"heatbath_kernel_{digest}"
    path = _written(cache_folder() / f"{name}.py", text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def _written(path: Path, text: str) -> Path:
    """Write atomically, once: another process may be doing the same."""
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    return path


@cache
def cache_folder() -> Path:
    """Where generated modules and their machine code live: $HEATBATH_CACHE_DIR, or the user's
    cache folder; a temporary one, with one warning, where that cannot be written."""
    wanted = os.environ.get("HEATBATH_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(wanted) if wanted else Path(home) / "heatbath"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as trouble:
        warnings.warn(
            f"the kernel cache folder {folder} cannot be written ({trouble.strerror}); kernels "
            f"are compiled anew in every process: set HEATBATH_CACHE_DIR to a writable folder",
            stacklevel=2,
        )
        return Path(tempfile.mkdtemp(prefix="heatbath-"))
