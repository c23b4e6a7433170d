"""Bad values by the kind of argument that they are meant for.

A kind gives, for the valid value of an argument, a list of bad ones that are always tried and a
strategy for more.  Each says what must become of it:

- refused: an error, always;
- like(plain): an error, or the result of the plain value that it stands for;
- odd: extreme but allowed: an error in words, or a result that hides nothing.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import array_api_strict
import numpy as np
from hypothesis import strategies as st

import heatbath as hb
from heatbath._namespace import dtype_name
from heatbath.mcmc import State

__all__ = [
    "Bad",
    "Kind",
    "action",
    "alone",
    "choice",
    "count",
    "coupling",
    "elementary",
    "energy",
    "field",
    "flag",
    "interval",
    "json",
    "key",
    "like",
    "like_field",
    "mapping",
    "names",
    "nonsense",
    "numbers",
    "odd",
    "optional",
    "path",
    "positive",
    "real",
    "refused",
    "sampler",
    "sampler_of_run",
    "seed",
    "series",
    "shape",
    "shape_or_lattice",
    "start",
    "state",
    "text",
    "texts",
]

NO = object()


@dataclass(frozen=True, eq=False)
class Bad:
    """value: what is put in.  means: the plain value that it stands for, or NO.  odd: see above.
    name, make: the argument, and what makes the others; given by `into`."""

    value: Any
    means: Any = NO
    odd: bool = False
    name: str = ""
    make: Any = None

    @property
    def refused(self):
        return self.means is NO and not self.odd

    def into(self, name, make):
        """This value as the argument `name` of a call whose valid arguments `make()` makes."""
        return replace(self, name=name, make=make)

    def call(self):
        """The arguments of the bad call."""
        return {**self.make(), self.name: self.value}

    def plain(self):
        """The arguments of the call that it stands for."""
        return {**self.make(), self.name: self.means}

    def __str__(self):
        try:
            text = repr(self.value)
        except Exception:
            text = "?"
        return f"{self.name} = {text[:120]} ({type(self.value).__name__})"


@dataclass(frozen=True)
class Kind:
    """always(valid): the bad values that are tried in every run.  more(valid): a strategy."""

    always: Any
    more: Any = lambda valid: st.nothing()


def refused(*values):
    return [Bad(value) for value in values]


def like(plain, *values):
    return [Bad(value, plain) for value in values]


def odd(*values):
    return [Bad(value, odd=True) for value in values]


class Unprintable:
    """Its repr fails."""

    def __repr__(self):
        raise RuntimeError("no repr")


class Flood:
    """Its repr is long."""

    def __repr__(self):
        return "flood\n" * 1000


def nonsense(*without):
    """What no argument takes, but for the types `without`."""
    values = [
        *(None, b"bytes", object(), {}, {"a": 1}, [1, "two", None], {1, 2}, 1 + 2j, float),
        *(lambda: None, Ellipsis, Unprintable(), Flood(), np.array(["a"]), np.array([None, 1])),
        *("text", "", np.complex128(1j), np.datetime64("2020-01-01"), iter(())),
        *(np.ma.masked, type("Odd", (), {"shape": (2,), "dtype": "float64"})()),
    ]
    return refused(*(v for v in values if not isinstance(v, without)))


# ---------------------------------------------------------------- numbers

TRUTHS = (True, False, np.True_, np.False_)
HUGE = (2**63, 2**64, 10**30, 10**5000)


def _whole(valid, least, most, huge):
    wrong = [2.5, 3.0, math.nan, math.inf, "3", np.float64(3), np.float16(3), Fraction(3)]
    wrong += [Decimal(3), np.array([3]), np.array(3.0), *TRUTHS, least - 1, -(10**30)]
    kinds = (np.int8, np.uint8, np.int32, np.int64, np.uint64)
    numbers = [kind(valid) for kind in kinds if valid < 100] + [np.int64(valid)]
    beyond = refused(*HUGE) if huge else odd(*HUGE)
    return [*nonsense(), *refused(*wrong), *beyond, *like(valid, *numbers, np.array(valid))]


def count(least=1, most=2**48, huge=True):
    """A whole number of at least `least`; huge: whether numbers beyond 2**63 are refused."""
    floats = st.floats() | st.floats(width=16).map(np.float16)
    return Kind(
        lambda valid: _whole(valid, least, most, huge),
        lambda valid: (
            (floats | st.text() | st.complex_numbers() | st.binary()).map(Bad)
            | st.integers(max_value=least - 1).map(Bad)
        ),
    )


def seed():
    """Any whole number."""
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(1.0, math.nan, math.inf, "1", np.float64(1), *TRUTHS, np.array([1]), 10**5000),
            *like(valid, np.int8(valid), np.uint64(valid), np.array(valid)),
            *odd(-1, 0, 2**64, -(10**30)),
        ],
        lambda valid: (
            (st.floats() | st.text()).map(Bad) | st.integers().map(lambda n: Bad(n, odd=True))
        ),
    )


def _reals(valid):
    return [
        *like(float(valid), np.float64(valid), Fraction(valid), Decimal(valid)),
        *like(float(np.float32(valid)), np.float32(valid), np.array(np.float32(valid))),
        *like(float(np.float16(valid)), np.float16(valid)),
        *like(float(np.longdouble(valid)), np.longdouble(valid)),
        *odd(1e308, 5e-324, 10**30, 1e150),
    ]


def positive():
    """A positive finite number."""
    wrong = (0, 0.0, -0.0, -1, -5e-324, math.nan, math.inf, -math.inf, 10**400, *TRUTHS)
    arrays = (np.array([0.1]), np.array([[0.1]]), [0.1], (0.1,), "0.1", np.float64("nan"))
    return Kind(
        lambda valid: [*nonsense(), *refused(*wrong, *arrays), *_reals(valid)],
        lambda valid: (
            (st.text() | st.floats(max_value=0.0) | st.complex_numbers()).map(Bad)
            | st.floats(0, exclude_min=True, allow_infinity=False).map(lambda x: Bad(x, odd=True))
        ),
    )


def real():
    """A finite number."""
    wrong = (math.nan, math.inf, -math.inf, 10**400, -(10**400), *TRUTHS)
    arrays = (np.array([0.1]), [0.1], (0.1,), "0.1", np.float32("nan"))
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(*wrong, *arrays),
            *_reals(valid),
            *odd(0, -0.0, -1, -1e308),
        ],
        lambda valid: (
            (st.text() | st.complex_numbers()).map(Bad)
            | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: Bad(x, odd=True))
        ),
    )


def flag():
    """True or False."""
    wrong = (0, 1, 2, 1.0, "no", "False", math.nan, np.array([True]), np.int64(1))
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(*wrong),
            *like(valid, np.bool_(valid)),
        ]
    )


# ---------------------------------------------------------------- texts and collections


def choice():
    """One of a few texts."""
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(
                valid.upper() + "x", valid[:-1], f" {valid}", valid.encode(), [valid], 1, True
            ),
            *refused("x" * 100_000, "\0", "\ud800", np.array([valid, valid]), np.array(valid)),
            *like(valid, np.str_(valid)),
        ],
        lambda valid: st.text().filter(lambda t: t != valid).map(Bad),
    )


def text():
    """Any text."""
    return Kind(lambda valid: [*nonsense(str), *refused(1, True, 2.5)])


def path(new=False):
    """Where a run is, or will be if it is new; the valid one is a Path."""
    missing = Path("/dev/null")
    return Kind(
        lambda valid: [
            *nonsense(str),
            *refused("", "\0", "a\0b", 0, 1, True, 2.5, math.nan, b"run", ["run"]),
            *refused(missing / "\ud800", "/dev/null/run", missing / ("x" * 5000)),
            *([] if new else like(valid, str(valid))),
        ],
        lambda valid: (st.integers() | st.floats() | st.binary()).map(Bad),
    )


def shape():
    """Extents; the valid one is a tuple."""
    wrong = [(), (0, 4), (-4, 4), (4.0, 6), (True, 4), (2, 2, 2, 2, 2), [[4, 6]], "4,6", "46"]
    wrong += [b"46", 4.0, math.nan, {4: 6}, {4, 6}, np.array([4.0, 6.0]), np.array([[4, 6]])]
    wrong += [(4, None), ("4", "6"), (2**63,), (2**64, 2**64), (10**5000,), np.array(4.0), True, 0]
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(*wrong),
            *like(valid, list(valid), np.array(valid), tuple(map(np.int8, valid))),
            *like(valid, np.array(valid, dtype=np.uint64), np.array(valid, dtype=">i4")),
        ],
        lambda valid: (st.lists(st.floats()) | st.text()).map(Bad),
    )


def names():
    """How many chains, or their names; the valid one is a number."""
    wrong = [0, -1, [], (), [1, 1], ["a", "a"], [1.5], [True], [None], [b"a"], "ab", b"ab", True]
    wrong += [{0, 1}, {0: "a"}, 2.0, math.nan, np.array([0.0, 1.0]), np.array([[0, 1]]), [10**5000]]
    return Kind(
        lambda valid: [
            *nonsense(np.ndarray),
            *refused(*wrong, *(10**n for n in (12, 30, 5000))),
            *like(valid, range(valid), list(range(valid)), np.arange(valid), np.int8(valid)),
            *like(valid, iter(range(valid)), np.uint64(valid)),
        ],
        lambda valid: st.lists(st.floats() | st.booleans(), min_size=1).map(Bad),
    )


def mapping(*values):
    """A mapping; `values` are further wrong ones."""
    wrong = ("text", b"b", 1, 2.5, True, [("a", 1)], ["a"], object(), lambda: 1, {"a"})
    return Kind(lambda valid: refused(*wrong, *values))


def json():
    """A mapping that can be written as JSON."""
    loop = {}
    loop["again"] = loop
    return mapping({"x": object()}, {"x": math.nan}, {(1, 2): 3}, loop, {"x": np.float64("inf")})


# ---------------------------------------------------------------- things of the library


def key():
    """A key of as many chains as the valid one."""
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(1, (1, (0, 1)), hb.random.Key, hb.random.key, "key", np.array([1, 2])),
            *refused(hb.random.key(1, chains=5), hb.random.key(1, chains=[7])),
        ]
    )


def action():
    """An action on a lattice."""
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(hb.actions.Phi4, hb.actions.Action, "phi4", 1.0, hb.HMC(valid)),
        ]
    )


def sampler():
    """A sampler with a lattice."""
    return Kind(
        lambda valid: [*nonsense(), *refused(hb.HMC, valid.action, "hmc", hb.actions.Phi4, 1)]
    )


def state():
    """A state; its field is checked as one."""
    return Kind(
        lambda valid: [
            *nonsense(),
            *refused(valid.field, (valid.field, 0), State, 1, State(None), State("text")),
            *refused(*(State(valid.field, n) for n in (1.0, -1, True, None, "0", 2**48, 10**30))),
            *refused(State(valid.field[..., :-1]), State(valid.field.astype("float16"))),
            *like(valid, State(valid.field, np.int64(0)), State(valid.field, np.uint8(0))),
            *(
                Bad(State(b.value), State(b.means))
                for b in _arrays(valid.field)
                if b.means is not NO
            ),
        ]
    )


def coupling():
    """A number, or an array that the field fits; the valid one is a float."""
    arrays = [np.array([0.1]), np.zeros((4, 7)), np.zeros((4, 6), "float16"), np.zeros((4, 6), int)]
    arrays += [np.full((4, 6), math.nan), np.zeros((4, 6), complex), np.zeros((4, 6), ">f8")]
    arrays += [np.ma.masked_less(np.zeros((4, 6)), 1), np.zeros((0,)), np.zeros((4, 6), object)]
    arrays += [np.zeros((4, 6)).view(np.matrix)]
    return Kind(
        lambda valid: [*real().always(valid), *refused(*arrays)],
        real().more,
    )


def energy():
    """A function of plain arithmetic."""

    def branching(phi):
        return phi if phi > 0 else -phi

    wrong = [1, "phi*phi", math.sqrt, np.sin, int, max, lambda: 1.0, lambda *phi: phi[0]]
    wrong += [lambda phi: None, lambda phi: "text", lambda phi: [phi], lambda phi: 1.0, branching]
    wrong += [lambda phi: phi**0.5, lambda phi: abs(phi), lambda phi: phi / 0, lambda phi, m=1: phi]
    wrong += [lambda phi: phi * math.nan, lambda phi: phi * 10**400, lambda phi: phi * np.zeros(3)]
    wrong += [lambda phi: phi * np.str_("3"), lambda phi: phi * (1 + 2j), lambda phi: phi % 2]
    wrong += [lambda phi: np.sqrt(phi), lambda phi: phi @ phi, lambda phi: np.array(phi)]
    wrong += [lambda phi: math.nan, lambda phi: 10**400, lambda phi: phi * b"3"]
    return Kind(lambda valid: [*nonsense(type(lambda: 0)), *refused(*wrong)])


# ---------------------------------------------------------------- arrays


class Subclass(np.ndarray):
    """An array of another name."""


def _arrays(valid):
    """The same numbers stored in another way."""
    import torch

    spread = np.empty((*valid.shape, 2))
    spread[..., 0] = valid
    frozen = valid.copy()
    frozen.flags.writeable = False
    tensor = torch.from_numpy(valid.copy())
    apart = torch.from_numpy(spread.copy())[..., 0]
    return like(
        valid,
        *(spread[..., 0], np.asfortranarray(valid), valid[::-1].copy()[::-1], frozen),
        *(valid.view(Subclass), np.ma.masked_array(valid), tensor, apart),
        *(array_api_strict.asarray(valid.copy()), torch.nn.Parameter(tensor, requires_grad=False)),
        tensor.neg().neg_view() if hasattr(tensor, "neg_view") else torch._neg_view(-tensor),
    )


def field(values=False):
    """An array (2, 4, 6) of float64.  values: whether NaN and infinity are refused."""
    return Kind(lambda valid: _fields(valid, values))


def _fields(valid, values):
    import torch

    wrong = [valid.astype(t) for t in ("float16", "longdouble", "int64", "bool", "complex128")]
    wrong += [valid.astype(">f8"), valid.astype(object), valid.astype("U"), valid.tolist(), 1.0, 1]
    wrong += [np.ma.masked_greater(valid, 0.0), valid[..., :-1], valid[..., None], valid[0, 0]]
    wrong += [np.swapaxes(valid, -1, -2), np.empty((0,)), np.empty(()), np.float64(1.0), True]
    wrong += [torch.from_numpy(valid).to(torch.float16), torch.from_numpy(valid).to(torch.bfloat16)]
    wrong += [torch.from_numpy(valid).long(), torch.from_numpy(valid)[..., :3], memoryview(valid)]
    broken = [np.full_like(valid, x) for x in (math.nan, math.inf, -math.inf)]
    broken[0][:, 1:] = 0.0
    extreme = [np.full_like(valid, x) for x in (1e308, -1e200, 5e-324, 0.0)]
    return [
        *nonsense(),
        *refused(*wrong),
        *(refused(*broken) if values else odd(*broken)),
        *odd(*extreme),
        *_arrays(valid),
    ]


def series():
    """A time series (2, 64)."""
    return Kind(
        _series,
        lambda valid: (
            st.lists(st.floats(allow_nan=False), min_size=4, max_size=40).map(
                lambda x: Bad(x, odd=True)
            )
            | st.lists(st.complex_numbers(allow_nan=False), min_size=4, max_size=9).map(
                lambda x: Bad(x, odd=True)
            )
            | (st.text() | st.integers() | st.lists(st.text(), min_size=1)).map(Bad)
        ),
    )


def _series(valid):
    import torch

    with np.errstate(over="ignore"):
        overflowing = valid * 1e308
    with_nan = valid.copy()
    with_nan[1, 7] = math.nan
    wrong = [with_nan, np.where(with_nan != with_nan, math.inf, valid), valid[:, :3], valid[:, :0]]
    wrong += [valid.T[:2].T, valid[None], np.float64(1.0), 1.0, 1, True, [], [[]], [1.0, 2.0, 3.0]]
    wrong += [[[1.0, 2.0], [3.0]], ["1", "2", "3", "4"], [None] * 8, valid.astype(object), "1234"]
    wrong += [
        valid.astype("U"),
        np.ma.masked_greater(valid, 0.0),
        valid.astype(">f8"),
    ]
    wrong += [np.full((2, 8), np.datetime64("2020-01-01")), [10**400] * 8, np.full(8, math.nan)]
    wrong += [overflowing, valid * 1e-300, torch.from_numpy(valid).to(torch.bfloat16)[:, :2]]
    wrong += [valid * 1e200]
    plain = [
        *like(valid, valid.tolist(), torch.from_numpy(valid.copy()), np.asfortranarray(valid)),
        *like(valid, array_api_strict.asarray(valid.copy()), valid.view(Subclass)),
        *like(valid, torch.from_numpy(valid.copy()).requires_grad_(), valid.astype("longdouble")),
    ]
    small = valid.astype("float16")
    plain += like(small.astype("float64"), small)
    whole = (10 * valid).astype("int8")
    plain += like(whole.astype("float64"), whole, whole.tolist(), whole.astype("int64"))
    extreme = odd(np.zeros((2, 64)), np.ones(4), np.arange(8) * 1e-100, (1j * valid), 1e100 * valid)
    extreme += odd(np.array([0.0, 1.0] * 8), valid[0], np.full(9, 1e308), np.full(9, 5e-324))
    return [*nonsense(), *refused(*wrong), *plain, *extreme]


def optional(kind, other=None):
    """None is a valid value too; where it is the valid one, `other` stands for one that is not."""

    def instead(valid):
        return other if valid is None else valid

    return Kind(
        lambda valid: [bad for bad in kind.always(instead(valid)) if bad.value is not None],
        lambda valid: kind.more(instead(valid)),
    )


# ---------------------------------------------------------------- the same with a twist


def alone(kind):
    """A field beside another one, which stays NumPy's: those of other libraries are refused."""

    def always(valid):
        own = type(np.empty(0)), list, dict
        for bad in kind.always(valid):
            foreign = hasattr(bad.value, "dtype") and not isinstance(bad.value, np.ndarray)
            yield Bad(bad.value) if foreign and not isinstance(bad.value, own) else bad

    return Kind(lambda valid: list(always(valid)))


