"""Uniforms, normals and integers: one number per site from a key and a step.

The value at a site depends on (key, step, purpose, draw, site) alone: not on the traversal, the
batch, the thread or the library.  `docs/random-numbers.md` specifies every bit.

- float64: one Philox block serves the sites 2b and 2b+1; a uniform has 52 bits,
  u = (k + ½)/2⁵², never 0 or 1.
- float32: one block serves four sites; u = (k + ½)/2²³.
- A normal pair is Box and Muller's (Ann. Math. Stat. 29, 610 (1958)) without angle reduction:
  with v uniform in [−1, 1) and b = πv/4, r = √(−log u): ±r(cos b − sin b), ±r(cos b + sin b).
  |z| ≤ 8.6 in float64; in float32 the tail ends at 5.8 (23 bits of u).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from heatbath import elementary
from heatbath._checks import is_whole
from heatbath._dispatch import operation
from heatbath._namespace import Array, Namespace, dtype_name, namespace_of, require_field
from heatbath._suggest import shown
from heatbath.random.key import Key
from heatbath.random.philox import Words, check_counter, counter_words

__all__ = ["Purpose", "integers", "normal", "uniform"]

BLOCKS_AT_ONCE = 65536  # the words of so many blocks stay in the cache


class Purpose(IntEnum):
    """What a random number is for.  Two call sites with different purposes never share one."""

    USER = 0
    START = 1
    MOMENTUM = 2
    ACCEPT = 3
    LENGTH = 4
    NOISE = 5
    PROPOSAL = 6


def check_stream(
    like: Array, key: Key, step: int, *, dim: int, purpose: int = 0, draw: int = 0
) -> None:
    require_field(like, None, "like")
    if not isinstance(key, Key):
        raise TypeError(f"key must be made by hb.random.key(seed, chains=…); got {shown(key)}")
    if not is_whole(dim) or not 0 <= dim <= like.ndim:
        raise ValueError(
            f"dim, the number of lattice axes, must be between 0 and {like.ndim}; got {shown(dim)}"
        )
    check_counter(step, purpose, draw)
    n_chains = math.prod(like.shape[: like.ndim - dim])
    if n_chains != len(key.chains):
        raise ValueError(
            f"the batch shape {tuple(like.shape[: like.ndim - dim])} holds {n_chains} chains, but "
            f"the key names {len(key.chains)}: use hb.random.key(seed, chains={n_chains})"
        )


@operation("random.uniform", check=check_stream)
def uniform(
    like: Array, key: Key, step: int, *, dim: int, purpose: int = Purpose.USER, draw: int = 0
) -> Array:
    """Uniform numbers in the open interval (0, 1), of the shape and dtype of `like`.

    like: array (*batch, *sites) of float64 or float32; only its shape, dtype, library and
        device matter.
    key: names one chain per batch entry.
    step, purpose, draw: place in the stream; below 2⁴⁸, 2¹⁶, 2¹⁶ or OverflowError.
    dim: number of lattice axes (0: one number per chain).

    >>> import numpy as np, heatbath as hb
    >>> hb.random.uniform(np.empty((2, 3)), hb.random.key(7, chains=2), 0, dim=1).shape
    (2, 3)
    """
    double = dtype_name(like) == "float64"
    lanes, width = (_uniforms_double, 2) if double else (_uniforms_single, 4)
    return _per_site(like, key, (step, purpose, draw), dim, lanes, width)


@operation("random.normal", check=check_stream)
def normal(
    like: Array, key: Key, step: int, *, dim: int, purpose: int = Purpose.USER, draw: int = 0
) -> Array:
    """Standard normal numbers of the shape and dtype of `like`; arguments as for `uniform`."""
    double = dtype_name(like) == "float64"
    lanes, width = (_normals_double, 2) if double else (_normals_single, 4)
    return _per_site(like, key, (step, purpose, draw), dim, lanes, width)


def integers(
    like: Array,
    key: Key,
    step: int,
    *,
    high: int,
    dim: int,
    purpose: int = Purpose.USER,
    draw: int = 0,
) -> Array:
    """Whole numbers 0 ≤ n < high as int64, of the shape of `like`; high at most 2³¹.

    n = ⌊64-bit word × high / 2⁶⁴⌋: the probabilities differ from 1/high by less than 2⁻⁶⁴.
    """
    check_stream(like, key, step, dim=dim, purpose=purpose, draw=draw)
    if not is_whole(high) or not 1 <= high <= 1 << 31:
        raise ValueError(f"high must be a whole number between 1 and 2**31; got {shown(high)}")
    high, dim, place = int(high), int(dim), (int(step), int(purpose), int(draw))

    def lanes(words: Words, xp: Namespace, like: Array) -> list[Array]:
        w0, w1, w2, w3 = words
        return [(a * high + ((b * high) >> 32)) >> 32 for a, b in ((w0, w1), (w2, w3))]

    return _per_site(like, key, place, dim, lanes, 2)


def radius(u: Any) -> Any:
    """√(−log u), Box and Muller's radius divided by √2."""
    return elementary.sqrt(-elementary.log(u))


