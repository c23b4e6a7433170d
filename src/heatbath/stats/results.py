"""What an analysis returns: a number that is never without its error."""

import math
from dataclasses import dataclass
from typing import Any

from heatbath.stats.printing import format_spec, value_with_error

__all__ = ["AutocorrelationTime", "Estimate"]


@dataclass(frozen=True, repr=False)
class Estimate:
    """A value, its standard error and what is known about the chain behind them.

    ``str`` writes ``0.7628(15)``; ``format(e, ".1")`` one digit of the error, ``format(e, "e")``
    scientific notation, ``format(e, ">20")`` pads. For a complex value the error is the error of
    the real part + i · the error of the imaginary part.

    >>> e = Estimate(0.76283, 0.00149, tau_int=4.2, n=100_000)
    >>> print(e)
    0.7628(15)
    >>> f"{e:.1}"
    '0.763(1)'
    """

    value: float | complex
    """The estimated number."""
    error: float | complex
    """Its standard error (68 % interval: value ± error)."""
    tau_int: float
    """Integrated autocorrelation time in stored measurements; the slower part of a complex one."""
    n: int
    """Measurements in all: chains times measurements per chain."""
    tau_int_error: float = math.nan
    """Standard error of ``tau_int``; infinite if the window never closed."""
    ess: float = math.nan
    """Effective number of independent measurements, n / (2 tau_int)."""
    warnings: tuple[str, ...] = ()
    """What to know before trusting the error, one sentence each; empty if nothing."""

    def __str__(self) -> str:
        return value_with_error(self.value, self.error, imaginary=self._is_complex)

    def __format__(self, spec: str) -> str:
        pad, digits, style = format_spec(spec)
        text = value_with_error(
            self.value, self.error, digits=digits, style=style, imaginary=self._is_complex
        )
        return format(text, pad)

    def __repr__(self) -> str:
        tau = value_with_error(self.tau_int, self.tau_int_error)
        trouble = "".join(f"; {sentence}" for sentence in self.warnings)
        return f"<Estimate {self}, tau_int = {tau}, n = {self.n}{trouble}>"

    @property
    def _is_complex(self) -> bool:
        return isinstance(self.value, complex) or isinstance(self.error, complex)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: what is not finite becomes None, complex ``{"real", "imag"}``.

        >>> Estimate(1.5, 0.25, tau_int=0.5, n=16).to_dict()["ess"] is None
        True
        """
        return {
            "value": _json_number(self.value),
            "error": _json_number(self.error),
            "tau_int": _json_number(self.tau_int),
            "tau_int_error": _json_number(self.tau_int_error),
            "n": int(self.n),
            "ess": _json_number(self.ess),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, repr=False)
class AutocorrelationTime:
    """τ_int with its error and the window at which the sum over ρ(t) was cut.

    >>> print(AutocorrelationTime(5.02, 0.11, window=31, n=100_000))
    5.02(11)
    """

    value: float
    """τ_int = 1/2 + Σ_{t=1}^{window} ρ(t), in stored measurements."""
    error: float
    """Standard error of the value (Madras and Sokal); infinite if the window never closed."""
    window: int
    """Last lag of the sum."""
    n: int
    """Measurements in all: chains times measurements per chain."""
    warnings: tuple[str, ...] = ()
    """What to know before trusting the value; empty if nothing."""

    def __str__(self) -> str:
        return value_with_error(self.value, self.error)

    def __repr__(self) -> str:
        trouble = "".join(f"; {sentence}" for sentence in self.warnings)
        return f"<tau_int {self}, window = {self.window}, n = {self.n}{trouble}>"


def _json_number(x: complex) -> Any:
    if isinstance(x, complex):
        return {"real": _json_number(x.real), "imag": _json_number(x.imag)}
    return float(x) if math.isfinite(x) else None
