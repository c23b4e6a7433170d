r"""Free (Gaussian) fields on rectangular periodic lattices of one to four dimensions.

Both parametrisations are one quadratic form, diagonal in momentum space:

    S = ½ Σ_p K(p) |φ_p|²,    K(p) = K(0) + 4 b Σ_μ sin²(p_μ/2),    p_μ = 2π n_μ / L_μ,

    Gaussian:  S = Σ_x [½ Σ_μ (φ_{x+μ} − φ_x)² + ½ m² φ_x²]     K(0) = m²,          b = 1
    φ⁴, λ = 0: S = Σ_x [−2κ Σ_μ φ_x φ_{x+μ} + φ_x²]             K(0) = 2(1 − 2dκ),  b = 2κ

because each bond contributes −b φ_x φ_{x+μ}, whose Fourier symbol −2b cos p_μ equals
−2b + 4b sin²(p_μ/2). The φ_p are independent Gaussians of variance 1/K(p), hence

    ⟨φ_0 φ_r⟩ = (1/V) Σ_p cos(p·r) / K(p)      ⟨M²⟩ = 1 / (V K(0))
    ln Z = (V/2) ln 2π − ½ Σ_p ln K(p)         ⟨S⟩/V = ½

(the last by scaling: ∫ exp(−t S) ∝ t^(−V/2), and ⟨S⟩ = −d/dt of its logarithm at t = 1).
The sum over directions runs over bonds, not pairs: with extent 1 a site is its own neighbour
(p = 0 only), with extent 2 a pair has two bonds (p = 0, π); the formulas hold unchanged.

Source: I. Montvay and G. Münster, *Quantum Fields on a Lattice* (Cambridge, 1994), chapter
2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatbath.exact._arguments import extents, real

__all__ = ["FreeField", "gaussian", "phi4"]

_ROUNDING = 1e-13
"""Cosines carry rounding, so a coupling this close to its bound cannot be told from it."""
_TINY = 1e-100
"""Squares of its inverse, and volumes times them, are finite."""


@dataclass(frozen=True, eq=False)
class FreeField:
    """The exact numbers of a free field on a lattice ``shape`` of V sites."""

    shape: tuple[int, ...]
    """Extents (n1, ..., nd)."""
    spectrum: NDArray[np.float64]
    """K(p), shape (n1, ..., nd), momenta in the order of ``numpy.fft``."""
    propagator: NDArray[np.float64]
    """⟨φ_0 φ_r⟩ at every displacement r, shape (n1, ..., nd)."""
    phi_squared: float
    """⟨φ²⟩ of one site."""
    phi_fourth: float
    """⟨φ⁴⟩ of one site, 3 ⟨φ²⟩² by Wick's theorem."""
    bonds: tuple[float, ...]
    """⟨φ_x φ_{x+μ}⟩ for each direction μ."""
    magnetization_squared: float
    """⟨M²⟩ of the mean field M."""
    abs_magnetization: float
    """⟨|M|⟩ = √(2⟨M²⟩/π), M being Gaussian."""
    action_density: float
    """⟨S⟩/V, exactly ½."""
    log_z: float
    """ln Z with the flat measure Π_x dφ_x."""


def gaussian(shape: Sequence[int], *, m2: float) -> FreeField:
    """Free field of S = Σ_x [½ Σ_μ (φ_{x+μ} − φ_x)² + ½ m² φ_x²].

    Lattice momenta p̂² = Σ_μ 4 sin²(p_μ/2) give K(p) = m² + p̂²; the rest is the module's page.
    ``shape`` holds one to four extents. ValueError unless m2 > 0 (at m2 = 0 the zero mode is
    flat and Z infinite), naming what to change.

    >>> gaussian((8, 8), m2=0.25).phi_squared
    0.3855011890...
    >>> gaussian((5,), m2=2.0).magnetization_squared        # 1 / (V m²)
    0.1
    """
    lattice, mass2 = extents(shape), real("m2", m2)
    if mass2 <= 0:
        raise ValueError(
            f"m2 must be positive: at m2 = 0 the constant mode costs no action and Z is infinite; "
            f"got m2 = {mass2:g}. Choose m2 > 0, or for a broken phase a theory with a quartic term"
        )
    return _free_field(lattice, mass2, 1.0, f"m2 = {mass2:g}")


