"""Hypothesis strategies shared by all rooms: the library's own, under a short name."""

from heatbath.testing.strategies import (
    actions,
    batches,
    couplings,
    fields,
    lattices,
    namespaces,
    seeds,
    shapes,
    site_dependent,
    theories,
)

__all__ = [
    "actions",
    "batches",
    "couplings",
    "fields",
    "lattices",
    "namespaces",
    "seeds",
    "shapes",
    "site_dependent",
    "theories",
]
