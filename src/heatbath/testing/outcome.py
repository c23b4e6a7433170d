"""What a check returns: a verdict with the figures behind it, and how many are judged together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from numbers import Real
from typing import Any, ParamSpec, Protocol, cast

import numpy as np

from heatbath import random
from heatbath._suggest import shown

__all__ = ["ALPHA", "Check", "CheckFailed", "check", "combined", "holm"]

ALPHA = 1e-4
"""A right program fails a check that depends on chance so often."""

Arguments = ParamSpec("Arguments")


class CheckFailed(AssertionError):
    """A check that did not pass; `check` holds its figures."""

    def __init__(self, check: Check) -> None:
        super().__init__(str(check))
        self.check = check


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    name: what was checked, such as "detailed balance".
    subject: of what, such as "HMC of phi4 on (16, 16)".
    p_value: how often a right program deviates at least so much; for a check that does not depend
        on chance 1 where the deviation is within its tolerance, else 0.
    by_chance: whether it depends on chance.
    figure: the one number that tells most, with its bound or error, as text.
    numbers: all numbers that were found, by name.
    advice: if it failed, what is probably wrong and where to look.
    skipped: why it says nothing about this subject, or "".
    """

    name: str
    subject: str
    p_value: float
    by_chance: bool
    figure: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    advice: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether the deviation is one that a right program shows."""
        return bool(self.skipped) or self.p_value >= ALPHA

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; numbers that are not finite become None."""
        return {
            "name": self.name,
            "subject": self.subject,
            "passed": self.passed,
            "p_value": self.p_value if self.by_chance and not self.skipped else None,
            "figure": self.figure,
            "numbers": {n: x if math.isfinite(x) else None for n, x in self.numbers.items()},
            "advice": "" if self.passed else self.advice,
            "skipped": self.skipped,
        }

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        chance = f", p = {self.p_value:.2g}" if self.by_chance else ""
        advice = "" if self.passed or not self.advice else f". {self.advice}"
        return f"{self.name} of {self.subject} {verdict}: {self.figure}{chance}{advice}"


class Checked(Protocol[Arguments]):
    """A check_* function, which raises `CheckFailed`, with `examine`, which only returns."""

    examine: Callable[Arguments, Check]

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Check:
        """Raise `CheckFailed` unless it is right."""
        ...


def check(examine: Callable[Arguments, Check]) -> Checked[Arguments]:
    """Make a function that examines something one that raises `CheckFailed` if it is wrong.

    `function.examine` is the undecorated one, which returns a failed `Check` too.
    """

    @wraps(examine)
    def examined(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Check:
        random.key(kwargs.get("seed", 0))  # type: ignore[arg-type]  # refuses what is no seed
        # A diverging trajectory is an outcome, not a reason for NumPy's warnings.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return examine(*args, **kwargs)

    @wraps(examine)
    def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Check:
        outcome = examined(*args, **kwargs)
        if not outcome.passed:
            raise CheckFailed(outcome)
        return outcome

    function = cast(Checked[Arguments], checked)
    function.examine = examined
    return function


def combined(p_values: Sequence[float]) -> float:
    """One p-value of several independent ones: Šidák's, uniform if each is.

    >>> round(combined([0.5, 0.01]), 4)
    0.0199
    """
    if isinstance(p_values, str | Mapping) or not isinstance(p_values, Sequence):
        raise TypeError(f"p_values must be a list of numbers; got {shown(p_values)}")
    if not len(p_values):
        raise ValueError("p_values holds no value; give at least one")
    least = min(_probabilities(dict(enumerate(p_values))).values())
    return -math.expm1(len(p_values) * math.log1p(-least)) if least < 1.0 else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Name -> p-value corrected for being one of several, dependent or not.

    The hypotheses with corrected values below α may be rejected with a probability of at most α
    that any of them is true.  S. Holm, Scand. J. Statist. 6, 65 (1979).

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    if not isinstance(p_values, Mapping):
        raise TypeError(f"p_values must map names to numbers; got {shown(p_values)}")
    checked = _probabilities(p_values)
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(checked, key=lambda n: checked[n])):
        largest = max(largest, min(1.0, (len(checked) - rank) * checked[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


def _probabilities(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """The values as floats; ValueError for what is no probability, such as NaN."""
    for name, p in p_values.items():
        if not isinstance(p, Real) or isinstance(p, bool) or not 0 <= p <= 1:
            raise ValueError(f"p_values must lie between 0 and 1; {shown(name)} is {shown(p)}")
    return {name: float(p) for name, p in p_values.items()}
