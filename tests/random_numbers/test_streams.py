"""Philox's known answers, the identity of chains, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import heatbath as hb
from heatbath._namespace import as_numpy
from heatbath.random import Key, distributions, key, philox4x32
from heatbath.random.philox import counter_words

# Random123's kat_vectors: counter, key, words
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


def words(text):
    return tuple(int(w, 16) for w in text.split())


def draw(what, like, *args, **kwargs):
    with hb.backends.use("reference"):
        return as_numpy(getattr(hb.random, what)(like, *args, **kwargs))


both = pytest.mark.parametrize("what", ["uniform", "normal"])


# ---- Philox ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("counter", "key_", "expected"), KNOWN_ANSWERS)
def test_known_answers_on_python_integers(counter, key_, expected):
    assert philox4x32(words(counter), words(key_)) == words(expected)


def test_known_answers_on_arrays(xp):
    counters, keys, expected = (
        xp.asarray(np.asarray([words(text) for text in column]))
        for column in zip(*KNOWN_ANSWERS, strict=True)
    )
    found = philox4x32(tuple(counters[:, i] for i in range(4)), (keys[:, 0], keys[:, 1]))
    for i in range(4):
        assert as_numpy(found[i]).tolist() == as_numpy(expected[:, i]).tolist()


places = st.tuples(
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**16 - 1),
)


@given(places)
def test_counters_can_be_read_back(place):
    """So two different places never share a counter."""
    block, *rest = place
    c0, c1, c2, c3 = (int(c[0]) for c in counter_words(np.asarray([block]), *rest, np))
    assert all(0 <= c < 2**32 for c in (c0, c1, c2, c3))
    read = ((c3 >> 16 << 32) + c0, ((c3 & 0xFFFF) << 32) + c2, c1 >> 16, c1 & 0xFFFF)
    assert read == place


@both
@pytest.mark.parametrize(
    ("step", "purpose", "more", "name", "bits"),
    [
        (2**48, 0, 0, "step", 48),
        (-1, 0, 0, "step", 48),
        (0, 2**16, 0, "purpose", 16),
        (0, -1, 0, "purpose", 16),
        (0, 0, 2**16, "draw", 16),
        (0, 0, -1, "draw", 16),
    ],
)
def test_what_does_not_fit_the_counter(what, step, purpose, more, name, bits):
    with pytest.raises(OverflowError, match=f"{name} = .* does not fit the {bits} bits"):
        getattr(hb.random, what)(np.empty(3), key(1), step, dim=1, purpose=purpose, draw=more)


@both
@pytest.mark.parametrize(("step", "more"), [(1.0, 0), ("1", 0), (None, 0), (0, 1.5)])
def test_places_are_whole_numbers(what, step, more):
    """A kernel would cut 1.5 to 1 and repeat the numbers of step 1."""
    with pytest.raises(TypeError, match="must be a whole number; got"):
        getattr(hb.random, what)(np.empty(3), key(1), step, dim=1, draw=more)


# ---- who shares numbers, and who does not ----------------------------------------------------
@both
def test_a_chain_is_known_by_name_not_by_its_place(what, dtype, xp):
    like = np.empty((3, 2, 3), dtype=dtype)
    batch = draw(what, xp.asarray(like), key(1, chains=["a", "b", 7]), 4, dim=2)
    turned = draw(what, xp.asarray(like), key(1, chains=[7, "a", "b"]), 4, dim=2)
    for k, name in enumerate(["a", "b", 7]):
        alone = draw(what, xp.asarray(like[0]), key(1, chains=[name]), 4, dim=2)
        assert np.array_equal(alone, batch[k])
        assert np.array_equal(alone, turned[(k + 1) % 3])


def test_counted_chains_are_named_by_number():
    assert key(1, chains=3) == key(1, chains=[0, 1, 2]) == Key(1, (0, 1, 2))
    assert key(1) == key(1, chains=1)
    assert key(1, chains=["3"]).words != key(1, chains=[3]).words


@both
def test_the_shape_of_batch_and_lattice_does_not_matter(what, dtype):
    like = np.empty((2, 3, 4, 5), dtype=dtype)
    names = [*"abcdef"]
    numbers = draw(what, like, key(1, chains=names), 0, dim=2)
    flat = draw(what, like.reshape(6, 20), key(1, chains=names), 0, dim=1)
    assert np.array_equal(numbers.reshape(6, 20), flat)
    shorter = draw(what, like.reshape(6, 20)[:, :13], key(1, chains=names), 0, dim=1)
    assert np.array_equal(shorter, flat[:, :13])  # the sites come first in the counter


@both
def test_one_number_for_each_chain(what, dtype):
    like = np.empty((4,), dtype=dtype)
    numbers = draw(what, like, key(1, chains=4), 0, dim=0)
    assert numbers.shape == (4,)
    assert numbers.tolist() == draw(what, like[:, None], key(1, chains=4), 0, dim=1)[:, 0].tolist()


@both
def test_every_part_of_the_address_changes_the_numbers(what, dtype):
    like = np.empty((64,), dtype=dtype)
    streams = [
        draw(what, like, k, step, dim=1, purpose=purpose, draw=more)
        for k in (key(1), key(2), key(1, chains=[1]), key(1).leaf(0), key(1).leaf(0).leaf(0))
        for step, purpose, more in ((0, 0, 0), (1, 0, 0), (2**32, 0, 0), (0, 1, 0), (0, 0, 1))
    ]
    numbers = np.concatenate(streams)
    # equal numbers by chance: float32 has 2**23 uniforms, and here are 1600
    assert len(np.unique(numbers)) >= len(numbers) - (0 if dtype == "float64" else 3)


def test_keys_do_not_collide():
    found = {
        words
        for seed in range(20)
        for path in ((), (0,), (1,), ("hmc",), (0, 0), (0, "hmc"))
        for words in Key(seed, tuple(range(40)), path).words
    }
    assert len(found) == 20 * 6 * 40


@both
def test_large_lattices_are_made_in_pieces(what, dtype, xp, monkeypatch):
    like = xp.empty((2, 37), dtype=getattr(xp, dtype))
    whole = draw(what, like, key(3, chains=2), 5, dim=1)
    monkeypatch.setattr(distributions, "BLOCKS_AT_ONCE", 3)
    assert np.array_equal(draw(what, like, key(3, chains=2), 5, dim=1), whole)


@both
def test_only_shape_dtype_and_library_of_the_model_array_matter(what, dtype, xp):
    a = xp.asarray(np.full((2, 5), np.nan, dtype=dtype))
    b = xp.asarray(np.ones((2, 5), dtype=dtype))
    found = getattr(hb.random, what)(a, key(1, chains=2), 0, dim=1)
    assert type(found) is type(a)
    assert found.dtype == a.dtype
    expected = as_numpy(getattr(hb.random, what)(b, key(1, chains=2), 0, dim=1))
    assert np.array_equal(as_numpy(found), expected)


@both
def test_no_sites_no_numbers(what, xp):
    assert draw(what, xp.empty((1, 0), dtype=xp.float64), key(1), 0, dim=1).shape == (1, 0)


def test_integers_are_the_same_for_every_model_array(xp, dtype):
    found = hb.random.integers(
        xp.empty((2, 7), dtype=getattr(xp, dtype)), key(1, chains=2), 0, high=1000, dim=1
    )
    expected = hb.random.integers(np.empty((2, 7)), key(1, chains=2), 0, high=1000, dim=1)
    assert found.dtype == xp.int64
    assert np.array_equal(as_numpy(found), expected)


# ---- what is refused -------------------------------------------------------------------------
@both
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"key": key(1)}, ValueError, r"batch shape \(3,\) holds 3 chains, but the key names 1"),
        ({"key": key(1, chains=4)}, ValueError, r"use hb\.random\.key\(seed, chains=3\)"),
        ({"key": 1}, TypeError, r"key must be made by hb\.random\.key"),
        ({"dim": 3}, ValueError, r"dim, the number of lattice axes, must be between 0 and 2"),
        ({"dim": -1}, ValueError, r"dim, the number of lattice axes"),
        ({"dim": 1.0}, ValueError, r"dim, the number of lattice axes"),
        ({"dim": True}, ValueError, r"dim, the number of lattice axes"),
        ({"dim": 0}, ValueError, r"holds 15 chains, but the key names 3"),
        ({"dim": 2}, ValueError, r"holds 1 chains, but the key names 3"),
        ({"like": np.empty((3, 5), dtype=int)}, TypeError, r"like has dtype int64"),
        ({"like": np.empty((3, 5), dtype=complex)}, TypeError, r"like has dtype complex128"),
        ({"like": [0.0] * 3}, TypeError, r"must be an array of NumPy, torch"),
        ({"like": np.empty((3, 5), np.dtype("f8").newbyteorder("S"))}, TypeError, "byte order"),
    ],
)
def test_arguments_that_do_not_fit(what, change, error, message):
    arguments = {"like": np.empty((3, 5)), "key": key(1, chains=3), "step": 0, "dim": 1, **change}
    with pytest.raises(error, match=message):
        getattr(hb.random, what)(**arguments)


@pytest.mark.parametrize("high", [0, -1, 2**31 + 1, 2.0, True, None])
def test_bounds_of_integers(high):
    with pytest.raises(ValueError, match=r"high must be a whole number between 1 and 2\*\*31"):
        hb.random.integers(np.empty(3), key(1), 0, high=high, dim=1)


@pytest.mark.parametrize("seed", [1.0, "1", None, True, np.float64(1), np.bool_(1)])
@pytest.mark.parametrize("make", [key, Key])
def test_seeds_are_whole_numbers(make, seed):
    with pytest.raises(TypeError, match="seed must be a whole number; got"):
        make(seed)


@pytest.mark.parametrize("whole", [np.int8, np.int64, np.uint64])
def test_whole_numbers_of_numpy_are_numbers(whole):
    """Their hash is the same, but not their text, which the key is a hash of."""
    for made in (key(whole(3), chains=whole(2)), key(3, chains=np.arange(2, dtype=whole))):
        assert made == key(3, chains=2)
        assert repr(made) == repr(key(3, chains=2))
        assert made.words == key(3, chains=2).words


@pytest.mark.parametrize(
    "chains", [0, -1, [], "hot", True, 2.0, None, [1.5], [None], [True], [("a",)]], ids=repr
)
def test_names_of_chains(chains):
    with pytest.raises(ValueError, match="chains must be a positive number or a list of"):
        key(1, chains=chains)


def test_names_of_chains_differ():
    with pytest.raises(ValueError, match=r"names of chains must differ.*\('a', 'b', 'a'\)"):
        key(1, chains=["a", "b", "a"])


@pytest.mark.parametrize("name", [1.5, None, True, ("a",)])
def test_names_of_parts(name):
    with pytest.raises(TypeError, match="a part of a sampler is named by a number or a text"):
        key(1).leaf(name)
