"""`verify`: all checks that concern a sampler, judged together.

Each check has its own p-value; the family of those that depend on chance is corrected by Holm's
method, so that a right sampler fails `verify` with a probability of at most 10⁻³, however many
checks there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from heatbath.mcmc import Cycle
from heatbath.sampling.tuning import is_tunable, leaves
from heatbath.testing.detailed_balance import check_detailed_balance
from heatbath.testing.ergodicity import check_ergodicity
from heatbath.testing.force import check_force
from heatbath.testing.kernel import check_kernel
from heatbath.testing.outcome import Check, holm
from heatbath.testing.purity import check_purity
from heatbath.testing.reversibility import check_reversibility
from heatbath.testing.samplers import check_sampler
from heatbath.testing.schwinger_dyson import check_schwinger_dyson
from heatbath.testing.stationarity import check_stationarity

__all__ = ["FAMILY_ALPHA", "Verdict", "tuned", "verify"]

FAMILY_ALPHA = 1e-3
"""A right sampler fails `verify` at most so often."""
TUNING_UPDATES = 400
TOLD = (ValueError, TypeError, ArithmeticError)  # raised on purpose, with a sentence

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `verify` found; `print` shows a table.

    subject: what was examined.  seed: of all checks that depend on chance.
    checks: in the order in which they were made.
    """

    subject: str
    seed: int
    checks: tuple[Check, ...]

    alpha = FAMILY_ALPHA

    @cached_property
    def corrected(self) -> Mapping[str, float]:
        """Name -> p-value after Holm's correction, for the checks that depend on chance."""
        return holm({c.name: c.p_value for c in self.checks if c.by_chance and not c.skipped})

    def holds(self, check: Check) -> bool:
        """Whether one check passed: by its tolerance, or by its corrected p-value."""
        if check.skipped or not check.by_chance:
            return check.passed
        return self.corrected[check.name] >= self.alpha

    @property
    def passed(self) -> bool:
        """Whether all checks passed, and at least one was made."""
        made = [check for check in self.checks if not check.skipped]
        return bool(made) and all(map(self.holds, made))

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not self.holds(check))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, as printed by `heatbath verify --json`."""
        rows = []
        for check in self.checks:
            passed = self.holds(check)
            corrected = self.corrected.get(check.name)
            advice = "" if passed else check.advice
            rows.append(check.to_dict() | {"passed": passed, "corrected_p_value": corrected})
            rows[-1]["advice"] = advice
        return {
            "subject": self.subject,
            "seed": self.seed,
            "alpha": self.alpha,
            "correction": "Holm",
            "passed": self.passed,
            "checks": rows,
        }

    def __str__(self) -> str:
        lines = [f"{self.subject}: {'passed' if self.passed else 'FAILED'}"]
        width = max(len(check.name) for check in self.checks)
        for check in self.checks:
            verdict = "passed" if self.holds(check) else "FAILED"
            text = f"not made: {check.skipped}" if check.skipped else check.figure
            mark = "-" if check.skipped else verdict
            lines.append(f"  {check.name:<{width}}  {mark:<6}  {text}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Verdict {self}>"


def verify(
    sampler: Any, *, seed: int = 1, progress: Progress = lambda name, done, total: None
) -> Verdict:
    """Make all checks that concern a sampler on its own lattice.

    sampler: yours or the library's, with an action on a lattice of at least two sites.
    seed: of the checks that depend on chance; the same seed gives the same verdict.
    progress: called with (name, checks made, checks in all) before each check.

    What a sampler does not claim is not held against it: without `exact = True` its distribution
    is not compared with exp(−S), a cycle, or a sampler with `reversible = False`, is not asked for
    detailed balance, and without a method `trajectory` there is none to run backwards.

    Raises TypeError if `sampler` is not one, ValueError if its action has no lattice.

    >>> import heatbath as hb
    >>> action = hb.actions.Gaussian(m2=1.0, lattice=(2, 2))
    >>> verdict = verify(hb.Metropolis(action, width=2.0))
    >>> verdict.passed, [check.name for check in verdict.checks if check.skipped]
    (True, ['reversibility'])
    """
    check_sampler(sampler)
    name = getattr(sampler, "name", type(sampler).__name__)
    subject = f"{name} of {sampler.action.theory.name} on {sampler.action.placed_on.shape}"
    suite = list(_suite(sampler, seed))
    made = []
    for k, (name, examine) in enumerate(suite):
        progress(name, k, len(suite))
        made.append(_made(name, examine, subject))
    return Verdict(subject, seed, tuple(made))


def tuned(sampler: Any, *, seed: int = 1) -> Any:
    """The sampler with its settings tuned on its own lattice, as `hb.sample` does before it
    measures."""
    check_sampler(sampler)
    from heatbath.sampling import sample

    if not any(map(is_tunable, leaves(sampler))):
        return sampler
    made = sample(sampler, samples=4, warmup=TUNING_UPDATES, seed=seed, progress=False)
    return made.sampler


def _suite(sampler: Any, seed: int) -> Iterator[tuple[str, Callable[[], Check] | str]]:
    """Names of the checks, and how to make each or why it is not made."""
    exact = "" if sampler.exact else "exact = False: it does not claim the distribution exp(-S)"
    one_way = isinstance(sampler, Cycle) or getattr(sampler, "reversible", True) is False
    reversible = exact or (
        "updates in turn need not be reversible, only stationary" if one_way else ""
    )
    path = "" if hasattr(sampler, "trajectory") else "it has no trajectory to run backwards"
    yield "force", lambda: check_force.examine(sampler.action, seed=seed)
    yield "purity", lambda: check_purity.examine(sampler, seed=seed)
    yield "kernel", lambda: check_kernel.examine(sampler, seed=seed)
    yield "reversibility", path or (lambda: check_reversibility.examine(sampler, seed=seed))
    yield (
        "detailed balance",
        reversible or (lambda: check_detailed_balance.examine(sampler, seed=seed)),
    )
    yield "stationarity", exact or (lambda: check_stationarity.examine(sampler, seed=seed))
    yield "Schwinger-Dyson", exact or (lambda: check_schwinger_dyson.examine(sampler, seed=seed))
    yield "ergodicity", lambda: check_ergodicity.examine(sampler, seed=seed)


def _made(name: str, examine: Callable[[], Check] | str, subject: str) -> Check:
    """The outcome of a check; one that cannot be made is a failure that says why."""
    if isinstance(examine, str):
        return Check(name, subject, 1.0, by_chance=False, figure="", skipped=examine)
    try:
        return replace(examine(), name=name)
    except TOLD as trouble:
        told = f"it could not be made: {trouble}"
        return Check(name, subject, 0.0, by_chance=False, figure=told, advice="")
