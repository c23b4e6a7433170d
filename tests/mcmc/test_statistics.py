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
    return hb.Metropolis(action, width=2.0)


EXACT = [leapfrog, omelyan, metropolis]


def pace(make: Any) -> int:
    """Updates between measurements: sweeps are cheap, and several make one independent field."""
    return 6 if make is metropolis else 1


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
    table = compare(critical_numbers(sampler, chains=64, n=40_000, seed=1), LITERATURE)
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


def identity(sampler: Any, n: int = 2_000, seed: int = 4) -> Any:
    """⟨φ_x ∂S/∂φ_x⟩, which is 1 for exp(−S), whatever S."""
    found = run(sampler, standard(sampler.action, "phi_ds"), chains=256, n=n, seed=seed)
    return compare(means(found), {"phi_ds": 1.0})


def strong(*shape: int) -> Any:
    return hb.actions.Phi4(kappa=0.24, lam=0.1, lattice=shape)


@pytest.mark.parametrize("make", EXACT)
def test_schwinger_dyson(make: Any) -> None:
    table = identity(make(strong(6, 5)))
    assert table.sharp, table
    assert table.agrees, table


def test_schwinger_dyson_rejects_what_is_not_exact() -> None:
    assert not identity(hb.Langevin(strong(6, 5), step_size=0.02)).agrees


def test_schwinger_dyson_rejects_a_forgotten_accept_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmc_module, "_accepted", lambda change, key, step: change == change)
    with hb.backends.use("reference"):
        assert not identity(leapfrog(strong(6, 5)), n=60).agrees


# ---------------------------------------------------------------- free fields, 1–4 dimensions

FREE = [((9,), 0.4), ((6, 5), 0.2), ((4, 3, 5), 0.14), ((3, 4, 2, 3), 0.1)]


@pytest.mark.parametrize("make", EXACT)
def test_free_field_in_every_dimension(make: Any) -> None:
    """One table for all dimensions: ⟨φ²⟩, bonds and ⟨M²⟩ against the sum over momenta."""
    found, expected = {}, {}
    for shape, kappa in FREE:
        sampler = make(hb.actions.Phi4(kappa=kappa, lam=0.0, lattice=shape))
        observe = standard(sampler.action, "phi2", "bond", "m2")
        series = run(sampler, observe, chains=512, n=5_500, seed=5, every=pace(make))
        known = exact.free_field.phi4(shape, kappa=kappa)
        d = f"{len(shape)}d "
        found |= {d + name: e for name, e in means(series).items()}
        expected |= {
            d + "phi2": known.phi_squared,
            d + "bond": sum(known.bonds) / len(shape),
            d + "m2": known.magnetization_squared,
        }
    table = compare(found, expected)
    assert table.sharp, table
    assert table.agrees, table


def test_gaussian_in_its_other_form() -> None:
    action = hb.actions.Gaussian(m2=0.5, lattice=(4, 3))
    series = run(omelyan(action), standard(action, "phi2", "m2", "s"), chains=512, n=4_000, seed=6)
    known = exact.free_field.gaussian((4, 3), m2=0.5)
    expected = {"phi2": known.phi_squared, "m2": known.magnetization_squared, "s": 0.5}
    table = compare(means(series), expected)
    assert table.sharp, table
    assert table.agrees, table


# ---------------------------------------------------------------- rings and the smallest torus

RING = {"phi2": "phi_squared", "phi4": "phi_fourth", "m2": "magnetization_squared"}


@pytest.mark.parametrize("make", EXACT)
def test_rings_of_phi4(make: Any) -> None:
    """Of 1 and 2 sites as well, where a bond closes on its own site or a pair has two."""
    found, expected = {}, {}
    for length in (1, 2, 3, 8):
        action = hb.actions.Phi4(kappa=0.35, lam=0.1, lattice=(length,))
        series = run(
            make(action),
            standard(action, *RING, "bond"),
            chains=2048,
            n=2_000,
            seed=7,
            warm=50,
            every=pace(make),
        )
        known = exact.transfer_matrix.phi4(length, kappa=0.35, lam=0.1)
        found |= {f"{length}: {name}": e for name, e in means(series).items()}
        expected |= {f"{length}: {name}": getattr(known, attr) for name, attr in RING.items()}
        expected[f"{length}: bond"] = float(known.propagator[1 % length])
    table = compare(found, expected)
    assert table.sharp, table
    assert table.agrees, table


