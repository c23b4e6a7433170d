"""The formula as LaTeX, for documentation and notebooks."""

from __future__ import annotations

from heatbath._suggest import shown
from heatbath.formula.expression import Expression

__all__ = ["latex"]

_GREEK = "alpha beta gamma delta epsilon eta theta kappa lambda mu nu rho sigma tau omega".split()
_RANK = {"add": 0, "sub": 0, "neg": 1, "mul": 2, "div": 2}


def latex(e: Expression, fields: tuple[str, ...] = (r"\phi_x", r"\phi_{x+\hat\mu}")) -> str:
    r"""The expression as LaTeX; `fields` names the stencil points.

    >>> from heatbath.formula.expression import coupling, field
    >>> print(latex(coupling("kappa") * field(0) * field(0)))
    \kappa\, \phi_x^{2}
    """
    if not isinstance(e, Expression):
        raise TypeError(f"e must be a recorded formula; got {shown(e)}")
    match e.op, e.args:
        case "field", _:
            return _field(fields, e.payload)
        case "coupling", _:
            return _symbol(str(e.payload))
        case "constant", _:
            return _number(e.payload)
        case "neg", (a,):
            return f"-{_bracketed(a, e, fields)}"
        case "div", (a, b):
            return rf"\frac{{{latex(a, fields)}}}{{{latex(b, fields)}}}"
        case "mul", _:
            return _product(e, fields)
        case (("add" | "sub"), (a, b)):
            sign = " + " if e.op == "add" else " - "
            tail = latex(b, fields) if e.op == "add" else _bracketed(b, e, fields)
            return (latex(a, fields) + sign + tail).replace("+ -", "- ")
        case "sqrt", (a,):
            return rf"\sqrt{{{latex(a, fields)}}}"
        case name, (a,):
            return rf"\{name}\left({latex(a, fields)}\right)"
    raise AssertionError(f"no LaTeX for {e.op}")


def _field(fields: tuple[str, ...], point: int) -> str:
    if not isinstance(fields, tuple | list) or not all(isinstance(f, str) for f in fields):
        raise TypeError(f"fields must be a tuple of texts, one per point; got {shown(fields)}")
    if not 0 <= point < len(fields):
        raise ValueError(
            f"fields must name the point {point} of the stencil; got {len(fields)} names"
        )
    return str(fields[point])


def _product(e: Expression, fields: tuple[str, ...]) -> str:
    """Equal factors become a power."""
    count: dict[Expression, int] = {}
    stack = [e]
    while stack:
        node = stack.pop()
        if node.op == "mul":
            stack.extend(reversed(node.args))
        else:
            count[node] = count.get(node, 0) + 1
    return r"\, ".join(
        _factor(f, n, e, fields, first=not k) for k, (f, n) in enumerate(count.items())
    )


def _factor(f: Expression, n: int, e: Expression, fields: tuple[str, ...], *, first: bool) -> str:
    text = _bracketed(f, e, fields)
    if (n > 1 and f.op == "div") or (text.startswith("-") and not first):
        text = rf"\left({text}\right)"
    return f"{text}^{{{n}}}" if n > 1 else text


def _bracketed(e: Expression, outside: Expression, fields: tuple[str, ...]) -> str:
    text = latex(e, fields)
    inner = _RANK.get(e.op, 3)
    weaker = inner < _RANK[outside.op] or (outside.op == "sub" and (inner == 0 or text[0] == "-"))
    return rf"\left({text}\right)" if weaker else text


def _number(value: float) -> str:
    digits, _, exponent = f"{value:.12g}".partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _symbol(name: str) -> str:
    if name == "lam":
        return r"\lambda"
    head = name.rstrip("0123456789")
    tail = name[len(head) :]
    shown = rf"\{head}" if head in _GREEK else head
    return f"{shown}_{{{tail}}}" if tail else shown
