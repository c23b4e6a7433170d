"""The table of kernels: each row is one faster implementation of one operation.

From a row follow its agreement test (`tests/test_kernels.py`), its line in `docs/kernels.md`
and in `heatbath backends`, and its benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TABLE", "Kernel"]


@dataclass(frozen=True)
class Kernel:
    """One row.

    operation: what it implements.
    array_type: exact type of the arrays it takes; subclasses run the reference.
    device: where the arrays must be.
    dtypes: their dtypes.
    agreement: "exact" (the reference's bits) or a relative tolerance.
    provider: "module:function", imported at first use.
    differentiable, traceable: whether autograd and tensor compilers see through it.
    """

    operation: str
    array_type: str
    device: str
    dtypes: tuple[str, ...]
    agreement: Literal["exact"] | float
    provider: str
    differentiable: bool = False
    traceable: bool = False


def _numba(operation: str, provider: str) -> tuple[Kernel, ...]:
    """The CPU rows: NumPy arrays, and torch tensors sharing their memory."""
    return tuple(
        Kernel(operation, kind, "cpu", ("float64", "float32"), "exact", provider)
        for kind in ("numpy.ndarray", "torch.Tensor")
    )


def _cuda(operation: str, provider: str) -> tuple[Kernel, ...]:
    """The rows for NVIDIA GPUs."""
    return tuple(
        Kernel(operation, kind, "cuda", ("float64", "float32"), "exact", provider)
        for kind in ("cupy.ndarray", "torch.Tensor")
    )


def _both(operation: str, place: str) -> tuple[Kernel, ...]:
    """The rows of two kernels at the same place in both packages."""
    numba, cuda = f"heatbath_numba.{place}", f"heatbath_cuda.{place}"
    return (*_numba(operation, numba), *_cuda(operation, cuda))


TABLE: dict[str, tuple[Kernel, ...]] = {
    "random.uniform": _both("random.uniform", "random.fills:uniform"),
    "random.normal": _both("random.normal", "random.fills:normal"),
    "mcmc.hmc.trajectories": _both("mcmc.hmc.trajectories", "mcmc.hmc:trajectories"),
    "mcmc.metropolis.sweeps": _both("mcmc.metropolis.sweeps", "mcmc.metropolis:sweeps"),
    "sde.langevin.steps": _both("sde.langevin.steps", "sde.langevin:steps"),
}
