"""What `heatbath run` does where nothing is said: amounts, samplers and their settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from heatbath._suggest import unknown

__all__ = ["DEFAULTS", "make_sampler", "require_memory"]


@dataclass(frozen=True)
class Defaults:
    """Chosen by measurement for the main job (φ⁴, L = 16, κ = 0.27): χ to 0.35 % from 16 seconds
    of one slow core, after compiling.

    Near criticality long trajectories pay: τ_int of χ, in trajectories, is 3.4 at a length of 3.6
    and 1.1 at 9.8, and an error of 0.25 % costs 20 and 16 million forces.  Leapfrog needs 22 to 28
    million.  With `thin` two, a measurement costs little beside its trajectories.
    """

    samples: int = 6000
    chains: int = 32
    thin: int = 2
    n_steps: int = 14
    integrator: str = "omelyan"


DEFAULTS = Defaults()

# The settings of each sampler and their defaults on the command line; None is the library's own.
SAMPLERS: dict[str, dict[str, Any]] = {
    "hmc": {"step_size": None, "n_steps": DEFAULTS.n_steps, "integrator": DEFAULTS.integrator},
    "metropolis": {"width": None},
    "langevin": {"step_size": None},
}

WORKSPACE = 8  # fields of the size of all chains that are alive at once
SERIES = 3  # standard scalars that are kept


def make_sampler(name: str, action: Any, **given: Any) -> Any:
    """The sampler called `name`; settings that are None keep their default."""
    import heatbath as hb

    if name not in SAMPLERS:
        raise ValueError(unknown("sampler", name, SAMPLERS))
    own = SAMPLERS[name]
    for setting, value in given.items():
        if value is not None and setting not in own:
            owners = " or ".join(s for s, settings in SAMPLERS.items() if setting in settings)
            raise ValueError(
                f"--{setting.replace('_', '-')} is a setting of {owners}, not of {name}; leave it "
                f"out, or choose --sampler {owners.split()[0]}"
            )
    settings = {s: default if given.get(s) is None else given[s] for s, default in own.items()}
    make = {"hmc": hb.HMC, "metropolis": hb.Metropolis, "langevin": hb.Langevin}[name]
    return make(action, **{s: value for s, value in settings.items() if value is not None})


def require_memory(volume: int, chains: int, samples: int | None) -> None:
    """Raise where a run cannot fit, before the machine starts to swap.

    samples: measurements per chain that are kept in memory; None if they go to the disk.
    """
    try:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows says it otherwise
        return
    needs = {f"fields of {volume} sites": 8 * volume * WORKSPACE}
    if samples is not None:
        needs[f"{samples} measurements in memory instead of --out DIR"] = 8 * SERIES * samples
    for what, each in needs.items():
        if (needed := each * max(chains, 1)) > available:
            raise MemoryError(
                f"{chains} chains with {what} need {needed / 2**30:.3g} GiB, and this machine has "
                f"{available / 2**30:.3g} GiB"
            )
