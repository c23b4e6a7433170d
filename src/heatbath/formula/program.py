"""Programs: what a lattice sweep evaluates at one site, recorded from the cliques.

From one list of cliques come

- ``energy``: the energy of the cliques based at x; its sum over x is the action,
- ``force``: −∂S/∂φ_x, from all cliques that contain x,
- ``difference``: S(φ_x → proposal) − S(φ), the local energy difference.

A program knows the stencil points it reads (offsets from x), the site-dependent couplings it
loads (at the base site of their clique), the scalars to compute once per call, and its source.
Cliques are visited in one order: site, then +0, −0, +1, −1, …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field as dataclass_field
from functools import lru_cache
from typing import Any, Literal

from heatbath.formula.cliques import Clique, Offset, PlacedClique
from heatbath.formula.derivative import derivative, topological
from heatbath.formula.expression import Expression, constant, coupling, field, load
from heatbath.formula.polynomial import as_polynomial, differentiated, horner
from heatbath.formula.source import PROPOSAL, argument_name, compiled, hoisted, python_source

__all__ = ["Kind", "Load", "Program", "interaction_offsets", "record"]

Kind = Literal["energy", "force", "difference"]


@dataclass(frozen=True)
class Load:
    """A site-dependent coupling read at `offset` from x; `direction` picks a bond's component."""

    name: str
    direction: int | None
    offset: Offset


@dataclass(frozen=True)
class Program:
    """A recorded function of the stencil around one site.

    points: offsets of the field values it reads, as positional arguments in this order (after
        the proposal, for ``difference``).
    loads: site-dependent couplings, the next arguments.
    scalars: coupling-only expressions, the last arguments.
    """

    kind: Kind
    points: tuple[Offset, ...]
    loads: tuple[Load, ...]
    scalars: tuple[Expression, ...]
    result: Expression
    source: str
    function: Callable[..., Any] = dataclass_field(compare=False, repr=False)


class _Stencil:
    """Gives each offset and each load its symbol, in order of first use."""

    def __init__(self, ndim: int, arrays: frozenset[str]) -> None:
        self.points: dict[Offset, int] = {(0,) * ndim: 0}
        self.loads: dict[Load, int] = {}
        self.arrays = arrays

    def field(self, offset: Offset) -> Expression:
        return field(self.points.setdefault(offset, len(self.points)))

    def coupling(self, name: str, clique: PlacedClique, base: Offset) -> Expression:
        if name not in self.arrays:
            return coupling(name)
        key = Load(name, clique.direction, base)
        return load(self.loads.setdefault(key, len(self.loads)))

    def energy(
        self, clique: PlacedClique, base: Offset, replaced: dict[Offset, Expression] | None = None
    ) -> Expression:
        """The energy of `clique` based at x + base; `replaced` overrides fields by offset."""
        at = [_plus(base, o) for o in clique.offsets]
        known = replaced or {}
        fields = tuple(known[o] if o in known else self.field(o) for o in at)
        values = {name: self.coupling(name, clique, base) for name in clique.couplings}
        return clique.record(fields, values)


@lru_cache(maxsize=512)
def record(
    cliques: tuple[Clique, ...], kind: Kind, shape: tuple[int, ...], arrays: frozenset[str]
) -> Program:
    """Record `kind` for lattices with the extents `shape`; `arrays` names the couplings that
    depend on the site.  Only which extents are smaller than the reach of a clique matters, so
    callers pass `folded(cliques, shape)` to share programs between lattices."""
    placed = [p for c in cliques for p in c.placed(len(shape))]
    stencil = _Stencil(len(shape), arrays)
    match kind:
        case "energy":
            result = _short(_total(stencil.energy(p, (0,) * len(shape)) for p in placed))
        case "force":
            result = _slope(-_around(stencil, placed))
        case _:  # difference
            old = _local(stencil, placed, shape, field(0))
            new = _local(stencil, placed, shape, field(PROPOSAL))
            result = _short(new, field(PROPOSAL)) - _short(old)
    return _program(kind, result, stencil)


def folded(cliques: tuple[Clique, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The extents, cut where they exceed every distance between two sites of a clique."""
    offsets = interaction_offsets(cliques, len(shape))
    reach = [max(abs(o[mu]) for o in offsets) + 1 if offsets else 1 for mu in range(len(shape))]
    return tuple(min(n, r) for n, r in zip(shape, reach, strict=True))


def interaction_offsets(cliques: tuple[Clique, ...], ndim: int) -> tuple[Offset, ...]:
    """All non-zero differences between two sites of one clique: who must differ in colour."""
    found: dict[Offset, None] = {}
    for clique in cliques:
        for p in clique.placed(ndim):
            for a in p.offsets:
                found.update({_minus(b, a): None for b in p.offsets if a != b})
    return tuple(found)


def _around(stencil: _Stencil, placed: list[PlacedClique]) -> Expression:
    """All cliques that contain x, once for each of their sites that can be x.

    On an axis of extent 1 a bond appears twice, with its other end as an independent symbol:
    exactly what the derivative needs.
    """
    return _total(
        stencil.energy(p, _minus((0,) * len(slot), slot)) for p in placed for slot in p.offsets
    )


def _local(
    stencil: _Stencil, placed: list[PlacedClique], shape: tuple[int, ...], site: Expression
) -> Expression:
    """The energy of the distinct cliques that contain x, as a function of the field there.

    Where an extent is so small that a clique's other end is x itself, that end moves as well
    and the clique is counted once.
    """
    terms = []
    for p in placed:
        bases: dict[Offset, Offset] = {}
        for slot in p.offsets:
            base = _minus((0,) * len(slot), slot)
            bases.setdefault(_modulo(base, shape), base)
        for base in bases.values():
            at = [_plus(base, o) for o in p.offsets]
            here = {o: site for o in at if not any(_modulo(o, shape))}
            terms.append(stencil.energy(p, base, here))
    return _total(terms)


def _slope(local: Expression) -> Expression:
    polynomial = as_polynomial(local, field(0))
    if polynomial is None:
        return derivative(local, field(0))
    return horner(differentiated(polynomial), field(0))


def _short(e: Expression, site: Expression | None = None) -> Expression:
    site = field(0) if site is None else site
    polynomial = as_polynomial(e, site)
    return e if polynomial is None else horner(polynomial, site)


def _program(kind: Kind, result: Expression, stencil: _Stencil) -> Program:
    used = set(topological(result))
    points = {o: field(k) for o, k in stencil.points.items() if field(k) in used or k == 0}
    loads = {key: load(k) for key, k in stencil.loads.items() if load(k) in used}
    arguments = tuple(argument_name(leaf) for leaf in (*points.values(), *loads.values()))
    if kind == "difference":
        arguments = (argument_name(field(PROPOSAL)), *arguments)
    source = python_source(kind, result, arguments)
    return Program(
        kind, tuple(points), tuple(loads), hoisted(result), result, source, compiled(source, kind)
    )


def _total(terms: Iterable[Expression]) -> Expression:
    total = constant(0.0)
    for term in terms:
        total = total + term
    return total


def _plus(a: Offset, b: Offset) -> Offset:
    return tuple(i + j for i, j in zip(a, b, strict=True))


def _minus(a: Offset, b: Offset) -> Offset:
    return tuple(i - j for i, j in zip(a, b, strict=True))


def _modulo(a: Offset, shape: tuple[int, ...]) -> Offset:
    return tuple(i % n for i, n in zip(a, shape, strict=True))
