"""Lattices: shape and boundary, neighbours, colourings, fixed-order sums."""

from heatbath.lattice.lattice import Lattice, tree_sum

__all__ = ["Lattice", "tree_sum"]
