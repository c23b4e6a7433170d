"""Rows of samplers."""

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import ACTION, AWAY, FIELD, SAMPLERS, SHAPE, excused, key, phi, row

row(
    "mcmc.HMC",
    hb.HMC,
    lambda: {
        "action": ACTION,
        "step_size": 0.125,
        "n_steps": 3,
        "integrator": "omelyan",
        "randomise": True,
    },
    action=bad.action(),
    step_size=bad.positive(),
    n_steps=bad.count(huge=False),
    integrator=bad.choice(),
    randomise=bad.flag(),
)
row(
    "mcmc.Metropolis",
    hb.Metropolis,
    lambda: {"action": ACTION, "width": 0.5},
    action=bad.action(),
    width=bad.positive(),
)
row(
    "sde.Langevin",
    hb.Langevin,
    lambda: {"action": ACTION, "step_size": 0.125},
    action=bad.action(),
    step_size=bad.positive(),
)
PARTS = bad.Kind(
    lambda valid: [
        *bad.refused((), [], (ACTION,), (hb.HMC,), (None,), ("hmc",), (1,)),
        *bad.refused((hb.HMC(ACTION), hb.HMC(hb.actions.Phi4(kappa=0.1, lam=0.1, lattice=SHAPE)))),
        *bad.refused((hb.HMC(ACTION), hb.HMC(AWAY))),
    ]
)
row(
    "mcmc.cycle",
    hb.cycle,
    lambda: {"*parts": (hb.HMC(ACTION), hb.Metropolis(ACTION))},
    **{"*parts": PARTS},
    also={"*parts": ("sampler",)},
)
row(
    "mcmc.Cycle",
    hb.mcmc.Cycle,
    lambda: {"parts": (hb.HMC(ACTION), hb.Metropolis(ACTION))},
    parts=bad.Kind(lambda valid: [*bad.nonsense(), *PARTS.always(valid), *bad.refused(1, "hmc")]),
    also={"parts": ("cycle",)},
)
for name, made in SAMPLERS.items():
    row(f"{name}.on", made.on, lambda: {"lattice": SHAPE}, lattice=bad.shape_or_lattice())
    row(
        f"{name}.init",
        made.init,
        lambda: {"field": phi()},
        field=bad.field(values=True),
        also=FIELD,
    )
    row(
        f"{name}.step",
        made.step,
        lambda made=made: {"key": key(), "state": made.init(phi()), "n": 2, "measure_every": 1},
        key=bad.key(),
        state=bad.state(),
        n=bad.count(),
        measure_every=bad.count(least=0, huge=False),
        also={"state": ("field", "step")},
    )
UPDATE = {
    "field": bad.field(),
    "action": bad.action(),
    "key": bad.key(),
    "step": bad.count(least=0),
    "n": bad.count(),
    "measure_every": bad.count(least=0, huge=False),
}
UPDATE_WORDS = {**FIELD, "action": ("lattice",)}


def update():
    return {"field": phi(), "action": ACTION, "key": key(), "step": 5, "n": 2, "measure_every": 1}


row("mcmc.check_update", hb.mcmc.check_update, update, **UPDATE, also=UPDATE_WORDS)
row(
    "mcmc.sweeps",
    hb.mcmc.sweeps,
    lambda: {**update(), "width": 0.5},
    **UPDATE,
    width=bad.positive(),
    also=UPDATE_WORDS,
)
row(
    "sde.steps",
    hb.sde.steps,
    lambda: {**update(), "step_size": 0.0625},
    **UPDATE,
    step_size=bad.positive(),
    also=UPDATE_WORDS,
)
row(
    "mcmc.trajectories",
    hb.mcmc.trajectories,
    lambda: {
        **update(),
        "step_size": 0.125,
        "n_steps": 2,
        "integrator": "leapfrog",
        "randomise": True,
    },
    **UPDATE,
    step_size=bad.positive(),
    n_steps=bad.count(),
    integrator=bad.choice(),
    randomise=bad.flag(),
    also=UPDATE_WORDS,
)
row(
    "mcmc.integrate",
    hb.mcmc.integrate,
    lambda: {
        "action": ACTION,
        "field": phi(),
        "momentum": phi()[::-1].copy(),
        "step_size": 0.125,
        "n_steps": 2,
        "integrator": "leapfrog",
    },
    action=bad.action(),
    field=bad.alone(bad.field()),
    momentum=bad.alone(bad.field()),
    step_size=bad.positive(),
    n_steps=bad.count(),
    integrator=bad.choice(),
    also={"field": ("momentum",), "momentum": ("field",)},
)
row(
    "mcmc.started",
    hb.mcmc.started,
    lambda: {"action": ACTION, "field": phi()},
    action=bad.action(),
    field=bad.field(values=True),
)


def recording(action, every):
    return hb.mcmc.Recording(action, every).every


row(
    "mcmc.Recording",
    recording,
    lambda: {"action": ACTION, "every": 2},
    action=bad.action(),
    every=bad.count(least=0, huge=False),
)
row(
    "mcmc.Recording.after",
    hb.mcmc.Recording(ACTION, 2).after,
    lambda: {"update": 2, "field": phi()},
    update=bad.count(huge=False),
    field=bad.field(),
)
row(
    "mcmc.Recording.scalars",
    hb.mcmc.Recording(ACTION, 2).scalars,
    lambda: {"field": phi()},
    field=bad.field(),
)
excused(
    "a pair that any sampler may make; `step` checks what is in it",
    "mcmc.State",
)
excused(
    "a protocol: users write its methods",
    *("mcmc.Sampler", "mcmc.Sampler.on", "mcmc.Sampler.init", "mcmc.Sampler.step"),
)
excused("the checked step size of `integrate`", "mcmc.Integrator.scaled")
row(
    "mcmc.HMC.trajectory",
    SAMPLERS["mcmc.HMC"].trajectory,
    lambda: {"field": phi(), "momentum": phi()[::-1].copy()},
    field=bad.alone(bad.field()),
    momentum=bad.alone(bad.field()),
    also={"field": ("momentum",), "momentum": ("field",)},
)
