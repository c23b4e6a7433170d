"""Vector registers with Python's operators: what explicit SIMD code is written in.

A `Lanes` holds one LLVM value <W x double>, <W x float> or <W x i64>.  Arithmetic on it emits one
instruction without fast-math flags, so each lane has the bits of scalar code.  `evaluated` runs a
recorded formula on registers; LLVM legalises any width on any processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from llvmlite import binding, ir

from heatbath import elementary
from heatbath.formula.derivative import topological
from heatbath.formula.expression import Expression, field

__all__ = [
    "FORMATS",
    "Format",
    "Lanes",
    "evaluated",
    "parts_of_normal",
    "real_from_whole",
    "register_bytes",
    "width_of",
]


@dataclass(frozen=True)
class Format:
    """A number format: its LLVM types and the bits that the exact operations work on."""

    name: str
    real: Any
    whole: Any
    fraction_bits: int
    bias: int
    tiny: float
    lift: int
    shift: float
    largest: float

    @property
    def bytes(self) -> int:
        """The size of one number."""
        return int(self.whole.width) // 8


FORMATS = {
    "float64": Format(
        "float64",
        ir.DoubleType(),
        ir.IntType(64),
        52,
        1023,
        2.0**-900,
        200,
        2000.0,
        1.7976931348623157e308,
    ),
    "float32": Format(
        "float32",
        ir.FloatType(),
        ir.IntType(32),
        23,
        127,
        2.0**-100,
        60,
        240.0,
        3.4028234663852886e38,
    ),
}


@cache
def register_bytes() -> int:
    """The width of this processor's vector registers in bytes."""
    features = binding.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


def width_of(dtype: str) -> int:
    """How many numbers of a dtype one register holds."""
    return register_bytes() // FORMATS[dtype].bytes


class Lanes:
    """One vector register.  Operands may be other registers or Python numbers."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    @property
    def type(self) -> Any:
        return self.value.type

    @property
    def width(self) -> int:
        return int(self.type.count)

    @property
    def is_whole(self) -> bool:
        return isinstance(self.type.element, ir.IntType)

    def like(self, value: Any) -> Lanes:
        """A register that holds `value` in each lane, or the register given."""
        if isinstance(value, Lanes):
            return value
        number = int(value) if self.is_whole else float(value)
        return Lanes(self.builder, ir.Constant(self.type, [number] * self.width))

    def _emit(self, whole: str, real: str, other: Any, swapped: bool = False) -> Lanes:
        a, b = (self.like(other), self) if swapped else (self, self.like(other))
        instruction = getattr(self.builder, whole if self.is_whole else real)
        return Lanes(self.builder, instruction(a.value, b.value))

    def __add__(self, other: Any) -> Lanes:
        return self._emit("add", "fadd", other)

    def __radd__(self, other: Any) -> Lanes:
        return self._emit("add", "fadd", other, swapped=True)

    def __sub__(self, other: Any) -> Lanes:
        return self._emit("sub", "fsub", other)

    def __rsub__(self, other: Any) -> Lanes:
        return self._emit("sub", "fsub", other, swapped=True)

    def __mul__(self, other: Any) -> Lanes:
        return self._emit("mul", "fmul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Lanes:
        return self._emit("udiv", "fdiv", other)

    def __neg__(self) -> Lanes:
        return Lanes(self.builder, self.builder.fneg(self.value))

    def __and__(self, other: Any) -> Lanes:
        return self._emit("and_", "and_", other)

    def __or__(self, other: Any) -> Lanes:
        return self._emit("or_", "or_", other)

    def __xor__(self, other: Any) -> Lanes:
        return self._emit("xor", "xor", other)

    def __lshift__(self, other: Any) -> Lanes:
        return self._emit("shl", "shl", other)

    def __rshift__(self, other: Any) -> Lanes:
        return self._emit("lshr", "lshr", other)

    def less(self, other: Any) -> Lanes:
        """A mask; false where either is NaN."""
        return Lanes(
            self.builder, self.builder.fcmp_ordered("<", self.value, self.like(other).value)
        )

    def chosen(self, a: Lanes, b: Lanes) -> Lanes:
        """a where this mask holds, else b."""
        return Lanes(self.builder, self.builder.select(self.value, a.value, b.value))

    def frozen(self) -> Lanes:
        """The same register, which the compiler does not know to come from memory.  A choice
        between a new number and one just loaded would become a masked store, at ten times the
        cost of a plain one."""
        freeze = ir.Instruction(self.builder.block, self.type, "freeze", [self.value])
        self.builder._insert(freeze)  # llvmlite's builder has no method for it
        return Lanes(self.builder, freeze)

    def zipped(self, other: Lanes) -> Lanes:
        """Lanes of this register and of another in turn."""
        n = self.width
        return self.shuffled(other, [k // 2 + (n if k % 2 else 0) for k in range(2 * n)])

    def every_second(self, other: Lanes) -> Lanes:
        """Lanes 0, 2, 4, … of this register and of another behind it."""
        return self.shuffled(other, list(range(0, 2 * self.width, 2)))

    def shuffled(self, other: Lanes, order: list[int]) -> Lanes:
        """The lanes numbered in `order`, those of `other` following those of this register."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)
        return Lanes(self.builder, self.builder.shuffle_vector(self.value, other.value, mask))

    def intrinsic(self, name: str) -> Lanes:
        """llvm.floor or llvm.sqrt, both exact or correctly rounded."""
        element = "f64" if isinstance(self.type.element, ir.DoubleType) else "f32"
        function = self.builder.module.declare_intrinsic(
            f"llvm.{name}.v{self.width}{element}", (), ir.FunctionType(self.type, [self.type])
        )
        return Lanes(self.builder, self.builder.call(function, [self.value]))

    def bits(self, element: Any) -> Lanes:
        """The same bits as lanes of another type."""
        return Lanes(
            self.builder, self.builder.bitcast(self.value, ir.VectorType(element, self.width))
        )


