"""Source of the elementary functions, generated from the same bodies the references run."""

from functools import cache

from heatbath import elementary
from heatbath.formula.expression import Expression, field
from heatbath.formula.source import python_source
from heatbath.random.distributions import cosine_and_sine, radius

__all__ = ["literal", "operator", "source"]


@cache
def source(dtype: str) -> str:
    """exp, log, sin, cos (sqrt is a primitive), and Box and Muller's two formulas."""
    precision, x = elementary.PRECISION[dtype], field(0)
    parts = [
        _helper(name, elementary.BODIES[name](x, precision))
        for name in ("exp", "log", "sin", "cos")
    ]
    cosine, sine = cosine_and_sine(x, precision)
    parts += [
        _helper("radius", radius(x)),
        _helper("cosine", cosine),
        _helper("sine", sine),
    ]
    return "\n\n".join(parts)


def _helper(name: str, body: Expression) -> str:
    return "@device\n" + python_source(name, body, ("phi",), operator, literal)


def operator(op: str, operands: tuple[str, ...]) -> str:
    """One operation as source: add, sub, mul, div and sqrt are those of `rounded_float64`."""
    if op == "less":
        return f"{operands[0]} < {operands[1]}"
    if op == "select":
        return f"{operands[1]} if {operands[0]} else {operands[2]}"
    return f"-{operands[0]}" if op == "neg" else f"{op}({', '.join(operands)})"


def literal(value: float) -> str:
    """A number in the module's type: a bare literal would promote float32 to float64."""
    special = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}
    return f"real({special.get(repr(value), repr(value))})"
