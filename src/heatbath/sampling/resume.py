"""`resume`: go on with a run on disk as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from typing import Any

from heatbath import random
from heatbath._checks import check_flag, check_mapping, check_path
from heatbath._namespace import Array, as_numpy
from heatbath._sampler import Sampler
from heatbath._suggest import shown
from heatbath.actions import Action
from heatbath.io import Run, RunError
from heatbath.io.wording import path_text
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

__all__ = ["require_recorded", "resume"]

RECORDED: dict[str, type | tuple[type, ...]] = {  # what is needed to go on
    "theory": str,
    "formulas": str,
    "couplings": dict,
    "coupling_arrays": list,
    "shape": list,
    "boundary": str,
    "sampler": dict,
    "tuned": (dict, type(None)),
    "plan": dict,
    "placement": dict,
    "observables": list,
    "call": dict,
    "tally": dict,
    "seconds": (int, float),
    "stopped": bool,
    "chain_version": int,
    "versions": dict,
}


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
    progress = None if progress is None else check_flag("progress", progress)
    observables = check_mapping("observables", observables, "names to functions of the field")
    with Run.open(check_path("directory", directory), write=True) as run:
        record = run.record
        require_recorded(run)
        if record["chain_version"] != CHAIN_VERSION:
            raise RunError(
                f"the run {path_text(run.path)} was made by heatbath "
                f"{record['versions']['heatbath']}, where a seed gave other numbers; resume it "
                f"with that version"
            )
        if sampler is not None and (isinstance(sampler, type) or not isinstance(sampler, Sampler)):
            raise TypeError(f"sampler must be one such as hb.HMC(action); got {shown(sampler)}")
        with _reading(run):
            plan, placement = Plan.from_dict(record["plan"]), Placement(**record["placement"])
            sampler = _sampler(run, sampler, placement)
            key = random.key(plan.seed, chains=plan.chains)
        field = None
        if run.status == "warming up":
            field = _start(run, plan, sampler.action, key, placement)
        meter = _meter(run, sampler.action, observables, field, placement)
        return carried_on(Job(plan, placement, key, meter), run, sampler, field, progress)


def require_recorded(run: Run) -> None:
    """RunError unless hb.sample made the run: others may hold anything."""
    missing = [name for name in RECORDED if name not in run.record]
    if missing:
        raise RunError(
            f"the run {path_text(run.path)} was not made by hb.sample, its run.json has no "
            f"{missing[0]!r}: read it by hb.io.Run.open"
        )
    for name, kind in RECORDED.items():
        if not isinstance(run.record[name], kind):
            raise RunError(
                f"the run {path_text(run.path)} was changed: {name!r} in its run.json is "
                f"{shown(run.record[name])}; restore run.json from a copy"
            )


@contextmanager
def _reading(run: Run) -> Iterator[None]:
    """What cannot be made of an entry of run.json is told with the run."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as trouble:
        raise RunError(
            f"the run {path_text(run.path)} was changed: its run.json makes no sense "
            f"({type(trouble).__name__}: {trouble}); restore it from a copy"
        ) from trouble


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
                f"sampler differs from the one that made the run {path_text(run.path)} in its "
                f"{what}: now {now}, then {then}; give the original one"
            )
    for name in action.arrays:
        if not (as_numpy(action.couplings[name]) == run.array(f"coupling_{name}")).all():
            raise RunError(
                f"the coupling {name} differs from that of the run {path_text(run.path)}; give the "
                f"original one"
            )
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
            f"the run {path_text(run.path)} measures the observables {recorded or 'none'} of its "
            f"caller; got {list(meter.observables) or 'none'}: give hb.resume(…, "
            f"observables={{name: function}}) the same ones in the same order"
        )
    meter.prepare(placement.from_numpy(run.checkpoint) if field is None else field)
    dtypes = {name: dtype.name for name, dtype in meter.dtypes.items()}
    if dtypes != dict(run.layout.series):
        raise RunError(
            f"the observables of the run {path_text(run.path)} had the dtypes {run.layout.series} "
            f"and now have {dtypes}; give the original functions"
        )
    return meter
