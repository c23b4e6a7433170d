"""What is installed, and what importing it costs."""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tomllib

import pytest

import heatbath

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Large, slow to import or absent: loaded at first use, never by `import heatbath`.
LATE = {"numba", "torch", "sympy", "cupy", "zarr", "rich", "matplotlib", "jinja2", "h5py", "xarray"}

IMPORT = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
import heatbath
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
packages = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"wall": wall, "cpu": cpu, "packages": packages}))
"""


def import_heatbath():
    output = subprocess.run(
        [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True
    ).stdout
    return json.loads(output)


def test_importing_heatbath_takes_less_than_300_milliseconds():
    """CPU time, which neighbours on a shared machine do not lengthen; the best of five."""
    runs = [import_heatbath() for _ in range(5)]
    cpu, wall = (min(run[clock] for run in runs) for clock in ("cpu", "wall"))
    print(f"import heatbath: {1000 * cpu:.0f} ms CPU, {1000 * wall:.0f} ms wall")
    assert cpu < 0.3


def test_importing_heatbath_loads_no_large_package():
    packages = set(import_heatbath()["packages"])
    assert "heatbath" in packages
    assert not LATE & packages


def test_the_version_is_the_one_that_was_installed():
    installed = importlib.metadata.version("heatbath")
    assert heatbath.__version__ == installed, "install again: pip install -e ."


def test_the_citation_and_the_changelog_name_the_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {heatbath.__version__}\n" in citation
    assert f"\n## [{heatbath.__version__}]" in changelog


def test_the_wheel_holds_every_package_of_the_clone():
    """A folder forgotten in this list is missing from the wheel and from nowhere else."""
    build = PROJECT["tool"]["hatch"]["build"]
    folders = [ROOT / "src" / "heatbath", *sorted((ROOT / "backends").glob("heatbath_*"))]
    assert build["targets"]["wheel"]["packages"] == [
        folder.relative_to(ROOT).as_posix() for folder in folders
    ]
    assert build["dev-mode-dirs"] == ["src", "backends"]


def test_the_import_contract_covers_every_package_of_the_clone():
    packages = {path.name for path in (ROOT / "backends").glob("heatbath_*")}
    linter = PROJECT["tool"]["importlinter"]
    assert set(linter["root_packages"]) == {"heatbath"} | packages
    (kernels,) = [contract for contract in linter["contracts"] if contract["id"] == "kernels"]
    assert set(kernels["forbidden_modules"]) == packages


def test_torch_is_optional_and_its_version_is_pinned_for_tests_alone():
    project = PROJECT["project"]
    assert not any(line.startswith("torch") for line in project["dependencies"])
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    assert not any(line.startswith("torch") and "==" in line for line in extras)
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("torch==") for line in constraints)


def test_the_package_tells_type_checkers_that_it_is_typed():
    assert (pathlib.Path(heatbath.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("folder", ["src/heatbath", "backends"])
def test_every_folder_of_modules_is_a_package(folder):
    """Without __init__.py a folder is invisible to the import contract and to mypy."""
    folders = {path.parent for path in (ROOT / folder).rglob("*.py")}
    assert [path for path in folders if not (path / "__init__.py").exists()] == []


def test_no_folder_of_tests_is_a_package():
    """tests/ is on the path: tests/random/__init__.py would hide the standard library's random."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
