"""Rows of exact."""

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import SHAPE, excused, row

NO_FUNCTION = bad.Kind(lambda valid: [*bad.nonsense(type(lambda: 0), type), *bad.refused(1, "x")])
row(
    "exact.free_field.gaussian",
    hb.exact.free_field.gaussian,
    lambda: {"shape": SHAPE, "m2": 0.5},
    shape=bad.shape(),
    m2=bad.real(),
)
row(
    "exact.free_field.phi4",
    hb.exact.free_field.phi4,
    lambda: {"shape": SHAPE, "kappa": 0.125},
    shape=bad.shape(),
    kappa=bad.real(),
)
row(
    "exact.small_torus.phi4",
    hb.exact.small_torus.phi4,
    lambda: {"kappa": 0.125, "lam": 0.5, "rtol": 0.0625, "max_nodes": 128},
    kappa=bad.real(),
    lam=bad.real(),
    rtol=bad.positive(),
    max_nodes=bad.count(huge=False),
    also={"kappa": ("normalis", "energy"), "lam": ("normalis", "energy"), "rtol": ("max_nodes",)},
    slow=True,
)
row(
    "exact.transfer_matrix.phi4",
    hb.exact.transfer_matrix.phi4,
    lambda: {"length": 3, "kappa": 0.125, "lam": 0.5, "rtol": 0.0625},
    length=bad.count(),
    kappa=bad.real(),
    lam=bad.real(),
    rtol=bad.positive(),
    also={"kappa": ("normalis", "energy"), "lam": ("normalis", "energy"), "rtol": ("max_nodes",)},
    slow=True,  # up to 1024 nodes
)
row(
    "exact.transfer_matrix.ring",
    hb.exact.transfer_matrix.ring,
    lambda: {
        "length": 3,
        "site_energy": lambda a: a * a,
        "bond_energy": lambda a, b: a * b,
        "interval": (-3.0, 3.0),
        "rtol": 0.0625,
        "max_nodes": 128,
    },
    length=bad.count(),
    site_energy=bad.Kind(
        lambda valid: [*bad.nonsense(type(lambda: 0), type), *bad.refused(1, "x")]
    ),
    bond_energy=bad.Kind(
        lambda valid: [*bad.nonsense(type(lambda: 0), type), *bad.refused(1, "x")]
    ),
    interval=bad.interval(),
    rtol=bad.positive(),
    max_nodes=bad.count(huge=False),
    also={"rtol": ("max_nodes",), "interval": ("site_energy",)},
    slow=True,
)

# ---------------------------------------------------------------- discrete spins

SPINS = {"couplings": 0.75, "boundary": "periodic"}
SPIN_KINDS = {"shape": bad.shape(), "couplings": bad.real(), "boundary": bad.choice()}
row(
    "exact.ising.torus",
    hb.exact.ising.torus,
    lambda: {"shape": SHAPE, "beta": 0.5, **SPINS},
    beta=bad.real(),
    **SPIN_KINDS,
)
row(
    "exact.ising.infinite",
    hb.exact.ising.infinite,
    lambda: {"beta": 0.5, "couplings": 0.75},
    beta=bad.real(),
    couplings=bad.real(),
)
row(
    "exact.critical.potts", hb.exact.critical.potts, lambda: {"q": 3}, q=bad.count(least=2, most=64)
)
row("exact.critical.clock", hb.exact.critical.clock, lambda: {"q": 3}, q=bad.count(least=2, most=4))
for model in ("ising", "potts", "clock"):
    states = {} if model == "ising" else {"q": 3}
    of_states = {name: bad.count(least=2, most=64) for name in states}
    row(
        f"exact.enumeration.{model}",
        getattr(hb.exact.enumeration, model),
        lambda states=states: {"shape": (2, 3), "field": 0.25, **states, **SPINS},
        field=bad.real(),
        **of_states,
        **SPIN_KINDS,
    )
    row(
        f"exact.strip.{model}",
        getattr(hb.exact.strip, model),
        lambda states=states: {"shape": (4, 3), "beta": 0.5, "field": 0.25, **states, **SPINS},
        beta=bad.real(),
        field=bad.real(),
        **of_states,
        **SPIN_KINDS,
    )
DENSITY = hb.exact.enumeration.ising((2, 3))
row("exact.enumeration.DensityOfStates.at", DENSITY.at, lambda: {"beta": 0.5}, beta=bad.real())
row("exact.enumeration.DensityOfStates.by_energy", DENSITY.by_energy, dict)
row(
    "exact.enumeration.DensityOfStates.energy_moment",
    DENSITY.energy_moment,
    lambda: {"k": 2, "beta": 0.5},
    k=bad.count(least=0),
    beta=bad.real(),
)
excused(
    "a record that the library makes and the user reads; it holds what it is given",
    *("exact.enumeration.DensityOfStates", "exact.enumeration.SpinSystem"),
    *("exact.ising.IsingTorus", "exact.ising.InfiniteIsing", "exact.strip.Strip"),
)
