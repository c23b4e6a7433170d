"""Rows of lattice."""

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import (
    FIELD,
    LATTICE,
    SHAPE,
    phi,
    row,
)

row(
    "lattice.Lattice",
    hb.Lattice,
    lambda: {"shape": SHAPE, "boundary": "periodic"},
    shape=bad.shape(),
    boundary=bad.choice(),
)
OFFSET = bad.Kind(
    lambda valid: [
        *bad.nonsense(),
        *bad.refused((), (1,), (1, 0, 0), (1.0, 0), (True, 0), ("1", "0"), 1, "10", b"10"),
        *bad.like(valid, list(valid), tuple(map(np.int8, valid)), tuple(map(np.uint64, valid))),
        *bad.odd((10**30, 0), (-(2**70), 5)),
    ]
)
row(
    "lattice.Lattice.shift",
    LATTICE.shift,
    lambda: {"field": phi(), "offset": (1, 0)},
    field=bad.numbers(),
    offset=OFFSET,
    also=FIELD,
)
row("lattice.Lattice.sum", LATTICE.sum, lambda: {"field": phi()}, field=bad.numbers(), also=FIELD)
row(
    "lattice.Lattice.colouring",
    LATTICE.colouring,
    lambda: {"offsets": ((1, 0), (0, 1))},
    offsets=bad.Kind(lambda valid: [*bad.nonsense(type(iter(()))), *bad.refused(1, "x", (1, 0))]),
    also={"offsets": ("offset",)},
)
row(
    "lattice.tree_sum",
    hb.lattice.tree_sum,
    lambda: {"field": phi(), "dim": 2},
    field=bad.Kind(lambda valid: [*bad.nonsense(), *bad.refused(1.0, [1.0], "x", 1, valid > 0)]),
    dim=bad.count(least=0),
    also={"field": ("dim",)},
)
