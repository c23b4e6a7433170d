"""Rows of random."""

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import (
    key,
    phi,
    row,
)

STREAM = {
    "like": bad.like_field(),
    "key": bad.key(),
    "step": bad.count(least=0),
    "dim": bad.count(least=0),
    "purpose": bad.count(least=0),
    "draw": bad.count(least=0),
}


def stream():
    return {"like": phi(), "key": key(), "step": 3, "dim": 2, "purpose": 1, "draw": 2}


for function in ("uniform", "normal"):
    row(
        f"random.{function}",
        getattr(hb.random, function),
        stream,
        **STREAM,
        also={"like": ("field", "dim", "batch"), "dim": ("batch",)},
    )
row(
    "random.integers",
    hb.random.integers,
    lambda: {**stream(), "high": 10},
    **STREAM,
    high=bad.count(),
    also={"like": ("field", "dim", "batch"), "dim": ("batch",)},
)
row(
    "random.key",
    hb.random.key,
    lambda: {"seed": 1, "chains": 2},
    seed=bad.seed(),
    chains=bad.names(),
)
NAMES = bad.Kind(
    lambda valid: [
        *bad.nonsense(),
        *bad.refused([1], "ab", 1, (1.5,), (True,), (None,), (b"a",), ((1,),)),
        *bad.odd((10**5000,)),  # refused when its words are asked for
        *bad.like((1, 2), (np.int64(1), np.uint8(2))),
    ]
)
row(
    "random.Key",
    hb.random.Key,
    lambda: {"seed": 1, "chains": (0, "a"), "path": (1,)},
    seed=bad.seed(),
    chains=bad.Kind(lambda valid: [*NAMES.always(valid), *bad.refused(())]),
    path=NAMES,
)
row(
    "random.Key.leaf",
    key().leaf,
    lambda: {"name": 1},
    name=bad.Kind(
        lambda valid: [
            *bad.nonsense(str),
            *bad.refused(1.0, True, (1,), 10**5000),
            *bad.like(valid, np.int64(1), np.uint8(1)),
        ]
    ),
)
