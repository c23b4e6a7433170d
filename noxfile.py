"""What continuous integration has no time for: `make nightly`, or `nox -s NAME` for one session.

Every session makes its own environment and runs the fast tests there, some of them on an odd
machine.  A Python that is not found fails the run; `nox --no-error-on-missing-interpreters` allows
it.  What follows `--` goes to pytest: `nox -s generic_cpu -- tests/mcmc`.  nox ends with one line
per session.
"""

import os
import re
import tomllib
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
OLDEST = USUAL = PYTHONS[0]  # what continuous integration has
VERSIONS = """
import importlib.metadata, platform
shown = ("numpy", "numba", "llvmlite", "scipy", "zarr", "torch")
print("Python", platform.python_version(), *(f"{n} {importlib.metadata.version(n)}" for n in shown))
"""

# With NUMBA_DISABLE_JIT=1 no kernel runs: what is about kernels has nothing to look at.
ABOUT_KERNELS = [
    "tests/numba",
    "tests/cli/test_backends.py",
    "tests/test_benchmarks.py",
    "tests/test_dispatch.py",
    "tests/test_kernels.py",
    "tests/test_same_chain.py",
    "tests/test_threads.py",
]
# On these machines a reference runs, or kernels cannot be kept, and the library says so.
SLOWLY = ["-W", "ignore::heatbath.backends.SlowerPath"]

nox.options.default_venv_backend = "uv|virtualenv"  # pip needs half an hour for the oldest
nox.options.error_on_missing_interpreters = True
nox.options.stop_on_first_error = False


def find_pyenv() -> None:
    """Put the newest pyenv has of each Python at the end of the search path."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in PYTHONS:
        found = [path for path in versions.glob(f"{python}.*") if path.name.count(".") == 2]
        newest = max(
            found, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)], default=None
        )
        if newest:
            os.environ["PATH"] += f"{os.pathsep}{newest / 'bin'}"


def install(session: nox.Session, *constraints: str) -> None:
    """heatbath with what its tests need, in the newest versions that the constraints allow."""
    session.install("-c", "constraints.txt", *constraints, "-e", ".[test]")
    session.run("python", "-c", VERSIONS)


def tests(session: nox.Session, *options: str, **environment: str) -> None:
    """Run pytest, on what was named behind `--` if anything was."""
    session.run("python", "-m", "pytest", *options, *session.posargs, env=environment)


def lower_bounds(session: nox.Session) -> str:
    """A file of constraints: each dependency in the oldest minor release that we allow."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [re.fullmatch(r"([\w-]+)>=([\d.]+)", line) for line in project["dependencies"]]
    lines = [f"{bound[1]}=={'.'.join(bound[2].split('.')[:2])}.*\n" for bound in bounds if bound]
    assert len(lines) == len(bounds), "a dependency is not of the form name>=version"
    file = Path(session.create_tmp()) / "oldest.txt"
    file.write_text("".join(lines), encoding="utf-8")
    return str(file)


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """The newest packages on each Python."""
    install(session)
    tests(session)


@nox.session(python=OLDEST)
def oldest(session: nox.Session) -> None:
    """The oldest Python with the oldest NumPy, numba, SciPy, Zarr, … of pyproject.toml."""
    install(session, "-c", lower_bounds(session))
    tests(session)


@nox.session(python=USUAL)
def generic_cpu(session: nox.Session) -> None:
    """Kernels for a processor without vector extensions beyond its architecture's own."""
    install(session)
    tests(session, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")


@nox.session(python=USUAL)
def without_compiler(session: nox.Session) -> None:
    """References everywhere: NUMBA_DISABLE_JIT=1."""
    install(session)
    ignored = [f"--ignore={path}" for path in ABOUT_KERNELS]
    tests(session, *SLOWLY, *ignored, NUMBA_DISABLE_JIT="1")


@nox.session(python=USUAL)
def read_only_home(session: nox.Session) -> None:
    """No folder can be made at home, not even by root: the path to it leads through a file."""
    install(session)
    file = Path(session.create_tmp()).resolve() / "file"
    file.touch()
    home = str(file / "home")
    nowhere = {"HOME": home, "XDG_CACHE_HOME": home, "LOCALAPPDATA": home, "MPLCONFIGDIR": home}
    tests(session, *SLOWLY, **nowhere, HEATBATH_CACHE_DIR="")


@nox.session(python=USUAL)
def fresh_seeds(session: nox.Session) -> None:
    """P-values of right samplers are uniform, with seeds that nobody has looked at.

    The seed is part of the tests' names; HEATBATH_FRESH_SEED=… runs them with it again.
    """
    install(session)
    tests(session, "-m", "nightly", "--durations=0", "-v")


find_pyenv()