def numbers():
    """An array (…, 4, 6) of any numbers."""

    def always(valid):
        wrong = [valid[..., :-1], valid[..., None], np.empty(0), np.float64(1.0), 1.0, [1.0], "x"]
        other = [valid.astype(t) for t in ("float32", "complex128", "int64", "longdouble")]
        return [*nonsense(), *refused(*wrong), *odd(*other, valid * np.nan), *_arrays(valid)]

    return Kind(always)


def like_field(any_shape=False):
    """An array (2, 4, 6) of which only shape, dtype, library and device matter, or any_shape."""

    def always(valid):
        wrong = [bad for bad in _fields(valid, False) if bad.refused]
        shapes = [b for b in wrong if _is_float64(b.value)]
        if not any_shape:
            shapes = [b for b in shapes if math.prod(b.value.shape)]
        kept = [bad for bad in wrong if not any(bad is s for s in shapes)]
        return [*kept, *(Bad(s.value, odd=True) for s in shapes), *_arrays(valid)[:5]]

    return Kind(always)


def elementary():
    """A real floating-point array or number."""

    def always(valid):
        wrong = [b for b in _fields(valid, False) if b.refused and not _is_float64(b.value)]
        wrong = [b for b in wrong if type(b.value) not in (int, float)]
        special = np.array([0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 1e308, 1e22])
        more = odd(
            special,
            special.clip(-1e30, 1e30).astype("float32"),
            10**400,
            -(10**5000),
            3,
            np.empty((0, 2)),
        )
        return [*wrong, *refused(True, np.True_), *more, *_arrays(valid)]

    return Kind(always, lambda valid: st.floats().map(lambda x: Bad(x, odd=True)))


