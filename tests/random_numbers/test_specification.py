"""docs/random-numbers.md, implemented from its words in plain Python, against the library.

Nothing of heatbath is used on this side.  float32 is emulated by rounding every operation made in
float64, which is exact for + − × ÷ and √ since 53 ≥ 2·24 + 2 bits.
"""

import hashlib
import json
import math
import pathlib
import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st

import heatbath as hb
from heatbath._namespace import as_numpy
from heatbath.random import Key, Purpose
from strategies import shapes

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "random-numbers.md"


# ---- the specification -----------------------------------------------------------------------
def key_of(text):
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return struct.unpack("<II", digest)


def block_words(key, b, step, purpose, draw):
    c = [b % 2**32, 2**16 * purpose + draw, step % 2**32, 2**16 * (b >> 32) + (step >> 32)]
    k = list(key)
    for _ in range(10):
        first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [
            (second >> 32) ^ c[1] ^ k[0],
            second % 2**32,
            (first >> 32) ^ c[3] ^ k[1],
            first % 2**32,
        ]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


class Float64:
    """The type of a number, as a rounding applied to every operation."""

    rounded = staticmethod(float)
    words, uniform_scale, v_scale = 2, 2.0**-52, 2.0**-51
    last_cos, last_sin, last_log = 16, 17, 23
    log2 = 0.6931471805598903, 5.497923018708371e-14

    @staticmethod
    def bits(h, l):
        return 2**26 * (h >> 6) + (l >> 6)


class Float32:
    rounded = staticmethod(float32)
    words, uniform_scale, v_scale = 1, 2.0**-23, 2.0**-22
    last_cos, last_sin, last_log = 8, 9, 11
    log2 = 0.693145751953125, 1.4286068203094173e-06

    @staticmethod
    def bits(word):
        return word >> 9


TYPES = {"float64": Float64, "float32": Float32}


def series(t, x, coefficients):
    """c₁ + x·(c₂ + x·(c₃ + …))"""
    coefficients = [t.rounded(c) for c in coefficients]
    total = coefficients.pop()
    while coefficients:
        total = t.rounded(coefficients.pop() + t.rounded(x * total))
    return total


