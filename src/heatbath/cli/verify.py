"""`heatbath verify THEORY --sampler S`: is this sampler right?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heatbath.cli.parsing import couplings_from, shape_from
from heatbath.cli.run import how_options, what_options
from heatbath.cli.shared import debug_option, json_option, progress_option, threads_option

if TYPE_CHECKING:
    from heatbath.testing import Check, Verdict

__all__ = ["verify_command"]


@click.command("verify")
@what_options
@how_options
@click.option("--seed", type=int, default=1, show_default=True, help="Any whole number.")
@json_option
@threads_option
@progress_option
@debug_option
def verify_command(
    theory: str | None,
    shape: str,
    pairs: tuple[str, ...],
    sampler: str,
    tune: bool,
    seed: int,
    as_json: bool,
    progress: bool,
    **settings: Any,
) -> int:
    """Check a sampler of THEORY: force, purity, kernels, balance, distribution, ergodicity.

    THEORY is phi4, gaussian, or NAME in your own file, as my_action.py:NAME.  The sampler may be
    your own too, as --sampler my_sampler.py:NAME, where NAME(action) makes it.

    \b
    heatbath verify phi4
    heatbath verify phi4 --shape 8,8 --set kappa=0.3 --sampler metropolis
    heatbath verify my_action.py:Mine --set m2=-0.5 --sampler my.py:Mine --json

    Each check compares with something that shares no code with the sampler: explicit loops,
    quadrature, identities.  The p-values of those that depend on chance are corrected for their
    number (Holm); a right sampler fails once in a thousand seeds.  Exit status 1 where it fails.
    """  # noqa: D301 (\b keeps click from joining lines)
    from heatbath.cli.display import print_json
    from heatbath.cli.theories import chosen
    from heatbath.sampling.progress import Progress
    from heatbath.testing import tuned, verify

    choice = chosen(theory)
    couplings = couplings_from(pairs, choice.theory.couplings, choice.theory.name)
    made = _sampler(sampler, choice.action(couplings, shape_from(shape)), settings)
    with Progress(progress) as bar:
        ready = tuned(made, seed=seed) if tune else made
        verdict = verify(ready, seed=seed, progress=bar.update)
    if as_json:
        print_json(verdict.to_dict() | {"sampler": _settings(ready)})
    else:
        show(verdict, _settings(ready))
    return 0 if verdict.passed else 1


def _sampler(name: str, action: Any, settings: dict[str, Any]) -> Any:
    """A sampler of the library, or one made by NAME(action) in a file FILE.py:NAME."""
    from heatbath.cli.settings import make_sampler
    from heatbath.sampling.own_file import sampler_in

    file, colon, attribute = name.rpartition(":")
    if not colon or not file.endswith(".py"):
        return make_sampler(name, action, **settings)
    given = [f"--{s.replace('_', '-')}" for s, value in settings.items() if value is not None]
    if given:
        raise ValueError(
            f"{given[0]} is a setting of the library's samplers; give yours in {file}, where "
            f"{attribute}(action) makes it"
        )
    return sampler_in(Path(file), attribute, action)


def _settings(sampler: Any) -> dict[str, Any]:
    from heatbath.sampling.describing import described

    return described(sampler)


def show(verdict: Verdict, settings: dict[str, Any]) -> None:
    """The table, the verdict, and what to do next."""
    from heatbath.cli.display import listed, print_notes, print_table

    click.echo(verdict.subject)
    click.echo(listed(settings))
    columns = ("check", "verdict", "p", "corrected", "what was found")
    print_table(columns, [_row(verdict, check) for check in verdict.checks], text=True)
    made = [check for check in verdict.checks if not check.skipped]
    failed = len(verdict.failures)
    click.echo(
        f"\nVerdict: {'passed' if verdict.passed else 'FAILED'}, {len(made) - failed} of "
        f"{len(made)} checks (Holm, family-wise {verdict.alpha:g}, seed {verdict.seed})"
    )
    advice = [f"{c.name}: {c.advice}" for c in verdict.failures if c.advice]
    again = [("heatbath verify … --seed 2", "the same checks with other random numbers")]
    print_notes(advice, [] if verdict.passed else again)


def _row(verdict: Verdict, check: Check) -> tuple[str, ...]:
    if check.skipped:
        return check.name, "-", "", "", check.skipped
    mark = "passed" if verdict.holds(check) else "FAILED"
    if not check.by_chance:
        return check.name, mark, "", "", check.figure
    corrected = verdict.corrected[check.name]
    return check.name, mark, f"{check.p_value:.2g}", f"{corrected:.2g}", check.figure
