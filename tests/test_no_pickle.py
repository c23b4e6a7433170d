"""No pickle is loaded from runs and data, whatever is put into them."""

import ast
import io
import json
import pathlib
import pickle
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import heatbath as hb
from heatbath.cli import program
from heatbath.io import Run, RunError
from heatbath.io.checksums import line
from heatbath.io.manifest import COPY, FILE, read_manifest, write_manifest
from heatbath.io.reading import digest

ROOT = pathlib.Path(__file__).parents[1]
SMALL = ("--shape", "4,4", "--samples", "16", "--chains", "2", "--warmup", "20", "--quiet")


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


BOMB = pickle.dumps(Bomb())


@pytest.fixture
def no_pickle(monkeypatch):
    """Nobody may load a pickle, not even a good one."""
    import _pickle

    def refuse(*args, **kwargs):
        pytest.fail("a pickle was loaded")

    for module in (pickle, _pickle):
        for name in ("load", "loads", "Unpickler"):
            monkeypatch.setattr(module, name, refuse)
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch, "load", refuse)
    load = np.load

    def load_numbers(*args, allow_pickle=False, **kwargs):
        assert allow_pickle is False
        return load(*args, allow_pickle=False, **kwargs)

    monkeypatch.setattr(np, "load", load_numbers)


@pytest.fixture
def heatbath():
    """heatbath("run", …): exit status, stdout and stderr, with the references: compiled kernels are
    kept as pickles, as docs/kernels.md says."""

    def run(*arguments):
        with hb.backends.use("reference"):
            told = CliRunner().invoke(program, [str(a) for a in arguments], prog_name="heatbath")
        assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
        return told

    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("pickles") / "run"
    with hb.backends.use("reference"):
        sampler = hb.HMC(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
        hb.sample(sampler, samples=16, chains=2, warmup=20, out=path, progress=False)
    return path


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "run")


def test_the_guard_sees_pickles(no_pickle):
    with pytest.raises(pytest.fail.Exception, match="a pickle was loaded"):
        pickle.loads(BOMB)
    objects = io.BytesIO()
    np.save(objects, np.array([Bomb()], dtype=object), allow_pickle=True)
    objects.seek(0)
    with pytest.raises(AssertionError):
        np.load(objects, allow_pickle=True)


def test_runs_need_no_pickle(no_pickle, heatbath, tmp_path):
    path = tmp_path / "run"
    for command in (
        ("run", "gaussian", *SMALL, "--out", path),
        ("resume", path, "--quiet"),
        ("analyse", path, "--check"),
    ):
        told = heatbath(*command)
        assert (told.exit_code, told.stderr) == (0, "")
    stored = Run.open(path)
    stored.check()
    assert stored.configurations[...].shape == (stored.configurations.shape[0], 2, 4, 4)
    np.save(tmp_path / "series.npy", stored.history("phi_squared")[...])
    assert heatbath("analyse", tmp_path / "series.npy").exit_code == 0


# ---------------------------------------------------------------- what others put into a store


def pickled_codec(run):
    """A description that asks for objects, and for the codec that unpickles them."""
    file = run / "phi_squared" / "zarr.json"
    described = json.loads(file.read_text())
    described["data_type"] = "object"
    described["codecs"] = [{"name": "numcodecs.pickle", "configuration": {"protocol": 5}}]
    file.write_text(json.dumps(described))
    (run / "phi_squared" / "c.0.0").write_bytes(BOMB)


def pickled_chunk(run):
    file = run / "phi_squared" / "c.0.0"
    file.write_bytes(BOMB.ljust(file.stat().st_size, b"\0")[: file.stat().st_size])


def pickled_record(run):
    (run / "run.json").write_bytes(BOMB)
    (run / "run.json.copy").write_bytes(BOMB)


def forged(run):
    """A run of objects in which each checksum is right: a pickle as the only chunk of a series."""
    manifest = read_manifest(run)
    manifest["layout"]["series"]["phi_squared"] = "object"
    (run / "phi_squared" / "c.0.0").write_bytes(BOMB)
    names = [row.partition("  ")[2] for row in (run / "checksums").read_text().splitlines()]
    lines = b"".join(line(name, digest((run / name).read_bytes())) for name in names)
    (run / "checksums").write_bytes(lines)
    for file in (FILE, COPY):
        write_manifest(run, {**manifest, "checksums": digest(lines)}, file)


