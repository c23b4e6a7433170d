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


TABLE: dict[str, tuple[Kernel, ...]] = {
    "random.uniform": _numba("random.uniform", "heatbath_numba.random.fills:uniform"),
    "random.normal": _numba("random.normal", "heatbath_numba.random.fills:normal"),
    "mcmc.hmc.trajectories": _numba(
        "mcmc.hmc.trajectories", "heatbath_numba.mcmc.hmc:trajectories"
    ),
    "mcmc.metropolis.sweeps": _numba(
        "mcmc.metropolis.sweeps", "heatbath_numba.mcmc.metropolis:sweeps"
    ),
    "sde.langevin.steps": _numba("sde.langevin.steps", "heatbath_numba.sde.langevin:steps"),
}
