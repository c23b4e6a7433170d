"""What `heatbath report` says of a run: warnings, results, figures, every setting."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import heatbath
from heatbath import actions, plot
from heatbath.actions import Action
from heatbath.cli.analyse import count
from heatbath.cli.analysis import Analysis, analysed, opened
from heatbath.cli.cuts import Cuts, Kept
from heatbath.cli.display import compared, listed, tau_text
from heatbath.cli.drawing import (
    configurations_section,
    correlator_section,
    observable_sections,
)
from heatbath.cli.reference import free_mass, reference_for
from heatbath.cli.reproducing import built_in, reproduction
from heatbath.io import Run, RunError
from heatbath.sampling.concluding import cautions
from heatbath.sampling.describing import restored
from heatbath.sampling.resume import require_recorded
from heatbath.sampling.tally import Tally

__all__ = ["Findings", "findings"]

LEAST = 4  # measurements
GROUPED = (  # fields of the record that have a place of their own
    "theory formulas couplings coupling_arrays shape boundary sampler tuned plan placement "
    "observables call tally seconds stopped chain_version versions machine created"
).split()


@dataclass(frozen=True)
class Findings:
    """report: the page.  analysis: the numbers, None if there are too few measurements.
    correlator: its numbers as JSON, empty if there is none.  missing: sentences."""

    report: plot.Report
    analysis: Analysis | None
    correlator: Mapping[str, Any]

    @property
    def missing(self) -> tuple[str, ...]:
        """What could not be drawn, and why."""
        return tuple(
            f"{section.title}: {sentence}"
            for section in self.report.sections
            for sentence in section.words
            if section.title != "Correlator" or not section.pictures
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        numbers = None if self.analysis is None else self.analysis.to_dict()
        return {
            "analysis": numbers,
            "correlator": self.correlator or None,
            "warnings": list(self.report.warnings),
            "missing": list(self.missing),
        }


def findings(path: Path, cuts: Cuts, only: Sequence[str] = ()) -> Findings:
    """Everything that the report of the run `path` says, with its figures prepared."""
    with Run.open(path) as run:
        require_recorded(run)
        enough = run.n_committed >= LEAST
        analysis = analysed(opened(path), cuts, only) if enough else None
        kept = None if analysis is None else analysis.kept
        action = _action(run)
        expected = None if action is None else free_mass(action)
        correlator, numbers = correlator_section(run, kept, expected)
        sections = [] if analysis is None else list(observable_sections(analysis))
        sections += [correlator, configurations_section(run, kept)]
        columns, rows = _table(analysis, action)
        command, note = reproduction(run.record, str(path))
        report = plot.Report(
            title=_title(run.record),
            summary=_summary(run),
            warnings=tuple(_warnings(run, analysis)),
            columns=columns,
            rows=rows,
            words=_words(run, kept),
            sections=tuple(sections),
            settings=tuple(_settings(run, analysis, cuts)),
            command=command,
            command_note=note,
            record=_whole_record(run),
            made=f"Made by heatbath {heatbath.__version__}, "
            f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}.",
            action=_formula(run.record),
        )
    return Findings(report, analysis, numbers)


def _title(record: Mapping[str, Any]) -> str:
    where = " × ".join(map(str, record["shape"]))
    couplings = listed(record["couplings"]).replace("=", " = ")
    return f"{record['theory']} on {where}" + (f", {couplings}" if couplings else "")


def _summary(run: Run) -> str:
    plan, layout = run.record["plan"], run.layout
    done = f"{run.n_committed}" if run.status == "complete" else f"{run.n_committed} so far"
    return (
        f"{(run.record['tuned'] or run.record['sampler'])['name']}, {layout.chains} "
        f"chain{'s' * (layout.chains > 1)} × {done} measurements, one every {plan['thin']} updates "
        f"after {plan['warmup']} of warm-up; seed {plan['seed']}; {run.status}"
    )


def _words(run: Run, kept: Kept | None) -> tuple[str, ...]:
    if kept is None:
        return (
            f"There are no numbers yet: the run is {run.status} and holds {run.n_committed} "
            f"measurements of {run.layout.samples}, and at least {LEAST} are needed.",
        )
    return (
        "Errors are one standard error, from the Γ-method (U. Wolff, hep-lat/0306017), in "
        "brackets in units of the last digits. τ_int and ESS, the effective number of "
        f"measurements, count the {kept.chains} × {kept.n} that were kept. R̂ is 1 where the "
        "chains agree; beware above 1.01.",
    )


def _action(run: Run) -> Action | None:
    """The action of a theory of the library; of others nothing is loaded, since that runs code."""
    theory = built_in(run.record)
    if theory is None or run.record["coupling_arrays"]:
        return None
    return theory(**run.record["couplings"], lattice=tuple(run.record["shape"]))


def _formula(record: Mapping[str, Any]) -> plot.Formula | None:
    theory = built_in(record)
    return None if theory is None else plot.Formula((theory.latex,), f"The action: {theory.text}")


def _table(
    analysis: Analysis | None, action: Action | None
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    columns = ["observable", "value(error)", "τ_int", "ESS", "R̂"]
    if analysis is None:
        return tuple(columns), ()
    known = {} if action is None else reference_for(action)
    rows = []
    for name, e in analysis.estimates.items():
        r = analysis.rhat.get(name, math.nan)
        rhat = f"{r:.4f}" if not math.isnan(r) else ""
        row = [name, str(e), tau_text(e), count(e.ess), rhat]
        rows.append((*row, *(compared(e, known.get(name)) if known else ())))
    return (*columns, *(("reference", "deviation") if known else ())), tuple(rows)


def _warnings(run: Run, analysis: Analysis | None) -> Iterator[str]:
    record = run.record
    if run.status != "complete":
        yield (
            f"the run is not complete ({run.status}, {run.n_committed} of {run.layout.samples} "
            f"measurements per chain): it is being written, or was interrupted"
        )
    if run.status == "complete" and record["plan"]["target_error"] and not record["stopped"]:
        yield "the target error was not reached"
    try:
        run.check()
    except RunError as damage:
        yield str(damage)
    if analysis is not None:
        tally = Tally(**record["tally"])
        yield from cautions(
            _sampler(record), tally, analysis.estimates, analysis.rhat, analysis.kept.chains
        )


def _sampler(record: Mapping[str, Any]) -> Any:
    """A sampler with the run's settings, for what can be said of these."""
    try:
        return restored(record["tuned"] or record["sampler"], actions.Gaussian(m2=1.0))
    except (ValueError, TypeError):
        return SimpleNamespace(name=record["sampler"]["name"], exact=True)


