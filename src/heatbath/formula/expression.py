"""The values a formula is evaluated on while it is recorded.

An `Expression` is one node of an immutable graph.  Python's operators build larger graphs,
so calling a user's formula on field symbols *is* the recording:

>>> phi, lam = field(0), coupling("lam")
>>> str(phi * phi + lam * phi**4)
'phi*phi + lam*((phi*phi)*(phi*phi))'

Equal subexpressions are one object, so that later passes never meet the same work twice.
Everything that plain arithmetic cannot do (comparisons, branches, NumPy functions, real
powers) raises a `FormulaError` that shows the expression it happened to.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from numbers import Real
from typing import Any, NoReturn

from heatbath._checks import is_whole
from heatbath._suggest import shown

__all__ = [
    "Expression",
    "FormulaError",
    "constant",
    "coupling",
    "elementary_call",
    "field",
    "load",
    "primitive",
]

DEPTH_SHOWN = 12  # messages cut what lies deeper
LONGEST = 300  # characters of an expression in a message
ELEMENTARY = ("exp", "log", "sin", "cos", "sqrt")

_interned: weakref.WeakValueDictionary[tuple[Any, ...], Expression] = weakref.WeakValueDictionary()


class FormulaError(TypeError):
    """A formula leaves the language of plain arithmetic; the message shows where."""


class Expression:
    """One node: an operation, its argument nodes, and a payload for leaves.

    Leaves are ``field`` (payload: index of the stencil point), ``coupling`` (its name),
    ``load`` (a site-dependent coupling: its index among the loads) and ``constant``.
    """

    __slots__ = ("__weakref__", "args", "has_field", "is_scalar", "op", "payload")

    op: str
    args: tuple[Expression, ...]
    payload: Any
    is_scalar: bool
    has_field: bool

    def __new__(cls, op: str, args: tuple[Expression, ...] = (), payload: Any = None) -> Expression:
        # repr tells 0.0 from -0.0 and keeps nan equal to itself
        key = (op, tuple(map(id, args)), repr(payload))
        known = _interned.get(key)
        if known is not None:
            return known
        self = super().__new__(cls)
        self.op, self.args, self.payload = op, args, payload
        self.has_field = op == "field" or any(a.has_field for a in args)
        # a scalar is the same for all sites: made of constants and scalar couplings only
        self.is_scalar = op not in ("field", "load") and all(a.is_scalar for a in args)
        _interned[key] = self
        return self

    # -- plain arithmetic -------------------------------------------------------------
    def __add__(self, other: Any) -> Expression:
        return _binary("add", self, other)

    def __radd__(self, other: Any) -> Expression:
        return _binary("add", other, self)

    def __sub__(self, other: Any) -> Expression:
        return _binary("sub", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return _binary("sub", other, self)

    def __mul__(self, other: Any) -> Expression:
        return _binary("mul", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return _binary("mul", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return _binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _binary("div", other, self)

    def __neg__(self) -> Expression:
        if self.op == "constant":
            return constant(-self.payload)
        return self.args[0] if self.op == "neg" else Expression("neg", (self,))

    def __pos__(self) -> Expression:
        return self

    def __pow__(self, exponent: Any, modulus: Any = None) -> Expression:
        """Whole powers as products, by repeated squaring: x**4 = (x*x)*(x*x)."""
        if modulus is not None:
            self._refuse("a power modulo a number", "it is not differentiable")
        if not is_whole(exponent) or not 0 <= exponent <= 64:
            raise FormulaError(
                f"the power ({_cut(self)})**({_quoted(exponent)}) is not a product: use a whole "
                "number from 0 to 64, hb.elementary.sqrt, or exp(p*log(x)) from hb.elementary"
            )
        exponent = int(exponent)
        result, square = constant(1.0), self
        while exponent:
            result = result * square if exponent & 1 else result
            exponent >>= 1
            square = square * square if exponent else square
        return result

    # -- what is not plain arithmetic is refused in words -------------------------------
    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise FormulaError(f"{what} of '{_cut(self)}' is not plain arithmetic; {instead}")

    def __bool__(self) -> bool:
        self._refuse(
            "a branch on the value",
            "a formula is recorded once for all fields: write it without if, and, or, max, min",
        )

    def __lt__(self, other: Any) -> bool:
        self._refuse("a comparison", "a formula cannot branch on the field")

    __le__ = __gt__ = __ge__ = __lt__

    def __eq__(self, other: object) -> bool:
        self._refuse("a comparison", "a formula cannot branch on the field")

    __ne__ = __eq__
    __hash__ = object.__hash__

    def __abs__(self) -> Expression:
        self._refuse("the absolute value", "it has no derivative at 0: use hb.elementary.sqrt(x*x)")

    def __float__(self) -> float:
        self._refuse(
            "the number",
            "the field has no value while it is recorded: use hb.elementary.exp, log, sin, cos, "
            "sqrt instead of functions of the math module",
        )

    def __rpow__(self, base: Any) -> Expression:
        self._refuse(f"the power ({base})**x", "use hb.elementary.exp(x*log(base))")

    __int__ = __index__ = __complex__ = __float__

    def __mod__(self, *others: Any) -> Expression:
        self._refuse("a remainder or a rounding to whole numbers", "it is not differentiable")

    __floordiv__ = __divmod__ = __rmod__ = __rfloordiv__ = __rdivmod__ = __mod__
    __round__ = __floor__ = __ceil__ = __trunc__ = __mod__

    def __and__(self, other: Any) -> Expression:
        self._refuse("a logical or matrix operation", "use + - * / on one number per site")

    __or__ = __xor__ = __rand__ = __ror__ = __rxor__ = __matmul__ = __rmatmul__ = __and__

    def __iter__(self) -> NoReturn:
        self._refuse("the elements", "a formula sees one site at a time")

    def __getitem__(self, index: Any) -> NoReturn:
        self._refuse("an element", "a formula sees one site at a time")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse(f"the attribute .{name}", "a formula sees one number per site, not an array")

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Expression:
        """NumPy's number on the left, as in np.sqrt(2.0) * phi, arrives here."""
        name = getattr(ufunc, "__name__", str(ufunc))
        if method == "__call__" and name in _ARITHMETIC and not kwargs:
            return _binary(_ARITHMETIC[name], *args)
        self._refuse(f"numpy.{name}", _instead_of(name))

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("a NumPy array", "use + - * / and hb.elementary.exp, log, sin, cos, sqrt")

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> NoReturn:
        name = getattr(function, "__name__", str(function))
        which = next((_cut(a) for a in args if isinstance(a, Expression)), "the field")
        raise FormulaError(f"torch.{name} of '{which}' is not recorded; {_instead_of(name)}")

    def __str__(self) -> str:
        return _shown(self)

    __repr__ = __str__


