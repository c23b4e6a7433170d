"""Intrinsics that sweep along rows, a vector register at a time, and know no formula.

Arrays are one-dimensional; indices count numbers and are not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from heatbath_numba.lanes import FORMATS, Lanes, width_of
from heatbath_numba.memory import Memory, counted, while_more_than_one

__all__ = [
    "Rows",
    "choose_row",
    "copy_images",
    "copy_row",
    "drift_row",
    "mask_of",
    "memory_of",
    "sum_row",
    "sum_scalars",
    "whole",
    "whole_numbers",
    "with_arguments",
    "zip_row",
]

INT64 = ir.IntType(64)


@dataclass(frozen=True)
class Rows:
    """How one loop sweeps a block.

    registers: of each row, where they are few enough to be written out one after the other; a
        block is then a number of rows.  0: a block is a number of registers of one row.
    stride: from a row to the next.
    n_images: how many images lie around a row.  unit: numbers of an image.
    unroll: turns of a loop over registers that are written out.
    """

    dtype: str
    registers: int
    stride: int
    n_images: int
    unit: int
    unroll: int

    def each(self, memory: Memory, n: Any, body: Callable[[Any], None], at_end: Any = None) -> None:
        """Emit `body(numbers from the start of the block)` for each register, and
        `at_end(numbers)` for each row."""
        b = memory.builder
        if not self.registers:
            with counted(b, n, self.unroll) as i:
                body(memory.numbers(i))
            if at_end:
                at_end(whole(0))
            return
        with counted(b, n, unroll=1) as row:
            start = b.mul(row, whole(self.stride))
            for k in range(self.registers):
                body(b.add(start, whole(k * memory.width)))
            if at_end:
                at_end(start)

    def each_of_one(self, memory: Memory, n: Any, body: Callable[[Any], None]) -> None:
        """Emit `body(numbers from the start)` for each of the n registers of one row."""
        if self.registers:
            for k in range(self.registers):
                body(whole(k * memory.width))
        else:
            self.each(memory, n, body)

    def image_copier(self, memory: Memory, data: Any, at: Any, pairs: Any) -> Callable[[Any], None]:
        """What copies the images of the row that starts at data[at + step]; `pairs` points to
        their (target, source)."""
        b = memory.builder
        one = Memory(memory.context, b, memory.form, self.unit)
        places = [memory.number(pairs, whole(k)) for k in range(2 * self.n_images)]

        def copy(step: Any) -> None:
            start = b.add(at, step)
            for target, source in zip(places[::2], places[1::2], strict=True):
                one.store(one.load(data, b.add(start, source)), data, b.add(start, target))

        return copy


def drift_row(rows: Rows, masked: bool) -> Any:
    """f(out, x, at, amounts, y, moving, images, n): out[at:] = x[at:] + amounts · y[at:] in a
    block, and the images of its rows.

    amounts: one number for each lane.  moving, if masked: lanes where it is 0 keep x.
    """

    @intrinsic
    def drift(typingctx, out, x, at, amounts, y, moving, images, n):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = memory_of(context, builder, rows.dtype)
            to, x, y = (memory.data(sig.args[k], args[k]) for k in (0, 1, 4))
            amount = memory.load(memory.data(sig.args[3], args[3]), whole(0))
            mask = mask_of(memory, sig.args[5], args[5]) if masked else None

            def body(step: Any) -> None:
                at = builder.add(args[2], step)
                old = memory.load(x, at)
                new = old + amount * memory.load(y, at)
                memory.store(mask.chosen(new, old) if mask else new, to, at)

            pairs = whole_numbers(memory, sig.args[6], args[6])
            rows.each(memory, args[7], body, rows.image_copier(memory, to, args[2], pairs))
            return context.get_dummy_value()

        return types.void(out, x, at, amounts, y, moving, images, n), codegen

    return drift


def copy_images(dtype: str, unit: int) -> Any:
    """f(field, at, images, n): fill what lies around the row that starts at `at`.

    images: n pairs (target, source), each of `unit` numbers.
    """

    @intrinsic
    def copy(typingctx, field, at, images, n):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = Memory(context, builder, FORMATS[dtype], unit)
            data = memory.data(sig.args[0], args[0])
            pairs = whole_numbers(memory, sig.args[2], args[2])
            with counted(builder, args[3], unroll=2) as i:
                pair = builder.mul(i, whole(2))
                target = memory.number(pairs, pair)
                source = memory.number(pairs, builder.add(pair, whole(1)))
                value = memory.load(data, builder.add(args[1], source))
                memory.store(value, data, builder.add(args[1], target))
            return context.get_dummy_value()

        return types.void(field, at, images, n), codegen

    return copy


def choose_row(dtype: str) -> Any:
    """f(out, x, at, accept, registers): out[at:] = x[at:] in the lanes where accept is not 0."""

    @intrinsic
    def choose(typingctx, out, x, at, accept, registers):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = memory_of(context, builder, dtype)
            to, x = memory.data(sig.args[0], args[0]), memory.data(sig.args[1], args[1])
            mask = mask_of(memory, sig.args[3], args[3])
            with counted(builder, args[4]) as i:
                at = builder.add(args[2], memory.numbers(i))
                old = memory.load(to, at).frozen()
                memory.store(mask.chosen(memory.load(x, at), old), to, at)
            return context.get_dummy_value()

        return types.void(out, x, at, accept, registers), codegen

    return choose


def zip_row(dtype: str) -> Any:
    """f(out, at, x, even, odd, registers): numbers from x[even:] and x[odd:] in turn."""

    @intrinsic
    def zipped(typingctx, out, at, x, even, odd, registers):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = memory_of(context, builder, dtype)
            to, x = memory.data(sig.args[0], args[0]), memory.data(sig.args[2], args[2])
            with counted(builder, args[5]) as i:
                step = memory.numbers(i)
                a = memory.load(x, builder.add(args[3], step))
                b = memory.load(x, builder.add(args[4], step))
                at = builder.add(args[1], builder.add(step, step))
                memory.store(a.zipped(b), to, at)
            return context.get_dummy_value()

        return types.void(out, at, x, even, odd, registers), codegen

    return zipped


def copy_row(rows: Rows) -> Any:
    """f(out, at, x, x_at, registers): out[at:] = x[x_at:]."""

    @intrinsic
    def copy(typingctx, out, at, x, x_at, registers):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = memory_of(context, builder, rows.dtype)
            to, x = memory.data(sig.args[0], args[0]), memory.data(sig.args[2], args[2])

            def body(step: Any) -> None:
                value = memory.load(x, builder.add(args[3], step))
                memory.store(value, to, builder.add(args[1], step))

            rows.each_of_one(memory, args[4], body)
            return context.get_dummy_value()

        return types.void(out, at, x, x_at, registers), codegen

    return copy


Terms = Callable[[Memory, list[Any], Any], Lanes]


def _values(memory: Memory, arrays: list[Any], at: Any) -> Lanes:
    return memory.load(arrays[0], at)


def _squares(memory: Memory, arrays: list[Any], at: Any) -> Lanes:
    x = memory.load(arrays[0], at)
    return x * x


def _changes(memory: Memory, arrays: list[Any], at: Any) -> Lanes:
    """ΔH of each site: the energies' difference plus ½(p'² − p²)."""
    new, old, p_new, p_old = (memory.load(a, at) for a in arrays)
    return (new - old) + (p_new * p_new - p_old * p_old) * 0.5


TERMS: dict[str, tuple[int, Terms]] = {
    "values": (1, _values),
    "squares": (1, _squares),
    "changes": (4, _changes),
}


def sum_row(rows: Rows, what: str) -> Any:
    """f(sums, index, scratch, x…, at, n): sums[index:] = the terms of n numbers per lane, summed
    by the fixed tree, where the lanes are `rows.unit` chains.

    what: "values" of one array, "squares" of one, "changes" of energy and momentum of four.
    """
    n_arrays, terms = TERMS[what]

    def typed(*kinds: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            wide = memory_of(context, builder, rows.dtype)
            arrays = [wide.data(sig.args[3 + k], args[3 + k]) for k in range(n_arrays)]
            sums, scratch = wide.data(sig.args[0], args[0]), wide.data(sig.args[2], args[2])
            at, n = args[3 + n_arrays :]

            def first(memory: Memory, place: Any) -> Lanes:
                return terms(memory, arrays, builder.add(at, place))

            Tree(wide, rows.unit, scratch).sum(first, n, sums, args[1])
            return context.get_dummy_value()

        return types.void(*kinds), codegen

    names = [f"x{k}" for k in range(n_arrays)]
    return with_arguments(typed, ["sums", "index", "scratch", *names, "at", "n"])


def sum_scalars(rows: Rows, split: bool) -> Any:
    """f(sums, index, apart, q, energy, at, stride): the sums of a row of q, of its squares and of
    its energies to sums[index:], sums[index + apart:] and sums[index + 2 · apart:].

    Only for rows that fill a power of two of registers, or of any number of chains side by side.
    split: the odd columns are `stride` numbers behind the even ones.
    """

    @intrinsic
    def sums(typingctx, sums, index, apart, q, energy, at, stride):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = memory_of(context, builder, rows.dtype)
            to, q, energy = (memory.data(sig.args[k], args[k]) for k in (0, 3, 4))
            begins = [args[5], builder.add(args[5], args[6])] if split else [args[5]]
            index, totals = args[1], []
            for array, squared in ((q, False), (q, True), (energy, False)):
                parts = []
                for begin in begins:
                    places = [
                        builder.add(begin, whole(k * memory.width)) for k in range(rows.registers)
                    ]
                    numbers = [memory.load(array, place) for place in places]
                    numbers = [x * x for x in numbers] if squared else numbers
                    parts.append(in_registers(numbers, rows.unit))
                totals.append(parts[0] + parts[1] if split else parts[0])
            for total in totals:
                memory.store(total, to, index)
                index = builder.add(index, args[2])
            return context.get_dummy_value()

        return types.void(sums, index, apart, q, energy, at, stride), codegen

    return sums


def in_registers(numbers: list[Lanes], unit: int) -> Lanes:
    """The fixed tree over numbers that lie in registers; one number, or one per chain."""
    while len(numbers) > 1:
        half = (len(numbers) + 1) // 2
        pairs = len(numbers) - half
        numbers = [numbers[k] + numbers[k + half] for k in range(pairs)] + numbers[pairs:half]
    total = numbers[0]
    while unit == 1 and total.width > 1:
        half = total.width // 2
        low, high = list(range(half)), list(range(half, 2 * half))
        total = total.shuffled(total, low) + total.shuffled(total, high)
    return total


@dataclass(frozen=True)
class Tree:
    """Sums in the order of `heatbath.lattice.tree_sum`: x[i] + x[i + h] with h = ⌈n/2⌉, where an
    odd middle one rides along, until one is left, for each of `unit` lanes."""

    wide: Memory
    unit: int
    scratch: Any

    def sum(self, first: Callable[[Memory, Any], Lanes], n: Any, sums: Any, index: Any) -> None:
        """Sum first(memory, place) over n numbers to sums[index]."""
        b = self.wide.builder
        left = cgutils.alloca_once_value(b, n)
        self._level(first, n)
        half = self._half(n)
        b.store(half, left)

        def again(memory: Memory, place: Any) -> Lanes:
            return memory.load(self.scratch, place)

        with while_more_than_one(b, left) as m:
            self._level(again, m)
            b.store(self._half(m), left)
        one = Memory(self.wide.context, b, self.wide.form, self.unit)
        one.store(one.load(self.scratch, whole(0)), sums, index)

    def _half(self, n: Any) -> Any:
        b = self.wide.builder
        return b.lshr(b.add(n, whole(1)), whole(1))

    def _level(self, term: Callable[[Memory, Any], Lanes], n: Any) -> None:
        """scratch[i] = term(i) + term(i + h), and the odd middle one."""
        b, unit = self.wide.builder, whole(self.unit)
        half = self._half(n)
        pairs, shift = b.mul(b.sub(n, half), unit), b.mul(half, unit)
        one = Memory(self.wide.context, b, self.wide.form, self.unit)
        middle = b.sub(b.add(half, half), n)
        with counted(b, middle, unroll=1):
            place = b.sub(shift, unit)
            one.store(term(one, place), self.scratch, place)
        registers = b.udiv(pairs, whole(self.wide.width))
        done = self.wide.numbers(registers)
        parts = [(self.wide, whole(0), registers)]
        if self.unit == 1:
            parts.append((one, done, b.sub(pairs, done)))
        for memory, begin, times in parts:
            with counted(b, times, unroll=1) as i:
                place = b.add(begin, memory.numbers(i))
                total = term(memory, place) + term(memory, b.add(place, shift))
                memory.store(total, self.scratch, place)


def memory_of(context: Any, builder: Any, dtype: str) -> Memory:
    return Memory(context, builder, FORMATS[dtype], width_of(dtype))


def whole_numbers(memory: Memory, kind: Any, array: Any) -> Any:
    """The pointer to whole numbers, of an array or at an address."""
    if isinstance(kind, types.Integer):
        return memory.pointer(array, INT64)
    return memory.data(kind, array)


def whole(n: int) -> Any:
    return ir.Constant(INT64, n)


def mask_of(memory: Memory, kind: Any, array: Any) -> Lanes:
    """Where an array of one number per lane is positive."""
    flags = memory.load(memory.data(kind, array), whole(0))
    return flags.like(0.0).less(flags)


def with_arguments(typed: Callable[..., Any], names: list[str]) -> Any:
    """An intrinsic whose arguments have these names: numba reads them off the signature."""
    head = ", ".join(names)
    scope: dict[str, Any] = {"typed": typed}
    exec(f"def formula(typingctx, {head}):\n    return typed({head})", scope)
    return intrinsic(scope["formula"])
