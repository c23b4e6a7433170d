"""Cliques: a few sites at fixed offsets and the formula of their energy.

By the theorem of Hammersley and Clifford a positive random field with local interactions is a
sum of clique energies.  A site clique is one point; a bond clique is a point and its neighbour
in the positive direction of each axis, so that every bond is counted once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

from heatbath._checks import check_count, is_whole
from heatbath._suggest import shown
from heatbath.formula.expression import Expression, FormulaError, as_expression, coupling, field

__all__ = ["Clique", "Offset", "PlacedClique", "bond", "site"]

Offset = tuple[int, ...]


@dataclass(frozen=True)
class PlacedClique:
    """A clique on a lattice of given dimension: its offsets, and its direction if it has one."""

    energy: Callable[..., Any]
    offsets: tuple[Offset, ...]
    direction: int | None
    couplings: tuple[str, ...]

    def record(
        self, fields: tuple[Expression, ...], values: Mapping[str, Expression]
    ) -> Expression:
        """The energy on the given symbols."""
        result = self.energy(*fields, **{name: values[name] for name in self.couplings})
        return _as_formula(result, self.energy)


@dataclass(frozen=True)
class Clique:
    """An energy formula and the sites it sees.

    energy: plain arithmetic on as many positional field values as the clique has sites;
        couplings are keyword-only.
    n_sites: 1 for a site, 2 for a bond between nearest neighbours.

    Raises `FormulaError` at definition where the formula is not plain arithmetic.
    """

    energy: Callable[..., Any]
    n_sites: int

    def __post_init__(self) -> None:
        if not is_whole(self.n_sites) or self.n_sites not in (1, 2):
            raise FormulaError(
                f"n_sites must be 1, for a site, or 2, for a bond; got {shown(self.n_sites)}"
            )
        object.__setattr__(self, "n_sites", int(self.n_sites))
        self.recorded()

    @cached_property
    def couplings(self) -> tuple[str, ...]:
        """The names of its keyword-only arguments."""
        return _keyword_names(self.energy, self.n_sites)

    def recorded(self) -> Expression:
        """The formula on symbols: field(0) for the first site, field(1) for the second."""
        fields = tuple(field(k) for k in range(self.n_sites))
        (first, *_) = self.placed(1)
        result = first.record(fields, {name: coupling(name) for name in self.couplings})
        if not result.has_field:
            raise FormulaError(
                f"the energy {_name(self.energy)} = '{result}' does not depend on the field; "
                "return a formula of its positional arguments"
            )
        return result

    def placed(self, ndim: int) -> list[PlacedClique]:
        """The clique in each of its orientations on an `ndim`-dimensional lattice."""
        ndim = check_count("ndim", ndim)
        if ndim > 4:
            raise ValueError(f"ndim must be at most 4; got {shown(ndim)}")
        origin = (0,) * ndim
        if self.n_sites == 1:
            return [PlacedClique(self.energy, (origin,), None, self.couplings)]
        return [
            PlacedClique(self.energy, (origin, unit_vector(mu, ndim)), mu, self.couplings)
            for mu in range(ndim)
        ]


def site(energy: Callable[..., Any]) -> Clique:
    """A one-site clique with energy(phi, *, couplings…)."""
    return Clique(energy, 1)


def bond(energy: Callable[..., Any]) -> Clique:
    """A nearest-neighbour clique with energy(phi, neighbour, *, couplings…), counted once."""
    return Clique(energy, 2)


def unit_vector(mu: int, ndim: int) -> Offset:
    return tuple(int(nu == mu) for nu in range(ndim))


def _keyword_names(energy: Callable[..., Any], n_sites: int) -> tuple[str, ...]:
    if not callable(energy):
        raise FormulaError(f"an energy is a function of field values; got {shown(energy)}")
    name = _name(energy)
    try:
        parameters = inspect.signature(energy).parameters.values()
    except ValueError:
        raise FormulaError(
            f"the energy {name} does not tell its arguments; write a Python function of the field"
        ) from None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keyword = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    if len(positional) != n_sites or len(positional) + len(keyword) != len(parameters):
        shape = "(phi, *, couplings…)" if n_sites == 1 else "(phi, neighbour, *, couplings…)"
        raise FormulaError(
            f"the energy {name}{inspect.signature(energy)} must have the form {name}{shape}: "
            f"{n_sites} positional field value(s), then couplings as keyword-only arguments"
        )
    for p in parameters:
        if p.default is not p.empty:
            raise FormulaError(
                f"the argument {p.name}={p.default!r} of the energy {name} has a default value; "
                f"give it to the theory instead, defaults={{{p.name!r}: {p.default!r}}}"
            )
    return tuple(p.name for p in keyword)


def _name(energy: Callable[..., Any]) -> str:
    return str(getattr(energy, "__name__", shown(energy)))


def _as_formula(result: Any, energy: Callable[..., Any]) -> Expression:
    if isinstance(result, Expression):
        return result
    if isinstance(result, Real) and not isinstance(result, bool):
        return as_expression(result)
    raise FormulaError(
        f"the energy {_name(energy)} returned {shown(result)}; it must return a formula of the "
        f"field"
    )