def _settings(run: Run, analysis: Analysis | None, cuts: Cuts) -> Iterator[plot.Group]:
    record = run.record
    theory, plan = built_in(record), record["plan"]
    latex = {} if theory is None else {"LaTeX": theory.latex}
    arrays = {n: f"an array, stored as coupling_{n}" for n in record["coupling_arrays"]}
    source = {"found in": record["call"]["theory"]} if "theory" in record["call"] else {}
    formulas = {"weight": "exp(−S), S the sum of:", "formulas": record["formulas"]}
    yield _group("Theory", {"name": record["theory"], **formulas, **latex, **source})
    yield _group("Couplings", {**record["couplings"], **arrays})
    yield _group("Lattice", {"shape": record["shape"], "boundary": record["boundary"]})
    yield _group("Sampler", dict(_sampler_rows(record["sampler"], record["tuned"])))
    own = {"observables": record["observables"] or "the standard ones"}
    yield _group("Plan", {**{_spaced(n): v for n, v in plan.items()}, **own})
    yield _group("Outcome", _outcome(run))
    yield _group("Analysis", _analysis(analysis, cuts))
    yield _group("Arrays", record["placement"])
    software = {**record["versions"], "chain version": record["chain_version"]}
    yield _group(
        "Software and machine", {**software, **record["machine"], "created": record["created"]}
    )
    others = {_spaced(n): v for n, v in record.items() if n not in GROUPED}
    if others:
        yield _group("Other", others)


def _sampler_rows(
    given: Mapping[str, Any], tuned: Mapping[str, Any] | None, prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        used = None if tuned is None else tuned[name]
        if name == "parts":
            for k, part in enumerate(value):
                yield from _sampler_rows(part, used and used[k], f"part {k} ")
        elif used is None or used == value:
            yield prefix + _spaced(name), value
        else:
            yield prefix + _spaced(name), f"{used!r}, tuned from {value!r}"


def _outcome(run: Run) -> dict[str, Any]:
    record, tally = run.record, Tally(**run.record["tally"])
    return {
        "status": run.status,
        "measurements": f"{run.n_committed} of {run.layout.samples} per chain",
        "configurations": len(run.configurations),
        "acceptance": f"{tally.acceptance:.4g}" if tally.updates else "none yet",
        "updates": f"{tally.updates:.0f}",
        "diverged": tally.diverged,
        "seconds": f"{record['seconds']:.4g}",
        "stopped at target": record["stopped"],
    }


def _analysis(analysis: Analysis | None, cuts: Cuts) -> dict[str, Any]:
    if analysis is None:
        return {"measurements": "too few"}
    kept = analysis.kept
    return {
        "discarded": kept.begin,
        "last": "all" if cuts.last is None else cuts.last,
        "thin": kept.step,
        "chains": "all" if cuts.chains is None else cuts.chains,
        "kept": f"{kept.chains} × {kept.n}",
        "looks like warm-up": f"{analysis.cut * kept.step} measurements after those discarded",
    }


def _group(title: str, values: Mapping[str, Any]) -> plot.Group:
    return plot.Group(title, tuple((name, _shown(value)) for name, value in values.items()))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{n}: {_shown(v)}" for n, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "default"}[value]
    return str(value)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _whole_record(run: Run) -> str:
    own = {"status": run.status, "n_committed": run.n_committed, "layout": run.layout.to_dict()}
    return json.dumps({**own, **run.record}, indent=1, ensure_ascii=False)
