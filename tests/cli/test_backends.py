import builtins
import importlib.util

import heatbath as hb
from heatbath.cli.backends import missing_for


def test_every_row_of_the_table_is_listed(report):
    found = report("backends")
    assert set(found) == {"heatbath", "python", "libraries", "kernels"}
    table = [(k.operation, k.array_type, k.provider) for k in hb.backends.table()]
    assert [(k["operation"], k["array"], k["provider"]) for k in found["kernels"]] == table


def test_rows_say_whether_they_run_here(report):
    for kernel in report("backends")["kernels"]:
        library = kernel["array"].partition(".")[0]
        here = importlib.util.find_spec(library) is not None
        assert kernel["missing"] == (None if here else library)


def test_installed_libraries_have_a_version_and_missing_ones_a_command(report):
    libraries = {x["name"]: x for x in report("backends")["libraries"]}
    assert set(libraries) == {"numpy", "numba", "torch", "cupy"}
    for name, x in libraries.items():
        here = importlib.util.find_spec(name) is not None
        assert (x["version"] is not None) == here
        assert (x["install"] is None) == here
    assert libraries["numpy"]["version"] == __import__("numpy").__version__


def test_the_table(heatbath):
    result = heatbath("backends")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
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
    assert missing_for(kernel) == "numba"
    assert builtins.__import__ is not absent