def evaluated(result: Expression, leaves: dict[Expression, Lanes], form: Format) -> Lanes:
    """A recorded expression on registers; `leaves` gives those of its fields, loads, scalars."""
    (some, *_) = leaves.values()
    values: dict[Expression, Lanes] = dict(leaves)
    for node in topological(result):
        if node in values:
            continue
        if node.op == "constant":
            values[node] = some.like(node.payload)
        else:
            values[node] = _operation(node.op, [values[a] for a in node.args], form)
    return values[result]


def _operation(op: str, a: list[Lanes], form: Format) -> Lanes:
    match op:
        case "add":
            return a[0] + a[1]
        case "sub":
            return a[0] - a[1]
        case "mul":
            return a[0] * a[1]
        case "div":
            return a[0] / a[1]
        case "neg":
            return -a[0]
        case "less":
            return a[0].less(a[1])
        case "select":
            return a[0].chosen(a[1], a[2])
        case "floor" | "sqrt":
            return a[0].intrinsic(op)
        case "mantissa":
            return _mantissa(a[0], form)
        case "exponent":
            return _exponent(a[0], form)
        case "scaled":
            return _scaled(a[0], a[1], form)
    body = elementary.BODIES[op](field(0), elementary.PRECISION[form.name])
    return evaluated(body, {field(0): a[0]}, form)


def _lifted(x: Lanes, form: Format) -> tuple[Lanes, Lanes]:
    """x where it is positive and finite, else 1, lifted out of the subnormal numbers; and where
    it was lifted."""
    safe = x.like(0.0).less(x).chosen(x, x.like(1.0))
    safe = x.like(form.largest).less(safe).chosen(x.like(1.0), safe)
    low = safe.less(form.tiny)
    return low.chosen(safe * 2.0**form.lift, safe), low


def _mantissa(x: Lanes, form: Format) -> Lanes:
    return parts_of_normal(_lifted(x, form)[0], form)[0]


def _exponent(x: Lanes, form: Format) -> Lanes:
    lifted, low = _lifted(x, form)
    e = parts_of_normal(lifted, form)[1]
    return e - low.chosen(x.like(float(form.lift)), x.like(0.0))


def parts_of_normal(x: Lanes, form: Format) -> tuple[Lanes, Lanes]:
    """m in [1, 2) and e with x = m·2**e, for positive normal numbers."""
    bits = x.bits(form.whole)
    fraction = bits & ((1 << form.fraction_bits) - 1)
    m = (fraction | (form.bias << form.fraction_bits)).bits(form.real)
    return m, real_from_whole(bits >> form.fraction_bits, form) - float(form.bias)


def real_from_whole(n: Lanes, form: Format) -> Lanes:
    """A whole number below 2^fraction_bits as a real one: put it into the fraction of
    2^fraction_bits, which has unit spacing, and subtract that."""
    top = (form.bias + form.fraction_bits) << form.fraction_bits
    return (n | top).bits(form.real) - 2.0**form.fraction_bits


def _scaled(x: Lanes, k: Lanes, form: Format) -> Lanes:
    """x·2**k in two factors, rounded once."""
    ordered = k.less(form.shift).chosen(k, k.like(form.shift))  # NaN becomes the largest shift
    k = ordered.less(-form.shift).chosen(k.like(-form.shift), ordered)
    half = (k * 0.5).intrinsic("floor")
    return x * _power_of_two(half, form) * _power_of_two(k - half, form)


def _power_of_two(k: Lanes, form: Format) -> Lanes:
    bits = (k + (2.0**form.fraction_bits + form.bias)).bits(form.whole)
    return (bits << form.fraction_bits).bits(form.real)
