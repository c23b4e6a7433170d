"""Tables of 80 columns on stdout, and the same numbers as one JSON object."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from heatbath.cli.reference import Reference, reference_for
from heatbath.stats import Estimate
from heatbath.stats.printing import value_with_error

__all__ = [
    "compared",
    "listed",
    "print_json",
    "print_notes",
    "print_table",
    "show_result",
    "tau_text",
]

WIDTH = 80


def show_result(result: Any, *, as_json: bool, out: str | None) -> None:
    """A `Result` as JSON, or as a table with the reference's values where there are some."""
    if as_json:
        print_json(result.to_dict())
        return
    action = result.sampler.action
    known = reference_for(action)
    print_heading(result.to_dict())
    print_estimates(result.estimates, known)
    print_notes(result.warnings, _next_steps(action.theory.name, out))


def print_json(data: Mapping[str, Any]) -> None:
    """One object on stdout, strict JSON."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def print_heading(d: Mapping[str, Any]) -> None:
    """Two lines: what was sampled, and how."""
    settings = dict(d["sampler"])
    name = settings.pop("name")
    where = " x ".join(map(str, d["shape"]))
    lines = (
        f"{d['theory']}  {listed(d['parameters'])}  on {where}, {d['namespace']} {d['dtype']}",
        f"{name}  {listed(settings)}",
        f"{d['chains'] if isinstance(d['chains'], int) else len(d['chains'])} chains x "
        f"{d['samples']} measurements, one every {d['thin']} updates after {d['warmup']}; "
        f"seed {d['seed']}",
        f"acceptance {_short(d['acceptance'])}, {_short(d['seconds'])} s",
    )
    click.echo("\n".join(lines))


def print_estimates(estimates: Mapping[str, Estimate], known: Mapping[str, Reference]) -> None:
    """The table of observables; with the reference's columns if `known` holds any."""
    columns = ["observable", "value(error)", "tau_int"]
    columns += ["reference", "deviation"] if known else []
    rows = []
    for name, e in estimates.items():
        row = [name, str(e), tau_text(e)]
        if known:
            row += compared(e, known.get(name))
        rows.append(row)
    print_table(columns, rows)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: bool = True,
    text: bool = False,
) -> None:
    """A table that is never cropped; colour and lines only on a terminal.

    numbers: whether the columns after the first are numbers, which stand to the right.
    text: whether the last column is text, which is wrapped at the terminal's width, or at 100.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for k, title in enumerate(columns):
        wraps = text and k + 1 == len(columns)
        right = numbers and k and not wraps
        table.add_column(title, justify="right" if right else "left", no_wrap=not wraps)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False, emoji=False)
    needed = console.measure(table, options=console.options.update(width=10_000)).maximum
    console.width = min(needed, max(console.width, 100)) if text else max(needed, 1)
    click.echo()
    console.print(table)


def print_notes(warnings: Sequence[str], steps: Sequence[tuple[str, str]]) -> None:
    """Warnings, and what one may type next."""
    if warnings:
        click.echo()
    for warning in warnings:
        click.echo(_wrapped(f"Warning: {warning}"))
    if steps:
        click.echo("\nNext:")
        longest = max(len(command) for command, _ in steps)
        for command, why in steps:
            click.echo(f"  {command:<{longest}}   {why}")


def tau_text(e: Estimate) -> str:
    """τ_int with its error, or as a lower bound where its window never closed."""
    if math.isinf(e.tau_int_error):
        return f"> {e.tau_int:.2g}"
    return value_with_error(e.tau_int, e.tau_int_error)


def compared(e: Estimate, reference: Reference | None) -> list[str]:
    """A reference value, and how far the estimate lies from it; two empty texts without one."""
    if reference is None:
        return ["", ""]
    shown = value_with_error(reference.value, reference.error)
    if not isinstance(e.value, float) or not isinstance(e.error, float):
        return [shown, ""]
    scale = math.hypot(e.error, reference.error)
    distance = (e.value - reference.value) / scale
    return [shown, f"{distance:+.1f} sigma" if math.isfinite(distance) else ""]


def _next_steps(theory: str, out: str | None) -> list[tuple[str, str]]:
    if out is not None:
        shown = f"'{out}'" if " " in out else out
        return [
            (f"heatbath analyse {shown}", "these numbers again, from the stored series"),
            (f"heatbath report {shown}", "figures, tables and every setting on one page"),
            (f"hb.io.Run.open({out!r})", "in Python: the series and configurations"),
        ]
    return (
        [
            ("heatbath run phi4 --set kappa=0.26 --shape 32,32", "another point"),
            ("heatbath run phi4 --out my-run", "keep it on disk, to resume"),
            ("heatbath run --help", "all options"),
        ]
        if theory == "phi4"
        else [
            ("heatbath run … --out my-run", "the same, kept on disk and resumable"),
            ("heatbath run --help", "all options"),
        ]
    )


def listed(values: Mapping[str, Any]) -> str:
    """NAME=VALUE, …, floats to four digits."""
    return ", ".join(f"{name}={_short(value)}" for name, value in values.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False)
