"""The settings that times depend on, and the machine they were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from .limit import FLAGS, compiler

__all__ = ["SETTINGS", "machine", "settle", "slug"]

# The allocator keeps freed memory: else NumPy's time moves by up to five, with the page faults.
# One thread for every library.
SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "HEATBATH_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NPROC": "1",  # JAX's pool of threads
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}
PACKAGES = ("numpy", "numba", "llvmlite", "torch", "jax", "blackjax")
FEATURES = ("sse4_2", "avx", "avx2", "fma", "avx512f", "asimd", "sve")
CPU = Path("/sys/devices/system/cpu/cpu0")


def settle() -> None:
    """Start this process anew with SETTINGS: the C library reads its own before NumPy is there."""
    if any(os.environ.get(name) != value for name, value in SETTINGS.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **SETTINGS})


def machine() -> dict[str, Any]:
    """The processor, its features, the versions and the compiler."""
    import heatbath

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "features": [f for f in FEATURES if f in _cpuinfo("flags", "Features").split()],
        "caches": _caches(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "governor": _read(CPU / "cpufreq/scaling_governor") or "not readable",
        "system": f"{platform.system()} {platform.machine()}",
        "compiler": _compiler(),
        "flags": " ".join(FLAGS),
        "versions": {
            "python": platform.python_version(),
            "heatbath": heatbath.__version__,
            **{p: v for p in PACKAGES if (v := _version(p))},
        },
    }


def slug(processor: str) -> str:
    """The processor as a file name.

    >>> slug("Some(R) CPU @ 2.50GHz")
    'some-r-cpu-2-50ghz'
    """
    return re.sub(r"[^a-z0-9]+", "-", processor.lower()).strip("-")


def _processor() -> str:
    model = _cpuinfo("model name")
    family, number = _cpuinfo("cpu family"), _cpuinfo("model")
    if not model:
        return platform.processor() or platform.machine()
    return f"{model} (family {family}, model {number})" if family else model


def _cpuinfo(*names: str) -> str:
    """The first entry of one of these names, or nothing."""
    text = _read(Path("/proc/cpuinfo"))
    found = re.search(rf"^(?:{'|'.join(names)})\s*:\s*(.*)$", text, re.M)
    return found.group(1).strip() if found else ""


def _caches() -> dict[str, str]:
    """Sizes by level; of the first level that of data."""
    sizes = {}
    for index in sorted(CPU.glob("cache/index*")):
        if _read(index / "type") != "Instruction":
            sizes[f"L{_read(index / 'level')}"] = _read(index / "size")
    return sizes


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _compiler() -> str:
    cc = compiler()
    if cc is None:
        return "none"
    text = subprocess.run([cc, "--version"], capture_output=True, text=True).stdout
    first = text.partition("\n")[0]
    kind = "clang" if "clang" in first else "gcc"
    version = re.search(r"\d+\.\d+(\.\d+)?", first)
    return f"{kind} {version.group()}" if version else kind
