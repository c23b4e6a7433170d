"""Loads and stores of vector registers in the memory of arrays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types

from heatbath_numba.lanes import Format, Lanes

__all__ = ["Memory", "counted", "while_more_than_one"]

INT32, INT64 = ir.IntType(32), ir.IntType(64)


class Memory:
    """What the code of one intrinsic reads and writes: `width` numbers at a time.

    Arrays are one-dimensional and contiguous, indices count numbers from their start; nothing is
    checked.
    """

    def __init__(self, context: Any, builder: Any, form: Format, width: int) -> None:
        self.context, self.builder, self.form, self.width = context, builder, form, width
        self.vector = ir.VectorType(form.real, width)
        self.align = form.bytes

    def data(self, kind: Any, array: Any) -> Any:
        """The pointer to the first number of an array, or of an address of real numbers."""
        if isinstance(kind, types.Integer):
            return self.pointer(array, self.form.real)
        return self.context.make_array(kind)(self.context, self.builder, array).data

    def pointer(self, address: Any, element: Any) -> Any:
        """An address as a pointer."""
        return self.builder.inttoptr(address, element.as_pointer())

    def load(self, data: Any, index: Any) -> Lanes:
        """The register that starts at data[index]."""
        place = self.builder.gep(data, [index])
        pointer = self.builder.bitcast(place, self.vector.as_pointer())
        return Lanes(self.builder, self.builder.load(pointer, align=self.align))

    def store(self, value: Lanes, data: Any, index: Any) -> None:
        """Write a register, of any width, to data[index:]."""
        place = self.builder.gep(data, [index])
        pointer = self.builder.bitcast(place, value.type.as_pointer())
        self.builder.store(value.value, pointer, align=self.align)

    def number(self, data: Any, index: Any) -> Any:
        """The single number data[index]."""
        return self.builder.load(self.builder.gep(data, [index]))

    def numbers(self, registers: Any) -> Any:
        """How many numbers so many registers hold."""
        return self.builder.mul(registers, ir.Constant(INT64, self.width))

    def splat(self, number: Any, vector: Any = None) -> Lanes:
        """A register that holds one number in each lane."""
        vector = vector or self.vector
        one = self.builder.insert_element(
            ir.Constant(vector, ir.Undefined), number, ir.Constant(INT32, 0)
        )
        order = ir.Constant(ir.VectorType(INT32, vector.count), [0] * vector.count)
        return Lanes(self.builder, self.builder.shuffle_vector(one, one, order))

    def whole(self, value: int) -> Lanes:
        """A register of whole numbers as wide as the real ones."""
        vector = ir.VectorType(self.form.whole, self.width)
        return Lanes(self.builder, ir.Constant(vector, [value] * self.width))

    def lanes_below(self, n: Any) -> Lanes:
        """The mask of the first n lanes."""
        b, whole = self.builder, self.form.whole
        counts = self.whole(0)
        limit = self.splat(b.trunc(n, whole) if whole != INT64 else n, counts.type)
        order = ir.Constant(counts.type, list(range(self.width)))
        return Lanes(b, b.icmp_signed("<", order, limit.value))

    def ones(self, mask: Lanes) -> Lanes:
        """1 where a mask holds, else 0."""
        return Lanes(self.builder, self.builder.zext(mask.value, self.whole(0).type))

    def add_whole(self, data: Any, numbers: Lanes) -> None:
        """Add one whole number per lane to an int64 array."""
        b, vector = self.builder, ir.VectorType(INT64, self.width)
        value = numbers.value if numbers.type == vector else b.sext(numbers.value, vector)
        pointer = b.bitcast(data, vector.as_pointer())
        b.store(b.add(b.load(pointer, align=8), value), pointer, align=8)


@contextmanager
def counted(builder: Any, n: Any, unroll: int = 4) -> Iterator[Any]:
    """`with counted(builder, n) as i`: a loop over i = 0, …, n − 1 in generated code."""
    before = builder.block
    head, body, after = (builder.append_basic_block(f"rows.{x}") for x in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(INT64)
    index.add_incoming(ir.Constant(INT64, 0), before)
    builder.cbranch(builder.icmp_signed("<", index, n), body, after)
    builder.position_at_end(body)
    yield index
    following = builder.add(index, ir.Constant(INT64, 1))
    index.add_incoming(following, builder.block)
    again = builder.branch(head)
    again.set_metadata("llvm.loop", _unrolled(builder.module, unroll))
    builder.position_at_end(after)


@contextmanager
def while_more_than_one(builder: Any, place: Any) -> Iterator[Any]:
    """`with while_more_than_one(builder, place) as n`: repeat while the number kept at `place`,
    which the body changes, is above 1."""
    head, body, after = (builder.append_basic_block(f"tree.{x}") for x in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    n = builder.load(place)
    builder.cbranch(builder.icmp_signed(">", n, ir.Constant(INT64, 1)), body, after)
    builder.position_at_end(body)
    yield n
    builder.branch(head)
    builder.position_at_end(after)


def _unrolled(module: Any, times: int) -> Any:
    """A loop's mark: how many turns to write out, where the compiler's own choice suits longer
    loops, and that its numbers are in vectors already."""
    count = module.add_metadata(["llvm.loop.unroll.count", ir.Constant(INT32, times)])
    plain = module.add_metadata(["llvm.loop.vectorize.enable", ir.Constant(ir.IntType(1), 0)])
    mark = module.add_metadata([f"heatbath {len(module.metadata)}"])
    mark.operands = (mark, count, plain)  # a loop's mark refers to itself
    return mark
