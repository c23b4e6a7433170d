"""A small run at the level of the store, and what must hold of it after any accident."""

import numpy as np

from heatbath.io import Layout, Run

LAYOUT = Layout(
    chains=2,
    samples=10,
    chunk=4,
    save_every=2,
    shape=(3,),
    dtype="float32",
    series={"m": "float32", "z": "complex128"},
)
RNG = np.random.default_rng(1)
M = RNG.normal(size=(2, 10)).astype("float32")
Z = RNG.normal(size=(2, 10)) + 1j
WARM = RNG.normal(size=(2, 3)).astype("float32")
CONFIGURATIONS = RNG.normal(size=(5, 2, 3)).astype("float32")
GIVEN = np.arange(3.0)
COMMITS = (4, 8, 10)
FILES = {  # of a complete run
    *("run.json", "run.json.copy", "checksums", "lock", "zarr.json"),
    *(f"{name}/zarr.json" for name in ("given", "after_warmup", "m", "z", "configurations")),
    *("given/c.0", "after_warmup/c.0.0"),
    *(f"{name}/c.0.{k}" for name in "mz" for k in range(3)),
    *(f"configurations/c.{k}.0.0" for k in range(3)),
}


def created(path):
    return Run.create(path, LAYOUT, {"who": "test"}, {"given": GIVEN})


def go_on(run, n=10):
    """Do what is missing of the first n measurements."""
    if run.status == "warming up":
        run.begin(WARM, tuned=0.5)
    for first in range(run.n_committed, n, 4):
        last = min(first + 4, 10)
        run.append(
            {"m": M[:, first:last], "z": Z[:, first:last]},
            list(CONFIGURATIONS[first // 2 : -(-last // 2)]),
        )
    return run


def create(path, n=10):
    """A run with the first n measurements committed, open for writing."""
    return go_on(created(path), n)


def session(path):
    """What a process does that is started again and again until the run is complete."""
    run = Run.open(path, write=True) if path.exists() else created(path)
    with run:
        if run.status != "complete":
            go_on(run).finish(seconds=1.5)


def files(path):
    """The names of all files of a run."""
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


def committed(path):
    """How much is committed, after all of it was compared with what was written."""
    with Run.open(path) as run:
        run.check()
        n = run.n_committed
        assert run.record["who"] == "test"
        assert np.array_equal(run.array("given"), GIVEN)
        assert np.array_equal(run.history("m"), M[:, :n])
        assert np.array_equal(run.history("z"), Z[:, :n])
        assert np.array_equal(run.configurations, CONFIGURATIONS[: -(-n // 2)])
        if run.status != "warming up":
            assert np.array_equal(run.array("after_warmup"), WARM)
            assert run.record["tuned"] == 0.5
        if run.status == "complete":
            assert n == 10
        return {"warming up": -1, "measuring": n, "complete": 11}[run.status]
