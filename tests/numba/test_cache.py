"""The cache of compiled kernels: never stale, never in the way, small.

Most tests run in this process, on tiny generated modules that are made again as a new process would
make them; what processes do to each other is tested with processes.
"""

from __future__ import annotations

import ast
import errno
import importlib.util
import json
import os
import random
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core import event

from heatbath import _cache
from heatbath._slower import SlowerPath, say
from heatbath_numba import lanes, modules

DAY = 86400
TWICE = """
from numba import njit

@njit
def twice(x):
    return 2 * x
"""


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for compiled kernels; what this process knows of another is forgotten."""
    monkeypatch.setenv("HEATBATH_CACHE_DIR", str(tmp_path / "cache"))
    _forget()
    yield tmp_path / "cache" / "kernels"
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    _cache.folder.cache_clear()
    _cache._prune_daily.cache_clear()
    _cache._gave_up.clear()
    modules._around.cache_clear()
    say.cache_clear()


def made(text: str = TWICE) -> Any:
    """A generated module as a new process makes it: nothing of it is in memory."""
    known = set(sys.modules)
    found = modules._imported(text)
    if found.__name__ in known:
        del sys.modules[found.__name__]
        found = modules._imported(text)
    return found


def compiled(function: Any, *arguments: Any) -> tuple[Any, int]:
    """The value of a call, and how many functions were compiled for it."""
    with event.install_recorder("numba:compile") as seen:
        value = function(*arguments)
    return value, len(seen.buffer) // 2  # each begins and ends


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.bin"))


# ---------------------------------------------------------------- hits and misses


def test_a_function_is_compiled_once(kernels: Path) -> None:
    assert compiled(made().twice, 3) == (6, 1)
    assert len(files(kernels)) == 1
    again = made()
    assert compiled(again.twice, 4) == (8, 0)
    assert sum(again.twice.stats.cache_hits.values()) == 1


def test_each_signature_has_a_file_of_its_own(kernels: Path) -> None:
    first = made()
    assert compiled(first.twice, 3) == (6, 1)
    assert compiled(first.twice, 0.25) == (0.5, 1)
    assert len(files(kernels)) == 2
    again = made()
    assert compiled(again.twice, 0.25) == (0.5, 0)
    assert compiled(again.twice, 3) == (6, 0)
    assert compiled(again.twice, 1j) == (2j, 1)


def test_another_text_is_another_module(kernels: Path) -> None:
    compiled(made().twice, 3)
    assert compiled(made(TWICE.replace("2 *", "3 *")).twice, 3) == (9, 1)
    assert compiled(made().twice, 3) == (6, 0)


def test_a_helper_that_is_inlined_belongs_to_the_text(kernels: Path) -> None:
    helper = "from numba import njit\n@njit(inline='always')\ndef factor():\n    return 2\n"
    text = helper + TWICE.replace("2 *", "factor() *")
    assert compiled(made(text).twice, 3)[0] == 6
    assert compiled(made(text).twice, 3) == (6, 0)
    assert compiled(made(text.replace("return 2\n", "return 5\n")).twice, 3)[0] == 15


def change_numba(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(numba, "__version__", "0.0.0")


def change_width(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    wide = lanes.register_bytes()
    monkeypatch.setattr(lanes, "register_bytes", lambda: 2 * wide)


def change_processor(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(modules.binding, "get_host_cpu_name", lambda: "another")


def change_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)


def change_source(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A file that emits instructions while kernels compile, changed before the library is read."""
    old = modules.COMPILE_TIME_FILES[0]
    new = folder / old.name
    new.write_text(old.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    os.utime(new, (0, 0))
    changed = tuple(new if file == old else file for file in modules.COMPILE_TIME_FILES)
    monkeypatch.setattr(modules, "COMPILE_TIME_FILES", changed)


CHANGES = [change_numba, change_width, change_processor, change_settings, change_source]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_machine_code_depends_on_misses(
    change: Any, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made()
    compiled(before.twice, 3)
    change(monkeypatch, tmp_path)
    modules._around.cache_clear()
    after = made()
    assert after.__name__ != before.__name__
    assert compiled(after.twice, 3) == (6, 1)


def test_every_file_that_emits_instructions_is_in_the_hash() -> None:
    """All that the modules of COMPILE_TIME import from us, directly or not, but for what has no
    arithmetic."""
    without = {"_checks", "_dispatch", "_kernels", "_namespace", "_slower", "_suggest"}
    found, open_ends = set(), [f"heatbath_numba.{name}" for name in modules.COMPILE_TIME]
    while open_ends:
        name = open_ends.pop()
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        file = Path(spec.origin)
        if file not in found and file.stem not in without:
            found.add(file)
            open_ends += imported(file)
    assert found - set(modules.COMPILE_TIME_FILES) == set()
    assert {"lanes.py", "elementary.py", "derivative.py"} <= {file.name for file in found}


def imported(file: Path) -> list[str]:
    """The modules of ours that a file imports, and the packages they are in."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heatbath"):
            source = node.module or ""
            inner = [f"{source}.{alias.name}" for alias in node.names]
            names += [source, *filter(is_module, inner)]
    return [name for name in names if name not in ("heatbath", "heatbath_numba")]


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_nothing_is_kept_once_sources_were_edited(
    kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that runs while the library is edited holds the old code, not the new text's."""
    monkeypatch.setattr(modules, "LOADED", 0.0)
    assert compiled(made().twice, 3) == (6, 1)
    assert compiled(made().twice, 3) == (6, 1)
    assert not kernels.exists()


def test_threads_get_one_module(kernels: Path) -> None:
    found: list[Any] = []
    text = TWICE + f"\n# {time.time()}"
    threads = [
        threading.Thread(target=lambda: found.append(modules._imported(text))) for _ in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(map(id, found))) == 1


def test_tracebacks_show_the_lines_of_generated_modules(kernels: Path) -> None:
    broken = made("def broken():\n    return 1 / 0  # here\n")
    try:
        broken.broken()
    except ZeroDivisionError:
        assert "return 1 / 0  # here" in traceback.format_exc()


# ---------------------------------------------------------------- damaged files


def emptied(data: bytes) -> bytes:
    return b""


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """One bit of the machine code, which nothing but the seal would notice."""
    k = len(data) // 2
    return data[:k] + bytes([data[k] ^ 1]) + data[k + 1 :]


def garbled(data: bytes) -> bytes:
    return random.Random(4).randbytes(len(data))


def longer(data: bytes) -> bytes:
    return data + b"\0"


@pytest.mark.parametrize("damage", [emptied, cut, flipped, garbled, longer])
def test_a_damaged_file_is_compiled_anew_and_repaired(damage: Any, kernels: Path) -> None:
    compiled(made().twice, 3)
    (path,) = files(kernels)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert compiled(made().twice, 3) == (6, 1)
    assert compiled(made().twice, 3) == (6, 0)


def test_a_renamed_file_is_not_taken_for_another(kernels: Path) -> None:
    """Were it, `thrice` would double."""
    text = TWICE + "\n@njit\ndef thrice(x):\n    return 3 * x\n"
    first = made(text)
    compiled(first.twice, 3)
    compiled(first.thrice, 3)
    a, b = (path.read_bytes() for path in files(kernels))
    for path, data in zip(files(kernels), (b, a), strict=True):
        path.write_bytes(data)
    again = made(text)
    assert compiled(again.thrice, 3) == (9, 1)
    assert compiled(again.twice, 3) == (6, 1)


@pytest.mark.parametrize("data", [b"", b"not a pickle", b"\x80\x04N."], ids=repr)
def test_a_whole_file_that_numba_cannot_read(data: bytes, kernels: Path) -> None:
    compiled(made().twice, 3)
    (path,) = files(kernels)
    _cache.write(path.name, data)
    assert _cache.read(path.name) == data
    assert compiled(made().twice, 3) == (6, 1)


def test_a_folder_in_the_place_of_a_file(kernels: Path) -> None:
    compiled(made().twice, 3)
    (path,) = files(kernels)
    path.unlink()
    path.mkdir()
    with pytest.warns(SlowerPath, match="cannot be written"):
        assert compiled(made().twice, 3) == (6, 1)


# ---------------------------------------------------------------- folders that cannot be written


def a_file(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.parent.parent.mkdir(exist_ok=True)
    kernels.parent.write_text("I am a file")


def refusing(code: int) -> Any:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


def read_only(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "mkdir", refusing(errno.EROFS))


def no_permission(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.mkdir(parents=True)
    monkeypatch.setattr(Path, "write_bytes", refusing(errno.EACCES))


def disk_full(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", refusing(errno.ENOSPC))


def no_home(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATBATH_CACHE_DIR", "~nobody-of-this-name/cache")
    _cache.folder.cache_clear()


@pytest.mark.parametrize("prevent", [a_file, read_only, no_permission, disk_full, no_home])
def test_where_nothing_can_be_written_memory_serves(
    prevent: Any, kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prevent(kernels, monkeypatch)
    function = made().twice
    with pytest.warns(SlowerPath, match="set HEATBATH_CACHE_DIR to a folder that can be") as caught:
        assert compiled(function, 3) == (6, 1)
    (warning,) = caught
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled(function, 0.25) == (0.5, 1)
        assert compiled(function, 3) == (6, 0)
        assert compiled(made().twice, 3) == (6, 1)
    monkeypatch.undo()
    assert {path.name for path in kernels.parent.rglob("*")} <= {"kernels", _cache.STAMP}


def test_a_folder_to_read_only_serves_what_it_holds(
    kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an image that was built with its kernels; nothing is missing, so nothing is said."""
    compiled(made().twice, 3)
    for name in ("mkdir", "replace", "utime"):
        monkeypatch.setattr(os, name, refusing(errno.EROFS))
    monkeypatch.setattr(Path, "write_bytes", refusing(errno.EROFS))
    assert compiled(made().twice, 3) == (6, 0)


# ---------------------------------------------------------------- age and size

NAME = "heatbath_kernel_{:024x}.run_chains.0123456789abcdef.bin"


def aged(folder: Path, name: str, days: float, size: int = 10) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(bytes(size))
    when = time.time() - days * DAY
    os.utime(path, (when, when))
    return path


def test_use_is_noted_once_a_day(kernels: Path) -> None:
    name = NAME.format(1)
    _cache.write(name, b"code")
    for days, noted in ((2, True), (0.5, False)):
        when = time.time() - days * DAY
        os.utime(kernels / name, (when, when))
        assert _cache.read(name) == b"code"
        assert ((kernels / name).stat().st_mtime > when + 60) == noted


def test_what_was_not_used_for_90_days_goes(kernels: Path) -> None:
    old, young = aged(kernels, NAME.format(1), 91), aged(kernels, NAME.format(2), 89)
    dead = aged(kernels, f"{NAME.format(3)}.{'0' * 32}.part", 1.1)
    writing = aged(kernels, f"{NAME.format(4)}.{'0' * 32}.part", 0)
    _cache.prune()
    assert [path.exists() for path in (old, young, dead, writing)] == [False, True, False, True]


def test_the_oldest_beyond_500_megabytes_go(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _cache.LARGEST == 500_000_000
    monkeypatch.setattr(_cache, "LARGEST", 2500)
    paths = [aged(kernels, NAME.format(k), days=k, size=1000) for k in (3, 1, 2)]
    _cache.prune()
    assert [path.exists() for path in paths] == [False, True, True]


def test_files_of_others_stay(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cache, "LARGEST", 0)
    ours = aged(kernels, NAME.format(1), 100)
    others = [
        aged(kernels, name, 1000, 5000)
        for name in ("thesis.tex", "heatbath_kernel_mine.py", NAME.format(2) + ".bak", "x.bin")
    ]
    others += [
        aged(kernels.parent, NAME.format(3), 1000),
        aged(kernels / "sub", NAME.format(4), 1000),
    ]
    target = aged(kernels.parent, "linked", 1000)
    link = kernels / NAME.format(5)
    link.symlink_to(target)
    folder = kernels / NAME.format(6)
    folder.mkdir()
    _cache.prune()
    removed = _cache.clear()
    assert not ours.exists()
    assert removed.modules == 0
    assert all(path.exists() for path in (*others, link, target, folder))


def test_pruning_comes_once_a_day(kernels: Path) -> None:
    old = aged(kernels, NAME.format(1), 91)
    _cache.read(NAME.format(2))
    assert not old.exists()
    old = aged(kernels, NAME.format(1), 91)
    _cache._prune_daily.cache_clear()  # as in another process
    _cache.read(NAME.format(2))
    assert old.exists()
    aged(kernels, _cache.STAMP, 1.1)
    _cache._prune_daily.cache_clear()
    _cache.read(NAME.format(2))
    assert not old.exists()


def test_contents_and_clearing(kernels: Path) -> None:
    assert _cache.contents() == _cache.Contents(kernels, 0, 0)
    compiled(made().twice, 3)
    compiled(made().twice, 0.5)
    size = sum(path.stat().st_size for path in files(kernels))
    assert size > 1000
    assert _cache.contents() == _cache.Contents(kernels, 1, size)
    assert _cache.clear() == _cache.Contents(kernels, 1, size)
    assert _cache.contents() == _cache.Contents(kernels, 0, 0)
    assert compiled(made().twice, 3) == (6, 1)


def test_the_folder_is_found_where_the_platform_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HEATBATH_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    found = []
    for xdg in (None, str(tmp_path / "xdg")):
        if xdg is not None:
            monkeypatch.setenv("XDG_CACHE_HOME", xdg)
        _cache.folder.cache_clear()
        found.append(_cache.folder())
    _cache.folder.cache_clear()
    assert found == [tmp_path / ".cache/heatbath/kernels", tmp_path / "xdg/heatbath/kernels"]


# ---------------------------------------------------------------- processes

PROGRAM = """
import json, sys, warnings
import numpy as np
from numba.core import event
import heatbath as hb

def run(action):
    with event.install_recorder("numba:compile") as seen:
        end, *_ = hb.sde.steps(field, action, hb.random.key(3), 0, 3, step_size=0.05)
    with hb.backends.use("reference"):
        expected, *_ = hb.sde.steps(field, action, hb.random.key(3), 0, 3, step_size=0.05)
    return len(seen.buffer) // 2, end.tobytes() == expected.tobytes(), end.tobytes().hex()

field = np.random.default_rng(1).normal(size=(4, 6))
found = []
for text in json.loads(sys.argv[1]):
    exec(text)
    found.append(run(theory(lattice=(4, 6))))
print(json.dumps(found))
"""
WAITING = """
import heatbath.sde, heatbath_numba.sde.langevin, sys

print("ready", flush=True)
sys.stdin.readline()
"""
PLAIN = """
def site(phi):
    return phi * phi * 0.5 + phi * phi * phi * phi

theory = hb.actions.Theory("typed", site=site)
"""
CLOSURE = """
def site_with(c):
    def site(phi):
        return c * phi * phi * phi * phi * phi * phi
    return site

theory = hb.actions.Theory("closure", site=site_with(0.25))
"""
LAMBDA = """
theory = hb.actions.Theory("lambda", site=lambda phi: phi * phi, bond=lambda a, b: -0.1 * a * b)
"""
HELPER = """
sys.path.insert(0, {folder!r})
import helper_of_a_user

theory = hb.actions.Theory("helped", site=lambda phi: helper_of_a_user.well(phi))
"""


def start(*texts: str, folder: Path, program: str = PROGRAM) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, json.dumps(texts)],
        env=os.environ | {"HEATBATH_CACHE_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """For each theory the number of compiled functions and the field's bits."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert errors == ""
    found = json.loads(output)
    assert all(agrees for _, agrees, _ in found)
    return [(count, bits) for count, _, bits in found]


def test_formulas_without_a_file_compile_once_per_machine(tmp_path: Path) -> None:
    """Typed, closed over numbers, lambdas, with a helper from another file; all in `__main__`."""
    helper = tmp_path / "helper_of_a_user.py"
    helper.write_text("def well(phi):\n    return phi * phi * phi * phi\n")
    texts = (PLAIN, CLOSURE, LAMBDA, HELPER.format(folder=str(tmp_path)))
    first = finished(start(*texts, folder=tmp_path))
    assert all(count > 0 for count, _ in first)
    helper.write_text("def well(phi):\n    return phi * phi * phi * phi * phi * phi + phi * phi\n")
    changed = (
        PLAIN.replace("* 0.5", "* phi"),
        CLOSURE.replace("0.25", "0.5"),
        LAMBDA.replace("-0.1", "-0.2"),
    )
    again = finished(start(*texts, *changed, folder=tmp_path))
    assert again[:3] == [(0, bits) for _, bits in first[:3]]
    assert again[3][0] > 0
    assert again[4][0] > 0
    # a number in a formula is a value like a coupling: one kernel serves all
    assert [count for count, _ in again[5:]] == [0, 0]
    assert len({bits for _, bits in (*first, *again)}) == 8


def test_two_processes_at_once(tmp_path: Path) -> None:
    both = [start(PLAIN, folder=tmp_path, program=WAITING + PROGRAM) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    (one,), (other,) = (finished(process) for process in both)
    assert one[1] == other[1]
    assert one[0] + other[0] > 0
    assert finished(start(PLAIN, folder=tmp_path)) == [(0, one[1])]
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_processes_that_save_in_any_order(
    order: tuple[int, int], kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find nothing, compile for other arguments, and only then save: neither may get what
    the other has compiled."""
    held: list[tuple[str, bytes]] = []
    monkeypatch.setattr(_cache, "write", lambda *file: held.append(file))
    assert compiled(made().twice, 3) == (6, 1)
    assert compiled(made().twice, 0.25) == (0.5, 1)
    monkeypatch.undo()
    monkeypatch.setenv("HEATBATH_CACHE_DIR", str(kernels.parent))
    for k in order:
        _cache.write(*held[k])
    assert compiled(made().twice, 3) == (6, 0)
    assert compiled(made().twice, 0.25) == (0.5, 0)


WATCHED = """
import sys

written = []

def watch(event, args):
    if event == "open" and isinstance(args[0], str):
        if (args[2] or 0) & 3 or any(mode in (args[1] or "") for mode in "wax+"):
            written.append(args[0])
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove"):
        written.append((event, str(args[0])))

sys.addaudithook(watch)
"""


def test_nothing_is_written_anywhere_where_the_folder_cannot_be(tmp_path: Path) -> None:
    """Not even into a temporary folder: every file that the process opens is watched."""
    place = tmp_path / "a file"
    place.write_text("")
    program = WATCHED + PROGRAM.replace(
        "print(json.dumps(found))",
        "print(json.dumps([found, [str(w) for w in written], [str(w.message) for w in caught]]))",
    ).replace("found = []", "found = []\ncaught = warnings.catch_warnings(record=True).__enter__()")
    output = subprocess.run(
        [sys.executable, "-B", "-W", "always", "-c", program, json.dumps([PLAIN, LAMBDA])],
        env=os.environ | {"HEATBATH_CACHE_DIR": str(place), "TMPDIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found, written, said = json.loads(output)
    assert [agrees for _, agrees, _ in found] == [True, True]
    place_said = f"the folder of compiled kernels {place / 'kernels'} cannot be written"
    assert [text.startswith(place_said) for text in said] == [True]
    assert [path for path in written if str(place) not in path and path != os.devnull] == []
    assert sorted(tmp_path.iterdir()) == [place]


RUSH = """
import random, sys, time, warnings
from heatbath import _cache

warnings.simplefilter("error")
names = [f"heatbath_kernel_{k:024x}.f.0123456789abcdef.bin" for k in range(5)]
chance, hits, end = random.Random(int(sys.argv[1])), 0, time.monotonic() + 2
while time.monotonic() < end:
    name = chance.choice(names)
    _cache.write(name, name.encode() * 1000)
    name = chance.choice(names)
    found = _cache.read(name)
    assert found is None or found == name.encode() * 1000
    hits += found is not None
    if chance.random() < 0.2:
        _cache.clear()
    if chance.random() < 0.2:
        _cache.prune()
    _cache.contents()
print(hits)
"""


def test_processes_that_write_read_and_clear_at_once(tmp_path: Path) -> None:
    several = [
        subprocess.Popen(
            [sys.executable, "-c", RUSH, str(seed)],
            env=os.environ | {"HEATBATH_CACHE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    for process in several:
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert int(output) > 0
    assert not list(tmp_path.rglob("*.part"))
