"""Derivatives of recorded formulas, by fixed rules so that their bits are fixed too.

`derivative` is reverse-mode differentiation: one sweep from the result to the leaves, each
node passing its adjoint on.  Contributions to one node are added in the order in which the
sweep meets them, which depends on the formula alone.
"""

from __future__ import annotations

from heatbath.formula.expression import Expression, constant, elementary_call

__all__ = ["derivative", "topological"]


def derivative(result: Expression, variable: Expression) -> Expression:
    """The derivative of `result` with respect to the leaf `variable`.

    >>> from heatbath.formula.expression import field
    >>> x = field(0)
    >>> str(derivative(x * x * x, x))
    'phi*phi + phi*(phi + phi)'
    """
    adjoint: dict[Expression, Expression] = {result: constant(1.0)}
    for node in reversed(topological(result)):
        if not node.args or node not in adjoint or not node.has_field:
            continue
        for argument, contribution in _contributions(node, adjoint[node]):
            if argument.has_field:
                seen = adjoint.get(argument)
                adjoint[argument] = contribution if seen is None else seen + contribution
    return adjoint.get(variable, constant(0.0))


def _contributions(node: Expression, bar: Expression) -> list[tuple[Expression, Expression]]:
    """What the adjoint `bar` of a node adds to the adjoints of its arguments."""
    if node.op == "mul" and node.args[0] is node.args[1]:
        (x, _) = node.args
        return [(x, bar * (x + x))]
    match node.op, node.args:
        case "add", (a, b):
            return [(a, bar), (b, bar)]
        case "sub", (a, b):
            return [(a, bar), (b, -bar)]
        case "mul", (a, b):
            return [(a, bar * b), (b, bar * a)]
        case "div", (a, b):
            return [(a, bar / b), (b, -(bar * node / b))]
        case "neg", (a,):
            return [(a, -bar)]
        case "exp", (a,):
            return [(a, bar * node)]
        case "log", (a,):
            return [(a, bar / a)]
        case "sin", (a,):
            return [(a, bar * elementary_call("cos", a))]
        case "cos", (a,):
            return [(a, -(bar * elementary_call("sin", a)))]
        case "sqrt", (a,):
            return [(a, bar * 0.5 / node)]
    raise AssertionError(f"no derivative rule for {node.op}")  # every operation is above


def topological(*results: Expression) -> list[Expression]:
    """All nodes below the results, arguments before users, in a fixed order (no recursion)."""
    order: dict[Expression, None] = {}
    stack = list(reversed(results))
    while stack:
        node = stack[-1]
        waiting = [a for a in node.args if a not in order]
        if node in order or not waiting:
            order.setdefault(node)
            stack.pop()
        else:
            stack.extend(reversed(waiting))
    return list(order)