def phi4(shape: Sequence[int], *, kappa: float) -> FreeField:
    """Free field of φ⁴ theory at λ = 0: S = Σ_x [−2κ Σ_μ φ_x φ_{x+μ} + φ_x²].

    K(p) = 2 (1 − 2κ Σ_μ cos p_μ); the rest is the module's page. ``shape`` holds one to four
    extents. ValueError unless every K(p) > 0: κ < 1/(2d) above, and below κ > −1/(2d) for even
    extents (a little less strict for odd ones, which have no momentum π).

    >>> free = phi4((4, 4), kappa=0.2)
    >>> free.phi_squared, 16 * free.magnetization_squared
    (0.65873015873015..., 2.5000000000000...)
    >>> phi4((4, 4), kappa=0.27)
    Traceback (most recent call last):
    ...
    ValueError: kappa must lie below 1/(2d) = 0.25 for a free field in 2 dimensions; got kappa = ...
    """
    lattice = extents(shape)
    hopping = _stable_kappa(lattice, real("kappa", kappa))
    at_zero = 2.0 * (1.0 - 2.0 * len(lattice) * hopping)
    return _free_field(lattice, at_zero, 2.0 * hopping, f"kappa = {hopping:g}")


def _stable_kappa(shape: tuple[int, ...], kappa: float) -> float:
    """κ, or words that say which mode would be unbounded: K(p) ∝ 1 − 2κ Σ_μ cos p_μ > 0."""
    d = len(shape)
    advice = (
        "The weight exp(-S) would not be normalisable; move kappa inside, or use a theory with a "
        "quartic term (exact.transfer_matrix.phi4, exact.small_torus.phi4)"
    )
    if kappa >= 1.0 / (2 * d):
        raise ValueError(
            f"kappa must lie below 1/(2d) = {1 / (2 * d):.6g} for a free field in {d} "
            f"dimension{'s' * (d > 1)}; got kappa = {kappa:g}. {advice}"
        )
    # The most negative Σ cos p_μ there is: cos π = −1 for even extents, −cos(π/n) for odd ones.
    least = sum(math.cos(2.0 * math.pi * (n // 2) / n) for n in shape)
    if least < 0 and kappa <= (1.0 - _ROUNDING) / (2.0 * least):
        raise ValueError(
            f"kappa must lie above {1 / (2 * least):.6g} for a free field on a lattice {shape}; "
            f"got kappa = {kappa:g}. {advice}"
        )
    return kappa


def _laplacian(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Σ_μ 4 sin²(p_μ/2), shape (n1, ..., nd)."""
    axes = [4.0 * np.sin(np.pi * np.arange(n) / n) ** 2 for n in shape]
    total = np.zeros(shape)
    for axis in np.ix_(*axes):
        total += axis
    return total


def _free_field(shape: tuple[int, ...], at_zero: float, hopping: float, coupling: str) -> FreeField:
    """All numbers from K(p) = at_zero + hopping · Σ_μ 4 sin²(p_μ/2), already known positive."""
    with np.errstate(all="ignore"):
        spectrum = at_zero + hopping * _laplacian(shape)
        propagator = np.ascontiguousarray(np.fft.ifftn(1.0 / spectrum).real)
    if not _TINY < at_zero < 1.0 / _TINY or not np.isfinite(propagator).all():
        raise ValueError(
            f"the exact numbers of a free field with {coupling} leave float64; choose it nearer "
            f"to 1"
        )
    origin, d, volume = (0,) * len(shape), len(shape), math.prod(shape)
    units = [tuple(int(nu == mu) % n for nu, n in enumerate(shape)) for mu in range(d)]
    phi_squared = float(propagator[origin])
    magnetization_squared = 1.0 / (volume * at_zero)
    for array in (spectrum, propagator):
        array.flags.writeable = False
    return FreeField(
        shape=shape,
        spectrum=spectrum,
        propagator=propagator,
        phi_squared=phi_squared,
        phi_fourth=3.0 * phi_squared**2,
        bonds=tuple(float(propagator[unit]) for unit in units),
        magnetization_squared=magnetization_squared,
        abs_magnetization=math.sqrt(2.0 * magnetization_squared / math.pi),
        action_density=0.5,
        log_z=0.5 * (volume * math.log(2.0 * math.pi) - float(np.sum(np.log(spectrum)))),
    )
