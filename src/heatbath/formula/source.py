"""Straight-line source code from a recorded expression.

The same text runs on arrays of any namespace, on Python floats and, inlined, in compiled
kernels; its operations and their order are what "same bits" rests on.  Everything that is the
same for all sites (numbers, couplings) is taken out and handed over as arguments c0, c1, …,
evaluated once per call in float64: one compiled kernel serves every value of κ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from heatbath import elementary
from heatbath._suggest import shown
from heatbath.formula.derivative import topological
from heatbath.formula.expression import ELEMENTARY, Expression, FormulaError

__all__ = ["argument_name", "compiled", "evaluated", "hoisted", "python_source", "written_out"]

PROPOSAL = -1  # the stencil point of a Metropolis proposal: the site's field after the change
_OPERATOR = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def hoisted(result: Expression) -> tuple[Expression, ...]:
    """The largest subexpressions that are the same for all sites, in order of first use."""
    if result.is_scalar:
        return (result,)
    found: dict[Expression, None] = {}
    for node in topological(result):
        if not node.is_scalar:
            found.update({a: None for a in node.args if a.is_scalar})
    return tuple(found)


def argument_name(leaf: Expression) -> str:
    """The name of a leaf in the generated source."""
    if leaf.op == "load":
        return f"a{leaf.payload}"
    return {PROPOSAL: "proposal", 0: "phi"}.get(leaf.payload, f"n{leaf.payload}")


def python_source(
    name: str,
    result: Expression,
    arguments: tuple[str, ...],
    operator: Callable[[str, tuple[str, ...]], str] | None = None,
    literal: Callable[[float], str] | None = None,
) -> str:
    """A function `name(*arguments, c0, c1, …)` that evaluates `result` one operation a line.

    `operator` writes one operation on named operands; the default writes plain Python.  With
    `literal`, numbers are written into the text instead of being arguments.
    """
    scalars = hoisted(result)
    names = {e: f"c{k}" for k, e in enumerate(scalars)}
    head = ", ".join((*arguments, *names.values()) if literal is None else arguments)
    if literal is not None:
        names = {e: literal(e.payload) for e in scalars}
    lines = [f"def {name}({head}):"]
    for node in topological(result):
        if node in names or node.is_scalar:
            continue
        if not node.args:
            names[node] = argument_name(node)
            continue
        operands = tuple(names[a] for a in node.args)
        names[node] = f"t{len(lines) - 1}"
        lines.append(f"    {names[node]} = {(operator or plain)(node.op, operands)}")
    lines.append(f"    return {names[result]}")
    return "\n".join(lines) + "\n"


def plain(op: str, operands: tuple[str, ...]) -> str:
    """One operation as Python text."""
    if op in _OPERATOR:
        return f"{operands[0]} {_OPERATOR[op]} {operands[1]}"
    return f"-{operands[0]}" if op == "neg" else f"{op}({', '.join(operands)})"


def written_out(e: Expression) -> str:
    """The whole expression as text: on one line, or, where brackets would nest deeper than
    messages show, one operation after the other."""
    if not isinstance(e, Expression):
        raise TypeError(f"e must be a recorded formula; got {shown(e)}")
    text = str(e)
    if "…" not in text:
        return text
    names: dict[Expression, str] = {}
    steps: list[str] = []
    for node in topological(e):
        names[node] = f"#{len(steps)}" if node.args else str(node)
        if node.args:
            steps.append(f"{names[node]} = {plain(node.op, tuple(names[a] for a in node.args))}")
    return ", ".join(steps)


def compiled(source: str, name: str) -> Callable[..., Any]:
    """The generated function on array namespaces and Python floats."""
    scope: dict[str, Any] = {f: getattr(elementary, f) for f in ELEMENTARY}
    exec(compile(source, f"<formula {name}>", "exec"), scope)
    function: Callable[..., Any] = scope[name]
    return function


def evaluated(scalar: Expression, couplings: Mapping[str, Any]) -> Any:
    """The value of a coupling-only expression: a float, or a tensor that carries a gradient."""
    values: dict[Expression, Any] = {}
    for node in topological(scalar):
        a = [values[n] for n in node.args]
        match node.op:
            case "constant":
                values[node] = node.payload
            case "coupling":
                values[node] = couplings[node.payload]
            case "add":
                values[node] = a[0] + a[1]
            case "sub":
                values[node] = a[0] - a[1]
            case "mul":
                values[node] = a[0] * a[1]
            case "div":
                if not hasattr(a[1], "shape") and a[1] == 0:
                    raise FormulaError(
                        f"the formula divides by '{node.args[1]}', which is 0 for "
                        f"{shown(dict(couplings))}"
                    )
                values[node] = a[0] / a[1]
            case "neg":
                values[node] = -a[0]
            case _:
                values[node] = getattr(elementary, node.op)(a[0])
    return values[scalar]
