"""`heatbath backends`: which kernels run here, and which array libraries are installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
from typing import TYPE_CHECKING, Any

import click

from heatbath.cli.shared import debug_option, json_option

if TYPE_CHECKING:
    from heatbath.backends import Kernel

__all__ = ["backends_command"]

# What each package gives, and how to get it.
LIBRARIES = {
    "numpy": ("fields, the default", "pip install numpy"),
    "numba": ("compiled kernels", "pip install numba"),
    "torch": ("fields, gradients, GPUs", "pip install 'heatbath[torch]'"),
    "cupy": ("fields on NVIDIA GPUs", "pip install 'heatbath[cupy]'"),
}


@click.command("backends")
@json_option
@debug_option
def backends_command(as_json: bool) -> None:
    """Show the table of kernels, whether each runs here, and the array libraries."""
    import heatbath as hb
    from heatbath.cli.display import print_json

    kernels = [described(kernel) for kernel in hb.backends.table()]
    libraries = [library(name) for name in LIBRARIES]
    if as_json:
        print_json(
            {
                "heatbath": hb.__version__,
                "python": platform.python_version(),
                "libraries": libraries,
                "kernels": kernels,
            }
        )
        return
    show(kernels, libraries)


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
    """One row of the table, with the reason why it does not run here, or None."""
    return {
        "operation": kernel.operation,
        "array": kernel.array_type,
        "device": kernel.device,
        "dtypes": list(kernel.dtypes),
        "agreement": kernel.agreement,
        "differentiable": kernel.differentiable,
        "provider": kernel.provider,
        "missing": missing_for(kernel),
    }


def missing_for(kernel: Kernel) -> str | None:
    """The package for want of which a kernel does not run here; None if it runs."""
    library = kernel.array_type.partition(".")[0]
    if importlib.util.find_spec(library) is None:
        return library
    try:
        importlib.import_module(kernel.provider.partition(":")[0])
    except ModuleNotFoundError as missing:
        return missing.name or kernel.provider
    return None


def show(kernels: list[dict[str, Any]], libraries: list[dict[str, Any]]) -> None:
    """Both tables, and what to install."""
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
                f"{k['array']}, {k['device']}",
                short_dtypes(k["dtypes"]),
                str(k["agreement"]),
                "yes" if k["missing"] is None else f"no, needs {k['missing']}",
            )
            for k in kernels
        ],
        numbers=False,
    )
    click.echo("\nWhere no kernel runs, the reference does: same numbers, slower.")
    print_notes((), [(x["install"], x["use"]) for x in libraries if x["install"]])


def short_dtypes(dtypes: list[str]) -> str:
    """
    >>> short_dtypes(["float64", "float32"])
    'f64 f32'
    """
    return " ".join(name.replace("float", "f") for name in dtypes)
