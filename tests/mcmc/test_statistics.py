"""Long chains against numbers that were found without them.

Exact results are quadratures and Fourier sums (`heatbath.exact`, which shares no code with the
samplers); at κ = 0.27 on 16², where there are none, independent programs.  Each test shows a
wrong variant that it rejects.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import heatbath as hb
from chains import Series, compare, means, run, standard
from heatbath import exact
from heatbath.mcmc import hmc as hmc_module
from test_same_chain import bond_energy, site_energy

pytestmark = pytest.mark.statistics


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits do not depend on it, so neither does a verdict."""
    monkeypatch.setenv("HEATBATH_NUM_THREADS", "2")


def leapfrog(action: Any) -> Any:
    return hb.HMC(action, step_size=0.3, n_steps=5)


def omelyan(action: Any) -> Any:
    return hb.HMC(action, step_size=0.5, n_steps=3, integrator="omelyan")


def metropolis(action: Any) -> Any:
    return hb.Metropolis(action, width=1.6)


def in_turn(action: Any) -> Any:
    return hb.cycle(metropolis(action), leapfrog(action))


EVERY = {leapfrog: 1, omelyan: 1, metropolis: 4, in_turn: 1}  # updates between measurements


def seed(make: Any, table: int) -> int:
    """Another one for each table and sampler: common numbers would correlate them."""
    return 100 * table + list(EVERY).index(make)


# ---------------------------------------------------------------- φ⁴ near the critical point

# Independent programs, λ = 0.022, κ = 0.27, 16².
LITERATURE = {
    "|M|": (0.76277, 0.00027),
    "chi": (24.056, 0.020),
    "U": (0.53223, 0.00016),
    "phi2": (1.45807, 0.00027),
    "s": (0.394585, 0.000046),
}


def near_critical(kappa: float = 0.27) -> Any:
    return hb.actions.Phi4(kappa=kappa, lam=0.022, lattice=(16, 16))


def critical_numbers(sampler: Any, **settings: Any) -> dict[str, Any]:
    found = run(sampler, standard(sampler.action, "m", "phi2", "s"), **settings)
    m, volume = found.pop("m"), sampler.action.lattice.volume
    return {
        "|M|": hb.stats.estimate(m, primaries=np.abs),
        "chi": hb.stats.estimate(
            m, primaries=(np.abs, np.square), function=lambda a, b: volume * (b - a * a)
        ),
        "U": hb.stats.estimate(
            m, primaries=(np.square, lambda x: x**4), function=lambda a, b: 1 - b / (3 * a * a)
        ),
    } | means(found)


def test_hmc_near_the_critical_point() -> None:
    sampler = hb.HMC(near_critical(), step_size=0.5, n_steps=25, integrator="omelyan")
    table = compare(critical_numbers(sampler, chains=64, n=24_000, seed=1), LITERATURE)
    assert table.sharp, table
    assert table.agrees, table


def test_metropolis_and_hmc_in_turn_near_the_critical_point() -> None:
    """χ to 0.4 %; a 1 % error of the others would be seen as sharply as above."""
    action = near_critical()
    sampler = hb.cycle(hb.Metropolis(action, width=1.5), hb.HMC(action, step_size=0.4, n_steps=16))
    found = critical_numbers(sampler, chains=64, n=11_000, seed=2)
    assert found["chi"].error < 0.004 * found["chi"].value
    table = compare(found, LITERATURE)
    assert table.agrees, table


def test_a_coupling_one_percent_off_is_seen() -> None:
    sampler = hb.HMC(near_critical(1.01 * 0.27), step_size=0.5, n_steps=25, integrator="omelyan")
    found = critical_numbers(sampler, chains=64, n=1_000, seed=3)
    assert not compare(found, LITERATURE).agrees


# ---------------------------------------------------------------- the Schwinger–Dyson identity


def strong(*shape: int, kappa: float = 0.24) -> Any:
    return hb.actions.Phi4(kappa=kappa, lam=0.1, lattice=shape)


