"""Golden chains: what the seeds of this release mean, written down.

`golden_chains.json` beside this file holds, for each chain below, the first magnetizations and the
hash of all its bits.  `docs/reproducibility.md` says when they may change; then

    python tests/golden.py

writes the file anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import heatbath as hb
from heatbath.sampling import CHAIN_VERSION

__all__ = ["FILE", "chains", "read"]

FILE = Path(__file__).with_name("golden_chains.json")
SEED, UPDATES = 20_260, 12
SHOWN = 4  # magnetizations of the first chain, for the eye


def site_energy(phi: Any, *, m2: Any, g: Any) -> Any:
    e = hb.elementary
    return m2 * phi**2 + g * e.cos(phi) + e.log(1 + phi * phi) / (2 + e.sin(phi))


def bond_energy(a: Any, b: Any, *, j: Any) -> Any:
    return j * hb.elementary.exp(-(a - b) * (a - b)) - a * b / hb.elementary.sqrt(1 + a * a * b * b)


Rich = hb.Theory("rich", site=site_energy, bond=bond_energy)


def _numbers(*shape: int, dtype: str = "float64", low: float = 0.2) -> Any:
    """Fixed numbers in [low, low + 1) that no generator has a say in."""
    k = np.arange(np.prod(shape, dtype=int), dtype=np.float64).reshape(shape)
    return (low + (k * 0.6180339887498949) % 1.0).astype(dtype)


def _phi4(dtype: str) -> Any:
    return hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(3, 4))


def _rich() -> Any:
    shape = (2, 3, 5)
    return Rich(m2=0.5, g=_numbers(*shape), j=0.3, lattice=shape)


SAMPLERS: dict[str, Callable[[Any], Any]] = {
    "hmc": lambda a: hb.HMC(a, step_size=0.2, n_steps=3),
    "hmc omelyan": lambda a: hb.HMC(a, step_size=0.3, n_steps=2, integrator="omelyan"),
    "hmc fixed length": lambda a: hb.HMC(a, step_size=0.2, n_steps=3, randomise=False),
    "metropolis": lambda a: hb.Metropolis(a, width=1.5),
    "langevin": lambda a: hb.Langevin(a, step_size=0.02),
    "cycle": lambda a: hb.cycle(hb.HMC(a, step_size=0.2, n_steps=3), hb.Metropolis(a)),
}


def chains() -> Iterator[tuple[str, Any, Any]]:
    """Name, magnetizations (records, chains) and last field of every golden chain."""
    for sampler in SAMPLERS:
        for dtype in ("float64", "float32"):
            yield f"{sampler}, phi4, {dtype}", *_chain(sampler, _phi4(dtype), dtype)
    for sampler in ("hmc", "metropolis", "langevin"):
        yield f"{sampler}, rich, float64", *_chain(sampler, _rich(), "float64")
    for start in ("over-dispersed", "cold", "hot"):
        yield f"hb.sample, tuned, {start} start", *_sampled(start)


def _chain(sampler: str, action: Any, dtype: str) -> tuple[Any, Any]:
    made = SAMPLERS[sampler](action)
    field = _numbers(2, *action.lattice.shape, dtype=dtype, low=-0.5)
    key = hb.random.key(SEED, chains=["first", 7])
    state, info = made.step(key, made.init(field), UPDATES, measure_every=1)
    return info.scalars[:, 0], state.field


def _sampled(start: str) -> tuple[Any, Any]:
    action = _phi4("float64")
    result = hb.sample(
        hb.cycle(hb.HMC(action, n_steps=3), hb.Metropolis(action)),
        chains=2,
        start=start,
        samples=8,
        warmup=40,
        thin=2,
        seed=SEED,
        progress=False,
    )
    return result.history["magnetization"].T, result.state.field


def described(magnetizations: Any, field: Any) -> dict[str, Any]:
    """What is written down about a chain."""
    together = (
        np.ascontiguousarray(magnetizations).tobytes() + np.ascontiguousarray(field).tobytes()
    )
    return {
        "magnetizations": [float(m) for m in magnetizations[:SHOWN, 0]],
        "sha256": hashlib.sha256(together).hexdigest(),
    }


def read() -> dict[str, Any]:
    """The golden chains, and the `chain_version` they were written under."""
    stored: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


if __name__ == "__main__":
    made = {name: described(*chain) for name, *chain in chains()}
    text = json.dumps({"chain_version": CHAIN_VERSION, "chains": made}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")
