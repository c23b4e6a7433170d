"""Theories and actions: a theory is a sum of clique formulas, an action gives it numbers.

A theory is written once, without a derivative:

>>> def site_energy(phi, *, m2, g):
...     return 0.5 * m2 * phi * phi + g / 24 * phi**4
>>> def bond_energy(phi, neighbour):
...     return 0.5 * (neighbour - phi) * (neighbour - phi)
>>> Mine = Theory("mine", site=site_energy, bond=bond_energy)
>>> action = Mine(m2=-0.5, g=1.0, lattice=(8, 8))

The weight of a field is exp(−S), S = Σ over all cliques of their energy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, get_args

from heatbath import formula
from heatbath._checks import check_choice, check_mapping
from heatbath._namespace import (
    Array,
    dtype_name,
    kind_of,
    namespace_of,
    needs_gradient,
    require_alike,
    require_field,
)
from heatbath._suggest import shown, unknown
from heatbath.actions.couplings import check_couplings, normalised, scalar_values
from heatbath.formula import Clique, Program
from heatbath.lattice import Lattice

__all__ = ["Action", "Theory"]

KINDS = get_args(formula.Kind)


class Theory:
    """A named sum of clique energies; calling it with couplings gives an `Action`.

    name: for reports and the command line.
    site: energy(phi, *, couplings…) of one site, or None.
    bond: energy(phi, neighbour, *, couplings…) of each nearest-neighbour pair, or None.
    defaults: couplings that need not be given.

    Formulas are plain arithmetic (+ − × ÷, whole powers, `hb.elementary` functions); what is
    not raises `FormulaError` here, showing the expression.
    """

    def __init__(
        self,
        name: str,
        *,
        site: Callable[..., Any] | None = None,
        bond: Callable[..., Any] | None = None,
        defaults: Mapping[str, float] | None = None,
        doc: str | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"name must be a text, such as 'phi4'; got {shown(name)}")
        if site is None and bond is None:
            raise ValueError(f"theory {name!r} has no energy: give site=, bond= or both")
        cliques = [formula.site(site)] if site is not None else []
        cliques += [formula.bond(bond)] if bond is not None else []
        self.name = name
        self.cliques: tuple[Clique, ...] = tuple(cliques)
        self.defaults = check_mapping("defaults", defaults, "names of couplings to numbers")
        self.couplings = tuple(dict.fromkeys(n for c in cliques for n in c.couplings))
        for name_of_default in self.defaults:
            if name_of_default not in self.couplings:
                raise ValueError(unknown(f"coupling of {name}", name_of_default, self.couplings))
            self.defaults[name_of_default] = normalised(
                name_of_default, self.defaults[name_of_default]
            )
        if "lattice" in self.couplings:
            raise ValueError("'lattice' names the lattice and cannot be a coupling; rename it")
        self.__doc__ = doc or f"The theory {name!r}, with couplings {', '.join(self.couplings)}."
        self.__name__ = self.__qualname__ = name
        # Of this theory, not a property: `inspect` would take that for the signature of the class.
        self.__signature__ = _signature(self.couplings, self.defaults)

    def __call__(self, *, lattice: Lattice | Any = None, **couplings: Any) -> Action:
        """The action with these couplings; numbers, or arrays over the lattice (site energies:
        shape (*lattice), bond energies: (dimension, *lattice), read at the bond's base site).

        lattice: a `Lattice` or a shape; may be given later with `action.on(lattice)`.
        """
        action = Action(self, {**self.defaults, **couplings})
        return action if lattice is None else action.on(lattice)

    @property
    def text(self) -> str:
        """The recorded formulas, as stored with every run."""
        return "; ".join(formula.written_out(c.recorded()) for c in self.cliques)

    @property
    def latex(self) -> str:
        r"""The action as LaTeX."""
        sums = {1: r"\sum_x", 2: r"\sum_{x,\mu}"}
        terms = [
            rf"{sums[c.n_sites]}\left[{formula.latex(c.recorded())}\right]" for c in self.cliques
        ]
        return "S = " + " + ".join(terms)

    def __repr__(self) -> str:
        return f"Theory({self.name!r}: {self.text})"


@dataclass(frozen=True, eq=False)
class Action:
    """S(φ) = Σ over cliques, with couplings, on a lattice.

    theory: the formulas.
    couplings: name -> float or array over the lattice (then of the field's library and dtype).
    lattice: where it lives, or None until `on` gives it.
    """

    theory: Theory
    couplings: Mapping[str, Any] = field(default_factory=dict)
    lattice: Lattice | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.theory, Theory):
            raise TypeError(f"theory must be a hb.Theory; got {shown(self.theory)}")
        names = self.theory.couplings
        given = check_mapping("couplings", self.couplings, "names to numbers or arrays")
        for name in given:
            if name not in names:
                raise TypeError(unknown(f"coupling of {self.theory.name}", name, names))
        missing = [name for name in names if name not in given]
        if missing:
            raise TypeError(f"{self.theory.name} needs the coupling(s) {', '.join(missing)}")
        object.__setattr__(self, "couplings", {n: normalised(n, given[n]) for n in names})
        if self.lattice is not None:
            placed = self.lattice if isinstance(self.lattice, Lattice) else Lattice(self.lattice)
            check_couplings(self.theory.cliques, self.couplings, placed)
            object.__setattr__(self, "lattice", placed)

    def on(self, lattice: Lattice | Any) -> Action:
        """The same action on `lattice` (a `Lattice` or a shape)."""
        return replace(self, lattice=lattice if isinstance(lattice, Lattice) else Lattice(lattice))

    @property
    def placed_on(self) -> Lattice:
        """The lattice; raises where the action has none yet."""
        if self.lattice is None:
            raise ValueError(
                f"this {self.theory.name} action holds no lattice yet: make it with "
                f"lattice=(16, 16), or call action.on((16, 16))"
            )
        return self.lattice

    def __call__(self, phi: Array) -> Array:
        """S of fields of shape (*batch, *lattice); shape (*batch,)."""
        self.check(phi)
        return self.placed_on.sum(self.energies(phi))

    def energies(self, phi: Array) -> Array:
        """The energy of the cliques based at each site (the site, its bonds in the positive
        directions); shape (*batch, *lattice), and S is its sum."""
        self.check(phi)
        return self.evaluate(self.program("energy"), phi)

    def force(self, phi: Array) -> Array:
        """−∂S/∂φ_x; shape as phi."""
        self.check(phi)
        return self.evaluate(self.program("force"), phi)

    def local_difference(self, phi: Array, proposal: Array) -> Array:
        """S(φ with φ_x replaced by proposal_x) − S(φ) for each site x on its own; as phi."""
        self.check(phi)
        self.check(proposal, "proposal")
        require_alike(proposal, phi, "proposal")
        return self.evaluate(self.program("difference"), phi, proposal)

    def scalars(self, phi: Array) -> dict[str, Array]:
        """The standard scalars of each field, shape (*batch,): the mean field M (magnetization),
        φ² per site (phi_squared) and S/V (action_density)."""
        self.check(phi)
        lattice, energies = self.placed_on, self.evaluate(self.program("energy"), phi)
        densities = namespace_of(phi).stack([phi, phi * phi, energies])
        means = lattice.sum(densities) * (1.0 / lattice.volume)
        names = ("magnetization", "phi_squared", "action_density")
        return {name: means[k, ...] for k, name in enumerate(names)}

    def colouring(self) -> Any:
        """Colours of the sites; those of one colour share no clique and may move together."""
        lattice = self.placed_on
        return lattice.colouring(formula.interaction_offsets(self.theory.cliques, lattice.ndim))

    def program(self, kind: formula.Kind) -> Program:
        """The recorded program (see `heatbath.formula`) on this lattice."""
        check_choice("kind of program", kind, KINDS)
        if kind not in self._programs:
            cliques = self.theory.cliques
            shape = formula.folded(cliques, self.placed_on.shape)
            self._programs[kind] = formula.record(cliques, kind, shape, self.arrays)
        return self._programs[kind]

    @cached_property
    def _programs(self) -> dict[str, Program]:
        return {}

    @cached_property
    def _scalars(self) -> dict[tuple[str, str], list[Any]]:
        return {}

    @cached_property
    def arrays(self) -> frozenset[str]:
        """The names of the couplings that depend on the site."""
        return frozenset(n for n, v in self.couplings.items() if getattr(v, "ndim", 0) > 0)

    @property
    def requires_grad(self) -> bool:
        """Whether a coupling is a tensor that needs a gradient."""
        return any(map(needs_gradient, self._tensors))

    @cached_property
    def _tensors(self) -> tuple[Array, ...]:
        return tuple(v for v in self.couplings.values() if hasattr(v, "requires_grad"))

    @cached_property
    def unsupported(self) -> str | None:
        """Why compiled kernels cannot run this action, or None."""
        offsets = formula.interaction_offsets(self.theory.cliques, self.placed_on.ndim)
        reach = max((abs(o[-1]) for o in offsets), default=0)
        return None if reach <= 8 else f"its cliques reach {reach} sites, kernels 8"

    def scalar_values(self, program: Program, dtype: str) -> list[Any]:
        """The coupling-only numbers of a program, rounded to the field's dtype."""
        if self.requires_grad:
            return scalar_values(program, self.couplings, dtype)
        if (program.kind, dtype) not in self._scalars:
            self._scalars[program.kind, dtype] = scalar_values(program, self.couplings, dtype)
        return self._scalars[program.kind, dtype]

    def check(self, phi: Array, name: str = "field") -> None:
        """Raise unless phi is a field of this action's lattice that its couplings fit."""
        require_field(phi, self.placed_on.shape, name)
        for coupling, values in self.couplings.items():
            if not isinstance(values, float):
                _require_alike(values, phi, coupling)

    def evaluate(self, program: Program, phi: Array, *proposal: Array) -> Array:
        """The reference: a program on whole arrays."""
        lattice = self.placed_on
        fields = [lattice.shift(phi, offset) for offset in program.points]
        loads = [lattice.shift(_component(self.couplings, a), a.offset) for a in program.loads]
        scalars = self.scalar_values(program, dtype_name(phi))
        result = program.function(*proposal, *fields, *loads, *scalars)
        shape = getattr(result, "shape", None)
        return result if shape == phi.shape else phi * 0.0 + result

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={_short(v)}" for n, v in self.couplings.items())
        where = "" if self.lattice is None else f", lattice={self.lattice.shape}"
        return f"{self.theory.name}({shown}{where})"


def _signature(couplings: tuple[str, ...], defaults: Mapping[str, float]) -> inspect.Signature:
    names = [
        inspect.Parameter(
            n, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(n, inspect.Parameter.empty)
        )
        for n in couplings
    ]
    lattice = inspect.Parameter("lattice", inspect.Parameter.KEYWORD_ONLY, default=None)
    return inspect.Signature([*names, lattice])


def _component(couplings: Mapping[str, Any], load: formula.Load) -> Array:
    values = couplings[load.name]
    return values if load.direction is None else values[load.direction, ...]


def _require_alike(values: Array, phi: Array, name: str) -> None:
    if kind_of(values) != kind_of(phi) or (values.ndim and dtype_name(values) != dtype_name(phi)):
        raise TypeError(
            f"the coupling {name} is a {type(values).__name__} of {dtype_name(values)}, the field "
            f"a {type(phi).__name__} of {dtype_name(phi)}; convert the coupling once, before the "
            f"action is made"
        )
    if getattr(values, "device", None) != getattr(phi, "device", None):
        raise ValueError(
            f"the coupling {name} is on {values.device}, the field on {phi.device}; move one"
        )


def _short(value: Any) -> str:
    return f"array{tuple(value.shape)}" if getattr(value, "ndim", 0) else f"{value!r}"
