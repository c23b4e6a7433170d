"""CPU kernels against references and C: rows of the table, steps, batches, couplings."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

import heatbath as hb

from .alternating import Call, Contender, alternate, each, slope
from .entries import Entry, entry
from .limit import Limit
from .operations import KEY, LAM, OPERATIONS, kappa_of, like, phi4

__all__ = [
    "LEAPFROG_SHAPES",
    "SHAPES",
    "batch",
    "by",
    "couplings",
    "formula",
    "leapfrog",
    "limit",
    "measuring",
    "row",
    "threads",
]

Shape = tuple[int, ...]

SHAPES: tuple[Shape, ...] = tuple((n, n) for n in (16, 32, 64, 256, 1024))
LEAPFROG_SHAPES: tuple[Shape, ...] = (*SHAPES, (16,) * 3, (32,) * 3, (8,) * 4, (16,) * 4)
LONG, SHORT = 50, 10  # steps of the two trajectories whose difference is timed
WORDS = KEY.words[0]


def by(wish: str, call: Call) -> Call:
    """The call by "reference" or "kernel"; ValueError where no kernel runs it."""

    def run() -> Any:
        with hb.backends.use(wish):
            return call()

    return run


def limit() -> Limit | None:
    """The C code, where a compiler is."""
    try:
        return Limit.built()
    except RuntimeError:
        return None


# ---------------------------------------------------------------- rows of the table


def row(operation: str, shape: Shape, rounds: int = 7) -> Entry:
    """One operation: its CPU rows in float64, the first in float32, their references, and C."""
    made, sites = OPERATIONS[operation], int(np.prod(shape))
    n = max(1, 400_000 // sites)
    few = max(1, 2_000 // sites)
    contenders: dict[str, Contender] = {}
    for name, array_type in _array_types(operation):
        field = like(array_type, shape, "float64")
        fast, slow = (
            by("kernel", made.prepared(field, n)),
            by("reference", made.prepared(field, few)),
        )
        contenders[f"{name} kernel"] = each(fast, n * sites)
        contenders[f"{name} reference"] = each(slow, few * sites)
    single = like("numpy.ndarray", shape, "float32")
    fast = by("kernel", made.prepared(single, n))
    contenders["NumPy kernel float32"] = each(fast, n * sites)
    for dtype, name in (("float64", "C"), ("float32", "C float32")):
        call = c_of(operation, np.zeros(shape, dtype), n)
        if call is not None:
            contenders[name] = each(call, n * sites)
    pairs = [
        ("NumPy kernel", "C"),
        ("NumPy kernel", "NumPy reference"),
        ("torch kernel", "torch reference"),
        ("torch kernel", "NumPy kernel"),
        ("NumPy kernel float32", "NumPy kernel"),
        ("NumPy kernel float32", "C float32"),
        ("C float32", "C"),
    ]
    return entry(alternate(contenders, rounds), pairs, unit=made.unit)


def _array_types(operation: str) -> list[tuple[str, str]]:
    """The array types of an operation's CPU rows whose packages are here."""
    names = {"numpy.ndarray": "NumPy", "torch.Tensor": "torch"}
    rows = [r for r in hb.backends.table() if r.operation == operation and r.device == "cpu"]
    kinds = [r.array_type for r in rows]
    return [(names[k], k) for k in kinds if importlib.util.find_spec(k.partition(".")[0])]


def c_of(operation: str, field: np.ndarray, n: int) -> Call | None:
    """The call in C that does what n updates of an operation do, where there is one."""
    c = limit()
    if c is None:
        return None
    if operation == "mcmc.metropolis.sweeps":
        return c.metropolis(
            field,
            np.empty(n, np.int64),
            kappa=kappa_of(field.ndim),
            lam=LAM,
            width=1.0,
            key=WORDS,
        )
    kind = {"random.uniform": "uniforms", "random.normal": "normals"}.get(operation)
    if kind is None:
        return None
    fills = [c.fill(kind, field, WORDS, 0, k) for k in range(n)]
    return lambda: [fill() for fill in fills]