def identity(sampler: Any, n: int = 1_000, every: int = 1, seed: int = 4) -> Any:
    """⟨φ_x ∂S/∂φ_x⟩, which is 1 for exp(−S), whatever S."""
    observe = standard(sampler.action, "phi_ds")
    found = run(sampler, observe, chains=256, n=n, every=every, seed=seed)
    return compare(means(found), {"phi_ds": 1.0})


@pytest.mark.parametrize("make", [leapfrog, omelyan, metropolis])
def test_schwinger_dyson(make: Any) -> None:
    table = identity(make(strong(6, 5)), every=EVERY[make], seed=seed(make, 4))
    assert table.sharp, table
    assert table.agrees, table


def test_schwinger_dyson_rejects_what_is_not_exact() -> None:
    assert not identity(hb.Langevin(strong(6, 5), step_size=0.02), n=500, every=10).agrees


def test_schwinger_dyson_rejects_a_forgotten_accept_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmc_module, "_accepted", lambda change, key, step: change == change)
    with hb.backends.use("reference"):
        assert not identity(leapfrog(strong(6, 5)), n=100).agrees


# ---------------------------------------------------------------- free fields, 1–4 dimensions

FREE = [((7,), 0.33), ((4, 5), 0.16), ((2, 2, 5), 0.1), ((2, 2, 2, 5), 0.08)]


@pytest.mark.parametrize("make", [leapfrog, metropolis])
def test_free_field_in_every_dimension(make: Any) -> None:
    """One table for all dimensions: ⟨φ²⟩, bonds and ⟨M²⟩ against the sum over momenta."""
    found, expected = {}, {}
    for shape, kappa in FREE:
        action = hb.actions.Phi4(kappa=kappa, lam=0.0, lattice=shape)
        d = len(shape)
        series = run(
            make(action),
            standard(action, "phi2", "bond", "m2"),
            chains=2048,
            n=750,
            every=EVERY[make],
            seed=seed(make, 5) + 10 * d,
            warm=50,
        )
        known = exact.free_field.phi4(shape, kappa=kappa)
        found |= {f"{d}d {name}": e for name, e in means(series).items()}
        expected |= {
            f"{d}d phi2": known.phi_squared,
            f"{d}d bond": sum(known.bonds) / d,
            f"{d}d m2": known.magnetization_squared,
        }
    table = compare(found, expected)
    assert table.sharp, table
    assert table.agrees, table


def test_gaussian_in_its_other_form() -> None:
    action = hb.actions.Gaussian(m2=0.5, lattice=(4, 3))
    observe = standard(action, "phi2", "m2", "s")
    series = run(omelyan(action), observe, chains=2048, n=700, seed=6, warm=50)
    known = exact.free_field.gaussian((4, 3), m2=0.5)
    expected = {"phi2": known.phi_squared, "m2": known.magnetization_squared, "s": 0.5}
    table = compare(means(series), expected)
    assert table.sharp, table
    assert table.agrees, table


# ---------------------------------------------------------------- rings and the smallest torus

RING = {"phi2": "phi_squared", "phi4": "phi_fourth", "m2": "magnetization_squared"}


@pytest.mark.parametrize("make", [omelyan, metropolis])
def test_rings_of_phi4(make: Any) -> None:
    """Of 1 and 2 sites as well, where a bond closes on its own site or a pair has two."""
    found, expected = {}, {}
    for length, names in {1: "phi2", 2: "phi2 m2", 3: "phi2 m2 bond", 8: "phi2 phi4 bond"}.items():
        action = hb.actions.Phi4(kappa=0.45, lam=0.1, lattice=(length,))
        series = run(
            make(action),
            standard(action, *names.split()),
            chains=2048,
            n=450,
            every=2 * EVERY[make],
            seed=seed(make, 7) + 10 * length,
            warm=50,
        )
        known = exact.transfer_matrix.phi4(length, kappa=0.45, lam=0.1)
        numbers = {name: getattr(known, attribute) for name, attribute in RING.items()}
        numbers["bond"] = float(known.propagator[1 % length])
        found |= {f"{name} of {length}": e for name, e in means(series).items()}
        expected |= {f"{name} of {length}": numbers[name] for name in names.split()}
    table = compare(found, expected)
    assert table.sharp, table
    assert table.agrees, table


