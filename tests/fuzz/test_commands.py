"""Bad words and files for every command: exit status 2 and one sentence, alone on stderr."""

import itertools
import json
import os
import shutil

import click
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

import fuzz_rows
from fuzzing import FUZZ, NIGHTLY, Hang, tame
from heatbath.cli import program
from heatbath.io import manifest

LONGEST = 1000  # characters of a sentence: it may hold the path of a temporary folder
FEW = ["--shape", "4,4", "--samples", "8", "--chains", "2", "--warmup", "4", "--quiet"]
# A command line without the option in question; no command gets as far as doing much.
LINES = {
    "run": ["run", "phi4", *FEW],
    "resume": ["resume", "{run}", "--quiet"],
    "analyse": ["analyse", "{run}"],
    "report": ["report", "{run}"],
    "export": ["export", "{run}", "{new}.npz"],
    "verify": ["verify", "phi4", "--shape", "4,4", "--quiet"],
    "backends": ["backends"],
}
FLOOD = "x" * 10_000
NOT_WHOLE = ["", " ", "x", "1.5", "nan", "inf", "1e3", "0x10", "-", "½", "\0", FLOOD]
NOT_COUNTS = [*NOT_WHOLE, "-1", "-99999999999999999999"]
NOT_NUMBERS = ["", "x", "nan", "inf", "-inf", "1e999", "-1", "0", "1,5", "1+2j", "\0", FLOOD]
NOT_PAIRS = [
    "",
    "=",
    "x",
    "x=",
    "=1",
    "x=1",
    "kappa=nan",
    "kappa=1e999",
    "kappa=1=2",
    "\0=1",
    FLOOD,
]
NOT_NAMES = ["x", " ", "\0", "\ud800", "__class__", "../..", FLOOD]
NOT_SHAPES = ["", ",", "0", "-1,4", "4,", "4.0,4", "4,4,4,4,4", "4;4", "nan", "٤٫٤", FLOOD]
NOT_PATHS = ["/nowhere/at/all", "\0", "/dev/null/x", "/dev/null", FLOOD]
# Option or argument -> words that are wrong for it in every command that has it.
WRONG = {
    "shape": [*NOT_SHAPES, "99999999999999999999", "9999999,9999999"],
    "pairs": NOT_PAIRS,
    "sampler": NOT_NAMES,
    "step_size": NOT_NUMBERS,
    "n_steps": [*NOT_COUNTS, "0", "99999999999999999999"],
    "integrator": NOT_NAMES,
    "width": NOT_NUMBERS,
    "samples": [*NOT_COUNTS, "0", "10000000000000", "9" * 30],
    "chains": [*NOT_COUNTS, "10000000000000", "9" * 30],
    "thin": [*NOT_COUNTS, "0", "9" * 30],
    "warmup": [*NOT_COUNTS, "9" * 30],
    "seed": NOT_WHOLE,
    "start": NOT_NAMES,
    "targets": [
        "",
        "=",
        "x",
        "binder",
        "binder=",
        "binder=x",
        "binder=nan",
        "binder=0",
        "y=1",
        FLOOD,
    ],
    "namespace": NOT_NAMES,
    "device": [*NOT_NAMES, "cuda"],
    "dtype": [*NOT_NAMES, "float16", "complex128", "int64"],
    "out": ["\0", "/dev/null", "/dev/null/x", FLOOD],
    "save_every": ["0", *NOT_COUNTS],
    "threads": ["0", *NOT_COUNTS],
    "theory": [*NOT_NAMES, "nowhere.py:Mine", "nowhere.py", ":", "x:y", "/dev/null:X"],
    "directory": NOT_PATHS,
    "path": NOT_PATHS,
    "file": ["\0", "/dev/null/x.npz", "x.unknown"],
    "discard": [*NOT_COUNTS, "9" * 30],
    "last": [*NOT_COUNTS, "0", "3"],
    "only": NOT_NAMES,
    "format_name": NOT_NAMES,
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return {"run": str(fuzz_rows.a_run()), "new": str(tmp_path_factory.mktemp("commands") / "new")}


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("HEATBATH_NUM_THREADS", "1")
    monkeypatch.delenv("HEATBATH_DEBUG", raising=False)


def invoked(*arguments, warned=False):
    """The result of a command, which may not fail with a traceback."""
    with tame(warned):
        result = CliRunner().invoke(program, list(arguments), prog_name="heatbath")
    trouble = result.exception
    if trouble is not None and not isinstance(trouble, SystemExit):
        raise AssertionError(
            f"{_shown(arguments)}: {type(trouble).__name__}: {trouble}"
        ) from trouble
    return result


def refused(*arguments):
    result = invoked(*arguments)
    shown = _shown(arguments)
    assert (result.exit_code, result.stdout) == (2, ""), f"{shown}: {result.output[:300]!r}"
    assert result.stderr.startswith("Error: "), f"{shown}: {result.stderr[:300]!r}"
    assert len(result.stderr.splitlines()) == 1, f"{shown}: {result.stderr[:1000]}"
    assert len(result.stderr) < LONGEST, f"{shown} floods: {result.stderr[:300]}"
    return result.stderr


def _shown(arguments):
    return " ".join(repr(a[:40]) for a in arguments)


# ---------------------------------------------------------------- words


def parameters():
    return [(name, p) for name, c in program.commands.items() for p in c.params]


def test_every_command_has_its_line():
    assert program.commands.keys() == LINES.keys()


def test_every_option_has_its_wrong_words():
    taking = {p.name for _, p in parameters() if not _is_flag(p)}
    assert taking == WRONG.keys()


def _is_flag(parameter):
    return isinstance(parameter, click.Option) and (
        parameter.is_flag or parameter.name == "progress"
    )


def line(command, parameter, word, places):
    """The command line with a word for one of its options or arguments."""
    words = [w.format(**places) for w in LINES[command]]
    if isinstance(parameter, click.Option):
        long = max(parameter.opts, key=len)
        return [*words, f"{long}={word}"]
    place = [p.name for p in program.commands[command].params if isinstance(p, click.Argument)]
    words[1 + place.index(parameter.name)] = word
    return words


@pytest.mark.parametrize("command", LINES)
def test_wrong_words(command, places):
    found = []
    for parameter in program.commands[command].params:
        for word in [] if _is_flag(parameter) else WRONG[parameter.name]:
            try:
                refused(*line(command, parameter, word, places))
            except (AssertionError, Hang) as trouble:
                found.append(f"{parameter.name}={word[:40]!r}: {str(trouble)[:300]}")
    assert not found, "\n".join([f"{len(found)} wrong words:", *found[:20]])


@pytest.mark.parametrize("command", LINES)
def test_words_that_no_command_knows(command, places):
    words = [w.format(**places) for w in LINES[command]]
    refused(*words, "--no-such-option")
    refused(*words, "one", "two", "three")
    refused(command + "x", *words[1:])


@pytest.mark.parametrize("command", LINES)
def test_help_of_every_command(command):
    result = invoked(command, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert command in result.stdout


@FUZZ
@given(st.data())
def test_made_up_words(data):
    """Texts that hypothesis makes up, for the options that take a number."""
    numeric = (
        "step_size",
        "width",
        "n_steps",
        "samples",
        "thin",
        "warmup",
        "save_every",
        "threads",
    )
    found = [(c, p) for c, p in parameters() if p.name in numeric and c == "run"]
    command, parameter = data.draw(st.sampled_from(found))
    word = data.draw(st.text(alphabet=st.characters(blacklist_categories=("Nd",)), max_size=20))
    if word.strip().lower() not in ("infinity", "nan", "inf"):
        refused(*line(command, parameter, word, {}))


# ---------------------------------------------------------------- files


def npy(array):
    import io

    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(text):
    """A .npy file with this header and no numbers."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


SERIES = npy(np.random.default_rng(1).normal(size=64))
FILES = {
    "empty": b"",
    "text": b"0.1 0.2 0.3 0.4\n",
    "magic alone": b"\x93NUMPY",
    "unknown version": b"\x93NUMPY\x09\x00" + SERIES[8:],
    "cut in its header": SERIES[:40],
    "cut in its numbers": SERIES[:-9],
    "objects": npy(np.array([{}, None])),
    "texts": npy(np.array(["a"] * 8)),
    "records": npy(np.zeros(8, dtype=[("a", "f8")])),
    "dates": npy(np.zeros(8, dtype="M8[s]")),
    "one number": npy(np.float64(1.0)),
    "no numbers": npy(np.zeros(0)),
    "three numbers": npy(np.ones(3)),
    "three axes": npy(np.ones((4, 4, 4))),
    "not a number": npy(np.array([1.0, np.nan] * 8)),
    "infinite": npy(np.array([1.0, np.inf] * 8)),
    "foreign byte order": npy(np.ones(8, dtype=">f8")),
    "enormous": header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (10**15,), }\n"),
    "claims too much": header(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }\n"
    ),
    "negative shape": header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-8,), }\n"),
    "deep header": header(b"(" * 4000),
    "code as header": header(b"__import__('os').getcwd()\n"),
    "wrong type": header(b"{'descr': 'V0', 'fortran_order': False, 'shape': (8,), }\n"),
    "archive": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_analyse_of_a_bad_file(content, tmp_path):
    for name in ("series.npy", "series"):
        (tmp_path / name).write_bytes(content)
        assert str(tmp_path) in refused("analyse", str(tmp_path / name))


@FUZZ
@given(st.binary(max_size=200), st.integers(0, len(SERIES) - 8 * 64 - 1))
def test_analyse_of_made_up_bytes(tmp_path_factory, content, place):
    """Bytes as a file, and in the header of a file that was good."""
    file = tmp_path_factory.mktemp("made-up") / "series.npy"
    for whole in (content, SERIES[:place] + content + SERIES[place + len(content) :]):
        file.write_bytes(whole)
        result = invoked("analyse", str(file))
        assert result.exit_code == (2 if result.stderr.startswith("Error: ") else 0)
        assert (result.exit_code == 0) == bool(result.stdout)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in this system's folders")
@pytest.mark.parametrize(
    "words", [["analyse"], ["resume"], ["report"], ["export", "{new}.npz"]], ids=lambda w: w[0]
)
def test_a_pipe_is_no_file(words, tmp_path, places):
    """Opening one would wait for somebody to write."""
    os.mkfifo(tmp_path / "pipe.npy")
    command, *rest = (w.format(**places) for w in words)
    refused(command, str(tmp_path / "pipe.npy"), *rest)


PROGRAMS = {
    "empty": b"",
    "bytes": b"\xff\xfe\x00binary",
    "zero byte": b"x = 1\0",
    "syntax": b"def Mine(:\n",
    "deep": b"(" * 5000,
    "its own error": b"raise ValueError('a text\\nof two lines')\n",
    "exit": b"import sys\nsys.exit(3)\n",
    "missing module": b"import no_such_module\n",
    "not a theory": b"Mine = 3\n",
    "other name": b"import heatbath as hb\nOther = hb.Theory('o', site=lambda phi: phi * phi)\n",
    "no formula": b"import heatbath as hb\nMine = hb.Theory('o', site=lambda phi: abs(phi))\n",
    "class": b"import heatbath as hb\nMine = hb.Theory\n",
    "bad coding": b"# -*- coding: no-such-coding -*-\nMine = 1\n",
}


@pytest.mark.parametrize("content", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_run_of_a_bad_program(content, tmp_path):
    (tmp_path / "mine.py").write_bytes(content)
    assert "mine.py" in refused("run", f"{tmp_path / 'mine.py'}:Mine", *FEW)


# ---------------------------------------------------------------- runs


def test_a_run_with_one_file_damaged(places, tmp_path):
    """Whichever file is emptied, cut, overwritten or gone: one sentence, or the same numbers."""
    whole = invoked("analyse", places["run"], "--json").stdout
    files = [p.relative_to(places["run"]) for p in fuzz_rows.a_run().rglob("*") if p.is_file()]
    damages = DAMAGES if NIGHTLY else ("cut", "gone")
    for number, (name, what) in enumerate(itertools.product(files, damages)):
        run = copied(tmp_path / str(number))
        content = (run / name).read_bytes()
        (run / name).unlink()
        if (changed := DAMAGES[what](content)) is not None:
            (run / name).write_bytes(changed)
        result = told_or_done("analyse", str(run))
        same = result.stdout.replace(str(run), places["run"]) == whole
        assert result.exit_code == 2 or same, f"{name} {what}: {result.output}"
        told_or_done("resume", str(run))


DAMAGES = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"\0",
    "garbage": lambda content: b"\xff{]" * 9,
    "gone": lambda content: None,
}
JUNK = [None, True, -1, 0, 1.5, 10**30, "", "x", [], {}, [1], {"a": 1}, [[]], "1e9"]


@FUZZ
@given(st.data())
def test_a_run_with_one_entry_changed(tmp_path_factory, data):
    """run.json with something else at one place, and a checksum that agrees."""
    run = copied(tmp_path_factory.mktemp("changed") / "run")
    content = manifest.read_manifest(run)
    place = content
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(st.sampled_from(JUNK))
    manifest.write_manifest(run, content)
    for command in ("analyse", "resume"):
        told_or_done(command, str(run))


def copied(place):
    """A copy of a finished run, to be damaged."""
    shutil.copytree(fuzz_rows.a_run(), place)
    return place


def told_or_done(command, run):
    """The result of a command on a damaged run: an error in one sentence, or a JSON object."""
    result = invoked(command, run, "--json", warned=True)
    errors = [line for line in result.stderr.splitlines() if not line.startswith("Warning: ")]
    if result.exit_code == 0:
        assert errors == []
        json.loads(result.stdout)
    else:
        assert (result.exit_code, result.stdout, len(errors)) == (2, "", 1), result.output
        assert errors[0].startswith("Error: ")
    return result
