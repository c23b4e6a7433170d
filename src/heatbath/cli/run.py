"""`heatbath run THEORY`: sample a theory and print its observables with errors.

Without options it is the library's main job: φ⁴ on 16² at κ = 0.27, λ = 0.022 by HMC, beside the
reference's values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from heatbath.cli.parsing import couplings_from, shape_from, targets_from
from heatbath.cli.settings import DEFAULTS
from heatbath.cli.shared import debug_option, json_option, progress_option, threads_option

__all__ = ["run_command"]

Command = TypeVar("Command", bound=Callable[..., Any])


def what_options(command: Command) -> Command:
    """Which theory where."""
    for decorate in (
        click.option(
            "--set",
            "pairs",
            multiple=True,
            metavar="NAME=VALUE",
            help="A coupling; repeat it for each.",
        ),
        click.option(
            "--shape",
            default="16,16",
            metavar="N,N,…",
            show_default=True,
            help="The extents of the lattice.",
        ),
        click.argument("theory", required=False),
    ):
        command = decorate(command)
    return command


def how_options(command: Command) -> Command:
    """Which sampler, with which settings."""
    for decorate in (
        click.option(
            "--no-tune",
            "tune",
            flag_value=False,
            default=True,
            help="Keep the step size or width as given.",
        ),
        click.option("--width", type=float, help="metropolis: half the width of a proposal."),
        click.option("--integrator", help="hmc: omelyan (default) or leapfrog."),
        click.option("--n-steps", type=int, help="hmc: mean number of steps of a trajectory."),
        click.option("--step-size", type=float, help="hmc, langevin: size of a step."),
        click.option(
            "--sampler", default="hmc", show_default=True, help="hmc, metropolis or langevin."
        ),
    ):
        command = decorate(command)
    return command


def amount_options(command: Command) -> Command:
    """How much, from where, how precisely."""
    for decorate in (
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="NAME=ERROR",
            help="Stop when the error is reached, e.g. susceptibility=0.4%.",
        ),
        click.option(
            "--start",
            default="over-dispersed",
            show_default=True,
            help="over-dispersed, cold or hot.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Any whole number."),
        click.option("--warmup", type=int, help="Updates discarded before measuring."),
        click.option(
            "--thin",
            type=int,
            default=DEFAULTS.thin,
            show_default=True,
            help="Updates per measurement.",
        ),
        click.option(
            "--chains",
            type=int,
            default=DEFAULTS.chains,
            show_default=True,
            help="Independent chains.",
        ),
        click.option(
            "--samples",
            type=int,
            default=DEFAULTS.samples,
            show_default=True,
            help="Measurements per chain.",
        ),
    ):
        command = decorate(command)
    return command


def place_options(command: Command) -> Command:
    """On which arrays, and where to."""
    for decorate in (
        click.option(
            "--save-every",
            type=int,
            metavar="K",
            help="With --out: keep every K-th measured configuration.",
        ),
        click.option("--out", metavar="DIR", help="Store the run there; it can be resumed."),
        click.option("--dtype", default="float64", show_default=True, help="float64 or float32."),
        click.option("--device", help="cpu, cuda, … of the array library."),
        click.option(
            "--namespace",
            default="numpy",
            show_default=True,
            help="numpy, torch or cupy: where the fields live.",
        ),
    ):
        command = decorate(command)
    return command


@click.command("run")
@what_options
@how_options
@amount_options
@place_options
@json_option
@threads_option
@progress_option
@debug_option
def run_command(
    theory: str | None,
    shape: str,
    pairs: tuple[str, ...],
    targets: tuple[str, ...],
    sampler: str,
    step_size: float | None,
    n_steps: int | None,
    integrator: str | None,
    width: float | None,
    as_json: bool,
    **amounts: Any,
) -> None:
    """Sample THEORY and print its observables, each with its error.

    THEORY is phi4, gaussian, or NAME in your own file, as my_action.py:NAME, where NAME is made by
    hb.Theory(…).

    \b
    heatbath run phi4
    heatbath run phi4 --shape 32,32 --set kappa=0.26 --samples 1000 --out my-run
    heatbath run my_action.py:Mine --set m2=-0.5 --sampler metropolis --json

    tau_int, the integrated autocorrelation time, counts stored measurements; independent ones have
    0.5.  The same seed gives the same numbers on every library and machine.
    """  # noqa: D301 (\b keeps click from joining lines)
    import heatbath as hb
    from heatbath.cli.display import show_result
    from heatbath.cli.settings import make_sampler, require_memory
    from heatbath.cli.theories import chosen

    choice = chosen(theory)
    given = couplings_from(pairs, choice.theory.couplings, choice.theory.name)
    action = choice.action(given, shape_from(shape))
    wanted = targets_from(targets)
    kept = amounts["samples"] if amounts["out"] is None else None
    require_memory(action.placed_on.volume, amounts["chains"], kept)
    result = hb.sample(
        make_sampler(
            sampler,
            action,
            step_size=step_size,
            n_steps=n_steps,
            integrator=integrator,
            width=width,
        ),
        target_error=wanted or None,
        call={"theory": choice.recorded, "arguments": click.get_current_context().obj},
        **amounts,
    )
    show_result(result, as_json=as_json, out=amounts["out"])
