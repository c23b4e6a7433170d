"""Intrinsics that evaluate a formula along rows, a vector register at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from heatbath.formula.expression import field as symbol
from heatbath.formula.source import compiled
from heatbath_numba.lanes import Lanes, evaluated
from heatbath_numba.memory import Memory, counted
from heatbath_numba.row_registers import (
    Rows,
    mask_of,
    memory_of,
    whole,
    whole_numbers,
    with_arguments,
)

__all__ = ["RowFormula"]

INT64 = ir.IntType(64)
Evaluate = Callable[..., Lanes]


@dataclass(frozen=True)
class RowFormula:
    """One program of an action on registers.

    name, source: its straight-line function (see `heatbath.formula.source`).
    points: for each field value it reads, the column of the geometry's table.
    loads: for each site-dependent coupling it reads, (which packed array, column).
    first_scalar: where its numbers begin in the array of all programs' scalars.
    """

    rows: Rows
    name: str
    source: str
    points: tuple[int, ...]
    loads: tuple[tuple[int, int], ...]
    first_scalar: int
    n_scalars: int
    n_columns: int

    def store(self) -> Any:
        """f(out, at, q, table, block, size, loads, scalars, n): out[at:] = formula."""

        def body(memory: Memory, evaluate: Evaluate, args: Any, kinds: Any) -> None:
            out, at = memory.data(kinds[0], args[0]), args[1]

            def register(step: Any) -> None:
                memory.store(evaluate(step), out, memory.builder.add(at, step))

            self.rows.each(memory, args[8], register)

        return self._intrinsic(2, body)

    def add(self, masked: bool) -> Any:
        """f(out, x, at, amounts, moving, q, table, block, size, loads, scalars, n):
        out[at:] = x[at:] + amounts · formula, where `moving`."""

        def body(memory: Memory, evaluate: Evaluate, args: Any, kinds: Any) -> None:
            b = memory.builder
            out, x = memory.data(kinds[0], args[0]), memory.data(kinds[1], args[1])
            amount = memory.load(memory.data(kinds[3], args[3]), whole(0))
            mask = mask_of(memory, kinds[4], args[4]) if masked else None

            def register(step: Any) -> None:
                at = b.add(args[2], step)
                old = memory.load(x, at)
                new = old + amount * evaluate(step)
                memory.store(mask.chosen(new, old) if mask else new, out, at)

            self.rows.each(memory, args[11], register)

        return self._intrinsic(5, body)

    def add_and_drift(self, masked: bool) -> Any:
        """f(out, x, at, amounts, moving, drifts, other, images, q, table, block, size, loads,
        scalars, n): as `add`, and in the same loop q[other:] += drifts · out[other:], for a
        row that the formula does not read any more, and its images."""

        def body(memory: Memory, evaluate: Evaluate, args: Any, kinds: Any) -> None:
            b = memory.builder
            out, x, q = (memory.data(kinds[k], args[k]) for k in (0, 1, 8))
            amount, drift = (memory.load(memory.data(kinds[k], args[k]), whole(0)) for k in (3, 5))
            mask = mask_of(memory, kinds[4], args[4]) if masked else None

            def register(step: Any) -> None:
                for to, base, at, change in (
                    (out, x, b.add(args[2], step), lambda at: amount * evaluate(step)),
                    (q, q, b.add(args[6], step), lambda at: drift * memory.load(out, at)),
                ):
                    old = memory.load(base, at)
                    new = old + change(at)
                    memory.store(mask.chosen(new, old) if mask else new, to, at)

            pairs = whole_numbers(memory, kinds[7], args[7])
            images = self.rows.image_copier(memory, q, args[6], pairs)
            self.rows.each(memory, args[14], register, images)

        return self._intrinsic(8, body)

    def diffuse(self) -> Any:
        """f(out, at, step_size, amplitude, noise, images, q, table, block, size, loads, scalars,
        n): out[at:] = q[at:] + (step_size · formula + amplitude · noise[at:]), and its images."""

        def body(memory: Memory, evaluate: Evaluate, args: Any, kinds: Any) -> None:
            b = memory.builder
            out, noise, q = (memory.data(kinds[k], args[k]) for k in (0, 4, 6))
            step_size, amplitude = (
                memory.load(memory.data(kinds[k], args[k]), whole(0)) for k in (2, 3)
            )

            def register(step: Any) -> None:
                at = b.add(args[1], step)
                kicked = amplitude * memory.load(noise, at)
                moved = step_size * evaluate(step) + kicked
                memory.store(memory.load(q, at) + moved, out, at)

            pairs = whole_numbers(memory, kinds[5], args[5])
            images = self.rows.image_copier(memory, out, args[1], pairs)
            self.rows.each(memory, args[12], register, images)

        return self._intrinsic(6, body)

    def update(self, split: bool) -> Any:
        """f(counts, step_width, uniform, limit, random_at, first, n, step, q, table, row, size,
        loads, scalars): Metropolis updates of n sites of a row, and how many each lane accepts.

        The numbers of the proposal and of the decision are at random_at in `uniform` and `limit`,
        in the order of the sites.  split: the sites are every second one of the lattice row and
        contiguous in q from `first` on; otherwise every `step`-th site is a register.
        """

        def body(memory: Memory, evaluate: Evaluate, args: Any, kinds: Any) -> None:
            b = memory.builder
            counts = memory.pointer(args[0], INT64)
            uniform, limit, q = (memory.data(kinds[k], args[k]) for k in (2, 3, 8))
            step_width = memory.load(memory.data(kinds[1], args[1]), whole(0))
            one = whole(1)
            width = whole(memory.width)
            registers = b.sdiv(b.add(args[6], b.sub(width, one)), width) if split else args[6]
            every = one if split else args[7]
            own = self.start(memory, memory.pointer(args[9], INT64), args[10], self.points[0])
            total = cgutils.alloca_once_value(b, memory.whole(0).value)
            with counted(b, registers, self.rows.unroll) as i:
                if split:
                    at = b.add(args[5], memory.numbers(i))
                else:
                    at = memory.numbers(b.add(args[5], b.mul(i, every)))
                x = memory.load(q, b.add(own, at))
                u, t = (
                    self._randoms(memory, r, args[4], i, every, split) for r in (uniform, limit)
                )
                proposal = x + step_width * (u * 2.0 - 1.0)
                accept = evaluate(at, proposal).less(t)
                if split:
                    accept = accept & memory.lanes_below(b.sub(args[6], memory.numbers(i)))
                memory.store(accept.chosen(proposal, x.frozen()), q, b.add(own, at))
                seen = Lanes(b, b.load(total))
                b.store((seen + memory.ones(accept)).value, total)
            memory.add_whole(counts, Lanes(b, b.load(total)))

        return self._intrinsic(8, body, counted_rows=False)

    def _randoms(
        self, memory: Memory, data: Any, at: Any, i: Any, every: Any, split: bool
    ) -> Lanes:
        b = memory.builder
        if not split:
            return memory.load(data, b.add(at, memory.numbers(b.mul(i, every))))
        step = b.add(memory.numbers(i), memory.numbers(i))
        first = b.add(at, step)
        second = b.add(first, whole(memory.width))
        return memory.load(data, first).every_second(memory.load(data, second))

    def _intrinsic(
        self, n_before: int, body: Callable[..., None], *, counted_rows: bool = True
    ) -> Any:
        """The intrinsic with `n_before` arguments, then q, table, block, size, loads, scalars
        and, if `counted_rows`, n; `body` emits its loop."""
        names = [f"a{k}" for k in range(n_before)]
        formula = self

        def typed(*kinds: Any) -> Any:
            def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
                memory = memory_of(context, builder, formula.rows.dtype)
                evaluate = formula.evaluator(memory, *args[n_before : n_before + 6])
                body(memory, evaluate, args, sig.args)
                return context.get_dummy_value()

            return types.void(*kinds), codegen

        tail = ("q", "table", "block", "size", "loads", "scalars", *(("n",) * counted_rows))
        return with_arguments(typed, [*names, *tail])

    def start(self, memory: Memory, table: Any, row: Any, column: int) -> Any:
        """Where the row at the offset of a column starts."""
        b = memory.builder
        first = b.mul(row, whole(self.n_columns))
        place = b.add(first, whole(column))
        return memory.number(table, place)

    def evaluator(
        self, memory: Memory, q: Any, table: Any, block: Any, size: Any, loads: Any, scalars: Any
    ) -> Evaluate:
        """evaluate(step, *proposal): the formula on the register `step` numbers into the block.

        q, table, loads, scalars: addresses.  size: numbers of one packed load.
        """
        b, real = memory.builder, memory.form.real
        q, loads, scalars = (memory.pointer(a, real) for a in (q, loads, scalars))
        table = memory.pointer(table, INT64)
        columns = dict.fromkeys([*self.points, *(c for _, c in self.loads)])
        starts = {c: self.start(memory, table, block, c) for c in columns}
        bases = [b.add(b.mul(size, whole(which)), starts[c]) for which, c in self.loads]
        numbers = [
            memory.splat(memory.number(scalars, whole(self.first_scalar + k)))
            for k in range(self.n_scalars)
        ]
        function = compiled(self.source, self.name)

        def evaluate(step: Any, *proposal: Lanes) -> Lanes:
            registers = [
                *proposal,
                *(memory.load(q, b.add(starts[c], step)) for c in self.points),
                *(memory.load(loads, b.add(base, step)) for base in bases),
                *numbers,
            ]
            leaves = [symbol(k) for k in range(len(registers))]
            known = dict(zip(leaves, registers, strict=True))
            return evaluated(function(*leaves), known, memory.form)

        return evaluate
