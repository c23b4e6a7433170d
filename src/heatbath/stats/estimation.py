"""``estimate``: a mean, or a function of several means, with the error of the Γ-method."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from heatbath._suggest import shown
from heatbath.stats.gamma import Gamma, analyse
from heatbath.stats.moments import Moments, measure_moments
from heatbath.stats.results import Estimate
from heatbath.stats.series import FloatArray, Primary, Series, SeriesLike, open_series

__all__ = [
    "NOTHING_VARIES",
    "call_function",
    "check_function",
    "estimate",
    "gamma_warnings",
    "mean_gammas",
    "short_chain_warning",
    "slopes",
    "widened",
]

Function = Callable[..., Any]

ENOUGH = 100  # τ_int per analysis: below, τ_int itself is known to worse than about 25 %
NOTHING_VARIES = "nothing varies, so the error 0 says nothing of measurements not made"
_ENOUGH_PER_CHAIN = 10  # τ_int per replica: below, each may still remember its start


def estimate(
    series: SeriesLike | Mapping[str, SeriesLike] | Sequence[SeriesLike],
    *,
    function: Function | None = None,
    primaries: Primary | Sequence[Primary] | None = None,
) -> Estimate:
    """Estimate a mean, or a function of means, with an error that knows the autocorrelations.

    ``series`` is one series of shape ``(n,)`` or ``(chains, n)``, a mapping of names to series, or
    a tuple or list of arrays, all of one shape. It may be real or complex, and anything with
    ``shape``, ``dtype`` and slicing is read in blocks.

    ``primaries`` are what is averaged: functions applied to each block element by element, given a
    float64 or complex128 block of shape ``(chains, b)``, or a mapping (tuple) of such blocks when
    ``series`` is a mapping (tuple or list). The default is the series themselves.

    ``function`` gets the means of the primaries, positionally in their order, and returns one real
    or complex number. It is linearised by central differences over the naive error of each mean;
    the error is that of the linear combination (Wolff, hep-lat/0306017, sections 3 and 4). With
    two or more replicas the bias of order 1/n is removed, F − (mean of F_r − F)/(R − 1), F_r being
    the function of the means of replica r. Without ``function`` the result is the one mean.

    A chain too short for its τ_int, a window that never closes, replicas that disagree or a
    function that is not finite are told in ``warnings`` of the result. Raises ValueError or
    TypeError for series that cannot be analysed (nan, wrong shape, fewer than 4 measurements).

    >>> import numpy as np
    >>> m = np.random.default_rng(1).normal(size=(4, 20_000))
    >>> print(estimate(m, primaries=np.square))
    0.9951(50)
    >>> print(estimate(m, primaries=(np.square, lambda x: x**4), function=lambda a, b: b / a**2))
    3.025(18)
    """
    opened = open_series(series, primaries)
    moments = measure_moments(opened)
    if function is None:
        return _estimate_mean(opened, moments)
    return _estimate_function(opened, moments, check_function(function))


def mean_gammas(series: Series, moments: Moments) -> list[Gamma]:
    """Γ-method for every component's mean; exactly constant components have error 0."""
    varies = (moments.variances > 0).astype(np.float64)[:, np.newaxis, np.newaxis]
    means = moments.means[:, np.newaxis, np.newaxis]

    def fluctuations(start: int, stop: int) -> FloatArray:
        block = series.read(start, stop) - means
        return block if varies.all() else block * varies

    return analyse(fluctuations, parts=series.components, chains=series.chains, n=series.n)


def short_chain_warning(total: int, tau: float, *, chains: int = 1) -> tuple[str, ...]:
    """Say in words when ``total`` measurements in ``chains`` replicas are too few for ``tau``."""
    if total < ENOUGH * tau:
        missing = math.ceil(ENOUGH * tau) - total
        return (
            f"chain too short: n = {total} is only {total / tau:.0f} tau_int; run at least "
            f"{ENOUGH} tau_int ({missing} more measurements) before trusting this error",
        )
    if chains > 1 and total < _ENOUGH_PER_CHAIN * tau * chains:
        return (
            f"chains too short: each of the {chains} has {total // chains} measurements, only "
            f"{total / chains / tau:.1f} tau_int, and may remember its start; run at least "
            f"{_ENOUGH_PER_CHAIN} tau_int per chain",
        )
    return ()


