"""heatbath: simulate, learn and analyse lattice fields.

>>> import heatbath as hb
>>> action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(16, 16))
>>> result = hb.sample(hb.HMC(action), samples=200, seed=1, progress=False)
>>> sorted(result.estimates)[:2]
['abs_magnetization', 'action_density']
"""

from typing import Any

import lazy_loader as _lazy

__version__ = "0.1.0"

_getattr, _dir, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "actions",
        "backends",
        "elementary",
        "exact",
        "formula",
        "io",
        "lattice",
        "mcmc",
        "plot",
        "random",
        "sampling",
        "sde",
        "stats",
        "testing",
        "threads",
    ],
    submod_attrs={
        "actions": ["Action", "Theory"],
        "formula": ["FormulaError"],
        "lattice": ["Lattice"],
        "mcmc": ["HMC", "Metropolis", "cycle"],
        "sampling": ["resume", "sample"],
        "sde": ["Langevin"],
        "threads": ["get_threads", "set_threads"],
    },
)


def __getattr__(name: str) -> Any:
    return _getattr(name)


def __dir__() -> list[str]:
    return list(_dir())
