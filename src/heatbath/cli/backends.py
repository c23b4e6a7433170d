"""`heatbath backends`: which kernels run here, which array libraries are installed, and where
compiled kernels are kept."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
from typing import TYPE_CHECKING, Any

import click

from heatbath.cli.shared import debug_option, json_option

if TYPE_CHECKING:
    from heatbath._cache import Contents
    from heatbath.backends import Kernel

__all__ = ["backends_command"]

# What each package gives, and how to get it.
LIBRARIES = {
    "numpy": ("fields, the default", "pip install numpy"),
    "numba": ("compiled kernels", "pip install numba"),
    "torch": ("fields, gradients, GPUs", "pip install 'heatbath[torch]'"),
    "cupy": ("fields on NVIDIA GPUs", "pip install 'heatbath[cupy]'"),
    "numba_cuda": ("compiled kernels on NVIDIA GPUs", "pip install 'heatbath[cuda]'"),
}


@click.command("backends")
@click.option("--clear-cache", is_flag=True, help="Remove the compiled kernels kept on disk.")
@json_option
@debug_option
def backends_command(clear_cache: bool, as_json: bool) -> None:
    """Show the table of kernels, whether each runs here, the array libraries and the cache of
    compiled kernels."""
    import heatbath as hb
    from heatbath import _cache
    from heatbath.cli.display import print_json

    if clear_cache:
        removed = _cache.clear()
        if as_json:
            print_json({"removed": cached(removed)})
        else:
            click.echo(f"Removed: {in_words(removed)}")
        return
    kernels = [described(kernel) for kernel in hb.backends.table()]
    libraries = [library(name) for name in LIBRARIES]
    if as_json:
        print_json(
            {
                "heatbath": hb.__version__,
                "python": platform.python_version(),
                "libraries": libraries,
                "kernels": kernels,
                "cache": cached(_cache.contents()),
            }
        )
        return
    show(kernels, libraries, _cache.contents())


def cached(found: Contents) -> dict[str, Any]:
    """The contents of the folder of compiled kernels, for JSON."""
    place = None if found.folder is None else str(found.folder)
    return {"folder": place, "modules": found.modules, "bytes": found.size}


def in_words(found: Contents) -> str:
    """The contents of the folder of compiled kernels, for a reader."""
    if found.folder is None:
        return "no compiled kernels, for want of a home folder; set HEATBATH_CACHE_DIR"
    modules = "1 module" if found.modules == 1 else f"{found.modules} modules"
    return f"{modules} of compiled kernels, {found.size / 1e6:.1f} MB, in\n{found.folder}"


def library(name: str) -> dict[str, Any]:
    """One array library: its version, or how to install it."""
    use, install = LIBRARIES[name]
    version = installed_version(name)
    return {
        "name": name,
        "version": version,
        "use": use,
        "install": install if version is None else None,
    }


def installed_version(package: str) -> str | None:
    """The version of an importable package, without importing it; None if it is missing."""
    if importlib.util.find_spec(package) is None:
        return None
    # CuPy is distributed under several names (cupy-cuda12x, …).
    names = importlib.metadata.packages_distributions().get(package, [package])
    try:
        return importlib.metadata.version(names[0])
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def described(kernel: Kernel) -> dict[str, Any]:
    """One row of the table, with what keeps it from running here."""
    missing, trouble = obstacle_for(kernel)
    return {
        "operation": kernel.operation,
        "array": kernel.array_type,
        "device": kernel.device,
        "dtypes": list(kernel.dtypes),
        "agreement": kernel.agreement,
        "differentiable": kernel.differentiable,
        "provider": kernel.provider,
        "missing": missing,
        "trouble": trouble,
    }


def obstacle_for(kernel: Kernel) -> tuple[str | None, str | None]:
    """What keeps a kernel from running here: a package or device that is missing, or what else."""
    library = kernel.array_type.partition(".")[0]
    if importlib.util.find_spec(library) is None:
        return library, None
    root = kernel.provider.partition(".")[0]
    try:
        importlib.import_module(kernel.provider.partition(":")[0])
        missing_device = getattr(importlib.import_module(root), "missing_device", lambda: None)
    except ModuleNotFoundError as missing:
        return missing.name or root, None
    except ImportError as trouble:
        return None, str(trouble)
    return missing_device(), None


def show(kernels: list[dict[str, Any]], libraries: list[dict[str, Any]], held: Contents) -> None:
    """Both tables, what is on disk, and what to install."""
    from heatbath.cli.display import print_notes, print_table

    print_table(
        ("library", "version", "for"),
        [(x["name"], x["version"] or "not installed", x["use"]) for x in libraries],
        numbers=False,
    )
    print_table(
        ("operation", "array", "dtypes", "agreement", "runs here"),
        [
            (
                k["operation"],
                f"{k['array'].partition('.')[0]} {k['device']}",
                short_dtypes(k["dtypes"]),
                str(k["agreement"]),
                runs_here(k),
            )
            for k in kernels
        ],
        numbers=False,
    )
    click.echo("\nWhere no kernel runs, the reference does: same numbers, slower.")
    click.echo(f"On disk: {in_words(held)}")
    steps = [(x["install"], x["use"]) for x in libraries if x["install"]]
    if held.size:
        steps.append(("heatbath backends --clear-cache", "remove the compiled kernels"))
    print_notes(list(dict.fromkeys(k["trouble"] for k in kernels if k["trouble"])), steps)


def runs_here(kernel: dict[str, Any]) -> str:
    """The last column of the table of kernels."""
    if kernel["missing"] is not None:
        return f"no, needs {kernel['missing']}"
    return "yes" if kernel["trouble"] is None else "no"


def short_dtypes(dtypes: list[str]) -> str:
    """
    >>> short_dtypes(["float64", "float32"])
    'f64 f32'
    """
    return " ".join(name.replace("float", "f") for name in dtypes)
