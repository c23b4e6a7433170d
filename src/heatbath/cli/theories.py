"""Theories by name: the built-in ones, and those in a user's own file as `my_action.py:NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heatbath._suggest import unknown
from heatbath.actions import Action, Gaussian, Phi4, Theory
from heatbath.sampling.own_file import theory_in, which

__all__ = ["BUILT_IN", "Choice", "chosen"]

OWN = "or your own file as my_action.py:NAME"


@dataclass(frozen=True)
class Choice:
    """theory: what to run.  couplings: the values of those that are not given.
    recorded: how a run on disk names the theory, to find it again."""

    theory: Theory
    recorded: str
    couplings: Mapping[str, float] = field(default_factory=dict)

    def action(self, given: Mapping[str, float], shape: tuple[int, ...]) -> Action:
        """The action with the given couplings, on a lattice of this shape."""
        couplings = {**self.theory.defaults, **self.couplings, **given}
        missing = [f"--set {n}=…" for n in self.theory.couplings if n not in couplings]
        if missing:
            raise ValueError(f"{self.theory.name} needs its couplings: add {' '.join(missing)}")
        return self.theory(**couplings, lattice=shape)


BUILT_IN = {
    "phi4": Choice(Phi4, "phi4", {"kappa": 0.27, "lam": 0.022}),
    "gaussian": Choice(Gaussian, "gaussian", {"m2": 0.5}),
}


def chosen(name: str | None) -> Choice:
    """The theory called `name`, or in the file FILE.py if `name` is FILE.py:NAME."""
    if name is None:
        raise ValueError(
            f"say which theory, as in 'heatbath run phi4': {', '.join(BUILT_IN)}, {OWN}"
        )
    if name in BUILT_IN:
        return BUILT_IN[name]
    file, colon, attribute = name.rpartition(":")
    if colon and file.endswith(".py"):
        path = Path(file)
        return Choice(theory_in(path, attribute), f"{path.resolve()}:{attribute}")
    if name.endswith(".py"):
        raise ValueError(which(Path(name)))
    raise ValueError(f"{unknown('theory', name, BUILT_IN)}, {OWN}")
