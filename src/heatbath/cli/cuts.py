"""Which measurements of a stored series are analysed: the options, and the series cut by them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heatbath._suggest import unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cuts", "Kept", "cut_options"]

LEAST = 4  # measurements that can be analysed
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Cuts:
    """discard: measurements left out at the beginning of each chain.
    last: the most that are kept before the end, or None.  thin: of these, every thin-th is kept.
    chains: names of the chains that are kept, or None for all."""

    discard: int = 0
    last: int | None = None
    thin: int = 1
    chains: tuple[str, ...] | None = None

    def applied(self, series: Any, names: tuple[str, ...]) -> Kept:
        """The series (n,) or (chains, n) without what is cut; names: of its chains.  ValueError
        for cuts that it does not allow."""
        length = int(series.shape[-1])
        if not 0 <= self.discard <= max(length - LEAST, 0):
            raise ValueError(self._too_much(length, f"--discard must leave; got {self.discard}"))
        begin = self.discard if self.last is None else max(self.discard, length - self.last)
        kept = Kept(series, begin, self.thin, self._rows(names))
        if kept.n < LEAST <= length:
            told = "--discard, --last and --thin must leave; they leave"
            raise ValueError(self._too_much(length, f"{told} {kept.n}"))
        return kept

    def options(self, **changed: Any) -> str:
        """As they are typed, with a blank before each.

        >>> Cuts(thin=2, chains=("0", "3")).options(discard=10)
        ' --discard 10 --thin 2 --chains 0,3'
        """
        values = {**self.__dict__, **changed}
        chains = None if values["chains"] is None else shlex.quote(",".join(values["chains"]))
        typed = {
            "--discard": values["discard"] or None,
            "--last": values["last"],
            "--thin": values["thin"] if values["thin"] > 1 else None,
            "--chains": chains,
        }
        return "".join(f" {option} {v}" for option, v in typed.items() if v is not None)

    def words(self, kept: Kept) -> Iterator[str]:
        """What is left out, in words."""
        if kept.begin:
            yield f"the first {kept.begin} left out"
        if self.thin > 1:
            yield f"one in {self.thin} kept"
        if self.chains is not None:
            yield f"only chain{'s' * (len(self.chains) > 1)} {', '.join(self.chains)}"

    def _rows(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        if self.chains is None:
            return None
        for name in self.chains:
            if name not in names:
                raise ValueError(unknown("chain in --chains", name, names))
        return tuple(map(names.index, self.chains))

    @staticmethod
    def _too_much(length: int, told: str) -> str:
        option, _, found = told.partition(";")
        return f"{option} at least {LEAST} of the {length} measurements;{found}"


@dataclass(frozen=True)
class Kept:
    """Every step-th measurement of a series (n,) or (chains, n) from `begin` on, of the chains in
    `rows` (None: all), read when it is sliced."""

    series: Any
    begin: int = 0
    step: int = 1
    rows: tuple[int, ...] | None = None

    @property
    def chains(self) -> int:
        """How many chains are kept."""
        if len(self.series.shape) != 2:
            return 1
        return int(self.series.shape[0]) if self.rows is None else len(self.rows)

    @property
    def n(self) -> int:
        """Measurements per chain."""
        return len(range(self.begin, int(self.series.shape[-1]), self.step))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,) or (chains, n); what is no series keeps its number of axes, to be refused."""
        if len(self.series.shape) == 2:
            return (self.chains, self.n)
        return (*self.series.shape[:-1], self.n)

    @property
    def dtype(self) -> Any:
        """Of the series."""
        return self.series.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        import numpy as np

        *chains, time = key if isinstance(key, tuple) else (key,)
        start, stop, _ = time.indices(self.n)
        end = max(self.begin + (stop - 1) * self.step + 1, 0) if stop > start else 0
        wanted = slice(self.begin + start * self.step, end, self.step)
        if len(self.series.shape) == 1:
            return np.asarray(self.series[wanted])
        block = np.asarray(self.series[:, wanted])
        block = block if self.rows is None else block[list(self.rows)]
        return np.asarray(block[chains[0]]) if chains else block


def cut_options(command: Command) -> Command:
    """`--discard`, `--last`, `--thin`, `--chains` and `--observable`, handed over as `cuts` and
    `only`."""

    def with_cuts(**given: Any) -> Any:
        chains = given.pop("chains")
        names = None if chains is None else _names(chains)
        cuts = Cuts(given.pop("discard"), given.pop("last"), given.pop("thin"), names)
        return command(cuts=cuts, **given)

    with_cuts.__doc__ = command.__doc__
    with_cuts.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Any = with_cuts
    for decorate in (
        click.option(
            "--observable",
            "only",
            multiple=True,
            metavar="NAME",
            help="Only this observable; repeat it for each.",
        ),
        click.option("--chains", metavar="NAME,…", help="Only these chains, such as 0,2,5."),
        click.option(
            "--thin",
            type=click.IntRange(min=1),
            default=1,
            metavar="K",
            help="Only every K-th measurement.",
        ),
        click.option(
            "--last",
            type=click.IntRange(min=LEAST),
            metavar="N",
            help="Only the last N measurements of each chain.",
        ),
        click.option(
            "--discard",
            type=int,
            default=0,
            show_default=True,
            metavar="N",
            help="Leave out the first N measurements of each chain.",
        ),
    ):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"--chains takes different names, such as 0,2,5; got {text!r}")
    return names
