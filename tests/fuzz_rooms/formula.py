"""Rows of elementary, formula."""

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import (
    excused,
    phi,
    row,
    square,
)

for function in ("exp", "log", "sin", "cos", "sqrt"):
    row(
        f"elementary.{function}",
        getattr(hb.elementary, function),
        lambda: {"x": np.abs(phi())},
        x=bad.elementary(),
        also={"x": ("hb.elementary",)},
    )
excused(
    "a piece of the functions above that kernels are made of, too: it trusts its caller",
    *("elementary.Precision", "elementary.cos_series", "elementary.sin_series"),
    *("elementary.log_of_parts", "random.philox4x32", "random.Key.blocks"),
)
for clique in ("site", "bond"):
    row(
        f"formula.{clique}",
        getattr(hb.formula, clique),
        lambda clique=clique: {
            "energy": (lambda phi: phi * phi) if clique == "site" else (lambda a, b: a * b)
        },
        energy=bad.energy(),
        also={"energy": ("formula", "power", "phi")},
    )
row(
    "formula.Clique",
    hb.formula.Clique,
    lambda: {"energy": square, "n_sites": 1},
    energy=bad.energy(),
    n_sites=bad.count(),
    also={"energy": ("formula", "power", "phi"), "n_sites": ("positional",)},
)
CLIQUE = hb.formula.site(square)
row("formula.Clique.recorded", CLIQUE.recorded, dict)
row("formula.Clique.placed", CLIQUE.placed, lambda: {"ndim": 2}, ndim=bad.count())
NOT_RECORDED = bad.Kind(lambda valid: [*bad.nonsense(), *bad.refused("phi", 1, np.zeros(3))])
row(
    "formula.latex",
    hb.formula.latex,
    lambda: {"e": CLIQUE.recorded(), "fields": (r"\phi",)},
    e=NOT_RECORDED,
    fields=bad.Kind(lambda valid: [*bad.nonsense(), *bad.refused((), (1,), "phi", [None])]),
    also={"e": ("recorded formula",)},
)
row(
    "formula.written_out",
    hb.formula.written_out,
    lambda: {"e": CLIQUE.recorded()},
    e=NOT_RECORDED,
    also={"e": ("recorded formula",)},
)
excused(
    "made of checked cliques, by actions and for kernels",
    *("formula.Expression", "formula.Load", "formula.Program", "formula.folded"),
    *("formula.interaction_offsets", "formula.record", "formula.Expression.__getitem__"),
)
