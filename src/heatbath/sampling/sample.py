"""`sample`: from a sampler to numbers with errors, in one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any

from heatbath import random
from heatbath._checks import check_count, check_flag, check_path, require_memory
from heatbath._namespace import Array, as_numpy, require_field
from heatbath._sampler import Sampler, check_action
from heatbath._suggest import shown
from heatbath.lattice import Lattice
from heatbath.sampling.concluding import conclude
from heatbath.sampling.describing import forces_per_update
from heatbath.sampling.job import Job, measured, warmed_up
from heatbath.sampling.measuring import Meter
from heatbath.sampling.placement import Placement
from heatbath.sampling.plan import Plan, check_updates, chunk_length, default_warmup
from heatbath.sampling.progress import Progress
from heatbath.sampling.recording import Memory, Recorder
from heatbath.sampling.result import Result
from heatbath.sampling.standard import SCALARS, STANDARD
from heatbath.sampling.starts import given_start, make_start
from heatbath.sampling.storing import on_disk
from heatbath.sampling.targets import checked_targets

__all__ = ["sample"]

CHAINS = 4
WORKSPACE = 8  # fields of the size of all chains that are alive at once


def sample(
    sampler: Any,
    *,
    shape: int | Iterable[int] | None = None,
    like: Array | None = None,
    namespace: str = "numpy",
    device: Any = None,
    dtype: Any = "float64",
    start: str | Array = "over-dispersed",
    seed: int = 0,
    chains: int | Iterable[int | str] | None = None,
    samples: int = 1000,
    thin: int = 1,
    warmup: int | None = None,
    tune: bool = True,
    observables: Mapping[str, Callable[[Array], Any]] | None = None,
    target_error: Mapping[str, float | str] | None = None,
    out: str | PathLike[str] | None = None,
    save_every: int | None = None,
    progress: bool | None = True,
    call: Mapping[str, Any] | None = None,
) -> Result:
    """Run chains of `sampler`: warm up and tune, measure, estimate.

    sampler: `hb.HMC(action)`, `hb.Metropolis(action)`, `hb.Langevin(action)`, `hb.cycle(…)`.
    shape: of the lattice, where the sampler's action holds none.
    like: an array whose library, device and dtype the fields have; or name them with
        namespace ("numpy", "torch", "cupy"), device and dtype ("float64", "float32").
    start: "over-dispersed" (chains begin well below and well above equilibrium), "cold" (φ = 0),
        "hot" (φ ~ N(0, 1)), or an array (*batch, *lattice), whose library is then used.
        Without a lattice the first of two or more axes counts chains.
    seed: a whole number; the same seed gives the same chain on every library.
    chains: how many (4), or their names.  Chain names choose the random numbers.
    samples: measurements per chain; with target_error, at most.
    thin: updates per measurement.
    warmup: updates before the first measurement; by default a tenth of the run, from 500 to
        20 000.  In the first three quarters (at most 2000) a tunable setting
        (`HMC.step_size`, `Metropolis.width`) is tuned to the sampler's target acceptance; then it
        is frozen.
    tune: False keeps the setting as given.
    observables: name -> function of the field (chains, *lattice), giving (chains,) real or
        complex numbers; called once on the start and at each measurement.
    target_error: observable -> absolute error, or a text such as "0.4%"; the run stops when all
        are reached, each known from at least 100 τ_int.
    out: a new directory for the run.  Then memory does not grow with samples, and
        `hb.resume(out)` goes on after any interruption, with the same numbers.
    save_every: with out, measurements between two stored configurations; by default one at each
        commit, about a second apart.
    progress: False shows no progress bar; it is shown on terminals, after two seconds.
    call: JSON kept with the run; "theory" in it ("phi4", "file.py:Name") lets `resume` find it.

    Raises ValueError or TypeError for arguments that make no sense, FileExistsError and OSError
    for an `out` that cannot be used, and `Interrupted` on Ctrl-C in a run with `out`.

    >>> import heatbath as hb
    >>> sampler = hb.HMC(hb.actions.Gaussian(m2=1.0))
    >>> result = hb.sample(sampler, shape=(4, 4), samples=200, seed=1, progress=False)
    >>> result.history["phi_squared"].shape
    (4, 200)
    >>> result.estimates["magnetization"].error < 0.02
    True
    """
    tune, progress = check_flag("tune", tune), _checked_progress(progress)
    call = _checked_call(call)
    if out is not None:
        out = check_path("out", out)
    sampler = _placed(sampler, shape, start)
    placement = _placement(like, start, namespace, device, dtype)
    key = _key(seed, chains, start, sampler)
    meter = Meter(sampler.action, observables)
    plan = _plan(
        sampler,
        key,
        start,
        samples,
        thin,
        warmup,
        tune,
        save_every,
        out,
        checked_targets(target_error, (*STANDARD, *meter.observables)),
    )
    _require_memory(sampler, plan, meter, out)
    if isinstance(start, str):
        field = make_start(start, sampler.action, key, placement)
    else:
        field = given_start(start, sampler.action)
    sampler.init(field)  # refuses NaN before anything is written
    meter.prepare(field)
    job = Job(plan, placement, key, meter)
    if out is not None:
        kept = None if isinstance(start, str) else as_numpy(field)
        return on_disk(job, sampler, field, out, start=kept, call=call, progress=progress)
    return _in_memory(job, sampler, field, progress)


def _in_memory(job: Job, sampler: Any, field: Array, progress: bool | None) -> Result:
    recorder: Recorder = Memory(len(job.key.chains), job.plan.samples, job.meter.dtypes)
    with Progress(progress) as bar:
        sampler, state = warmed_up(job, recorder, sampler, field, bar)
        state = measured(job, recorder, sampler, state, bar)
    return conclude(job, recorder, sampler, state)


def _placed(sampler: Any, shape: Any, start: Any) -> Any:
    """The sampler on its lattice."""
    if isinstance(sampler, type) or not isinstance(sampler, Sampler):
        raise TypeError(f"sampler must be one such as hb.HMC(action); got {shown(sampler)}")
    check_action(sampler.action)
    if not isinstance(start, str):
        require_field(start, None, "start")
    held = sampler.action.lattice
    if sampler.action.requires_grad:
        raise ValueError(
            "a coupling needs a gradient, and chains keep none: detach it before making the action"
        )
    if shape is not None:
        lattice = Lattice(shape)
        if held is not None and held.shape != lattice.shape:
            raise ValueError(
                f"shape is {lattice.shape}, but the sampler's action lives on {held.shape}; give "
                f"one of them"
            )
        return sampler if held is not None else sampler.on(lattice)
    if held is None and not isinstance(start, str):
        return sampler.on(tuple(start.shape[1:] if len(start.shape) > 1 else start.shape))
    if held is None:
        raise ValueError(
            "the sampler's action holds no lattice: give shape=(16, 16), or make the action with "
            "lattice=(16, 16)"
        )
    return sampler


def _checked_progress(progress: Any) -> bool | None:
    return None if progress is None else check_flag("progress", progress)


def _checked_call(call: Any) -> dict[str, Any] | None:
    """What is kept with a run, if it is JSON."""
    if call is None:
        return None
    try:
        if not isinstance(call, Mapping):
            raise TypeError(f"it is a {type(call).__name__}, not a mapping")
        json.dumps(dict(call), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as trouble:
        raise TypeError(f"call must be plain JSON to be kept with the run: {trouble}") from None
    return dict(call)


def _require_memory(sampler: Any, plan: Plan, meter: Meter, out: Any) -> None:
    """MemoryError where a run cannot fit, before the machine starts to swap."""
    chains, volume = len(plan.chains), sampler.action.placed_on.volume
    require_memory(
        8 * WORKSPACE * volume * chains, f"{chains} chains with fields of {volume} sites"
    )
    if out is None:
        series = len(SCALARS) + len(meter.observables)
        require_memory(
            8 * series * plan.samples * chains,
            f"{chains} chains with {plan.samples} measurements in memory instead of out=DIR",
        )


def _placement(like: Any, start: Any, namespace: str, device: Any, dtype: Any) -> Placement:
    """Where fields live: as `start`, as `like`, or as named."""
    of_start = None if isinstance(start, str) else Placement.of(start, "start")
    if like is None:
        return of_start or Placement.named(namespace, device, dtype)
    placement = Placement.of(like, "like")
    if of_start not in (None, placement):
        raise ValueError(
            f"start lives in {of_start}, like in {placement}; convert one, or leave like= out"
        )
    return placement


def _key(seed: int, chains: Any, start: Any, sampler: Any) -> random.Key:
    """The key of all chains; a start array says how many."""
    if isinstance(start, str):
        return random.key(seed, chains=CHAINS if chains is None else chains)
    sampler.action.check(start, "start")
    batch = start.shape[: len(start.shape) - sampler.action.placed_on.ndim]
    n = 1
    for extent in batch:
        n *= int(extent)
    key = random.key(seed, chains=n if chains is None else chains)
    if len(key.chains) != n:
        raise ValueError(
            f"start has the batch shape {tuple(batch)}, which is {n} chains, but chains names "
            f"{len(key.chains)}; leave chains= out or give {n}"
        )
    return key


def _plan(
    sampler: Any,
    key: random.Key,
    start: Any,
    samples: int,
    thin: int,
    warmup: int | None,
    tune: bool,
    save_every: int | None,
    out: Any,
    targets: Mapping[str, float | str],
) -> Plan:
    samples, thin = check_count("samples", samples), check_count("thin", thin)
    check_updates(samples, thin)
    if save_every is not None:
        save_every = check_count("save_every", save_every)
        if out is None:
            raise ValueError("save_every stores configurations in a run: give out= as well")
    sites = sampler.action.placed_on.volume * len(key.chains)
    chunk = chunk_length(sites, thin * forces_per_update(sampler), samples, save_every)
    return Plan(
        seed=key.seed,
        chains=key.chains,
        samples=samples,
        thin=thin,
        warmup=default_warmup(samples, thin) if warmup is None else warmup,
        tune=tune,
        start=start if isinstance(start, str) else "array",
        chunk=chunk,
        save_every=save_every or chunk,
        target_error=targets,
    )
