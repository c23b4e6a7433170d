"""`resume`: go on with a run on disk as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any

from heatbath import random
from heatbath._namespace import Array, as_numpy
from heatbath._sampler import Sampler
from heatbath.actions import Action
from heatbath.io import Run, RunError
from heatbath.lattice import Lattice
from heatbath.sampling.describing import described, restored
from heatbath.sampling.job import Job
from heatbath.sampling.measuring import Meter
from heatbath.sampling.placement import Placement
from heatbath.sampling.plan import Plan
from heatbath.sampling.result import Result
from heatbath.sampling.starts import make_start
from heatbath.sampling.storing import CHAIN_VERSION, carried_on
from heatbath.sampling.theories import recorded_theory
from heatbath.sampling.tuning import leaves, rebuilt

__all__ = ["resume"]


def resume(
    directory: str | PathLike[str],
    *,
    sampler: Any = None,
    observables: Mapping[str, Callable[[Array], Any]] | None = None,
    progress: bool | None = True,
) -> Result:
    """Go on with the run in `directory`; a complete run is analysed again.

    Configurations and series are those of the uninterrupted run, bit for bit, whenever and
    however it was stopped.

    sampler: the one that made the run, needed if its theory is neither built in nor recorded as
        "file.py:Name", or the sampler is not one of ours.
    observables: those of the run, if it had any: name -> function, as for `hb.sample`.
    progress: as for `hb.sample`.

    Raises FileNotFoundError or `heatbath.io.RunError` (a ValueError), in one sentence, if the run
    cannot be continued, and `Interrupted` on Ctrl-C.

    >>> import heatbath as hb, tempfile
    >>> directory = tempfile.mkdtemp()
    >>> sampler = hb.Metropolis(hb.actions.Gaussian(m2=1.0, lattice=(4, 4)))
    >>> first = hb.sample(sampler, samples=20, out=directory, progress=False)
    >>> again = hb.resume(directory, progress=False)
    >>> bool((again.history["phi_squared"][:] == first.history["phi_squared"][:]).all())
    True
    """
    with Run.open(directory, write=True) as run:
        record = run.record
        if record["chain_version"] != CHAIN_VERSION:
            raise RunError(
                f"the run {run.path} was made by heatbath {record['versions']['heatbath']}, where "
                f"a seed gave other numbers; resume it with that version"
            )
        plan, placement = Plan.from_dict(record["plan"]), Placement(**record["placement"])
        sampler = _sampler(run, sampler, placement)
        key = random.key(plan.seed, chains=plan.chains)
        field = None
        if run.status == "warming up":
            field = _start(run, plan, sampler.action, key, placement)
        meter = _meter(run, sampler.action, observables, field, placement)
        return carried_on(Job(plan, placement, key, meter), run, sampler, field, progress)


def _sampler(run: Run, given: Any, placement: Placement) -> Any:
    """The run's sampler, with its tuned settings once they are known."""
    record = run.record
    settings = record["tuned"] or record["sampler"]
    if given is None:
        return restored(settings, _action(run, placement))
    given = _checked_sampler(run, given)
    if record["tuned"] is None:
        return given
    tuned = _flat(record["tuned"])
    return rebuilt(given, iter([_with(s, t) for s, t in zip(leaves(given), tuned, strict=True)]))


def _action(run: Run, placement: Placement) -> Action:
    record = run.record
    theory = recorded_theory(record, run.path)
    stored = {n: run.array(f"coupling_{n}") for n in record["coupling_arrays"]}
    arrays = {n: placement.from_numpy(values) for n, values in stored.items()}
    return theory(**record["couplings"], **arrays, lattice=_lattice(record))


def _lattice(record: Mapping[str, Any]) -> Lattice:
    return Lattice(tuple(record["shape"]), record["boundary"])


def _checked_sampler(run: Run, given: Any) -> Any:
    """The user's sampler, if it is the one that the run recorded."""
    record = run.record
    if not isinstance(given, Sampler):
        raise TypeError(f"sampler must be one such as hb.HMC(action); got {given!r}")
    if given.action.lattice is None:
        given = given.on(_lattice(record))
    action = given.action
    numbers = {n: v for n, v in action.couplings.items() if n not in action.arrays}
    compared = {
        "formulas": (action.theory.text, record["formulas"]),
        "couplings": (numbers, record["couplings"]),
        "site-dependent couplings": (sorted(action.arrays), record["coupling_arrays"]),
        "lattice": (action.placed_on, _lattice(record)),
        "settings": (described(given), record["sampler"]),
    }
    for what, (now, then) in compared.items():
        if now != then:
            raise RunError(
                f"sampler differs from the one that made the run {run.path} in its {what}: now "
                f"{now}, then {then}; give the original one"
            )
    for name in action.arrays:
        if not (as_numpy(action.couplings[name]) == run.array(f"coupling_{name}")).all():
            raise RunError(f"the coupling {name} differs from that of the run {run.path}")
    return given


def _flat(description: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The descriptions of the leaves, in the order of `leaves`."""
    if "parts" not in description:
        return [description]
    return [leaf for part in description["parts"] for leaf in _flat(part)]


def _with(leaf: Any, settings: Mapping[str, Any]) -> Any:
    name = getattr(leaf, "tunable", None)
    return leaf if name is None else replace(leaf, **{name: settings[name]})


def _start(run: Run, plan: Plan, action: Action, key: random.Key, placement: Placement) -> Array:
    if plan.start == "array":
        return placement.from_numpy(run.array("start"))
    return make_start(plan.start, action, key, placement)


def _meter(
    run: Run, action: Action, observables: Any, field: Array | None, placement: Placement
) -> Meter:
    """The run's observables; a complete run needs none."""
    recorded = run.record["observables"]
    if run.status == "complete" and not observables:
        return Meter(action, None)
    meter = Meter(action, observables)
    if list(meter.observables) != recorded:
        raise RunError(
            f"the run {run.path} measures the observables {recorded or 'none'} of its caller; got "
            f"{list(meter.observables) or 'none'}: give hb.resume(…, observables={{name: "
            f"function}}) the same ones in the same order"
        )
    meter.prepare(placement.from_numpy(run.checkpoint) if field is None else field)
    dtypes = {name: dtype.name for name, dtype in meter.dtypes.items()}
    if dtypes != dict(run.layout.series):
        raise RunError(
            f"the observables of the run {run.path} had the dtypes {run.layout.series} and now "
            f"have {dtypes}; give the original functions"
        )
    return meter
