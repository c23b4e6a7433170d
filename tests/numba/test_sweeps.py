"""The ways kernels sweep a lattice: registers along rows or across chains, blocks of narrow rows,
rows of many registers, parities apart, and one lattice shared between threads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import heatbath as hb
import heatbath_numba.mcmc.metropolis
import heatbath_numba.random.fills
import heatbath_numba.sweep
from heatbath_numba.lanes import width_of
from heatbath_numba.layout import Layout
from heatbath_numba.sweep import side_by_side
from samplers import bits, field, phi4

LANES = width_of("float64")
WIDE = 8 * LANES + 3  # more registers than are written out, and a rest
SAMPLERS = {
    "hmc": lambda action: hb.HMC(action, step_size=0.3, n_steps=3),
    "metropolis": lambda action: hb.Metropolis(action, width=1.5),
    "langevin": lambda action: hb.Langevin(action, step_size=0.02),
}
each_sampler = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)


def outputs(sampler: Any, values: Any, wish: str, n: int = 3) -> list[bytes]:
    """The bits of the end, and of all that was reported and recorded on the way."""
    dim = sampler.action.lattice.ndim
    key = hb.random.key(3, chains=math.prod(values.shape[: values.ndim - dim]))
    with hb.backends.use(wish):
        state, info = sampler.step(key, sampler.init(values), n, measure_every=2)
    return [bits(state.field), *map(bits, vars(info).values())]


def assert_agrees(sampler: Any, values: Any) -> None:
    assert outputs(sampler, values, "kernel") == outputs(sampler, values, "reference")


@pytest.fixture
def eager_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads even where there is next to nothing to do."""
    monkeypatch.setattr(heatbath_numba.sweep, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(heatbath_numba.sweep, "WORTH_A_BARRIER", 4)
    monkeypatch.setattr(heatbath_numba.random.fills, "WORTH_A_THREAD", 1)
    yield
    hb.set_threads(None)


@each_sampler
@pytest.mark.parametrize("shape", [(6, WIDE), (5, WIDE), (9, 2 * LANES), (12, LANES)], ids=str)
def test_rows_of_many_and_of_few_registers(sampler: Any, shape: tuple[int, ...]) -> None:
    """The images of a row survive that its neighbours move before it."""
    assert_agrees(sampler(phi4(*shape)), field(*shape))


@each_sampler
@pytest.mark.parametrize("n_chains", [LANES, 2 * LANES - 1], ids=["whole", "with a rest"])
def test_chains_side_by_side(sampler: Any, n_chains: int) -> None:
    assert side_by_side(n_chains, 3, LANES)
    assert_agrees(sampler(phi4(4, 3)), field(n_chains, 4, 3))


def test_chains_with_trajectories_of_different_lengths_side_by_side() -> None:
    """A lane whose trajectory has ended stands still, also one that diverges."""
    action = phi4(4, 2)
    values = field(LANES, 4, 2)
    values[1] *= 1e60
    sampler = hb.HMC(action, step_size=0.4, n_steps=6)
    with np.errstate(all="ignore"):
        assert_agrees(sampler, values)


@each_sampler
@pytest.mark.usefixtures("eager_threads")
@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("shape", [(16, 8), (13, WIDE), (6, 4, 5), (4, 3, 4, 5)], ids=str)
def test_one_lattice_on_several_threads(sampler: Any, shape: tuple[int, ...], threads: int) -> None:
    hb.set_threads(threads)
    for batch in ((), (2,)):
        assert_agrees(sampler(phi4(*shape)), field(*batch, *shape))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("batch", "shape"),
    [
        ((), (16, 8)),
        ((3,), (12, 6)),
        ((), (10, 4, 6)),
        ((LANES,), (8, 4)),
        ((), (8, 7)),
        ((), (7, 8)),
    ],
    ids=str,
)
def test_metropolis_in_slices(
    batch: tuple[int, ...], shape: tuple[int, ...], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second colour of a slice follows the first of the next: large lattices, made small."""
    monkeypatch.setattr(heatbath_numba.mcmc.metropolis, "SLICE", 8)
    heatbath_numba.mcmc.metropolis.runs_of.cache_clear()
    try:
        sampler = hb.Metropolis(phi4(*shape), width=1.5)
        assert_agrees(sampler, field(*batch, *shape, dtype=dtype))
    finally:
        heatbath_numba.mcmc.metropolis.runs_of.cache_clear()


@pytest.mark.parametrize("width", [LANES * k for k in (1, 2, 3, 4, 8, 16, 32)])
def test_which_rows_are_summed_in_registers(width: int) -> None:
    """A power of two of them, up to sixteen: the fixed tree then stays in registers."""
    registers = width // LANES
    layout = Layout.of((4, width), ((0, 0), (0, 1), (0, -1)), LANES)
    assert layout.geometry.whole == (registers in (1, 2, 4, 8, 16))
    assert not Layout.of((4, width - 1), ((0, 0), (0, 1)), LANES).geometry.whole


@each_sampler
@pytest.mark.parametrize("width", [LANES * k for k in (2, 3, 4, 16)])
def test_sums_of_rows_of_whole_registers(sampler: Any, width: int) -> None:
    assert_agrees(sampler(phi4(4, width)), field(4, width))
    assert_agrees(sampler(phi4(4, 2 * width)), field(4, 2 * width, dtype="float32"))


def test_slices_are_used_where_they_may_be() -> None:
    from heatbath_numba.mcmc.metropolis import runs_of

    sliced = {(512, 64): True, (511, 64): False, (8, 8): False, (512,): False}
    for shape, expected in sliced.items():
        action = phi4(*shape)
        sweep = heatbath_numba.sweep.Sweep(
            np.zeros(shape),
            action,
            hb.random.key(1),
            ("difference", "energy"),
            "run_metropolis",
            heatbath_numba.mcmc.metropolis.Passes,
            1,
            0,
        )
        rows = sweep.layout.geometry.rows
        runs = runs_of(sweep.layout, action.theory.cliques, action.placed_on, 0, rows)
        assert (len(runs.slices) > 2) == expected, shape
        assert runs.count.sum() == action.placed_on.volume


@each_sampler
@pytest.mark.usefixtures("eager_threads")
@pytest.mark.parametrize("threads", [2, 5])
def test_chains_side_by_side_on_several_threads(sampler: Any, threads: int) -> None:
    """Each thread has whole groups of chains, the last one a group with empty lanes."""
    hb.set_threads(threads)
    assert_agrees(sampler(phi4(4, 3)), field(3 * LANES + 1, 4, 3))


@pytest.mark.usefixtures("eager_threads")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fill", [hb.random.uniform, hb.random.normal], ids=["uniform", "normal"])
def test_fills_on_several_threads(fill: Any, dtype: str) -> None:
    for shape in ((1, 1237), (3, 211), (7, 5)):
        like, key = np.empty(shape, dtype), hb.random.key(5, chains=shape[0])
        hb.set_threads(1)
        alone = bits(fill(like, key, 2, dim=1))
        for threads in (2, 3, 5):
            hb.set_threads(threads)
            assert bits(fill(like, key, 2, dim=1)) == alone
        assert alone == bits(fill.reference(like, key, 2, dim=1))


@each_sampler
def test_long_formulas_and_site_dependent_couplings(sampler: Any) -> None:
    """A formula too long to be written out, with a load for each kind of clique."""

    def site_energy(phi: Any, *, m2: Any) -> Any:
        return m2 * phi * phi + hb.elementary.cos(phi)

    def bond_energy(phi: Any, neighbour: Any, *, j: Any) -> Any:
        return j * hb.elementary.exp(-(phi - neighbour) * (phi - neighbour))

    rng = np.random.default_rng(1)
    theory = hb.Theory("long", site=site_energy, bond=bond_energy)
    for shape, n_chains in (((3, 5), LANES), ((4, 9), 1)):
        couplings = {"m2": 1 + rng.random(shape), "j": rng.random((2, *shape))}
        action = theory(**couplings, lattice=shape)
        assert_agrees(sampler(action), field(n_chains, *shape))
