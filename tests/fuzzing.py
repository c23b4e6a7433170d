"""Bad input judged: refused in one sentence at the border, or the result of what it plainly means.

`judge(function, bad)` makes one call and asserts that

- an error is one that the library raises on purpose (its deepest frame is a `raise` below
  src/heatbath), in one short sentence that names the argument;
- what is not refused gives the result of the plain value that it stands for, or, if it is an
  extreme but allowed number, a result that does not hide what is not finite;
- it ends within `PATIENCE` seconds of processor time and `ROOM` bytes of memory, without a
  warning, and leaves its arguments as they were.
"""

import dataclasses
import linecache
import math
import os
import re
import signal
import traceback
import warnings
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings

import heatbath
from heatbath._namespace import as_numpy
from heatbath.backends import SlowerPath
from heatbath.formula import Expression
from heatbath.stats import AutocorrelationTime, Estimate

__all__ = ["FUZZ", "Hang", "called", "judge", "same", "tame"]

SOURCE = str(Path(heatbath.__file__).parent)
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
PATIENCE = 30.0  # seconds of processor time, of which the slowest kernel needs a few to compile
ROOM = 2 << 30  # bytes on top of what the process has
LONGEST = 600  # characters of a message
SHOWN = 300  # of a result
KINDS = (TypeError, ValueError, ArithmeticError, MemoryError, OSError)
BINDING = re.compile(r"unexpected keyword argument|missing \d+ required|positional argument")

# The same examples in every run of the fast tests; many fresh ones at night.
FUZZ = settings(
    max_examples=1000 if NIGHTLY else 6,
    derandomize=not NIGHTLY,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Hang(BaseException):
    """A call did not end."""


def judge(function, bad, *, also=(), raises=(), arithmetic=False):
    """Make the call `bad.call()` of a function, and assert what the module says.

    bad: a `fuzz_values.Bad` in its place.  also: further words by which an error may name the
    argument.  raises: further kinds of errors that are documented.  arithmetic: whether NumPy may
    tell an overflow itself, as for any arithmetic on arrays.
    """
    arguments = bad.call()
    before = _snapshot(arguments)
    try:
        quiet = np.errstate(all="ignore") if arithmetic and bad.odd else nullcontext()
        with tame(), quiet:
            result = called(function, arguments)
    except KINDS + tuple(raises) as error:
        _require_words(error, (bad.name, *also), bad)
        outcome = None
    else:
        outcome = (result,)
    assert _snapshot(arguments) == before, f"{bad}: the arguments were changed"
    if outcome is not None:
        _require_result(function, outcome[0], bad)


def called(function, arguments):
    """The result of a call.  Positional arguments are under "*name"."""
    rest = [v for name, values in arguments.items() if name.startswith("*") for v in values]
    named = {name: v for name, v in arguments.items() if not name.startswith("*")}
    return function(*rest, **named)


@contextmanager
def tame(warned=False):
    """Time and memory are bounded; warnings are errors, but for that of slower paths, and where
    the library may warn: `warned`."""
    with warnings.catch_warnings(), _patience(), _room():
        warnings.simplefilter("always" if warned else "error")
        warnings.simplefilter("ignore", SlowerPath)
        yield


@contextmanager
def _patience():
    """Hang is raised after some seconds of this process' own time, however busy the machine is."""
    if not hasattr(signal, "SIGVTALRM"):
        yield
        return

    def ended(*_):
        raise Hang(f"no end after {PATIENCE:g} seconds")

    before = signal.signal(signal.SIGVTALRM, ended)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _room():
    """What would make the machine swap fails at once, from within the library that asked."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


# ---------------------------------------------------------------- errors


def _require_words(error, names, bad):
    text = str(error)
    if BINDING.search(text):  # Python's own words for a wrong name or number of arguments
        return
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    file = frame.f_code.co_filename
    told = file.startswith(SOURCE) and linecache.getline(file, line).lstrip().startswith("raise ")
    where = f"{type(error).__name__} at {file}:{line}: {text[:300]}"
    assert told or (isinstance(error, OSError) and error.filename is not None), (
        f"{bad} is not refused at the border: {where}"
    )
    assert 0 < len(text) < LONGEST, f"{bad} floods the message: {where}"
    assert "\n" not in text, f"{bad} needs more than a line: {where}"
    assert any(name.lower() in text.lower() for name in names), (
        f"{bad}: the message names none of {names}: {where}"
    )


# ---------------------------------------------------------------- results


def _require_result(function, result, bad):
    assert not bad.refused, f"{bad} is taken, and gives {_shown(result)}"
    if bad.odd:
        _require_told(result, bad)
        return
    with tame():
        plain = called(function, bad.plain())
    assert same(result, plain), f"{bad} gives {_shown(result)}, not {_shown(plain)}"


def _shown(result):
    try:
        return str(result)[:SHOWN]
    except ValueError:  # it holds a whole number of more than 4300 digits
        return f"a {type(result).__name__}"


def _require_told(result, bad):
    """What is not finite in an estimate is said in its warnings."""
    for part in _parts(result):
        if isinstance(part, Estimate | AutocorrelationTime):
            finite = math.isfinite(abs(part.value)) and math.isfinite(abs(part.error))
            assert finite or part.warnings, f"{bad} gives {part!r} without a word"


def _parts(thing):
    yield thing
    if isinstance(thing, Mapping):
        for value in thing.values():
            yield from _parts(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from _parts(value)
    elif dataclasses.is_dataclass(thing) and hasattr(thing, "estimates"):
        yield from _parts(thing.estimates)


def same(a, b):
    """Whether two results are equal; arrays of any library by their bits, NaN equal to NaN."""
    if _is_array(a) or _is_array(b):
        x, y = np.asarray(_host(a)), np.asarray(_host(b))
        equal = (x == y) | ((x != x) & (y != y))
        return x.shape == y.shape and x.dtype == y.dtype and bool(np.all(equal))
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        names = [f.name for f in dataclasses.fields(a) if f.name not in TIMES]
        return type(a) is type(b) and all(same(getattr(a, n), getattr(b, n)) for n in names)
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return type(a) is type(b) and (a == b or (a != a and b != b))
    return type(a) is type(b) and (a is b or repr(a) == repr(b))


TIMES = ("seconds", "function", "theory", "namespace")  # what two equal runs may differ in


def _host(x):
    return as_numpy(x) if _is_array(x) else x


def _is_array(x):
    return not (isinstance(x, Expression) or dataclasses.is_dataclass(x)) and hasattr(x, "dtype")


def _snapshot(arguments):
    """Something equal only to that of the same arguments with the same content."""
    return {name: _frozen(value) for name, value in arguments.items()}


def _frozen(value):
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return (id(value), value.shape, value.dtype.str, np.ma.getdata(value).tobytes())
    if type(value) in (list, dict):
        return (id(value), [*value] if isinstance(value, list) else {**value})
    return id(value)