def field(point: int) -> Expression:
    """The field at one point of the stencil; point 0 is the site itself."""
    return Expression("field", (), point)


def coupling(name: str) -> Expression:
    """A coupling that is one number."""
    return Expression("coupling", (), name)


def load(index: int) -> Expression:
    """A site-dependent coupling, read like a field; `index` counts the loads of a trace."""
    return Expression("load", (), index)


def constant(value: float) -> Expression:
    """A number written in the formula."""
    return Expression("constant", (), float(value))


def elementary_call(name: str, x: Expression) -> Expression:
    """exp, log, sin, cos or sqrt of an expression."""
    return Expression(name, (x,))


def primitive(name: str, *args: Any) -> Expression:
    """An exact operation that only the bodies of `heatbath.elementary` use."""
    return Expression(name, tuple(as_expression(a, name) for a in args))


def as_expression(value: Any, op: str = "arithmetic") -> Expression:
    if isinstance(value, Expression):
        return value
    if _is_number(value):
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond 1e308
            number = math.inf
        if not math.isfinite(number):
            raise FormulaError(f"the number {number} in a formula is not finite")
        return constant(number)
    raise FormulaError(
        f"a formula combines the field with {type(value).__name__} {shown(value)} ({op}); "
        "only real numbers, couplings and fields are allowed: pass arrays as couplings"
    )


def _is_number(value: Any) -> bool:
    """Whether value is one real number of Python or NumPy."""
    if isinstance(value, Real):
        return True
    without_axes = type(value).__module__ == "numpy" and getattr(value, "shape", None) == ()
    return without_axes and value.dtype.kind in "iuf"


_FOLD: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}


def _binary(op: str, left: Any, right: Any) -> Expression:
    """Build a node, with the exact simplifications that keep traces short."""
    a, b = as_expression(left, op), as_expression(right, op)
    if op == "div":
        return _divide(a, b)
    if a.op == b.op == "constant":
        return as_expression(_FOLD[op](a.payload, b.payload), op)
    zero, one = constant(0.0), constant(1.0)
    if op == "mul" and (a is zero or b is zero):
        return zero
    if op == "mul" and (a is one or b is one):
        return b if a is one else a
    if op == "add" and (a is zero or b is zero):
        return b if a is zero else a
    if op == "sub" and (a is zero or b is zero):
        return -b if a is zero else a
    return Expression(op, (a, b))


def _divide(a: Expression, b: Expression) -> Expression:
    if b.op == "constant":
        if b.payload == 0:
            raise FormulaError(f"the formula divides '{_cut(a)}' by zero")
        return _binary("mul", a, 1.0 / b.payload)
    # x / c = x * (1/c), as torch does on CUDA; the reciprocal is taken once, in float64
    if b.is_scalar and not a.is_scalar:
        return _binary("mul", a, Expression("div", (constant(1.0), b)))
    return Expression("div", (a, b))


# the names that NumPy has for plain arithmetic
_ARITHMETIC = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "div"}
_SYMBOL = {"add": " + ", "sub": " - ", "mul": "*", "div": "/"}


def _cut(e: Expression) -> str:
    """An expression for a message."""
    text = str(e)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _quoted(value: Any) -> str:
    return _cut(value) if isinstance(value, Expression) else shown(value)


def _shown(e: Expression, depth: int = 0) -> str:
    if depth > DEPTH_SHOWN:
        return "…"
    if e.op == "field":
        return "phi" if e.payload == 0 else f"phi_{e.payload}"
    if e.op == "coupling":
        return str(e.payload)
    if e.op == "load":
        return f"coupling_{e.payload}(x)"
    if e.op == "constant":
        short = f"{e.payload:g}"
        return short if float(short) == e.payload else repr(e.payload)
    if e.op == "neg":
        return f"-{_bracketed(e.args[0], depth)}"
    if e.op not in _SYMBOL:
        return f"{e.op}({', '.join(_shown(a, depth + 1) for a in e.args)})"
    left, right = e.args
    if e.op in ("add", "sub"):
        tail = _shown(right, depth + 1) if right.op in ("mul", "div") else _bracketed(right, depth)
        return f"{_shown(left, depth + 1)}{_SYMBOL[e.op]}{tail}"
    return f"{_bracketed(left, depth)}{_SYMBOL[e.op]}{_bracketed(right, depth)}"


def _bracketed(e: Expression, depth: int) -> str:
    text = _shown(e, depth + 1)
    return f"({text})" if e.op in _SYMBOL or e.op == "neg" else text


def _instead_of(name: str) -> str:
    if name in ELEMENTARY:
        return f"use hb.elementary.{name}, which has the same bits in every array library"
    return "use + - * /, whole powers and hb.elementary.exp, log, sin, cos, sqrt"