@pytest.mark.parametrize("make", [leapfrog, metropolis])
def test_ring_of_a_users_theory(make: Any) -> None:
    """A formula with exp, cos and a quotient, against the same written with NumPy."""
    couplings = {"m2": 0.5, "g": 0.7, "j": -0.4}
    action = hb.Theory("mine", site=site_energy, bond=bond_energy)(**couplings, lattice=(6,))
    observe = standard(action, *RING, "s")
    series = run(make(action), observe, chains=512, n=6_000, seed=8, every=pace(make))
    known = exact.transfer_matrix.ring(
        6,
        site_energy=lambda a: 0.5 * a * a + 0.7 * np.cos(a),
        bond_energy=lambda a, b: -0.4 * np.exp(-((a - b) ** 2)) / (1 + a * a * b * b),
    )
    expected = {name: getattr(known, attr) for name, attr in RING.items()}
    table = compare(means(series), expected | {"s": known.action_density})
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


def torus_numbers(sampler: Any, **settings: Any) -> Any:
    found = run(sampler, standard(sampler.action, *TORUS), **settings)
    known = exact.small_torus.phi4(kappa=0.25, lam=0.1)
    return compare(means(found), {name: getattr(known, attr) for name, attr in TORUS.items()})


def torus() -> Any:
    return hb.actions.Phi4(kappa=0.25, lam=0.1, lattice=(2, 2))


@pytest.mark.parametrize(
    "make", [*EXACT, lambda action: hb.cycle(metropolis(action), leapfrog(action))]
)
def test_smallest_torus(make: Any) -> None:
    table = torus_numbers(make(torus()), chains=2048, n=2_000, seed=9, warm=100, every=pace(make))
    assert table.sharp, table
    assert table.agrees, table


def test_smallest_torus_rejects_wrong_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the accept step; and with a lattice that counts the double bonds once."""
    settings = {"chains": 2048, "n": 200, "seed": 10, "warm": 100}
    half = dataclasses.replace(torus(), couplings={"kappa": 0.125, "lam": 0.1})
    assert not torus_numbers(leapfrog(half), **settings).agrees
    monkeypatch.setattr(hmc_module, "_accepted", lambda change, key, step: change == change)
    with hb.backends.use("reference"):
        assert not torus_numbers(leapfrog(torus()), **settings).agrees


# ---------------------------------------------------------------- ⟨exp(−ΔH)⟩ = 1


def exponentials(sampler: Any, seed: int) -> Series:
    def observe(phi: np.ndarray, info: Any) -> dict[str, np.ndarray]:
        return {"exp(-dH)": np.exp(-info.delta_h[0])}

    return run(sampler, observe, chains=256, n=4_000, seed=seed)


@pytest.mark.parametrize("make", [leapfrog, omelyan])
def test_the_mean_of_exp_of_minus_delta_h_is_one(make: Any) -> None:
    """M. Creutz, Phys. Rev. D 38, 1228 (1988): the flow keeps areas, and ΔH is what it says."""
    table = compare(means(exponentials(make(strong(6, 5)), 11)), {"exp(-dH)": 1.0})
    assert table.sharp, table
    assert table.agrees, table


def test_a_start_from_another_distribution_is_seen() -> None:
    """The identity holds in equilibrium only: fields of a coupling 5 % off do not have it."""
    sampler, other = (
        leapfrog(strong(6, 5)),
        leapfrog(hb.actions.Phi4(kappa=0.252, lam=0.1, lattice=(6, 5))),
    )

    def observe(phi: np.ndarray, info: Any) -> dict[str, np.ndarray]:
        key = hb.random.key(99, chains=len(phi))
        _, one = sampler.step(key, hb.mcmc.State(phi, int(1e9 * abs(phi.flat[0]))))
        return {"exp(-dH)": np.exp(-one.delta_h[0])}

    series = run(other, observe, chains=256, n=1_000, seed=12)
    assert not compare(means(series), {"exp(-dH)": 1.0}).agrees