# ---------------------------------------------------------------- leapfrog steps


def leapfrog(shape: Shape, rounds: int = 7) -> Entry:
    """One leapfrog step, without momenta and accept step: kernel, C and reference."""
    contenders = {"kernel": kernel_step(phi4(shape), np.zeros(shape))}
    contenders["kernel float32"] = kernel_step(phi4(shape), np.zeros(shape, np.float32))
    for dtype, name in (("float64", "C"), ("float32", "C float32")):
        if limit() is not None:
            contenders[name] = c_step(shape, dtype, kappa=kappa_of(len(shape)), lam=LAM)
    contenders["reference"] = reference_step(shape)
    pairs = [
        ("kernel", "C"),
        ("kernel float32", "C float32"),
        ("kernel", "reference"),
        ("kernel float32", "kernel"),
        ("C float32", "C"),
    ]
    return entry(alternate(contenders, rounds), pairs, unit="ns per site and step")


def kernel_step(action: Any, field: np.ndarray) -> Contender:
    """A step of HMC: the difference of long and short trajectories."""
    sites = field.size
    chains = sites // int(np.prod(action.lattice.shape))
    n = max(1, 300_000 // sites)
    long, short = (
        by("kernel", _trajectories(action, field, steps, n, chains)) for steps in (LONG, SHORT)
    )
    return slope(long, short, (LONG - SHORT) * n * sites)


def reference_step(shape: Shape) -> Contender:
    field, few = np.zeros(shape), (6, 2)
    n = max(1, 2_000 // field.size)
    long, short = (by("reference", _trajectories(phi4(shape), field, steps, n, 1)) for steps in few)
    return slope(long, short, (few[0] - few[1]) * n * field.size)


def c_step(shape: Shape, dtype: str, *, kappa: Any, lam: Any) -> Contender:
    """The same in C; the field goes on from call to call."""
    rng = np.random.default_rng(1)
    q, p = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    n = max(1, 300_000 // q.size)
    c = Limit.built()
    long, short = (
        c.leapfrog(q, p, steps * n, step_size=0.1, kappa=kappa, lam=lam) for steps in (LONG, SHORT)
    )
    return slope(long, short, (LONG - SHORT) * n * q.size)


def _trajectories(action: Any, field: np.ndarray, n_steps: int, n: int, chains: int) -> Call:
    sampler = hb.HMC(action, step_size=0.1, n_steps=n_steps, randomise=False)
    state, key = sampler.init(field), hb.random.key(1, chains=chains)
    return lambda: sampler.step(key, state, n=n)


def batch(rounds: int = 7) -> Entry:
    """A step of 256 chains at L = 16 against one of a single chain, per site."""
    shape = (16, 16)
    contenders = {
        "256 chains": kernel_step(phi4(shape), np.zeros((256, *shape))),
        "one chain": kernel_step(phi4(shape), np.zeros(shape)),
    }
    if limit() is not None:
        contenders["C"] = c_step(shape, "float64", kappa=kappa_of(2), lam=LAM)
    pairs = [("256 chains", "one chain"), ("256 chains", "C")]
    return entry(alternate(contenders, rounds), pairs, unit="ns per site and step")


def couplings(shape: Shape, rounds: int = 7) -> Entry:
    """A step with couplings that depend on the site, all or λ alone, against numbers."""
    rng = np.random.default_rng(1)
    kappa = kappa_of(len(shape)) * rng.uniform(0.9, 1.0, (len(shape), *shape))
    lam = LAM * rng.uniform(0.9, 1.1, shape)
    on_sites = hb.actions.Phi4(kappa=kappa, lam=lam, lattice=shape)
    lam_alone = hb.actions.Phi4(kappa=kappa_of(len(shape)), lam=lam, lattice=shape)
    contenders = {
        "numbers": kernel_step(phi4(shape), np.zeros(shape)),
        "κ and λ per site": kernel_step(on_sites, np.zeros(shape)),
        "λ per site": kernel_step(lam_alone, np.zeros(shape)),
    }
    if limit() is not None:
        contenders["C, numbers"] = c_step(shape, "float64", kappa=kappa_of(len(shape)), lam=LAM)
        contenders["C, κ and λ per site"] = c_step(shape, "float64", kappa=kappa, lam=lam)
    pairs = [
        ("κ and λ per site", "numbers"),
        ("λ per site", "numbers"),
        ("κ and λ per site", "C, κ and λ per site"),
        ("C, κ and λ per site", "C, numbers"),
    ]
    return entry(alternate(contenders, rounds), pairs, unit="ns per site and step")


def _site(phi: Any, *, m2: Any, g: Any) -> Any:
    return 0.5 * m2 * phi * phi + g / 24 * phi**4


def _product(phi: Any, neighbour: Any) -> Any:
    return -phi * neighbour


def _difference(phi: Any, neighbour: Any) -> Any:
    return 0.5 * (neighbour - phi) * (neighbour - phi)


@functools.cache
def _own(shape: Shape, differences: bool) -> Any:
    """A user's φ⁴ theory in the continuum's normalisation, with bonds −φφ' or ½(φ' − φ)²."""
    theory = hb.Theory("own", site=_site, bond=_difference if differences else _product)
    mass = -0.5 if differences else -0.5 + 2 * len(shape)
    return theory(m2=mass, g=2.0, lattice=shape)


def formula(shape: Shape, rounds: int = 7) -> Entry:
    """A step of a user's formula, its force derived, against the φ⁴ theory of the library."""
    contenders = {
        "built in": kernel_step(phi4(shape), np.zeros(shape)),
        "own, products": kernel_step(_own(shape, False), np.zeros(shape)),
        "own, differences": kernel_step(_own(shape, True), np.zeros(shape)),
    }
    pairs = [("own, products", "built in"), ("own, differences", "built in")]
    return entry(alternate(contenders, rounds), pairs, unit="ns per site and step")


# ---------------------------------------------------------------- measuring, threads


def measuring(operation: str, shape: Shape, rounds: int = 7) -> Entry:
    """Updates that record the scalars each time, against updates that do not."""
    sampler = {
        "mcmc.hmc.trajectories": hb.HMC(phi4(shape), step_size=0.1, n_steps=10),
        "mcmc.metropolis.sweeps": hb.Metropolis(phi4(shape)),
        "sde.langevin.steps": hb.Langevin(phi4(shape)),
    }[operation]
    state, sites = sampler.init(np.zeros(shape)), int(np.prod(shape))
    n = max(1, 400_000 // sites)

    def updates(measure_every: int) -> Contender:
        call = functools.partial(sampler.step, KEY, state, n=n, measure_every=measure_every)
        return each(call, n * sites)

    contenders = {"measured": updates(1), "plain": updates(0)}
    unit = OPERATIONS[operation].unit
    return entry(alternate(contenders, rounds), [("measured", "plain")], unit=unit)


@contextlib.contextmanager
def _threads(n: int) -> Iterator[None]:
    before = os.environ.get("HEATBATH_NUM_THREADS", "1")
    os.environ["HEATBATH_NUM_THREADS"] = str(n)
    try:
        yield
    finally:
        os.environ["HEATBATH_NUM_THREADS"] = before


def threads(rounds: int = 7) -> Entry:
    """Eight chains of HMC at L = 64 on two threads and on one, by the clock on the wall."""
    field = np.zeros((8, 64, 64))
    call = _trajectories(phi4((64, 64)), field, 10, 20, 8)

    def on(n: int) -> Call:
        def run() -> None:
            with _threads(n):
                call()

        return run

    contenders: dict[str, Contender] = {
        f"{n} thread{'s' * (n > 1)}": each(on(n), 20 * field.size) for n in (1, 2)
    }
    measured = alternate(contenders, rounds, clock=time.perf_counter)
    unit = OPERATIONS["mcmc.hmc.trajectories"].unit
    return entry(measured, [("2 threads", "1 thread")], unit=unit)
