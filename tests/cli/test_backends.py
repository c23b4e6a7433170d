import builtins
import importlib.util
import json
import os

import pytest

import heatbath as hb
from heatbath import _cache
from heatbath.cli.backends import obstacle_for


def test_every_row_of_the_table_is_listed(report):
    found = report("backends")
    assert set(found) == {"heatbath", "python", "libraries", "kernels", "cache"}
    table = [(k.operation, k.array_type, k.provider) for k in hb.backends.table()]
    assert [(k["operation"], k["array"], k["provider"]) for k in found["kernels"]] == table


def test_rows_say_whether_they_run_here(report):
    for kernel in report("backends")["kernels"]:
        library = kernel["array"].partition(".")[0]
        here = importlib.util.find_spec(library) is not None
        if kernel["device"] == "cpu" or not here:
            assert kernel["missing"] == (None if here else library)
        assert kernel["trouble"] is None


def test_installed_libraries_have_a_version_and_missing_ones_a_command(report):
    libraries = {x["name"]: x for x in report("backends")["libraries"]}
    assert set(libraries) == {"numpy", "numba", "torch", "cupy", "numba_cuda"}
    for name, x in libraries.items():
        here = importlib.util.find_spec(name) is not None
        assert (x["version"] is not None) == here
        assert (x["install"] is None) == here
    assert libraries["numpy"]["version"] == __import__("numpy").__version__


def test_the_table(heatbath):
    result = heatbath("backends")
    assert result.exit_code == 0
    folder = str(_cache.folder())
    assert max(len(line) for line in result.stdout.splitlines() if line != folder) <= 80
    for operation in {k.operation for k in hb.backends.table()}:
        assert operation in result.stdout


def test_without_a_library_its_rows_do_not_run(heatbath, monkeypatch):
    find = importlib.util.find_spec

    def hidden(name, package=None):
        return None if name == "torch" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    text = heatbath("backends").stdout
    assert "no, needs torch" in text
    assert "pip install 'heatbath[torch]'" in text


def test_a_kernel_whose_package_is_missing(monkeypatch):
    kernel = hb.backends.table()[0]

    def absent(name, *rest):
        raise ModuleNotFoundError("No module named 'numba'", name="numba")

    monkeypatch.setattr(importlib, "import_module", absent)
    assert obstacle_for(kernel) == ("numba", None)
    assert builtins.__import__ is not absent


def test_without_numbas_compiler_no_kernel_runs(process):
    there = process("backends", "--json", env={"NUMBA_DISABLE_JIT": "1"})
    found = json.loads(there.communicate()[0])
    numba = [k for k in found["kernels"] if k["provider"].startswith("heatbath_numba")]
    trouble = {k["trouble"] for k in numba if k["missing"] is None}
    assert trouble == {"numba's compiler is switched off: unset NUMBA_DISABLE_JIT"}
    text = process("backends", env={"NUMBA_DISABLE_JIT": "1"}).communicate()[0]
    assert text.count("switched off") == 1
    rows = [line for line in text.splitlines() if " cpu " in line]
    assert len(rows) == len(numba)
    assert all(line.rstrip().endswith(" no") for line in rows)


# ---------------------------------------------------------------- the cache of compiled kernels

KERNEL = "heatbath_kernel_" + 24 * "a" + ".run_chains.0123456789abcdef.bin"


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """A folder with two modules in three files, and what is not ours."""
    monkeypatch.setenv("HEATBATH_CACHE_DIR", str(tmp_path))
    _cache.folder.cache_clear()
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "heatbath_kernel_mine.py").write_text("mine")
    for name in (KERNEL, KERNEL.replace("run_chains", "pack"), KERNEL.replace("aaa", "bbb")):
        (folder / name).write_bytes(bytes(1000))
    yield folder
    _cache.folder.cache_clear()


def test_the_cache_is_shown(kernels, heatbath, report):
    found = report("backends")["cache"]
    assert found == {"folder": str(kernels), "modules": 2, "bytes": 3000}
    text = heatbath("backends").stdout
    assert "On disk: 2 modules of compiled kernels, 0.0 MB, in\n" + str(kernels) in text
    assert "heatbath backends --clear-cache" in text


def test_the_cache_is_emptied_and_nothing_else_is(kernels, heatbath, report):
    found = report("backends", "--clear-cache")
    assert found == {"removed": {"folder": str(kernels), "modules": 2, "bytes": 3000}}
    assert sorted(os.listdir(kernels)) == ["heatbath_kernel_mine.py", "notes.txt"]
    assert report("backends")["cache"]["modules"] == 0
    text = heatbath("backends", "--clear-cache").stdout
    assert text.startswith("Removed: 0 modules of compiled kernels")
    assert "--clear-cache" not in heatbath("backends").stdout


def test_there_may_be_no_folder(monkeypatch, tmp_path, heatbath, report):
    monkeypatch.setenv("HEATBATH_CACHE_DIR", str(tmp_path / "absent"))
    _cache.folder.cache_clear()
    assert report("backends")["cache"]["modules"] == 0
    assert report("backends", "--clear-cache")["removed"]["modules"] == 0
    assert not (tmp_path / "absent").exists()
    monkeypatch.setenv("HEATBATH_CACHE_DIR", "~nobody-of-this-name/kernels")
    _cache.folder.cache_clear()
    assert report("backends")["cache"] == {"folder": None, "modules": 0, "bytes": 0}
    assert "for want of a home folder; set HEATBATH_CACHE_DIR" in heatbath("backends").stdout
    monkeypatch.undo()
    _cache.folder.cache_clear()