def check_function(function: Any) -> Function:
    """function; TypeError unless it is callable."""
    if not callable(function):
        raise TypeError(
            f"function must be callable with the means of the primaries; got {shown(function)}; "
            f"write for example function=lambda a, b: a / b"
        )
    return cast(Function, function)


@dataclass(frozen=True)
class _Linear:
    """A function of the means near their values: real parts, one or two (real, imaginary)."""

    value: FloatArray
    """Shape ``(parts,)``."""
    of_chains: FloatArray
    """The same function of each chain's means, shape ``(parts, chains)``."""


def _estimate_mean(series: Series, moments: Moments) -> Estimate:
    if len(series.is_complex) != 1:
        raise ValueError(
            f"series and primaries give {len(series.is_complex)} means; say with function= which "
            f"one number is wanted, or stack chains of one observable with np.stack"
        )
    gammas = mean_gammas(series, moments)
    return _conclude(series, _Linear(moments.means, moments.chain_means), gammas, ())


def _estimate_function(series: Series, moments: Moments, function: Function) -> Estimate:
    means, variances = moments.means, moments.variances
    value = call_function(function, means, series.is_complex)
    steps = np.sqrt(variances / series.total)
    gradient = slopes(function, means, steps, series.is_complex)
    parts = 2 if isinstance(value, complex) or np.iscomplexobj(gradient) else 1
    centre, linear = _parts(np.array([value]), parts)[:, 0], _parts(gradient, parts)
    if not (np.isfinite(centre).all() and np.isfinite(linear).all()):
        return _not_finite(series, value, means)

    def fluctuations(start: int, stop: int) -> FloatArray:
        deviation = series.read(start, stop) - means[:, np.newaxis, np.newaxis]
        return np.asarray(np.tensordot(linear, deviation, axes=1))

    gammas = analyse(fluctuations, parts=parts, chains=series.chains, n=series.n)
    of_chains = _parts(_call_chains(function, moments.chain_means, series), parts)
    corrected, warnings = _remove_bias(centre, of_chains, gammas)
    return _conclude(series, _Linear(corrected, of_chains), gammas, warnings)


def slopes(
    function: Function, means: FloatArray, steps: FloatArray, is_complex: Sequence[bool]
) -> NDArray[Any]:
    """Slopes along each component, by central differences; constant components have none."""
    found: list[complex] = []
    least = np.finfo(np.float64).eps ** (2 / 3) * np.abs(means)  # else rounding eats the difference
    for j, step in enumerate(steps):
        if step == 0:
            found.append(0.0)
            continue
        shift = np.zeros_like(means)
        shift[j] = max(step, least[j])
        up = call_function(function, means + shift, is_complex)
        down = call_function(function, means - shift, is_complex)
        found.append((up - down) / (2 * shift[j]))
    return np.array(found)


def call_function(
    function: Function, means: FloatArray, is_complex: Sequence[bool]
) -> float | complex:
    """Call the user's function with one number per primary; returns a Python number.

    means: of the components.  is_complex: for each primary, whether two of them are its parts.
    """
    numbers, arguments = iter(means.tolist()), []
    for split in is_complex:
        arguments.append(complex(next(numbers), next(numbers)) if split else next(numbers))
    result = np.asarray(function(*arguments))
    if result.shape != () or result.dtype.kind not in "biufc":
        raise TypeError(
            f"function must return one real or complex number; got shape {result.shape} and dtype "
            f"{result.dtype}; estimate each number separately"
        )
    return complex(result) if result.dtype.kind == "c" else float(result)


def _call_chains(function: Function, chain_means: FloatArray, series: Series) -> NDArray[Any]:
    """The function of each chain's means; nan where a short chain leaves its domain."""
    results: list[complex] = []
    with np.errstate(all="ignore"):
        for means in chain_means.T:
            try:
                results.append(call_function(function, means, series.is_complex))
            except (ArithmeticError, ValueError):
                results.append(math.nan)
    return np.array(results)


def _remove_bias(
    centre: FloatArray, of_chains: FloatArray, gammas: list[Gamma]
) -> tuple[FloatArray, tuple[str, ...]]:
    chains = of_chains.shape[-1]
    if chains == 1:
        return centre, ()
    if not np.isfinite(of_chains).all():
        return centre, (
            "the function is not finite for the means of single chains, so the bias of order 1/n "
            "was left in; run longer chains",
        )
    bias = (of_chains.mean(axis=-1) - centre) / (chains - 1)
    if any(abs(b) > gamma.error / 4 for b, gamma in zip(bias, gammas, strict=True)):
        return centre - bias, (
            "the bias of order 1/n, which was removed, exceeds a quarter of the error; "
            "the function is not linear over the error of the means: run longer",
        )
    return centre - bias, ()