def cosine_and_sine(v: Any, precision: elementary.Precision) -> tuple[Any, Any]:
    """√2 times cosine and sine of the angle π(v + 1)/4, from series of πv/4, |v| ≤ 1."""
    b = v * (math.pi / 4)
    c, s = elementary.cos_series(b, precision), elementary.sin_series(b, precision)
    return c - s, c + s


def _uniforms_double(words: Words, xp: Namespace, like: Array) -> list[Array]:
    return [(_bits52(a, b, xp, like) + 0.5) * 2.0**-52 for a, b in (words[:2], words[2:])]


def _uniforms_single(words: Words, xp: Namespace, like: Array) -> list[Array]:
    return [(_bits23(w, xp, like) + 0.5) * 2.0**-23 for w in words]


def _normals_double(words: Words, xp: Namespace, like: Array) -> list[Array]:
    w0, w1, w2, w3 = words
    u = (_bits52(w0, w1, xp, like) + 0.5) * 2.0**-52
    v = (_bits52(w2, w3, xp, like) + 0.5) * 2.0**-51 - 1.0
    return _box_muller(u, v, (_sign(w2, xp, like), _sign(w3, xp, like)))


def _normals_single(words: Words, xp: Namespace, like: Array) -> list[Array]:
    numbers = []
    for a, b in (words[:2], words[2:]):
        u = (_bits23(a, xp, like) + 0.5) * 2.0**-23
        v = (_bits23(b, xp, like) + 0.5) * 2.0**-22 - 1.0
        numbers += _box_muller(u, v, (_sign(a, xp, like), _sign(b, xp, like)))
    return numbers


def _box_muller(u: Array, v: Array, signs: tuple[Array, Array]) -> list[Array]:
    r = radius(u)
    cosine, sine = cosine_and_sine(v, elementary.PRECISION[dtype_name(u)])
    return [signs[0] * (r * cosine), signs[1] * (r * sine)]


def _bits52(high: Array, low: Array, xp: Namespace, like: Array) -> Array:
    """The upper 26 bits of two words as one whole number, exact in float64."""
    return xp.astype((high >> 6 << 26) + (low >> 6), like.dtype)


def _bits23(word: Array, xp: Namespace, like: Array) -> Array:
    return xp.astype(word >> 9, like.dtype)


def _sign(word: Array, xp: Namespace, like: Array) -> Array:
    """±1 from the lowest bit, which the uniforms do not use: 0 is +, 1 is −."""
    return 1.0 - 2.0 * xp.astype(word & 1, like.dtype)


def _per_site(
    like: Array,
    key: Key,
    place: tuple[int, int, int],
    dim: int,
    lanes: Callable[[Words, Namespace, Array], list[Array]],
    width: int,
) -> Array:
    """Numbers for all sites: blocks in C order, each giving its `width` lanes to neighbours."""
    xp = namespace_of(like)
    volume = math.prod(like.shape[like.ndim - dim :])
    n_blocks = -(-volume // width)
    pieces = []
    for first in range(0, max(n_blocks, 1), BLOCKS_AT_ONCE):
        last = min(first + BLOCKS_AT_ONCE, n_blocks)
        block = xp.arange(first, last, dtype=xp.int64, device=like.device)[None, :]
        counter = counter_words(block, *place, xp)
        numbers = lanes(key.blocks(counter, xp, like.device), xp, like)
        pieces.append(xp.reshape(xp.stack(numbers, axis=-1), (len(key.chains), -1)))
    flat = xp.concat(pieces, axis=1)[:, :volume]
    return xp.reshape(flat, like.shape)
