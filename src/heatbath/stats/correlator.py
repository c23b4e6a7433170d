r"""Correlators of time slices at zero momentum, and the effective mass.

With T the extent of the time axis, V_s the sites of a slice and φ̄(t) = (1/V_s) Σ_x φ(t, x) the
mean of slice t, a configuration has

    c(t) = (V_s / T) Σ_s φ̄(s) φ̄(s + t) = c(T − t),      C(t) = ⟨c(t)⟩ = Σ_x ⟨φ(0, 0) φ(t, x)⟩.

A state of energy E contributes a multiple of cosh(E (T/2 − t)).  If there is only one,

    m_eff(t) = arccosh [ (C(t − 1) + C(t + 1)) / (2 C(t)) ]

is E at every t; else it falls to the lowest E.  A free field has only one, E = 2 asinh(m/2).

A vacuum value v = ⟨φ⟩ adds the constant V_s v² to C.  The connected correlator is without it:
`vacuum="mean"` subtracts V_s ⟨M⟩², M being the mean field; `vacuum="abs"` subtracts V_s ⟨|M|⟩²,
for a broken symmetry between φ and −φ, where ⟨M⟩ is 0 on every finite lattice and its sum over t
is the susceptibility V (⟨M²⟩ − ⟨|M|⟩²).

Source: I. Montvay, G. Münster, *Quantum Fields on a Lattice* (Cambridge, 1994), sections 1.5, 2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from heatbath.stats.estimation import estimate
from heatbath.stats.results import Estimate
from heatbath.stats.series import FloatArray, Sliceable

__all__ = ["TimeSlices", "Vacuum", "slice_correlator"]

Vacuum = Literal["none", "mean", "abs"]

_READ = 1 << 22  # numbers of fields that are read at once


def slice_correlator(phi: Any, *, dim: int, axis: int = 0) -> FloatArray:
    """c(t) of each field, t = 0 … T//2.

    phi: real fields of shape (*batch, *lattice).  dim: the dimension of the lattice.  axis: the
    time axis, counted among the lattice's.  Gives float64 of shape (*batch, T//2 + 1).  Raises
    ValueError for a dim or an axis that phi does not have.

    >>> slice_correlator([[1.0, 3.0], [5.0, 7.0]], dim=2, axis=0)    # slices of mean 2 and 6
    array([40., 24.])
    """
    field = np.asarray(phi, dtype=np.float64)
    lattice = _checked_lattice(field.shape, dim, axis)
    others = tuple(k - dim for k in range(dim) if k != axis)
    slices = field.mean(axis=others) if others else field
    extent = lattice[axis]
    power = np.square(np.abs(np.fft.rfft(slices)))  # Wiener and Khinchin
    sums = np.fft.irfft(power, n=extent)[..., : extent // 2 + 1]
    return np.asarray(sums * (math.prod(lattice) / extent**2))


@dataclass(frozen=True)
class TimeSlices:
    """Correlators of single configurations, and what is estimated from them.

    correlators: c(t), shape (chains, n, T//2 + 1).
    means: the mean field M, shape (chains, n).
    extent: T.
    volume: V_s, the sites of a slice.
    """

    correlators: FloatArray
    means: FloatArray
    extent: int
    volume: int

    @classmethod
    def of(cls, fields: Sliceable, *, dim: int, axis: int = 0, step: int = 1) -> TimeSlices:
        """From fields of shape (n, chains, *lattice), such as `hb.io.Run.configurations`, which
        are read in blocks.

        dim, axis: as for `slice_correlator`.  step: take every step-th field.

        >>> import numpy as np
        >>> fields = np.random.default_rng(1).normal(size=(500, 4, 6, 3))    # C(t) = δ(t)
        >>> print(*TimeSlices.of(fields, dim=2).correlator())
        0.983(13) -0.0156(89) 0.0119(99) -0.006(14)
        """
        shape = tuple(fields.shape)
        if len(shape) != dim + 2:
            raise ValueError(
                f"fields must have shape (n, chains, *lattice) with {dim} axes of the lattice; got "
                f"{shape}"
            )
        lattice = _checked_lattice(shape, dim, axis)
        together = max(1, _READ // math.prod(shape[1:])) * step
        correlators, means = [], []
        for start in range(0, shape[0], together):
            block = np.asarray(fields[start : start + together : step], dtype=np.float64)
            correlators.append(slice_correlator(block, dim=dim, axis=axis))
            means.append(block.mean(axis=tuple(range(2, dim + 2))))
        extent = lattice[axis]
        return cls(
            np.concatenate(correlators).transpose(1, 0, 2),
            np.concatenate(means).T,
            extent,
            math.prod(lattice) // extent,
        )

    def correlator(self, vacuum: Vacuum = "none") -> tuple[Estimate, ...]:
        """C(t) for t = 0 … T//2, without the vacuum's part that `vacuum` names."""
        v, w = self._vacuum(vacuum)
        return tuple(
            estimate((self._connected(t, v), w), function=self._corrected)
            for t in range(self.extent // 2 + 1)
        )

    def effective_mass(self, vacuum: Vacuum = "none") -> tuple[Estimate, ...]:
        """m_eff(t) for t = 1 … T//2, in inverse lattice spacings.

        Its value is NaN, with a warning that says so, where the estimated correlator is not that
        of a positive mass: noise, mostly, or a constant that was not subtracted.
        """
        v, w = self._vacuum(vacuum)

        def mass(bend: float, here: float, w: float) -> float:
            return _mass(bend, self._corrected(here, w))

        return tuple(
            estimate((self._bend(t), self._connected(t, v), w), function=mass)
            for t in range(1, self.extent // 2 + 1)
        )

    # The three C in m_eff fluctuate together, and with the vacuum's part, by much more than the
    # difference that is the mass.  An error is propagated by moving one mean at a time, so the
    # means are those of differences: c(t − 1) − 2 c(t) + c(t + 1), and c less the vacuum's part to
    # first order about its mean v, the second order V_s w² being that of w = v_i − v.

    def _at(self, t: int) -> FloatArray:
        return self.correlators[:, :, min(t, self.extent - t)]

    def _bend(self, t: int) -> FloatArray:
        return self._at(t - 1) - 2 * self._at(t) + self._at(t + 1)

    def _connected(self, t: int, v: FloatArray) -> FloatArray:
        mean = v.mean()
        return np.asarray(self._at(t) - self.volume * mean * (2 * v - mean))

    def _corrected(self, connected: float, w: float) -> float:
        return connected - self.volume * w * w

    def _vacuum(self, vacuum: Vacuum) -> tuple[FloatArray, FloatArray]:
        """v_i of each configuration, and v_i − v."""
        if vacuum not in get_args(Vacuum):
            raise ValueError(f"vacuum must be one of {get_args(Vacuum)}; got {vacuum!r}")
        v = np.abs(self.means) if vacuum == "abs" else self.means * (vacuum == "mean")
        return v, v - v.mean()


def _mass(bend: float, here: float) -> float:
    """arccosh(1 + bend/(2 here)), without its cancellation for small masses."""
    ratio = bend / (2 * here) if here > 0 else math.nan
    return 2 * math.asinh(math.sqrt(ratio / 2)) if ratio > 0 else math.nan


def _checked_lattice(shape: tuple[int, ...], dim: int, axis: int) -> tuple[int, ...]:
    if not 1 <= dim <= len(shape):
        raise ValueError(
            f"dim must be from 1 to {len(shape)}, the axes of a field of shape {shape}; got {dim}"
        )
    if not 0 <= axis < dim:
        raise ValueError(f"axis must be from 0 to dim - 1 = {dim - 1}; got {axis}")
    return shape[-dim:]