def _conclude(
    series: Series, linear: _Linear, gammas: list[Gamma], warnings: tuple[str, ...]
) -> Estimate:
    safe = [widened(gamma, f, series.n) for gamma, f in zip(gammas, linear.of_chains, strict=True)]
    tau, tau_error = max((gamma.tau, gamma.tau_error) for gamma in safe)
    if all(gamma.error == 0 for gamma in safe):
        warnings += (NOTHING_VARIES,)
    else:
        warnings += short_chain_warning(series.total, tau, chains=series.chains)
    for gamma, of_chains in zip(safe, linear.of_chains, strict=True):
        warnings += gamma_warnings(gamma, of_chains, series.n)
    errors = [gamma.error for gamma in safe]
    return Estimate(
        value=_number(linear.value.tolist()),
        error=_number(errors),
        tau_int=tau,
        n=series.total,
        tau_int_error=tau_error,
        ess=series.total / (2 * tau),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def widened(gamma: Gamma, of_chains: FloatArray, n: int) -> Gamma:
    """Of too short chains the scatter of the replicas may know more than C(W): take the larger.

    of_chains: what each chain of n measurements gives for itself.
    """
    chains = len(of_chains)
    enough = gamma.closed and chains * n >= ENOUGH * gamma.tau
    if enough or chains == 1 or not np.isfinite(of_chains).all():
        return gamma
    scatter = float(of_chains.std(ddof=1)) / math.sqrt(chains)
    if scatter <= gamma.error:
        return gamma
    return replace(gamma, error=scatter, tau=gamma.tau * (scatter / gamma.error) ** 2)


def gamma_warnings(gamma: Gamma, of_chains: FloatArray, n: int) -> tuple[str, ...]:
    """What to know before trusting a Γ: sentences, none if nothing.  Arguments as for `widened`."""
    if gamma.error == 0:
        return ()
    if not gamma.positive:
        return ("the summed autocovariance came out negative; the error ignores correlations",)
    words: tuple[str, ...] = ()
    if not gamma.closed:
        words += (
            f"the window never closed within {gamma.window} lags: tau_int exceeds what chains of "
            f"{n} measurements can show, and the error is a rough bound; run longer chains",
        )
    if len(of_chains) > 1 and np.isfinite(of_chains).all():
        words += _disagreement(gamma, of_chains)
    return words


def _disagreement(gamma: Gamma, of_chains: FloatArray) -> tuple[str, ...]:
    """Two signs: chain means spread like single measurements, or more than the error allows.

    A chain far off makes Γ itself large, so the second sign fails where the first one is loud.
    """
    between, degrees = float(of_chains.var(ddof=1)), len(of_chains) - 1
    within = gamma.variance - between * degrees / len(of_chains)
    rhat = math.sqrt(1 + between / max(within, 1e-12 * gamma.variance))
    chi2 = between / (gamma.error**2 * len(of_chains))  # per degree of freedom
    # Wilson and Hilferty (1931): its cube root is normal; 4 sigma is p = 3e-5.
    normal = (chi2 ** (1 / 3) - 1 + 2 / (9 * degrees)) / math.sqrt(2 / (9 * degrees))
    if rhat < 1.1 and normal < 4:
        return ()
    return (
        f"replicas disagree: R-hat = {rhat:.2f} and chi2 = {chi2:.1f} per degree of freedom of "
        f"their {len(of_chains)} values; discard more thermalisation, look for a chain that is "
        f"stuck, or run longer",
    )


def _not_finite(series: Series, value: float | complex, means: FloatArray) -> Estimate:
    shown = ", ".join(f"{mean:.6g}" for mean in means)
    return Estimate(
        value=value,
        error=complex(math.nan, math.nan) if isinstance(value, complex) else math.nan,
        tau_int=math.nan,
        n=series.total,
        warnings=(f"the function is not finite at or near the means ({shown}); run longer",),
    )


def _parts(values: NDArray[Any], parts: int) -> FloatArray:
    return np.stack([np.real(values), np.imag(values)][:parts]).astype(np.float64)


def _number(parts: list[float]) -> float | complex:
    return complex(*parts) if len(parts) == 2 else float(parts[0])
