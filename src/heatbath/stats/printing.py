"""Numbers with errors as physicists write them: 0.7628 ± 0.0015 is ``0.7628(15)``.

The error is rounded to two significant digits and the value to the same decimal place. Digits in
brackets count in units of the last place shown, unless they carry a decimal point of their own:
``123.4(5.6)``. Very large or small numbers move to ``1.234(56)e+10``.
"""

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Literal

from heatbath._suggest import shown

__all__ = ["format_spec", "value_with_error"]

Style = Literal["", "e", "f"]

_SPEC = re.compile(
    r"(?P<pad>(?:.?[<>^])?\d{0,4})(?:\.(?P<digits>\d{1,2}))?(?P<style>[ef]?)", re.ASCII
)

# Below this many digits between value and error, double precision has nothing left to show.
_DOUBLE_DIGITS = 17


def value_with_error(
    value: complex, error: complex, *, digits: int = 2, style: Style = "", imaginary: bool = False
) -> str:
    """Write a value with its error; ``digits`` counts the significant digits of the error.

    ``style`` is ``"e"`` for scientific notation, ``"f"`` for none, ``""`` to let the size decide.
    A zero error is written ``(0)``, an unknown one ``(nan)``. With ``imaginary=True`` (or a complex
    ``value``) both parts are written, each with its own error.

    >>> value_with_error(0.76283, 0.00149)
    '0.7628(15)'
    >>> value_with_error(1.2341e10, 5.6e8)
    '1.234(56)e+10'
    >>> value_with_error(0.5 - 0.25j, 0.01 + 0.02j)
    '0.500(10)-0.250(20)j'
    """
    if not (imaginary or isinstance(value, complex)):
        return _real(float(value.real), float(error.real), digits, style)
    value, error = complex(value), complex(error)
    real = _real(value.real, error.real, digits, style)
    imag = _real(value.imag, error.imag, digits, style)
    return f"{real}{'' if imag.startswith('-') else '+'}{imag}j"


def format_spec(spec: str) -> tuple[str, int, Style]:
    """Split ``[[fill]align][width][.digits][e|f]`` into padding, digits of the error and style.

    >>> format_spec(">20.1e")
    ('>20', 1, 'e')
    """
    match = _SPEC.fullmatch(spec)
    if match is None or int(match["digits"] or 2) == 0:
        raise ValueError(
            f"format of an Estimate must read [[fill]align][width][.digits][e|f] with 1 to 99 "
            f"digits, those of the error; got {shown(spec)}; write for example '.1' or '>20.2e'"
        )
    style: Style = "e" if match["style"] == "e" else "f" if match["style"] == "f" else ""
    return match["pad"], int(match["digits"] or 2), style


def _real(value: float, error: float, digits: int, style: Style) -> str:
    if not (math.isfinite(value) and math.isfinite(error)) or error <= 0:
        return _without_scale(value, error, digits)
    if abs(value) > error * 10.0**_DOUBLE_DIGITS:
        return f"{value!r}({error:.{digits - 1}e})"
    with localcontext() as context:
        context.prec = 800  # 1e308 written out in the fixed style still fits
        context.rounding = ROUND_HALF_EVEN
        return _rounded(Decimal(value), Decimal(error), digits, style)


def _rounded(value: Decimal, error: Decimal, digits: int, style: Style) -> str:
    error = error.quantize(Decimal(1).scaleb(error.adjusted() - digits + 1))
    place = error.adjusted() - digits + 1  # exponent of the last digit shown, after 9.96 -> 10
    value = value.quantize(Decimal(1).scaleb(place)) + 0
    value = abs(value) if value == 0 else value  # no "-0.0000(15)"
    size = max(value.adjusted() if value else place, error.adjusted())
    if style == "e" or (style == "" and (place > 0 or size < -4)):
        shown = _fixed(value.scaleb(-size), error.scaleb(-size), size - place)
        return f"{shown}e{size:+03d}"
    return _fixed(value, error, -place)


def _fixed(value: Decimal, error: Decimal, decimals: int) -> str:
    decimals = max(decimals, 0)
    if error >= 1 or decimals == 0:
        return f"{value:.{decimals}f}({error:.{decimals}f})"
    return f"{value:.{decimals}f}({int(error.scaleb(decimals))})"


def _without_scale(value: float, error: float, digits: int) -> str:
    """Write pairs whose error sets no decimal place: zero, nan or inf on either side."""
    shown = f"{value:.{12 if error == 0 else 6}g}"
    mantissa, e, exponent = shown.partition("e")
    bracket = "0" if error == 0 else f"{error:.{digits}g}"
    return f"{mantissa}({bracket}){e}{exponent}" if error == 0 else f"{shown}({bracket})"
