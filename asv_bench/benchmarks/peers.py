"""What others would use: rolls in NumPy and torch, NumPy's generator, BlackJAX.

All peers of hybrid Monte Carlo run the same: 64 chains of φ⁴ at L = 32, 7 leapfrog steps of 0.14.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

import heatbath as hb

from .alternating import Call, Contender, alternate, each
from .entries import Entry, entry, rounded, skipped
from .operations import LAM

__all__ = [
    "CHAINS",
    "KAPPA",
    "LATTICE",
    "PEERS",
    "Blackjax",
    "generator",
    "hmc",
    "peers_action",
    "thermalised",
]

CHAINS, LATTICE, KAPPA = 64, (32, 32), 0.26
STEP_SIZE, N_STEPS = 0.14, 7
UNIT = "ns per site and trajectory of 7 steps"


def generator(kind: str, rounds: int = 7) -> Entry:
    """65 536 uniform or normal numbers: heatbath's stream against NumPy's default generator."""
    shape, key, rng = (256, 256), hb.random.key(1), np.random.default_rng(1)
    like, steps = np.empty(shape), iter(range(1 << 40))
    ours = {"uniform": hb.random.uniform, "normal": hb.random.normal}[kind]
    theirs: Any = rng.random if kind == "uniform" else rng.standard_normal
    n, size = 5, like.size
    contenders = {
        "heatbath": each(lambda: [ours(like, key, next(steps), dim=2) for _ in range(n)], n * size),
        "NumPy Generator": each(lambda: [theirs(shape) for _ in range(n)], n * size),
    }
    measured = alternate(contenders, rounds)
    return entry(measured, [("heatbath", "NumPy Generator")], unit="ns per number")


def hmc(peer: str, rounds: int = 7) -> Entry:
    """HMC by heatbath and by a peer.  RuntimeError if their acceptances differ: then they do not
    make the same steps."""
    if peer not in PEERS:
        raise ValueError(f"peers are {', '.join(PEERS)}; got {peer!r}")
    packages, make = PEERS[peer]
    for package in packages:
        if importlib.util.find_spec(package) is None:
            return skipped(f"{package} is not installed")
    ours, our_acceptance = heatbath_hmc(n=20)
    theirs, acceptance = make()
    if abs(acceptance - our_acceptance) > 0.05:
        raise RuntimeError(f"{peer} accepts {acceptance:.3f}, heatbath {our_acceptance:.3f}")
    sites = CHAINS * int(np.prod(LATTICE))
    contenders = {"heatbath": Contender(((1 / (20 * sites), ours),)), peer: each(theirs, 4 * sites)}
    return entry(
        alternate(contenders, rounds),
        [("heatbath", peer)],
        unit=UNIT,
        notes={
            "acceptance, heatbath": rounded(our_acceptance),
            f"acceptance, {peer}": rounded(acceptance),
        },
    )


def peers_action() -> Any:
    return hb.actions.Phi4(kappa=KAPPA, lam=LAM, lattice=LATTICE)


def thermalised() -> np.ndarray:
    """64 fields in equilibrium, from cold ones: from hot ones no long step would be accepted."""
    sampler = hb.HMC(peers_action(), step_size=0.2, n_steps=25)
    start = sampler.init(np.zeros((CHAINS, *LATTICE)))
    state, _ = sampler.step(hb.random.key(1, chains=CHAINS), start, n=200)
    return np.asarray(state.field)


def heatbath_hmc(n: int) -> tuple[Call, float]:
    """A call of n updates of all chains, and the acceptance."""
    sampler = hb.HMC(peers_action(), step_size=STEP_SIZE, n_steps=N_STEPS, randomise=False)
    state, key = sampler.init(thermalised()), hb.random.key(2, chains=CHAINS)
    _, info = sampler.step(key, state, n=50)
    return lambda: sampler.step(key, state, n=n), float(np.mean(info.acceptance))


# ---------------------------------------------------------------- rolls


def rolled(xp: Any, roll: Callable[..., Any], normal: Any, uniform: Any, start: Any) -> Any:
    """Four updates in whole-array operations, as one writes them first.  Returns a call."""
    fields = [start]

    def neighbours(q: Any, steps: tuple[int, ...]) -> Any:
        return sum(roll(q, step, axis) for axis in (-1, -2) for step in steps)

    def force(q: Any) -> Any:
        return 2 * KAPPA * neighbours(q, (1, -1)) - 2 * (1 - 2 * LAM) * q - 4 * LAM * q * q * q

    def energy(q: Any, p: Any) -> Any:
        square = q * q
        density = -2 * KAPPA * q * neighbours(q, (1,)) + (1 - 2 * LAM) * square
        return (density + LAM * square * square + 0.5 * p * p).sum((-1, -2))

    def update() -> Any:
        q = fields[0]
        p = normal()
        before = energy(q, p)
        new = q + 0.5 * STEP_SIZE * p
        for step in range(N_STEPS):
            p = p + STEP_SIZE * force(new)
            new = new + (STEP_SIZE if step + 1 < N_STEPS else 0.5 * STEP_SIZE) * p
        accept = uniform() < xp.exp(before - energy(new, p))
        fields[0] = xp.where(accept[:, None, None], new, q)
        return accept

    return update


def _repeated(update: Call, mean: Callable[[Any], float]) -> tuple[Call, float]:
    acceptance = float(np.mean([mean(update()) for _ in range(50)]))
    return lambda: [update() for _ in range(4)], acceptance


def numpy_rolls() -> tuple[Call, float]:
    rng = np.random.default_rng(1)
    start = thermalised()
    update = rolled(
        np,
        np.roll,
        lambda: rng.standard_normal(start.shape),
        lambda: rng.random(CHAINS),
        start,
    )
    return _repeated(update, lambda accept: accept.mean())


def torch_rolls() -> tuple[Call, float]:
    import torch

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    start = torch.from_numpy(thermalised())
    update = rolled(
        torch,
        torch.roll,
        lambda: torch.randn(start.shape, dtype=torch.float64, generator=generator),
        lambda: torch.rand(CHAINS, dtype=torch.float64, generator=generator),
        start,
    )
    return _repeated(update, lambda accept: float(accept.double().mean()))


# ---------------------------------------------------------------- BlackJAX


class Blackjax:
    """BlackJAX's HMC in float64 on the CPU: all chains in one vmap, all updates in one scan.

    Its step is (step_size, num_integration_steps), with the identity as mass matrix.
    """

    def __init__(self, step_size: float, n_steps: int, fields: np.ndarray) -> None:
        import blackjax
        import jax
        from jax import numpy as jnp

        jax.config.update("jax_enable_x64", True)

        def log_density(q: Any) -> Any:
            bonds = q * (jnp.roll(q, 1, 0) + jnp.roll(q, 1, 1))
            square = q * q
            return -(-2 * KAPPA * bonds + (1 - 2 * LAM) * square + LAM * square * square).sum()

        mass = jnp.ones(int(np.prod(LATTICE)))
        kernel = blackjax.hmc(log_density, step_size, mass, n_steps)
        self.states = jax.vmap(kernel.init)(jnp.asarray(fields))
        self.key = jax.random.key(1)

        def update(states: Any, key: Any) -> Any:
            states, info = jax.vmap(kernel.step)(jax.random.split(key, len(fields)), states)
            return states, (states.position.mean((1, 2)), info.is_accepted)

        def updates(states: Any, key: Any, n: int) -> Any:
            return jax.lax.scan(update, states, jax.random.split(key, n))

        self._split = jax.random.split
        self._run = jax.jit(updates, static_argnums=2)

    def step(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """n updates: the mean field of each chain, and who accepted, (n, chains)."""
        self.key, now = self._split(self.key)
        self.states, (means, accepted) = self._run(self.states, now, n)
        return np.asarray(means), np.asarray(accepted)


def blackjax_hmc() -> tuple[Call, float]:
    chains = Blackjax(STEP_SIZE, N_STEPS, thermalised())
    return lambda: chains.step(4), float(chains.step(50)[1].mean())


PEERS: dict[str, tuple[tuple[str, ...], Callable[[], tuple[Call, float]]]] = {
    "NumPy rolls": (("numpy",), numpy_rolls),
    "torch rolls": (("torch",), torch_rolls),
    "BlackJAX": (("jax", "blackjax"), blackjax_hmc),
}
