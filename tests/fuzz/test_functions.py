"""Bad arguments for every public function, class and method; see `fuzz_rows` and `fuzzing`."""

import importlib
import inspect
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import assume, given, strategies as st

import fuzz_rows
from fuzz_rows import EXCUSED, PENDING, ROWS, public_callables
from fuzzing import FUZZ, NIGHTLY, Hang, called, judge, tame

for file in sorted(Path(fuzz_rows.__file__).with_name("fuzz_rooms").glob("*.py")):
    importlib.import_module(f"fuzz_rooms.{file.stem}")
QUICK = [name for name, row in ROWS.items() if NIGHTLY or not row.slow]
WITH_ARGUMENTS = [name for name, row in ROWS.items() if row.kinds]


def test_every_public_callable_has_its_row_or_a_reason():
    public = public_callables().keys()
    without = {name for name in public if matches(name, *EXCUSED, *PENDING)}
    assert sorted(public - ROWS.keys() - without) == []
    assert sorted(ROWS.keys() - public) == []


def test_no_row_is_missing_that_is_there():
    """A name without a row does not stay on the lists once it has one, or is gone."""
    public = public_callables().keys()
    waiting = [*EXCUSED, *PENDING]
    assert [e for e in waiting if not any(matches(name, e) for name in public)] == []
    assert [name for name in ROWS if matches(name, *PENDING)] == []


def matches(name, *patterns):
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("name", ROWS)
def test_every_argument_has_its_kind_or_a_reason(name):
    row = ROWS[name]
    parameters = inspect.signature(row.function).parameters.values()
    known = {name.lstrip("*") for name in row.kinds} | row.free.keys()
    names = {p.name for p in parameters}
    assert names == known or ("**" in known and known - {"**"} <= names)


@pytest.mark.parametrize("name", QUICK)
def test_the_valid_call_of_a_row(name):
    with tame():
        called(ROWS[name].function, ROWS[name].make())


@pytest.mark.parametrize("name", WITH_ARGUMENTS)
def test_bad_values(name):
    """Each bad value of each argument."""
    row = ROWS[name]
    valid = row.make()
    found = []
    for argument, kind in row.kinds.items():
        for bad in kind.always(valid[argument]):
            if row.slow and not (bad.refused or NIGHTLY):
                continue
            try:
                tried(row, bad.into(argument, row.make))
            except (Exception, Hang) as trouble:
                found.append(f"{type(trouble).__name__}: {trouble}")
    assert not found, "\n".join([f"{len(found)} bad values:", *found[:10]])


@pytest.mark.parametrize("name", WITH_ARGUMENTS)
def test_made_up_values(name):
    """What hypothesis makes up, for one argument at a time."""
    row = ROWS[name]

    @FUZZ
    @given(st.data())
    def made_up(data):
        valid = row.make()
        argument = data.draw(st.sampled_from(sorted(row.kinds)))
        kind = row.kinds[argument]
        curated = st.sampled_from(kind.always(valid[argument]))
        bad = data.draw(curated | kind.more(valid[argument]))
        assume(bad.refused or NIGHTLY or not row.slow)
        tried(row, bad.into(argument, row.make))

    made_up()


def tried(row, bad):
    judge(
        row.function,
        bad,
        also=row.also.get(bad.name, ()),
        raises=row.raises,
        arithmetic=row.arithmetic,
    )
