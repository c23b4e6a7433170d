"""What repeats a stored run: the command that made it, or the call of `hb.sample` in Python."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from heatbath import actions
from heatbath.actions import Theory
from heatbath.mcmc import Cycle
from heatbath.sampling.describing import KNOWN

__all__ = ["built_in", "reproduction"]

BUILT_IN = {thing.name: name for name, thing in vars(actions).items() if isinstance(thing, Theory)}
SAME = "The same seed gives the same numbers on every library and machine."


def built_in(record: Mapping[str, Any]) -> Theory | None:
    """The theory of the library that the record names, if its formulas are those recorded."""
    theory = getattr(actions, BUILT_IN.get(record["theory"], ""), None)
    known = isinstance(theory, Theory) and theory.text == record["formulas"]
    return theory if known else None


def reproduction(record: Mapping[str, Any], directory: str) -> tuple[str, str]:
    """The command or Python code, and what to know before running it."""
    arguments = record["call"].get("arguments")
    if arguments:
        command = shlex.join(["heatbath", *map(str, arguments)])
        version = record["versions"].get("heatbath", "?")
        return command, (
            f"As it was typed, with heatbath {version}; give another --out, since this one exists. "
            f"{SAME}"
        )
    return "\n".join(_python(record, directory)), (
        f"The run was made in Python; this is the call as far as it was recorded. {SAME}"
    )


def _python(record: Mapping[str, Any], directory: str) -> Iterator[str]:
    yield "import heatbath as hb"
    yield ""
    if record["coupling_arrays"] or record["plan"]["start"] == "array":
        yield f"stored = hb.io.Run.open({directory!r})"
    yield from _action(record)
    yield f"sampler = {_sampler(record['sampler'])}"
    yield "hb.sample("
    yield "    sampler,"
    for name, value in _keywords(record):
        yield f"    {name}={value},"
    for name in record["observables"]:
        yield f"    # observables={{{name!r}: …}}: a function, which is not stored"
    yield ")"


def _action(record: Mapping[str, Any]) -> Iterator[str]:
    name, known = record["theory"], built_in(record) is not None
    theory = f"hb.actions.{BUILT_IN[name]}" if known else "my_theory"
    if not known:
        formulas = " ".join(record["formulas"].split())
        yield f"# my_theory: the hb.Theory called {name!r}, {formulas}"
    couplings = [f"{n}={v!r}" for n, v in record["couplings"].items()]
    couplings += [f'{n}=stored.array("coupling_{n}")' for n in record["coupling_arrays"]]
    lattice = f"lattice={tuple(record['shape'])}"
    yield f"action = {theory}({', '.join([*couplings, lattice])})"


def _sampler(description: Mapping[str, Any]) -> str:
    name = description["name"]
    if name == Cycle.name:
        return f"hb.cycle({', '.join(map(_sampler, description['parts']))})"
    settings = [f"{k}={v!r}" for k, v in description.items() if k != "name"]
    kind = f"hb.{KNOWN[name].__name__}" if name in KNOWN else str(name)
    return f"{kind}({', '.join(['action', *settings])})"


def _keywords(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The arguments of `hb.sample`, as Python writes them."""
    plan, placement = record["plan"], record["placement"]
    names = plan["chains"]
    numbered = names == list(range(len(names)))
    yield "chains", repr(len(names)) if numbered else repr(tuple(names))
    for name in ("seed", "samples", "thin", "warmup", "tune"):
        yield name, repr(plan[name])
    yield "start", 'stored.array("start")' if plan["start"] == "array" else repr(plan["start"])
    for name in ("namespace", "device", "dtype"):
        if placement.get(name) is not None and plan["start"] != "array":
            yield name, repr(placement[name])
    if plan["target_error"]:
        yield "target_error", repr(dict(plan["target_error"]))
    yield "save_every", repr(plan["save_every"])
    yield "out", repr("another-run")
