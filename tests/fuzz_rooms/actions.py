"""Rows of actions."""

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import ACTION, FIELD, LATTICE, SHAPE, excused, phi, row

row(
    "actions.Action",
    hb.actions.Action,
    lambda: {
        "theory": hb.actions.Phi4,
        "couplings": {"kappa": 0.2, "lam": 0.1},
        "lattice": LATTICE,
    },
    theory=bad.Kind(lambda valid: bad.action().always(ACTION)[:-5]),
    couplings=bad.mapping({}, {"kappa": 0.2}, {"kappa": 0.2, "lam": "x"}, {"kapa": 1.0}, {1: 2}),
    lattice=bad.optional(bad.shape_or_lattice()),
    also={"couplings": ("coupling",)},
)
for method in ("__call__", "energies", "force", "scalars", "check"):
    row(
        f"actions.Action.{method}",
        getattr(ACTION, method),
        lambda: {"phi": phi()},
        phi=bad.field(),
        free={"name": "a word for messages"} if method == "check" else {},
        also=FIELD,
    )
row(
    "actions.Action.local_difference",
    ACTION.local_difference,
    lambda: {"phi": phi(), "proposal": phi() + 0.5},
    phi=bad.alone(bad.field()),
    proposal=bad.alone(bad.field()),
    also={**FIELD, "phi": ("field", "proposal")},
)
row(
    "actions.Action.on",
    ACTION.on,
    lambda: {"lattice": (4, 6)},
    lattice=bad.shape_or_lattice(),
)
row(
    "actions.Action.program",
    ACTION.program,
    lambda: {"kind": "force"},
    kind=bad.choice(),
)
row("actions.Action.colouring", ACTION.colouring, dict)
for theory, values in (("Phi4", {"kappa": 0.25, "lam": 0.125}), ("Gaussian", {"m2": 0.5})):
    row(
        f"actions.{theory}",
        getattr(hb.actions, theory),
        lambda values=values: {**values, "lattice": SHAPE},
        **dict.fromkeys(values, bad.coupling()),
        lattice=bad.optional(bad.shape_or_lattice()),
    )
row(
    "actions.Theory",
    hb.Theory,
    lambda: {
        "name": "mine",
        "site": lambda phi, *, m2: 0.5 * m2 * phi * phi,
        "bond": None,
        "defaults": {"m2": 1.0},
        "doc": None,
    },
    name=bad.Kind(lambda valid: [*bad.nonsense(str), *bad.refused("", 1)]),
    site=bad.optional(bad.energy()),
    bond=bad.optional(bad.energy()),
    defaults=bad.mapping({"m": 1.0}, {"m2": "x"}, {"m2": float("nan")}, {1: 2.0}),
    free={"doc": "the docstring"},
    also={
        "site": ("energy", "formula", "power", "phi"),
        "bond": ("energy", "formula", "power", "phi"),
        "defaults": ("coupling",),
    },
)
row(
    "actions.Theory.__call__",
    hb.Theory("mine", site=lambda phi, *, m2: 0.5 * m2 * phi * phi),
    lambda: {"m2": 0.5, "lattice": SHAPE},
    m2=bad.coupling(),
    lattice=bad.optional(bad.shape_or_lattice()),
)
excused(
    "what energies, force and local_difference call after their checks; kernels call it too",
    "actions.Action.evaluate",
    "actions.Action.scalar_values",
)