def cosine(t, b):
    r = t.rounded
    z = r(b * b)
    c = [(-1) ** (n // 2) / math.factorial(n) for n in range(4, t.last_cos + 1, 2)]
    return r(1 - r(0.5 * z - r(z * r(z * series(t, z, c)))))


def sine(t, b):
    r = t.rounded
    z = r(b * b)
    c = [(-1) ** (n // 2) / math.factorial(n) for n in range(3, t.last_sin + 1, 2)]
    return r(b + r(b * r(z * series(t, z, c))))


def logarithm(t, u):
    r = t.rounded
    m, e = math.frexp(u)
    m, e = 2 * m, e - 1
    if m > r(math.sqrt(2)):
        m, e = m / 2, e + 1
    f = r(m - 1)
    s = r(f / r(2 + f))
    z = r(s * s)
    rest = r(z * series(t, z, [2 / n for n in range(3, t.last_log + 1, 2)]))
    a, b = map(r, t.log2)
    return r(r(e * a) + r(r(r(e * b) - r(s * r(f - rest))) + f))


def uniform_from(t, *words):
    return (t.bits(*words) + 0.5) * t.uniform_scale


def pair(t, of_u, of_v, signs):
    r = t.rounded
    radius = r(math.sqrt(-logarithm(t, uniform_from(t, *of_u))))
    v = (t.bits(*of_v) + 0.5) * t.v_scale - 1
    b = r(v * r(math.pi / 4))
    c, s = cosine(t, b), sine(t, b)
    plus, minus = (1 - 2 * (w % 2) for w in signs)
    return plus * r(radius * r(c - s)), minus * r(radius * r(c + s))


def specified(what, dtype, key, step, purpose, draw, sites, high=None):
    """The numbers at the given sites."""
    t = TYPES["float64" if what == "integers" else dtype]
    result = []
    for n in sites:
        per_block = 4 // t.words
        w = block_words(key, n // per_block, step, purpose, draw)
        lane = n % per_block
        mine = w[lane * t.words : (lane + 1) * t.words]
        if what == "uniform":
            result.append(uniform_from(t, *mine))
        elif what == "integers":
            h, l = mine
            result.append((h * high + ((l * high) >> 32)) >> 32)
        elif dtype == "float64":
            result.append(pair(t, w[:2], w[2:], w[2:])[lane])
        else:
            a, b = w[2 * (lane // 2) : 2 * (lane // 2) + 2]
            result.append(pair(t, [a], [b], (a, b))[lane % 2])
    return result


# ---- the page --------------------------------------------------------------------------------
def golden():
    text = PAGE.read_text(encoding="utf-8").partition("## Golden vectors")[2]
    blocks = [b.partition("\n")[2].strip().splitlines() for b in text.split("```")[1:7:2]]
    keys, numbers, integers = ([line.split() for line in block] for block in blocks)
    return keys, numbers, integers


KEYS, NUMBERS, INTEGERS = golden()
WISHES = ("reference", "fastest")


def test_the_page_holds_vectors():
    assert len(KEYS) == 6
    assert {tuple(row[:2]) for row in NUMBERS} == {
        (what, dtype) for what in ("uniform", "normal") for dtype in TYPES
    }
    assert {row[1] for row in INTEGERS} == {"10", "2147483648"}


@pytest.mark.parametrize("row", KEYS, ids=lambda row: row[0])
def test_golden_keys(row):
    text, *words = row
    name, version, seed, chain, path = json.loads(text)
    expected = tuple(int(w, 16) for w in words)
    assert (name, version) == ("heatbath", 1)
    assert key_of(text) == expected
    assert Key(seed, (chain,), tuple(path)).words == (expected,)


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("row", NUMBERS, ids=" ".join)
def test_golden_numbers(row, wish, xp):
    what, dtype, *place = row[:5]
    step, purpose, draw = map(int, place)
    expected = np.asarray(row[5:]).astype(dtype)
    key = key_of('["heatbath",1,1,0,[]]')
    assert specified(what, dtype, key, step, purpose, draw, range(5)) == expected.tolist()
    with hb.backends.use(wish):
        found = getattr(hb.random, what)(
            xp.empty((1, 5), dtype=getattr(xp, dtype)),
            hb.random.key(1),
            step,
            dim=1,
            purpose=purpose,
            draw=draw,
        )
    assert as_numpy(found).tolist() == [expected.tolist()]


@pytest.mark.parametrize("row", INTEGERS, ids=" ".join)
def test_golden_integers(row, xp, dtype):
    high, step, purpose, draw, *expected = map(int, row[1:])
    key = key_of('["heatbath",1,1,0,[]]')
    place = {"purpose": purpose, "draw": draw}
    assert specified("integers", dtype, key, step, **place, sites=range(5), high=high) == expected
    like = xp.empty((1, 5), dtype=getattr(xp, dtype))
    found = hb.random.integers(like, hb.random.key(1), step, high=high, dim=1, **place)
    assert as_numpy(found).tolist() == [expected]


def test_the_page_lists_every_purpose():
    page = PAGE.read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.count("|") == 4]
    listed = {name.strip(" `"): int(value) for value, name in rows if value.strip().isdigit()}
    assert listed == {p.name: p.value for p in Purpose}


# ---- everywhere else -------------------------------------------------------------------------
names = st.integers(-(2**70), 2**70) | st.text('aZ0 é⁴😀"\\\n\x7f', max_size=5)


@given(
    st.integers(-(2**70), 2**70),
    st.lists(names, min_size=1, max_size=3, unique=True),
    st.lists(names, max_size=3),
)
def test_keys(seed, chains, path):
    key = hb.random.key(seed, chains=chains)
    for part in path:
        key = key.leaf(part)
    for chain, words in zip(chains, key.words, strict=True):
        text = json.dumps(["heatbath", 1, seed, chain, path], separators=(",", ":"))
        assert words == key_of(text)


@given(
    st.sampled_from(["uniform", "normal", "integers"]),
    st.sampled_from(sorted(TYPES)),
    shapes(max_volume=12),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(1, 2**31),
)
def test_any_place_of_any_lattice(what, dtype, shape, step, purpose, draw, high):
    like = np.empty((2, *shape), dtype=dtype)
    key = hb.random.key(5, chains=["x", 9])
    more = {"high": high} if what == "integers" else {}
    with hb.backends.use("reference"):
        found = getattr(hb.random, what)(
            like, key, step, dim=len(shape), purpose=purpose, draw=draw, **more
        )
    for chain, words in enumerate(key.words):
        expected = specified(what, dtype, words, step, purpose, draw, range(like[0].size), **more)
        assert found[chain].ravel().tolist() == expected  # sites in C order


@pytest.mark.parametrize("what", ["uniform", "normal"])
def test_many_numbers_in_every_library(what, xp, dtype):
    """Enough for the rare branches of the logarithm and of torch's square root."""
    n = 3000
    with hb.backends.use("reference"):
        found = getattr(hb.random, what)(
            xp.empty((n,), dtype=getattr(xp, dtype)), hb.random.key(77), 8, dim=1
        )
    expected = specified(what, dtype, key_of('["heatbath",1,77,0,[]]'), 8, 0, 0, range(n))
    assert as_numpy(found).tolist() == expected


def test_the_ends_of_the_range():
    """The tails that the page promises, from the extreme words."""
    ones = 2**32 - 1
    for dtype, t in TYPES.items():
        smallest, largest = (uniform_from(t, *(w,) * t.words) for w in (0, ones))
        bits = 53 if dtype == "float64" else 24
        assert (smallest, largest) == (2.0**-bits, 1 - 2.0**-bits)
        assert t.rounded(largest) == largest
        low = [0] * t.words
        end, _ = pair(t, low, low, (0, 0))
        assert end == pytest.approx(math.sqrt(2 * bits * math.log(2)), rel=1e-6)
        assert f"{end:.2f}" in PAGE.read_text(encoding="utf-8")
