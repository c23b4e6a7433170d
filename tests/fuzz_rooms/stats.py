"""Rows of stats."""

import numpy as np

import fuzz_values as bad
import heatbath as hb
from fuzz_rows import excused, measured, pending, row

for function in ("effective_sample_size", "integrated_autocorrelation_time", "split_rhat"):
    row(
        f"stats.{function}",
        getattr(hb.stats, function),
        lambda: {"series": measured()},
        series=bad.series(),
    )
row(
    "stats.thermalisation_cut",
    hb.stats.thermalisation_cut,
    lambda: {"series": measured()},
    series=bad.series(),
)
row(
    "stats.autocorrelation",
    hb.stats.autocorrelation,
    lambda: {"series": measured(), "window": 3},
    series=bad.series(),
    window=bad.count(least=0),
)
FUNCTION = bad.Kind(
    lambda valid: [
        *bad.nonsense(type(None), type(lambda: 0), type),
        *bad.refused(1, "mean", (np.abs,), lambda m: None, lambda m: "a", lambda m: [m]),
        *bad.odd(lambda m: np.nan, lambda m: np.inf, lambda m: 1j * m, lambda m: True),
    ]
)
PRIMARIES = bad.Kind(
    lambda valid: [
        *bad.nonsense(type(None), type(lambda: 0), type),
        *bad.refused(1, "abs", (), [], (1,), (np.abs, None), lambda m: 1.0, lambda m: m[:, :1]),
        *bad.refused(lambda m: None, lambda m: m * np.nan, lambda m: m.astype("U")),
        *bad.like((np.abs,), [np.abs], np.abs),
        *bad.odd(lambda m: m > 0, lambda m: 1j * m, lambda m: 0 * m),
    ]
)
row(
    "stats.estimate",
    hb.stats.estimate,
    lambda: {"series": measured(), "function": None, "primaries": None},
    series=bad.series(),
    function=FUNCTION,
    primaries=PRIMARIES,
    also={"series": ("primaries",)},
)


def formatted(spec):
    return format(hb.stats.Estimate(0.76283, 0.00149, tau_int=4.2, n=1000), spec)


row(
    "stats.Estimate.__format__",
    formatted,
    lambda: {"spec": ".1"},
    spec=bad.Kind(
        lambda valid: bad.refused(".0", ".-1", "x", ".100", "99999", "d", ".1g", "\n", "٣", ".٣"),
        lambda valid: bad.texts(),
    ),
    also={"spec": ("format",)},
)
pending(
    *("stats.TimeSlices*", "stats.autocorrelation_error", "stats.slice_correlator"),
)


# ---------------------------------------------------------------- reweighting


def log_weights():
    """Logarithms of weights (2, 64): tiny ones are weights of 1, and −inf is the weight 0."""

    def always(valid):
        for thing in bad.series().always(valid):
            tiny = isinstance(thing.value, np.ndarray) and thing.value.dtype.kind == "f"
            tiny = tiny and thing.refused and not bool((np.abs(thing.value) >= 1e-200).any())
            yield bad.Bad(thing.value, odd=True) if tiny else thing

    return bad.Kind(lambda valid: list(always(valid)), bad.series().more)


for name in ("average_phase", "weight_overlap"):
    row(
        f"stats.{name}",
        getattr(hb.stats, name),
        lambda: {"log_weights": 0.05 * measured()},
        log_weights=log_weights(),
        also={"log_weights": ("series",)},
    )
pending("stats.MBAR*", "stats.reweight")  # its borders are not yet all in words
excused(
    "a record that the library makes and the user reads; it holds what it is given",
    *("stats.Overlap", "stats.Estimates"),
)
excused("plain numbers of a result, for JSON", "stats.Estimates.to_dict")
excused("indexed like an array, with NumPy's words", "stats.Estimates.__getitem__")
