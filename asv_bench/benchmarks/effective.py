"""Independent measurements of |M| per second, both samplers tuned on the same grid.

φ⁴ at L = 32, κ = 0.26, λ = 0.022 with 64 chains that begin in equilibrium.  Each sampler runs all
pairs of step size and number of steps for a short while; its best pair is then measured in turns.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import heatbath as hb

from .alternating import Call, Contender, alternate, each
from .entries import Entry, entry, rounded, skipped
from .peers import CHAINS, Blackjax, peers_action, thermalised

__all__ = ["GRID", "effective_samples"]

# (step size, steps): lengths from 1 to 6.
GRID = ((0.14, 7), (0.2, 15), (0.2, 25), (0.25, 12), (0.25, 20), (0.3, 20))
SCAN = ROUND = 40  # updates of each pair, and of a round of the measurement

Updates = Callable[[int], np.ndarray]  # n -> |M| after each of n updates, (n, chains)


def effective_samples(rounds: int = 7) -> Entry:
    """Milliseconds per independent measurement of |M|."""
    for package in ("jax", "blackjax"):
        if importlib.util.find_spec(package) is None:
            return skipped(f"{package} is not installed")
    fields = thermalised()
    contenders: dict[str, Contender] = {}
    series: dict[str, list[np.ndarray]] = {}
    notes: dict[str, Any] = {}
    for name, make in (("heatbath", _heatbath), ("BlackJAX", _blackjax)):
        pair, updates = _tuned(make, fields)
        kept = series[name] = []
        notes[f"step size and steps, {name}"] = list(pair)
        contenders[name] = each(_kept(updates, kept), ROUND)
    measured = alternate(contenders, rounds)
    for name, kept in series.items():
        tau = _tau(np.concatenate(kept))
        notes[f"τ_int, {name}"] = rounded(tau)
        measured.seconds[name][:] = [s * 2 * tau / CHAINS for s in measured.seconds[name]]
    return entry(
        measured,
        [("heatbath", "BlackJAX")],
        unit="ms per independent |M|",
        scale=1e3,
        notes=notes,
    )


def _kept(updates: Updates, kept: list[np.ndarray]) -> Call:
    """A call of ROUND updates that keeps what it measured."""
    return lambda: kept.append(updates(ROUND))


def _tuned(make: Callable[..., Updates], fields: np.ndarray) -> tuple[tuple[float, int], Updates]:
    """The pair of GRID with most independent measurements per CPU second, and its sampler."""
    best: tuple[float, Any, Any] = (0.0, None, None)
    for pair in GRID:
        updates = make(*pair, fields)
        updates(SCAN)  # compiles
        start = time.process_time()
        values = updates(SCAN)
        rate = CHAINS * SCAN / (2 * _tau(values)) / (time.process_time() - start)
        best = max(best, (rate, pair, updates), key=lambda b: b[0])
    return best[1], best[2]


def _tau(values: np.ndarray) -> float:
    """τ_int of |M| over all chains; values (n, chains)."""
    return float(hb.stats.integrated_autocorrelation_time(values.T).value)


def _heatbath(step_size: float, n_steps: int, fields: np.ndarray) -> Updates:
    sampler = hb.HMC(peers_action(), step_size=step_size, n_steps=n_steps)
    key, states = hb.random.key(3, chains=CHAINS), [sampler.init(fields)]

    def updates(n: int) -> np.ndarray:
        states[0], info = sampler.step(key, states[0], n=n, measure_every=1)
        return np.asarray(np.abs(info.scalars[:, 0]))

    return updates


def _blackjax(step_size: float, n_steps: int, fields: np.ndarray) -> Updates:
    chains = Blackjax(step_size, n_steps, fields)
    return lambda n: np.abs(chains.step(n)[0])
