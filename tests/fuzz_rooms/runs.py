"""Rows of io."""

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import a_run, excused, pending, place, row


def opened(path, write):
    with hb.io.Run.open(path, write=write) as run:
        return run.n_committed


def history(name):
    with hb.io.Run.open(a_run()) as run:
        return run.history(name)


def array(name):
    with hb.io.Run.open(a_run()) as run:
        return run.array(name)


row(
    "io.Run.open",
    opened,
    lambda: {"path": a_run(), "write": False},
    path=bad.path(),
    write=bad.flag(),
    also={"path": ("run", "null")},
)
row(
    "io.Run.history",
    history,
    lambda: {"name": "phi_squared"},
    name=bad.choice(),
    raises=(KeyError,),
    also={"name": ("series", "array")},
)
row(
    "io.Run.array",
    array,
    lambda: {"name": "after_warmup"},
    name=bad.choice(),
    raises=(KeyError,),
    also={"name": ("series", "array")},
)


def exported(file, format, configurations, force):
    with hb.io.Run.open(a_run()) as run:
        hb.io.export_run(run, file, format=format, configurations=configurations, force=force)


row(
    "io.export_run",
    exported,
    lambda: {"file": place(), "format": "npz", "configurations": True, "force": False},
    file=bad.path(new=True),
    format=bad.choice(),
    configurations=bad.flag(),
    force=bad.flag(),
    also={"file": ("directory",)},
)
pending("io.to_xarray", "io.Layout*", "io.Run", "io.Run.create", "io.Run.check", "io.Stored")
excused("indexed like an array, with NumPy's words", "io.Stored.__getitem__")
excused(
    "how hb.sample writes: it gives what it has made itself",
    *("io.Run.append", "io.Run.begin", "io.Run.finish", "io.Run.close"),
)
