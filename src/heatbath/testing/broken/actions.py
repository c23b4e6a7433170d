"""Actions with one mistake each.

Each records one of its programs from formulas that are not the theory's, so that references and
kernels both run the mistake.  `Wrong.of(action)` makes one from a healthy action.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from heatbath import formula
from heatbath.actions import Action
from heatbath.formula import Clique

__all__ = ["BondCountedTwice", "BondsHalvedWhereOneSiteMoves", "WrongSignForce"]


class Wrong(Action):
    """An action whose programs of some kinds come from other formulas."""

    kinds: tuple[formula.Kind, ...] = ()

    @classmethod
    def of(cls, action: Action) -> Action:
        """`action` with this mistake."""
        return cls(action.theory, action.couplings, action.lattice)

    def mistaken(self) -> tuple[Clique, ...]:
        """The formulas of those programs."""
        raise NotImplementedError

    @cached_property
    def _mistaken(self) -> tuple[Clique, ...]:
        return self.mistaken()

    def program(self, kind: formula.Kind) -> formula.Program:
        """The recorded program, of the mistaken formulas if it is one of `kinds`."""
        if kind not in self.kinds:
            return super().program(kind)
        if kind not in self._programs:
            shape = formula.folded(self._mistaken, self.placed_on.shape)
            self._programs[kind] = formula.record(self._mistaken, kind, shape, self.arrays)
        return self._programs[kind]


class WrongSignForce(Wrong):
    """The force is +∂S/∂φ.  HMC stays exact and accepts nothing; Langevin runs away.

    >>> import numpy as np, heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(2,))
    >>> WrongSignForce.of(action).force(np.ones(2)), action.force(np.ones(2))
    (array([1., 1.]), array([-1., -1.]))
    """

    kinds = ("force",)

    def mistaken(self) -> tuple[Clique, ...]:
        """Every energy with the other sign."""
        return tuple(_scaled(clique, -1.0) for clique in self.theory.cliques)


class BondCountedTwice(Wrong):
    """Every bond is counted from both of its ends: energies, force and differences agree with
    each other, and are those of another action."""

    kinds = ("energy", "force", "difference")

    def mistaken(self) -> tuple[Clique, ...]:
        """Every bond with twice its energy."""
        return tuple(_scaled(clique, float(clique.n_sites)) for clique in self.theory.cliques)


class BondsHalvedWhereOneSiteMoves(Wrong):
    """The local difference takes half of each bond, as if the bond's other half were the
    neighbour's business: S and force are right, Metropolis samples another distribution."""

    kinds = ("difference",)

    def mistaken(self) -> tuple[Clique, ...]:
        """Every bond with half its energy."""
        return tuple(_scaled(clique, 1.0 / clique.n_sites) for clique in self.theory.cliques)


def _scaled(clique: Clique, factor: float) -> Clique:
    """The clique with its energy times a number."""
    energy: Callable[..., Any] = clique.energy

    @wraps(energy)
    def scaled(*fields: Any, **couplings: Any) -> Any:
        return factor * energy(*fields, **couplings)

    return clique if factor == 1.0 else Clique(scaled, clique.n_sites)