@pytest.mark.parametrize("make", [leapfrog, metropolis])
def test_ring_of_a_users_theory(make: Any) -> None:
    """A formula with exp, cos and a quotient, against the same written with NumPy."""
    couplings = {"m2": 0.5, "g": 0.7, "j": -0.4}
    action = hb.Theory("mine", site=site_energy, bond=bond_energy)(**couplings, lattice=(6,))
    series = run(
        make(action),
        standard(action, "phi2", "phi4", "s"),
        chains=2048,
        n=480,
        every=EVERY[make],
        seed=seed(make, 8),
    )
    known = exact.transfer_matrix.ring(
        6,
        site_energy=lambda a: 0.5 * a * a + 0.7 * np.cos(a),
        bond_energy=lambda a, b: -0.4 * np.exp(-((a - b) ** 2)) / (1 + a * a * b * b),
    )
    expected = {"phi2": known.phi_squared, "phi4": known.phi_fourth, "s": known.action_density}
    table = compare(means(series), expected)
    assert table.sharp, table
    assert table.agrees, table


TORUS = {
    "phi2": "phi_squared",
    "phi4": "phi_fourth",
    "bond": "bond",
    "abs_m": "abs_magnetization",
    "m2": "magnetization_squared",
    "m4": "magnetization_fourth",
}


def torus() -> Any:
    return hb.actions.Phi4(kappa=0.3, lam=0.1, lattice=(2, 2))


def torus_numbers(sampler: Any, **settings: Any) -> Any:
    found = run(sampler, standard(sampler.action, *TORUS), chains=2048, **settings)
    known = exact.small_torus.phi4(kappa=0.3, lam=0.1)
    return compare(means(found), {name: getattr(known, attr) for name, attr in TORUS.items()})


@pytest.mark.parametrize("make", [leapfrog, metropolis, in_turn])
def test_smallest_torus(make: Any) -> None:
    table = torus_numbers(make(torus()), n=600, every=2 * EVERY[make], seed=seed(make, 9))
    assert table.sharp, table
    assert table.agrees, table


def test_smallest_torus_rejects_wrong_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Double bonds that are counted once; and no accept step."""
    half = dataclasses.replace(torus(), couplings={"kappa": 0.15, "lam": 0.1})
    assert not torus_numbers(leapfrog(half), n=100, seed=10).agrees
    monkeypatch.setattr(hmc_module, "_accepted", lambda change, key, step: change == change)
    with hb.backends.use("reference"):
        assert not torus_numbers(leapfrog(torus()), n=100, seed=11, warm=50).agrees


# ---------------------------------------------------------------- ⟨exp(−ΔH)⟩ = 1


def exponentials(sampler: Any, seed: int) -> Series:
    def observe(phi: np.ndarray, info: Any) -> dict[str, np.ndarray]:
        return {"exp(-dH)": np.exp(-info.delta_h[0])}

    return run(sampler, observe, chains=256, n=1_000, seed=seed)


@pytest.mark.parametrize("make", [leapfrog, omelyan])
def test_the_mean_of_exp_of_minus_delta_h_is_one(make: Any) -> None:
    """M. Creutz, Phys. Rev. D 38, 1228 (1988): the flow keeps areas, and ΔH is what it says."""
    table = compare(means(exponentials(make(strong(6, 5)), seed(make, 11))), {"exp(-dH)": 1.0})
    assert table.sharp, table
    assert table.agrees, table


def test_a_start_from_another_distribution_is_seen() -> None:
    """The identity holds in equilibrium only: fields of a coupling 5 % off do not have it."""
    sampler, key = leapfrog(strong(6, 5)), hb.random.key(99, chains=256)

    def observe(phi: np.ndarray, info: Any) -> dict[str, np.ndarray]:
        steps.append(len(steps))
        _, one = sampler.step(key, hb.mcmc.State(phi, steps[-1]))
        return {"exp(-dH)": np.exp(-one.delta_h[0])}

    steps: list[int] = []
    series = run(leapfrog(strong(6, 5, kappa=0.252)), observe, chains=256, n=1_000, seed=12)
    assert not compare(means(series), {"exp(-dH)": 1.0}).agrees