def _is_float64(value):
    plain = type(value) in (np.ndarray, np.float64) or type(value).__module__ == "torch"
    return plain and getattr(value.dtype, "isnative", True) and dtype_name(value) == "float64"


def shape_or_lattice():
    """Extents or a lattice."""
    kind = shape()
    return Kind(
        lambda valid: [
            *(b for b in kind.always(SHAPE) if b.refused or isinstance(valid, tuple)),
            *refused(hb.Lattice, (2, 2, 2, 2, 2), hb.actions.Phi4),
        ],
        kind.more,
    )


SHAPE = (4, 6)


def interval():
    """Two finite numbers, the lower one first."""
    wrong = [(), (1.0,), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0, 2.0), (-math.inf, 0.0), (0.0, math.nan)]
    wrong += ["01", b"01", 1.0, (None, 1.0), ("0", "1"), (0j, 1j), (False, True), ([0.0], [1.0])]
    wrong += [(10**400, 10**401), {0.0: 1.0}, {0.0, 1.0}, np.array([1.0])]
    return Kind(
        lambda valid: [
            *nonsense(type(None)),
            *refused(*wrong),
            *like(valid, list(valid), tuple(map(np.float64, valid)), np.array(valid)),
            *odd((-1e308, 1e308), (0.0, 5e-324), (0.0, 1e308), (1.0, 1.0 + 2.0**-52)),
        ]
    )


def start():
    """Where chains begin: a text or an array."""

    def always(valid):
        array = np.random.default_rng(1).normal(size=(2, 4, 6))
        given = [b for b in _fields(array, True) if b.means is NO]
        return [*choice().always(valid), *given]

    return Kind(always)


def sampler_of_run():
    """The sampler of a stored run, which has `Metropolis` on `Phi4`."""
    other = hb.actions.Phi4(kappa=0.21, lam=0.1, lattice=(4, 6))
    action_ = hb.actions.Phi4(kappa=0.2, lam=0.1)
    wrong = [hb.HMC, "hmc", 1, other, hb.HMC(other), hb.Metropolis(other), hb.Langevin(action_)]
    wrong += [hb.Metropolis(action_, width=0.9), hb.Metropolis(action_.on((4, 4)))]
    return Kind(lambda valid: [*nonsense(), *refused(*wrong)])


def texts():
    """Any text, which may be right."""
    return st.text(max_size=12).map(lambda t: Bad(t, odd=True))
