"""Random numbers on vector registers: many Philox blocks at once.

One call makes the numbers of `BLOCKS` blocks.  In one form the lanes are successive blocks of one
chain, in the other successive blocks of as many chains as a register holds numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from heatbath import elementary
from heatbath.elementary import log
from heatbath.formula.expression import field as symbol
from heatbath.random.distributions import cosine_and_sine, radius
from heatbath.random.philox import MULTIPLIER, ROUNDS, WEYL
from heatbath_numba.lanes import (
    FORMATS,
    Format,
    Lanes,
    evaluated,
    parts_of_normal,
    real_from_whole,
    width_of,
)
from heatbath_numba.memory import Memory

__all__ = ["REGISTERS", "block_count", "fill_blocks", "fill_chains_blocks"]

MASK = 0xFFFFFFFF
# evaluated side by side, since one alone waits for its own results
REGISTERS = {"float64": 4, "float32": 2}
WORD = ir.IntType(64)


def block_count(dtype: str) -> int:
    """How many blocks one call of `fill_blocks` evaluates."""
    return REGISTERS[dtype] * width_of(dtype)


def fill_blocks(kind: str, dtype: str) -> Any:
    """An intrinsic f(out, at, block, step, purpose_and_draw, key_0, key_1): the numbers of
    `block_count` blocks of one chain, from `block` on, to out[at:] in the order of the sites.

    kind: "uniform", "normal" or "exponential" (−log u).
    """
    form, numbers = FORMATS[dtype], NUMBERS[kind]

    @intrinsic
    def fill(typingctx, out, at, block, step, word, key_0, key_1):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = Memory(context, builder, form, width_of(dtype))
            vector = ir.VectorType(WORD, block_count(dtype))
            block, step, word, k0, k1 = (memory.splat(a, vector) for a in args[2:])
            words = _philox(block + _steps(block, 1), step, word, k0, k1)
            made = _interleaved(numbers(words, form))
            memory.store(made, memory.data(out, args[0]), args[1])
            return context.get_dummy_value()

        return types.void(out, at, block, step, word, key_0, key_1), codegen

    return fill


def fill_chains_blocks(kind: str, dtype: str) -> Any:
    """An intrinsic f(out, at, block, step, purpose_and_draw, keys): the numbers of `REGISTERS`
    blocks of as many chains as a register holds numbers, to out[at:], chains innermost.

    keys: the first words of all chains, then the second ones.
    """
    form, numbers, width = FORMATS[dtype], NUMBERS[kind], width_of(dtype)
    blocks = REGISTERS[dtype]

    @intrinsic
    def fill(typingctx, out, at, block, step, word, keys):  # type: ignore[no-untyped-def]
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            memory = Memory(context, builder, form, width)
            vector = ir.VectorType(WORD, blocks * width)
            block, step, word = (memory.splat(a, vector) for a in args[2:5])
            k0, k1 = _key_lanes(memory, memory.data(keys, args[5]), blocks)
            words = _philox(block + _steps(block, width), step, word, k0, k1)
            data, at = memory.data(out, args[0]), args[1]
            made = numbers(words, form)
            for register in range(blocks):
                for k, number in enumerate(made):
                    place = (register * len(made) + k) * width
                    lanes = list(range(register * width, (register + 1) * width))
                    memory.store(
                        number.shuffled(number, lanes),
                        data,
                        builder.add(at, ir.Constant(WORD, place)),
                    )
            return context.get_dummy_value()

        return types.void(out, at, block, step, word, keys), codegen

    return fill


def _steps(like: Lanes, each: int) -> Lanes:
    """0, 1, 2, …, each of them `each` times."""
    lanes = [k // each for k in range(like.width)]
    return Lanes(like.builder, ir.Constant(like.type, lanes))


def _key_lanes(memory: Memory, keys: Any, blocks: int) -> list[Lanes]:
    """The two key words of each chain, repeated for each block."""
    width = memory.width
    vector = ir.VectorType(WORD, width)
    order = ir.Constant(ir.VectorType(ir.IntType(32), blocks * width), [*range(width)] * blocks)
    found = []
    for k in range(2):
        place = memory.builder.gep(keys, [ir.Constant(WORD, k * width)])
        pointer = memory.builder.bitcast(place, vector.as_pointer())
        words = memory.builder.load(pointer, align=8)
        found.append(Lanes(memory.builder, memory.builder.shuffle_vector(words, words, order)))
    return found


def _philox(block: Lanes, step: Lanes, word: Lanes, k0: Lanes, k1: Lanes) -> list[Lanes]:
    """Philox4x32-10 in 64-bit lanes below 2³², at the counters of docs/random-numbers.md."""
    c0, c1, c2 = block & MASK, word & MASK, step & MASK
    c3 = (((block >> 32) << 16) + (step >> 32)) & MASK
    k0, k1 = k0 & MASK, k1 & MASK
    for _ in range(ROUNDS):
        p0, p1 = c0 * MULTIPLIER[0], c2 * MULTIPLIER[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return [c0, c1, c2, c3]


def _uniforms(words: list[Lanes], form: Format) -> list[Lanes]:
    return [(n + 0.5) * scale for n, scale in _fractions(words, form)]


def _exponentials(words: list[Lanes], form: Format) -> list[Lanes]:
    return [-_log(u, form) for u in _uniforms(words, form)]


def _log(u: Lanes, form: Format) -> Lanes:
    """elementary.log, without the questions of which numbers strictly between 0 and 1 have none."""
    body = elementary.log_of_parts(symbol(0), symbol(1), elementary.PRECISION[form.name])
    m, e = parts_of_normal(u, form)
    return evaluated(body, {symbol(0): m, symbol(1): e}, form)


def _normals(words: list[Lanes], form: Format) -> list[Lanes]:
    """Box and Muller, as in `heatbath.random.distributions`."""
    cosine, sine = cosine_and_sine(symbol(0), elementary.PRECISION[form.name])
    fractions, words = _fractions(words, form), [_narrow(w, form) for w in words]
    signs = words[2:] if form.name == "float64" else words
    numbers = []
    for k in range(0, len(fractions), 2):
        (n, scale), (m, _) = fractions[k], fractions[k + 1]
        u, v = (n + 0.5) * scale, (m + 0.5) * (2.0 * scale) - 1.0
        r = evaluated(radius(symbol(0)), {symbol(0): u, log(symbol(0)): _log(u, form)}, form)
        for body, sign in ((cosine, signs[k]), (sine, signs[k + 1])):
            z = r * evaluated(body, {symbol(0): v}, form)
            flip = sign << (8 * form.bytes - 1)  # the lowest bit of the word, as a sign bit
            numbers.append((z.bits(form.whole) ^ flip).bits(form.real))
    return numbers


NUMBERS: dict[str, Callable[[list[Lanes], Format], list[Lanes]]] = {
    "uniform": _uniforms,
    "normal": _normals,
    "exponential": _exponentials,
}


def _fractions(words: list[Lanes], form: Format) -> list[tuple[Lanes, float]]:
    """The whole numbers k of the uniforms (k + ½)·scale."""
    if form.name == "float32":
        return [(real_from_whole(_narrow(w >> 9, form), form), 2.0**-23) for w in words]
    pairs = ((words[0], words[1]), (words[2], words[3]))
    return [(real_from_whole(((a >> 6) << 26) | (b >> 6), form), 2.0**-52) for a, b in pairs]


def _narrow(word: Lanes, form: Format) -> Lanes:
    """64-bit lanes as lanes of the width of the number format."""
    target = ir.VectorType(form.whole, word.width)
    if target == word.type:
        return word
    return Lanes(word.builder, word.builder.trunc(word.value, target))


def _interleaved(numbers: list[Lanes]) -> Lanes:
    """Lane i of number k to place n·i + k."""
    while len(numbers) > 1:
        half = len(numbers) // 2
        numbers = [numbers[k].zipped(numbers[k + half]) for k in range(half)]
    return numbers[0]
