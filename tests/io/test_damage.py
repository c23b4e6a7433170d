"""Any byte of a run that is not the one that was written is found and named."""

import hashlib
import os
import re
import shutil
import subprocess
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import stored_runs
from heatbath.io import Run, RunError
from heatbath.io.manifest import FORMAT_VERSION, read_manifest, write_manifest
from stored_runs import FILES, M, Z

LOST = {
    "given/c.0": "given",
    "after_warmup/c.0.0": "after_warmup",
    **{f"{n}/c.0.{k}": f"{n}[:, {4 * k}:{min(4 * k + 4, 10)}]" for n in "mz" for k in range(3)},
    **{
        f"configurations/c.{k}.0.0": f"configurations[{2 * k}:{min(2 * k + 2, 5)}]"
        for k in range(3)
    },
}
REDUNDANT = FILES - set(LOST) - {"lock", "run.json"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A complete run; tests damage copies of it, or mend what they damaged."""
    path = tmp_path_factory.mktemp("damage") / "run"
    stored_runs.session(path)
    assert stored_runs.files(path) == FILES
    return path


@pytest.fixture
def run(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "run")


def complaint(path):
    """What opening and checking a run says; one line."""
    with pytest.raises(RunError) as told, Run.open(path) as run:
        run.check()
    (line,) = str(told.value).splitlines()
    return line


def require_found(path, name):
    """The damage of one file is named, with what is lost and what to do, and no other file is."""
    said = complaint(path)
    if name == "run.json":
        assert said == (
            f"{path}/run.json is damaged or missing; put its copy back, nothing is lost: cp "
            f"{path}/run.json.copy {path}/run.json"
        )
    elif name in LOST:
        assert f"1 file is missing or not as written: {name} (lost: {LOST[name]});" in said
        assert "the same seed gives the same numbers" in said
    else:
        assert f"1 file is missing or not as written: {name};" in said
        assert f"no number is lost, and this mends it: heatbath resume {path}" in said


def require_mended(path, name):
    """What follows from the rest is written again, bit for bit, with a warning."""
    with pytest.warns(UserWarning, match=re.escape(f"{name} of the run {path} had been damaged")):
        Run.open(path, write=True).close()
    assert stored_runs.committed(path) == 11


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize("name", sorted(FILES - {"lock"}))
def test_one_flipped_byte_anywhere_is_found_and_named(whole, name):
    """Some bytes here, each with another bit; all of them in the long tests."""
    flip_each_byte(whole, name, step=7 if name in LOST else 97)


@pytest.mark.statistics
@pytest.mark.parametrize("name", sorted(FILES - {"lock"}))
def test_each_flipped_byte_is_found_and_named(whole, name):
    """Of the longest file, zarr.json with its 5000 bytes, every third."""
    flip_each_byte(whole, name, step=3 if name == "zarr.json" else 1)


def flip_each_byte(whole, name, step):
    file = whole / name
    data = file.read_bytes()
    try:
        for i in range(0, len(data), step):
            flipped = bytearray(data)
            flipped[i] ^= 1 << (i % 8)
            file.write_bytes(flipped)
            require_found(whole, name)
    finally:
        file.write_bytes(data)


@given(st.data())
def test_any_change_of_any_files_is_found_and_named(whole, data):
    """One to three files, each changed in some way."""
    names = data.draw(st.lists(st.sampled_from(sorted(FILES - {"lock"})), min_size=1, max_size=3,
                               unique=True))  # fmt: skip
    before = {name: (whole / name).read_bytes() for name in names}
    try:
        for name in names:
            (whole / name).write_bytes(data.draw(changed(before[name])))
        said = complaint(whole)
        if "run.json" in names:  # it speaks for all the others
            assert f"{whole}/run.json" in said
        else:
            assert all(f" {name}" in said for name in names), said
    finally:
        for name, content in before.items():
            (whole / name).write_bytes(content)


@st.composite
def changed(draw, content):
    """Bytes that differ: flipped, cut, longer, zeros, or of another length altogether."""
    kind = draw(st.sampled_from(["flip", "cut", "longer", "zeros", "other"]))
    if kind == "flip":
        at, by = draw(st.integers(0, len(content) - 1)), draw(st.integers(1, 255))
        return content[:at] + bytes([content[at] ^ by]) + content[at + 1 :]
    if kind == "cut":
        return content[: draw(st.integers(0, len(content) - 1))]
    if kind == "longer" or not any(content):
        return content + draw(st.binary(min_size=1, max_size=20))
    if kind == "zeros":
        return bytes(len(content))
    return draw(st.binary(max_size=2 * len(content)).filter(lambda other: other != content))


def test_the_lock_holds_nothing_that_is_read(run):
    (run / "lock").write_bytes(b"anything")
    assert stored_runs.committed(run) == 11


@pytest.mark.parametrize("name", sorted(FILES - {"run.json", "lock"}))
def test_a_missing_file_is_found_and_named(run, name):
    (run / name).unlink()
    require_found(run, name)
    if name in REDUNDANT:
        require_mended(run, name)


@pytest.mark.parametrize("name", sorted(REDUNDANT))
def test_what_follows_from_the_rest_is_written_again(run, name):
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[:-3] + b"???")
    require_found(run, name)
    require_mended(run, name)
    assert (run / name).read_bytes() == content


@pytest.mark.parametrize("array", ["m", "given", "configurations"])
def test_a_missing_directory_is_found(run, array):
    shutil.rmtree(run / array)
    said = complaint(run)
    assert all(f" {name}" in said for name in FILES if name.startswith(f"{array}/"))


# ---------------------------------------------------------------- exchanged files


@pytest.mark.parametrize(
    ("one", "other"),
    [("m/c.0.0", "m/c.0.1"), ("configurations/c.0.0.0", "configurations/c.1.0.0")],
)
def test_exchanged_chunks_of_one_array_are_found(run, one, other):
    one_bytes, other_bytes = (run / one).read_bytes(), (run / other).read_bytes()
    assert len(one_bytes) == len(other_bytes)
    (run / one).write_bytes(other_bytes)
    (run / other).write_bytes(one_bytes)
    assert f"2 files are missing or not as written: {one} (lost: {LOST[one]}), {other} (lost" in (
        complaint(run)
    )


@pytest.mark.parametrize("name", sorted(FILES - {"run.json", "run.json.copy", "lock"}))
def test_a_file_of_another_run_is_found(run, tmp_path, name):
    with stored_runs.Run.create(
        tmp_path / "b", stored_runs.LAYOUT, {"who": "x"}, {"given": M[0, :3]}
    ) as other:
        other.begin(-stored_runs.WARM)
        for first in range(0, 10, 4):
            last = min(first + 4, 10)
            series = {"m": -M[:, first:last], "z": -Z[:, first:last]}
            other.append(series, list(-stored_runs.CONFIGURATIONS[first // 2 : -(-last // 2)]))
    if (run / name).read_bytes() == (tmp_path / "b" / name).read_bytes():
        assert name.endswith("/zarr.json")  # the same description
        return
    shutil.copy(tmp_path / "b" / name, run / name)
    require_found(run, name)


def test_exchanged_run_files_are_noticed(run, whole, tmp_path):
    stored_runs.session(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "run.json", run / "run.json")
    for write in (False, True):
        with pytest.raises(RunError, match="belong to different runs"):
            Run.open(run, write=write)


# ---------------------------------------------------------------- reading


READS = {
    "m/c.0.1": (lambda run: run.history("m")[0, 5], lambda run: run.history("m")[:, :4]),
    "z/c.0.2": (lambda run: run.history("z")[...], lambda run: run.history("z")[1, 7]),
    "configurations/c.2.0.0": (lambda run: run.checkpoint, lambda run: run.configurations[3]),
    "given/c.0": (lambda run: run.array("given"), lambda run: run.array("after_warmup")),
    "after_warmup/c.0.0": (lambda run: run.array("after_warmup"), lambda run: run.array("given")),
}


@pytest.mark.parametrize("damage", ["flip", "missing"])
@pytest.mark.parametrize("name", READS)
def test_a_damaged_file_is_never_read_as_numbers_and_the_others_are(run, name, damage):
    opened = Run.open(run)
    if damage == "flip":
        data = bytearray((run / name).read_bytes())
        data[3] ^= 4
        (run / name).write_bytes(data)
    else:
        (run / name).unlink()
    damaged, intact = READS[name]
    with pytest.raises(RunError, match=re.escape(f"{name} (lost: {LOST[name]})")):
        damaged(opened)
    assert np.isfinite(intact(opened)).all()
    if damage == "flip":  # of which opening alone knows nothing
        assert np.isfinite(intact(Run.open(run))).all()


def test_only_some_arrays_are_checked_if_they_are_named(run):
    data = bytearray((run / "m" / "c.0.0").read_bytes())
    data[0] ^= 1
    (run / "m" / "c.0.0").write_bytes(data)
    opened = Run.open(run)
    opened.check("z", "configurations")
    for names in (("m",), ("z", "m"), ()):
        with pytest.raises(RunError, match=r"m/c\.0\.0"):
            opened.check(*names)
    with pytest.raises(KeyError, match="holds no array 'x'"):
        opened.check("x")


def test_a_run_in_progress_is_checked(tmp_path):
    with stored_runs.create(tmp_path / "run", 4) as writer:
        writer.check()
        reader = Run.open(tmp_path / "run")
        stored_runs.go_on(writer, 8)
        reader.check()
        (tmp_path / "run" / "z" / "c.0.1").write_bytes(b"")
        reader.check()  # not among what it sees
        with pytest.raises(RunError, match=r"z/c\.0\.1"):
            writer.check()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs the command sha256sum")
def test_the_checksums_are_read_by_sha256sum(run):
    def said():
        command = ["sha256sum", "--check", "--strict", "--quiet", "checksums"]
        return subprocess.run(command, cwd=run, capture_output=True, text=True, check=False)

    assert said().returncode == 0
    data = bytearray((run / "m" / "c.0.1").read_bytes())
    data[5] ^= 1
    (run / "m" / "c.0.1").write_bytes(data)
    assert "m/c.0.1: FAILED" in said().stdout


def test_run_json_stays_small_and_lines_are_found_at_any_number_of_commits(tmp_path):
    """Beyond 10 and 100 commits the names in `checksums` get longer."""
    layout = stored_runs.Layout(
        chains=1, samples=120, chunk=1, save_every=1, shape=(1,), dtype="float32",
        series={"m": "float32", "longer_name": "float64"},
    )  # fmt: skip
    values = np.arange(120.0)[None]
    with Run.create(tmp_path / "run", layout, {}) as run:
        run.begin(values[:, :1])
        size = (tmp_path / "run" / "run.json").stat().st_size
        for k in range(120):
            if k in (9, 10, 11, 99, 100, 101):
                run.close()
                run = Run.open(tmp_path / "run", write=True)
            one = values[:, k : k + 1]
            run.append({"m": one, "longer_name": one}, [one])
            assert run.history("m")[0, k] == run.history("longer_name")[0, k] == k
        run.check()
        assert (tmp_path / "run" / "run.json").stat().st_size <= size + 4
        lines = (tmp_path / "run" / "checksums").read_text().splitlines()
        for line in lines:
            checksum, _, name = line.partition("  ")
            assert hashlib.sha256((tmp_path / "run" / name).read_bytes()).hexdigest() == checksum
        run.close()


# ---------------------------------------------------------------- run.json


@pytest.mark.parametrize(("write", "step"), [(False, 1), (True, 29)])
def test_each_beginning_of_run_json_is_refused_in_words(run, write, step):
    text = (run / "run.json").read_bytes()
    for length in range(0, len(text), step):
        (run / "run.json").write_bytes(text[:length])
        with pytest.raises(RunError) as told:
            Run.open(run, write=write)
        assert str(told.value).partition("; ")[2] == (
            f"put its copy back, nothing is lost: cp {run}/run.json.copy {run}/run.json"
        )
    shutil.copy(run / "run.json.copy", run / "run.json")
    assert stored_runs.committed(run) == 11


def test_without_a_copy_another_remedy_is_named(run):
    (run / "run.json.copy").write_text("{")
    (run / "run.json").write_text("{")
    assert "restore it from a copy, or start the run anew: the same seed" in complaint(run)
    (run / "run.json").unlink()
    assert "holds no run.json; name another" in complaint(run)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged (cut off or overwritten)"),
        (b"\xff\xfe\x00", "is damaged (cut off or overwritten)"),
        (b"[" * 100_000, "is damaged (cut off or overwritten)"),
        (b"1" * 5000, "is damaged (cut off or overwritten)"),
        (b"[1]", "was not written by heatbath"),
        (b'{"format": "heatbath run", "format_version": 99}', "update it with pip install -U heat"),
        (b'{"format": "heatbath run", "format_version": "new"}', "update it with pip install -U h"),
        (b'{"format": "heatbath run", "format_version": 2, "x": NaN}', "was changed after it was"),
        (
            b'{"format": "heatbath run", "format_version": 1}',
            "has format version 1, of heatbath b",
        ),
    ],
)
def test_other_contents_are_refused_in_words(run, content, words):
    for name in ("run.json", "run.json.copy"):
        (run / name).write_bytes(content)
    assert words in complaint(run)
    assert f"{run}/run.json " in complaint(run)


def test_the_same_record_spelled_otherwise_was_changed(run):
    text = (run / "run.json").read_text()
    for other in (text.replace(" 10,", "  10,"), text.replace("10,", "1e1,"), text + "\n"):
        assert other != text
        for name in ("run.json", "run.json.copy"):
            (run / name).write_text(other)
        assert "was changed after it was written" in complaint(run)


def with_layout(**changes):
    return {"layout": {**stored_runs.LAYOUT.to_dict(), "given": {}, **changes}}


NEVER_WRITTEN = {  # though whole, with the right checksum
    "an array outside": with_layout(series={"../../m": "float64"}),
    "a hidden array": with_layout(series={".": "float64"}),
    "a file's name": with_layout(series={"Checksums": "float64"}),
    "the same twice": with_layout(series={"m": "float64", "M": "float64"}),
    "objects": with_layout(series={"m": "object"}),
    "objects given": with_layout(given={"x": ["O", [3]]}),
    "texts": with_layout(dtype="S8"),
    "no chunk": with_layout(chunk=0),
    "a broken chunk": with_layout(save_every=3),
    "a float": with_layout(samples=10.0),
    "true": with_layout(chains=True),
    "more fields": with_layout(codec="pickle"),
    "no layout": {"layout": None},
    "too many": {"n_committed": 12},
    "between commits": {"n_committed": 5},
    "negative": {"n_committed": -4},
    "a text": {"n_committed": "8"},
    "no status": {"status": "asleep"},
    "a number for a name": {"identity": 3},
    "nothing for checksums": {"checksums": None},
}


@pytest.mark.parametrize("case", NEVER_WRITTEN)
@pytest.mark.parametrize("write", [False, True])
def test_a_record_that_nobody_would_write_is_refused_in_words(run, case, write):
    before = stored_runs.files(run)
    write_manifest(run, {**read_manifest(run), **NEVER_WRITTEN[case]})
    with pytest.raises(RunError, match=r"describes no run that heatbath would write") as told:
        Run.open(run, write=write)
    assert len(str(told.value).splitlines()) == 1
    assert stored_runs.files(run) == before


def test_a_newer_run_is_not_touched(run):
    text = (run / "run.json").read_text()
    newer = text.replace(f'"format_version": {FORMAT_VERSION}', '"format_version": 3')
    for name in ("run.json", "run.json.copy"):
        (run / name).write_text(newer)
    before = {name: (run / name).read_bytes() for name in stored_runs.files(run)}
    with pytest.raises(RunError, match=r"has format version 3, and this heatbath reads up to 2"):
        Run.open(run, write=True)
    assert {name: (run / name).read_bytes() for name in stored_runs.files(run)} == before


def test_silence_where_nothing_is_damaged(run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Run.open(run, write=True).close()
    assert stored_runs.committed(run) == 11
    assert os.listdir(run.parent) == ["run"]
