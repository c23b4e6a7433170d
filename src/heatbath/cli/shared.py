"""What all commands share: errors in one sentence, exit statuses, `--debug` and `--json`."""

from __future__ import annotations

import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import click

from heatbath._suggest import unknown

__all__ = [
    "CommandLine",
    "debug_option",
    "json_option",
    "progress_option",
    "sentence",
    "threads_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

BAD_INPUT, INTERRUPTED = 2, 130
THREADS, MOST_THREADS = "HEATBATH_NUM_THREADS", 16
LONGEST_WORD = 260  # characters, of a path for one
NOTHING_STORED = "stopped; nothing was stored: with --out DIR a run can be resumed"
# What the library raises on purpose, with a sentence for the user.  Anything else is our fault, and
# its traceback is shown.
TOLD = (ValueError, TypeError, OSError, ImportError, ArithmeticError, MemoryError, RuntimeError)


class CommandLine(click.Group):
    """A group of commands that ends every error with one sentence on stderr."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run the command that `args` name and exit with its status."""
        arguments = list(sys.argv[1:] if args is None else args)
        debug = "--debug" in arguments or os.environ.get("HEATBATH_DEBUG", "") not in ("", "0")
        _print_what_the_locale_lacks()
        with _warnings_in_words():
            status = _status(lambda: self._run(arguments, *rest, **extra), debug)
        sys.exit(status)

    def _run(self, arguments: list[str], *rest: Any, **extra: Any) -> int:
        extra.update(standalone_mode=False, obj=tuple(arguments))
        result = super().main(arguments or ["--help"], *rest, **extra)
        return result if isinstance(result, int) else 0

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command by its name; an unknown one is told with the nearest."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(unknown("command", args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are needed, not of the alphabet."""
        return list(self.commands)


def debug_option(command: Command) -> Command:
    """`--debug`; `CommandLine.main` looks for it, since it must hold before options are read."""
    decorate = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
    )
    return decorate(command)


def json_option(command: Command) -> Command:
    """`--json`, handed over as `as_json`."""
    decorate = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object instead of a table."
    )
    return decorate(command)


def progress_option(command: Command) -> Command:
    """`--quiet`, handed over as `progress`."""
    decorate = click.option(
        "--quiet", "progress", flag_value=False, default=True, help="Show no progress bar."
    )
    return decorate(command)


def threads_option(command: Command) -> Command:
    """`--threads`, which holds for kernels that walk over chains; results do not depend on it."""
    decorate = click.option(
        "--threads",
        type=click.IntRange(min=1),
        callback=_use_threads,
        expose_value=False,
        metavar="N",
        help="Chains that run at the same time; by default one for each core.",
    )
    return decorate(command)


def _use_threads(ctx: click.Context, option: click.Parameter, wanted: int | None) -> None:
    if wanted is not None:
        os.environ[THREADS] = str(wanted)
    elif THREADS not in os.environ:
        affinity = getattr(os, "sched_getaffinity", None)
        cores = len(affinity(0)) if affinity else os.cpu_count() or 1
        os.environ[THREADS] = str(min(cores, MOST_THREADS))


def sentence(error: BaseException) -> str:
    """What an error says, for a reader who does not know Python; on one line, long words cut."""
    text = " ".join(_said(error).split())
    return re.sub(rf"\S{{{LONGEST_WORD},}}", lambda word: f"{word[0][:60]}…{word[0][-20:]}", text)


def _said(error: BaseException) -> str:
    if isinstance(error, click.UsageError):
        where = f" (see {error.ctx.command_path} --help)" if error.ctx is not None else ""
        return error.format_message().rstrip(".") + where
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        about = f"{error.filename}: " if error.filename is not None else ""
        return f"{about}{error.strerror[0].lower()}{error.strerror[1:]}"
    if isinstance(error, MemoryError):
        detail = f" ({error})" if str(error) else ""
        return f"this does not fit into memory{detail}; ask for less"
    return str(error) or type(error).__name__


def _status(run: Callable[[], int], debug: bool) -> int:
    try:
        return run()
    except (KeyboardInterrupt, click.Abort) as stop:
        cause = stop if isinstance(stop, KeyboardInterrupt) else stop.__cause__
        _tell(cause, str(cause or "") or NOTHING_STORED, debug)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        _close_stdout()
        return 1
    except (click.ClickException, *TOLD) as error:
        _tell(error, f"Error: {sentence(error)}", debug)
        return BAD_INPUT


def _tell(error: BaseException | None, text: str, debug: bool) -> None:
    if debug and error is not None:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    click.echo(text, err=True)


@contextmanager
def _warnings_in_words() -> Iterator[None]:
    """Python warnings as sentences, without the place in the source."""

    def show(message: Warning | str, *place: Any, **more: Any) -> None:
        click.echo(f"Warning: {message}", err=True)

    shown, warnings.showwarning = warnings.showwarning, show
    try:
        yield
    finally:
        warnings.showwarning = shown


def _print_what_the_locale_lacks() -> None:
    """A terminal without κ and σ prints "?" for them rather than nothing at all."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _close_stdout() -> None:
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
