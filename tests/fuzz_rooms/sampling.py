"""Rows of sampling."""

from pathlib import Path

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import (
    SAMPLERS,
    SHAPE,
    a_run,
    excused,
    phi,
    row,
)


def sampling():
    return {
        "sampler": SAMPLERS["mcmc.Metropolis"],
        "shape": SHAPE,
        "like": None,
        "namespace": "numpy",
        "device": None,
        "dtype": "float64",
        "start": "hot",
        "seed": 1,
        "chains": 2,
        "samples": 8,
        "thin": 2,
        "warmup": 4,
        "tune": True,
        "observables": {"first": lambda field: field[:, 0, 0]},
        "target_error": {"phi_squared": 0.5},
        "out": None,
        "save_every": None,
        "progress": False,
        "call": None,
    }


OBSERVABLES = bad.mapping(
    *({"a b": abs}, {"": abs}, {1: abs}, {"x": 1}, {"x": None}, {"magnetization": abs}),
    *({"start": abs}, {"coupling_x": abs}, {"x": lambda field: 1.0}, {"x": lambda field: field}),
    *({"x": lambda field: None}, {"x": lambda field: field[:, 0, 0] * np.nan}),
    {"x": lambda field: np.array(["a", "b"])},
    {"x" * 1000 + "!": abs},
)
TARGETS = bad.mapping(
    *({"chi": 0.1}, {1: 0.1}, {"binder": 0}, {"binder": -0.1}, {"binder": True}, {"binder": "x"}),
    *({"binder": np.nan}, {"binder": "0%"}, {"binder": None}, {"binder": 1j}, {"binder": "nan%"}),
    *({"binder": "5%%"}, {"binder": [0.1]}, {"binder": 10**400}, {"x" * 5000: 0.1}),
)
row(
    "sampling.sample",
    hb.sample,
    sampling,
    sampler=bad.sampler(),
    shape=bad.optional(bad.shape()),
    like=bad.optional(bad.like_field(any_shape=True), phi()),
    namespace=bad.choice(),
    device=bad.Kind(lambda valid: bad.refused("moon", 1, b"cpu", object(), 1.5)),
    dtype=bad.Kind(
        lambda valid: (
            bad.refused("float16", "complex128", int, None, 64, "double", b"x")
            + bad.like("float64", np.float64, np.dtype("float64"))
        )
    ),
    start=bad.start(),
    seed=bad.seed(),
    chains=bad.optional(bad.names()),
    samples=bad.Kind(
        lambda valid: [*bad.count().always(valid), *bad.refused(10**13)], bad.count().more
    ),
    thin=bad.count(),
    warmup=bad.optional(bad.count(least=0)),
    tune=bad.flag(),
    observables=OBSERVABLES,
    target_error=TARGETS,
    out=bad.optional(bad.path(new=True), Path()),
    save_every=bad.optional(bad.count(), 2),
    progress=bad.optional(bad.flag()),
    call=bad.json(),
    also={
        "chains": ("chain", "memory", "start"),
        "samples": ("measurements", "updates"),
        "thin": ("updates",),
        "warmup": ("updates",),
        "like": ("field",),
        "observables": ("observable",),
        "target_error": ("target error",),
        "start": ("field", "batch"),
        "out": ("run", "null"),
    },
)
row(
    "sampling.resume",
    hb.resume,
    lambda: {"directory": a_run(), "sampler": None, "observables": None, "progress": False},
    directory=bad.path(),
    sampler=bad.optional(bad.sampler_of_run()),
    observables=OBSERVABLES,
    progress=bad.optional(bad.flag()),
    also={"observables": ("observable",), "directory": ("run",), "sampler": ("lattice",)},
)
excused("plain numbers of a result, for JSON", "sampling.Result.to_dict", "stats.Estimate.to_dict")