@pytest.mark.filterwarnings("default:.* had been damaged and is written again:UserWarning")
@pytest.mark.parametrize("evil", [pickled_codec, pickled_chunk, pickled_record, forged])
def test_what_is_put_into_a_run_is_refused_in_words(no_pickle, heatbath, run, evil):
    evil(run)
    with pytest.raises(RunError):
        Run.open(run).history("phi_squared")[...]
    for command in (("analyse", run), ("analyse", run, "--check"), ("resume", run, "--quiet")):
        told = heatbath(*command)
        (sentence,) = (s for s in told.stderr.splitlines() if not s.startswith("Warning: "))
        assert (told.exit_code, told.stdout) == (2, "")
        assert sentence.startswith("Error: ")
        assert str(run) in sentence


@pytest.mark.parametrize("name", ["series.npy", "series.npz", "series.pkl", "series.pt"])
def test_files_of_objects_are_refused_in_words(no_pickle, heatbath, tmp_path, name):
    path, objects = tmp_path / name, np.array([Bomb(), 1, 2, 3], dtype=object)
    if name.endswith("npz"):
        np.savez(path, series=objects)
    elif name.endswith("npy"):
        np.save(path, objects, allow_pickle=True)
    else:
        path.write_bytes(BOMB)
    told = heatbath("analyse", path)
    assert (told.exit_code, told.stdout) == (2, "")
    (sentence,) = told.stderr.splitlines()
    assert str(path) in sentence


def test_no_array_of_objects_is_stored(tmp_path):
    with pytest.raises(ValueError, match="has the dtype object, which a run does not store"):
        Run.create(tmp_path / "run", small_layout(), {}, {"x": np.array([Bomb()], dtype=object)})
    assert list(tmp_path.iterdir()) == []


def small_layout():
    return hb.io.Layout(
        chains=1, samples=1, chunk=1, save_every=1, shape=(1,), dtype="float64", series={}
    )


# ---------------------------------------------------------------- the source

ALLOWED = {  # file -> what it may do, and why
    "backends/heatbath_numba/machine_code.py": {
        "pickle.loads": "numba's compiled functions, from the user's own cache folder",
    },
    "backends/heatbath_cuda/machine_code.py": {
        "pickle.loads": "numba-cuda's compiled kernels, from the user's own cache folder",
    },
    "backends/heatbath_numba/modules.py": {"exec": "kernels generated from recorded formulas"},
    "backends/heatbath_numba/row_registers.py": {"exec": "an intrinsic of as many arguments"},
    "backends/heatbath_cuda/modules.py": {"exec": "kernels generated from recorded formulas"},
    "src/heatbath/_namespace.py": {"__import__": "a fixed name, not before it is needed"},
    "src/heatbath/formula/source.py": {"exec": "references generated from recorded formulas"},
    "src/heatbath/sampling/own_file.py": {"exec_module": "the theory that the user names"},
}
LOADERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "__import__", "exec_module", "run_path", "run_module", "load_module"}


def dangers(tree):
    """What in a module may run code that it reads."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).split(".")[0] in LOADERS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield from () if ast.unparse(node.value) == "False" else ("allow_pickle",)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LOADERS:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        keywords = {keyword.arg for keyword in node.keywords}
        if (
            name.split(".")[0] in imported
            or last in CALLS
            or (name in ("np.load", "numpy.load") and "allow_pickle" not in keywords)
            or name == "torch.load"
        ):
            yield name if "." in name and last not in CALLS else last


def sources():
    for root in ("src", "backends"):
        for path in sorted((ROOT / root).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_in_the_library_loads_pickles_or_runs_what_it_reads():
    found = {name: {*dangers(tree)} for name, tree in sources()}
    assert {name: what for name, what in found.items() if what} == {
        name: {*what} for name, what in ALLOWED.items()
    }


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\npickle.load(f)",
        "import pickle as p\np.Unpickler(f)",
        "from pickle import loads\nloads(b)",
        "import joblib\njoblib.load(f)",
        "import numpy as np\nnp.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "import numpy as np\nnp.lib.format.read_array(f, allow_pickle=flag)",
        "import torch\ntorch.load(f, weights_only=True)",
        "eval(text)",
        "exec(text)",
        "__import__(name)",
    ],
)
def test_the_scan_sees_each_kind(text):
    assert {*dangers(ast.parse(text))}
