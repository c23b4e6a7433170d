"""Rows of stats."""

import numpy as np
from hypothesis import strategies as st

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
            tiny = tiny and thing.refused and np.nanmax(np.abs(thing.value), initial=0.0) < 1e-200
            yield bad.Bad(thing.value, odd=True) if tiny else thing

    return bad.Kind(lambda valid: list(always(valid)), bad.series().more)


def of_runs(kind, other):
    """One of two runs is bad, or the sequence of them is."""

    def put(thing, valid):
        plain = thing.means if thing.means is bad.NO else [thing.means, other()]
        return bad.Bad([thing.value, other()], plain, thing.odd)

    def always(valid):
        wrong = [1.0, "ab", [], (), [valid[0]], [*valid, valid[0]], {0: valid[0]}, {1, 2}, [1.0, 2]]
        return [
            *(put(thing, valid) for thing in kind.always(valid[0])),
            *bad.nonsense(),
            *bad.refused(*wrong),
            *bad.like(valid, tuple(valid), np.stack(valid)),
        ]

    return bad.Kind(always, lambda valid: kind.more(valid[0]).map(lambda t: put(t, valid)))


def betas():
    wrong = [[0.0], [0.0, 0.1, 0.2], [0.0, np.nan], [0.0, np.inf], [0.0, 10**400], [0.0, "a"], 0.1]
    wrong += [[0.0, True], [0.0, 1j], [0.0, None], [[0.0, 0.1]], "01", b"01", {0.0: 1, 0.1: 2}]
    wrong += [{0.0, 0.1}, [0.0, b"a"], [0.0, np.datetime64("2020-01-01")], [0.0, 1e14]]
    return bad.Kind(
        lambda valid: [
            *bad.nonsense(),
            *bad.refused(*wrong),
            *bad.like(valid, tuple(valid), np.array(valid), [np.float64(b) for b in valid]),
            *bad.odd([0.0, 0.0], [0.0, 5e-324], [0.0, -0.1]),
        ],
        lambda valid: (st.lists(st.text() | st.none(), min_size=1) | st.text()).map(bad.Bad),
    )


def beta():
    """One β, which may be several."""

    def always(valid):
        several = (list, tuple, np.ndarray)
        kept = [b for b in bad.real().always(valid) if not isinstance(b.value, several)]
        wrong = [[], [0.05, np.nan], [0.05, "a"], [[0.05]], np.zeros((2, 2)), [None], 1e14, -1e14]
        return [*kept, *bad.refused(*wrong), *bad.odd([0.05, 0.06], (0.0,), np.array([0.01]))]

    return bad.Kind(always, bad.real().more)


def one(kind):
    """Not several."""

    def always(valid):
        lists = [b for b in kind.always(valid) if b.odd and hasattr(b.value, "__len__")]
        return [*(b for b in kind.always(valid) if b not in lists), *map(refuse, lists)]

    def refuse(thing):
        return bad.Bad(thing.value)

    return bad.Kind(always, kind.more)


def run_of(seed):
    return np.random.default_rng(seed).normal(size=(2, 64))


def other_run():
    return run_of(4)


def energies():
    return [run_of(3), run_of(4)]


SHORT = hb.stats.MBAR.of_energies(energies(), [0.0, 0.1])
FAR = (hb.stats.ExtrapolationError, hb.stats.OverlapError, hb.stats.ConvergenceError)


def mean(observable, at, function, covariance):
    return SHORT.mean(observable, at, function=function, covariance=covariance)


def free_energy(at, covariance):
    return SHORT.free_energy(at, covariance=covariance)


def free_energies(covariance):
    return SHORT.free_energies(covariance=covariance)


row(
    "stats.reweight",
    hb.stats.reweight,
    lambda: {
        "series": measured(),
        "log_weights": 0.05 * measured(),
        "function": None,
        "primaries": None,
    },
    series=bad.series(),
    log_weights=log_weights(),
    function=FUNCTION,
    primaries=PRIMARIES,
    also={"series": ("primaries",), "log_weights": ("series",)},
)
for name in ("average_phase", "weight_overlap"):
    row(
        f"stats.{name}",
        getattr(hb.stats, name),
        lambda: {"log_weights": 0.05 * measured()},
        log_weights=log_weights(),
        also={"log_weights": ("series",)},
    )
row(
    "stats.MBAR.of_energies",
    hb.stats.MBAR.of_energies,
    lambda: {"energies": energies(), "beta": [0.0, 0.1]},
    energies=of_runs(bad.series(), other_run),
    beta=betas(),
    raises=FAR,
)
row(
    "stats.MBAR.mean",
    mean,
    lambda: {"observable": energies(), "at": 0.05, "function": None, "covariance": False},
    observable=of_runs(bad.series(), other_run),
    at=beta(),
    function=FUNCTION,
    covariance=bad.flag(),
)
row(
    "stats.MBAR.of_potentials",
    hb.stats.MBAR.of_potentials,
    lambda: {"potentials": [np.stack([0 * e, 0.1 * e]) for e in energies()]},
    potentials=bad.Kind(
        lambda valid: [
            *bad.nonsense(),
            *bad.refused(1.0, "ab", [], [valid[0]], [valid[0], valid[1][:1]], [valid[0], None]),
            *bad.refused([valid[0], valid[1][..., :3]], [valid[0], valid[1] * np.nan]),
            *bad.refused([valid[0], valid[1] * 1j], [valid[0], valid[1] + 1e13], valid[0]),
            *bad.like(valid, tuple(valid), np.stack(valid), [u.tolist() for u in valid]),
        ]
    ),
    raises=FAR,
)
row(
    "stats.MBAR.free_energy",
    free_energy,
    lambda: {"at": 0.05, "covariance": False},
    at=beta(),
    covariance=bad.flag(),
)
row("stats.MBAR.overlap", SHORT.overlap, lambda: {"at": 0.05}, at=one(beta()))
row("stats.MBAR.weights", SHORT.weights, lambda: {"at": 0.05}, at=one(beta()))
row(
    "stats.MBAR.free_energies",
    free_energies,
    lambda: {"covariance": False},
    covariance=bad.flag(),
)
row("stats.MBAR.overlap_matrix", SHORT.overlap_matrix, dict)
row("stats.MBAR.trusted_range", SHORT.trusted_range, dict)
excused("made by of_energies and of_potentials", "stats.MBAR")
excused(
    "a record that the library makes and the user reads; it holds what it is given",
    *("stats.Overlap", "stats.Estimates"),
)
excused("plain numbers of a result, for JSON", "stats.Estimates.to_dict")
excused("indexed like an array, with NumPy's words", "stats.Estimates.__getitem__")
