r"""How far a reweighting may be believed: effective sample size, and who makes its error.

A reweighted mean is ⟨O⟩ = Σ_i w_i O_i / Σ_i w_i.  Two numbers say whether it and its error can be
trusted, both from the weights alone.

1. The effective sample size, L. Kish, *Survey Sampling* (1965), section 11.2, divided by what
   neighbours in a chain repeat,

       n_eff = |Σ w|² / (Σ |w|² · 2 τ_int).

   Means are ratios, and linearising them asks that the denominator is known: its relative error
   is at most 1/√n_eff, and n_eff ≥ 50 is 14 %.  With complex weights |Σ w| is small where the
   phases cancel, so the same number tells whether the average phase is resolved from 0 (the sign
   problem).

2. The support of the error.  Further reweighting in the same direction moves ℓ = log |w|, as β
   moves the energy.  The squared error of ⟨ℓ⟩ is a sum Σ q over stretches of 2 τ_int measurements,
   q = (Σ w (ℓ − ⟨ℓ⟩))² over a stretch.  As many stretches make it as

       n_q = (Σ q)² / Σ q²,

   and it is itself known to a relative 1/√n_q.  Where the tail that should decide has been seen a
   few times only, n_q is small: it may as well not have been seen, and the error is a guess.  Less
   than 16 (12 % of the error) is refused, less than 32 is told.  (n_eff alone does not notice:
   where weights have an exponential tail, it stays in the thousands while value ± error holds the
   truth half of the time.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatbath.stats.series import FloatArray

__all__ = [
    "ExtrapolationError",
    "Overlap",
    "Piece",
    "measure_overlap",
    "measure_support",
    "squares_of_stretches",
    "support_of",
    "support_warning",
]

ENOUGH_EFFECTIVE = 50.0
ENOUGH_SUPPORT = 16.0
GOOD_SUPPORT = 32.0
_DEEPEST = 1e4  # weights below e^−10⁴ of the largest are 0; −inf becomes a number
_READ = 1 << 16  # numbers per block


class ExtrapolationError(ValueError):
    """A reweighting beyond what the measurements can say; the message names what they can."""


@dataclass(frozen=True)
class Overlap:
    """What a reweighting rests on.

    >>> print(Overlap(effective=1234.5, kish=2469.0, support=120.0, phase=1.0, n=10_000))
    1.23e+03 effective of 10000 measurements, 120 stretches make the error: trusted
    """

    effective: float
    """Effective number of independent measurements, |Σ w|² / (Σ |w|² · 2 τ_int)."""
    kish: float
    """The same without autocorrelations, |Σ w|² / Σ |w|²."""
    support: float
    """Effective number of stretches of 2 τ_int that make the squared error of ⟨log |w|⟩."""
    phase: float
    """|Σ w| / Σ |w|: 1 for positive weights, 0 where their phases cancel."""
    n: int
    """Measurements."""

    @property
    def trusted(self) -> bool:
        """Whether the reweighted means and their errors can be believed."""
        return not self.trouble

    @property
    def trouble(self) -> str:
        """Why it is not trusted, in words; empty if it is."""
        if self.effective < ENOUGH_EFFECTIVE:
            few = (
                f"the weights leave {self.effective:.2g} effective of {self.n} measurements, and "
                f"{ENOUGH_EFFECTIVE:.0f} are needed"
            )
            if self.phase > 0.5:
                return few
            error = self.phase / math.sqrt(max(self.effective, 1e-300))
            return f"the average phase {self.phase:.2g} is known to {error:.2g} only: {few}"
        if self.support < ENOUGH_SUPPORT:
            return (
                f"{self.support:.2g} stretches of the chain make the error, and "
                f"{ENOUGH_SUPPORT:.0f} are needed: what is asked for has hardly been visited"
            )
        return ""

    def __str__(self) -> str:
        return (
            f"{self.effective:.3g} effective of {self.n} measurements, {self.support:.3g} "
            f"stretches make the error: {'' if self.trusted else 'not '}trusted"
        )


@dataclass(frozen=True)
class Piece:
    """log w of chains that share one τ_int, read in blocks of shape ``(chains, b)``."""

    read: Callable[[int, int], NDArray[Any]]
    chains: int
    n: int
    tau: float

    @property
    def stretch(self) -> int:
        """Measurements that count as one."""
        return min(max(round(2 * self.tau), 1), self.n)


def support_warning(support: float) -> tuple[str, ...]:
    """What to say of an error that so many stretches make."""
    if support >= GOOD_SUPPORT:
        return ()
    return (
        f"{support:.2g} stretches of the chain make this error, which is therefore known to "
        f"{50 / math.sqrt(support):.0f} % only: reweight less far, or run longer",
    )


def measure_overlap(pieces: Sequence[Piece], scale: float = 1.0) -> Overlap:
    """The overlap of the weights wˢ, s being the scale: 0 reweights nothing, 1 all the way."""
    top = max(float(block.real.max()) for piece in pieces for block in _blocks(piece))

    def size_and_logs(block: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
        logs = np.maximum(block.real, top - _DEEPEST) - top
        return np.exp(scale * logs), logs

    sums = np.zeros(len(pieces), dtype=np.complex128)
    sizes, squares, firsts = np.zeros((3, len(pieces)))
    repeats = np.array([2 * piece.tau for piece in pieces])
    for r, piece in enumerate(pieces):
        for block in _blocks(piece):
            size, logs = size_and_logs(block)
            phased = size * np.exp(1j * scale * block.imag) if np.iscomplexobj(block) else size
            sums[r] += phased.sum()
            sizes[r] += size.sum()
            firsts[r] += np.vdot(size, logs)
            squares[r] += np.vdot(size, size)
    mean = firsts.sum() / sizes.sum()

    def moving(r: int) -> Callable[[int, int], FloatArray]:
        piece = pieces[r]
        centre = (firsts[r] - mean * sizes[r]) / (piece.chains * piece.n)

        def read(start: int, stop: int) -> FloatArray:
            size, logs = size_and_logs(piece.read(start, stop))
            return np.asarray(size * (logs - mean) - centre)[np.newaxis]

        return read

    support = measure_support([(moving(r), p.chains, p.n, p.stretch) for r, p in enumerate(pieces)])
    total = abs(sums.sum())
    return Overlap(
        effective=float(total**2 / (repeats @ squares)),
        kish=float(total**2 / squares.sum()),
        support=float(support[0]),
        phase=float(total / sizes.sum()),
        n=sum(piece.chains * piece.n for piece in pieces),
    )


Moving = tuple[Callable[[int, int], FloatArray], int, int, int]
"""Fluctuations (parts, chains, b) to read, chains, measurements per chain, length of a stretch."""


def measure_support(pieces: Sequence[Moving]) -> FloatArray:
    """n_q of each part, shape ``(parts,)``."""
    sums: Any = 0.0
    for read, chains, n, stretch in pieces:
        together = max(_READ // (chains * stretch), 1) * stretch
        for start in range(0, n, together):
            sums = sums + squares_of_stretches(read(start, min(start + together, n)), stretch)
    return support_of(sums)


def squares_of_stretches(moved: FloatArray, stretch: int) -> FloatArray:
    """Σ q and Σ q² of fluctuations (parts, chains, b), shape (2, parts)."""
    if stretch > 1:
        moved = np.add.reduceat(moved, np.arange(0, moved.shape[-1], stretch), axis=-1)
    squares = np.square(moved)
    return np.stack([squares.sum(axis=(1, 2)), np.einsum("pcb,pcb->p", squares, squares)])


def support_of(sums: FloatArray) -> FloatArray:
    """n_q from Σ q and Σ q²; infinite where nothing moves."""
    first, second = sums
    varies = second > 0
    return np.where(varies, np.square(first) / np.where(varies, second, 1.0), np.inf)


def _blocks(piece: Piece) -> Any:
    together = max(_READ // piece.chains, 64)
    for start in range(0, piece.n, together):
        yield piece.read(start, min(start + together, piece.n))
