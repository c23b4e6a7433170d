"""Figures hold the data: the prepared numbers, and what matplotlib was given."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm

from heatbath import plot, stats
from heatbath.stats import TimeSlices


def ar1(a, *shape, seed=1):
    """A stationary chain of mean 0 and variance 1 with ρ(t) = a^t, along the last axis."""
    x = np.random.default_rng(seed).normal(size=shape)
    x[..., 1:] *= math.sqrt(1 - a * a)
    for t in range(1, shape[-1]):
        x[..., t] += a * x[..., t - 1]
    return x


def test_a_long_history_keeps_every_excursion():
    x = np.random.default_rng(1).normal(size=(2, 50_021))
    x[1, 33_333], x[0, 50_020] = 40.0, -30.0
    seen = plot.History.of(x, "x", columns=500)
    assert seen.per_column == 101
    assert (seen.high.max(), seen.low.min()) == (40.0, -30.0)
    assert np.array_equal(seen.low[:, 0], x[:, :101].min(axis=1))
    assert seen.running[:, -1] == pytest.approx(x.mean(axis=1))
    assert seen.running[1, 3] == pytest.approx(x[1, : 4 * 101].mean())
    assert seen.position[-1] == 50_020
    bands = seen.draw().axes[0].collections
    assert max(path[:, 1].max() for band in bands for path in (band.get_paths()[0].vertices,)) == 40


def test_a_short_history_shows_every_measurement_by_its_number():
    x = np.random.default_rng(1).normal(size=(3, 100))
    lines = plot.History.of(x, "x", first=50, step=2, chains=("a", "b", "c")).draw().axes[0].lines
    assert np.array_equal(lines[1].get_ydata(), x[1])
    assert list(lines[1].get_xdata()[:2]) == [50, 52]
    assert [line.get_label() for line in lines[3:6]] == ["chain a", "chain b", "chain c"]


def test_a_histogram_counts_everything_and_shows_it():
    x = ar1(0.5, 2, 4000)
    seen = plot.Histogram.of(x, "x")
    counts, edges = np.histogram(x, seen.edges)
    assert (seen.edges[0], seen.edges[-1], counts.sum()) == (x.min(), x.max(), x.size)
    assert seen.density == pytest.approx(counts / np.diff(edges) / x.size)
    (steps, _) = seen.draw().axes[0].patches
    assert np.array_equal(steps.get_data().values, seen.density)


def test_errors_of_a_histogram_know_the_autocorrelation():
    """Distances to the exact density in units of the error; naive errors would be √(2τ) = 3 off."""
    pulls = []
    for x in ar1(0.8, 30, 1, 12_000):
        seen = plot.Histogram.of(x, "x")
        exact = np.diff(norm.cdf(seen.edges)) / np.diff(seen.edges)
        middle = exact > 0.1
        pulls.append((seen.density - exact)[middle] / seen.errors[middle])
    assert 0.85 < np.concatenate(pulls).std() < 1.2


def test_errors_of_a_short_histogram_are_binomial_for_the_effective_number():
    x = ar1(0.8, 1, 150)
    seen = plot.Histogram.of(x, "x")
    share = seen.density * np.diff(seen.edges)
    ess = stats.effective_sample_size(x)
    assert ess < 60
    expected = np.sqrt(share * (1 - share) / ess) / np.diff(seen.edges)
    assert seen.errors == pytest.approx(expected)


def test_whole_numbers_have_a_bin_each_and_constants_one():
    seen = plot.Histogram.of(np.array([0, 0, 3, -1, 0, 3] * 20), "charge")
    assert seen.edges.tolist() == [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
    assert seen.density == pytest.approx([1 / 6, 1 / 2, 0, 0, 1 / 3])
    assert len(plot.Histogram.of(np.full(50, 0.1), "x").density) == 1


def test_the_autocorrelation_is_that_of_stats_with_its_window():
    x = ar1(0.8, 4, 5000)
    seen = plot.Autocorrelation.of(x, "x")
    time = stats.integrated_autocorrelation_time(x)
    above, below = seen.draw().axes
    assert np.array_equal(above.lines[0].get_ydata(), stats.autocorrelation(x, len(seen.rho) - 1))
    assert above.lines[-2].get_xdata() == [time.window] * 2
    assert f"{time}" in above.get_legend().get_texts()[-1].get_text()
    assert below.lines[0].get_ydata()[time.window] == pytest.approx(time.value, rel=0.05)
    assert len(seen.rho) > time.window


def test_a_window_that_never_closed_is_told():
    stuck = np.arange(10.0)[:, np.newaxis] + 0.01 * np.random.default_rng(0).normal(size=(10, 12))
    seen = plot.Autocorrelation.of(stuck, "x")
    assert not seen.closed
    assert "no window was found" in seen.words
    seen.draw()


def test_the_correlator_shows_points_with_errors_and_the_expected_mass():
    fields = np.random.default_rng(2).normal(size=(400, 2, 8)) + 1.0
    slices = TimeSlices.of(fields, dim=1)
    seen = plot.Correlator.of(slices, ("none", "mean"), expected=("exact mass", 0.7))
    above, below = seen.draw().axes
    for container, vacuum in zip(above.containers, ("none", "mean"), strict=True):
        expected = [e.value for e in slices.correlator(vacuum)]
        assert container.lines[0].get_ydata() == pytest.approx(expected)
    assert any(list(line.get_ydata()) == [0.7, 0.7] for line in below.lines)
    assert str(slices.correlator()[0]) in seen.words
    assert above.get_yscale() == "linear"  # white noise, connected, is negative somewhere


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 4), (2, 2, 3, 4), (1, 9), (5, 1)])
def test_configurations_are_the_fields_on_a_symmetric_scale(shape):
    fields = np.random.default_rng(3).normal(size=(3, *shape))
    seen = plot.Configurations.of(fields, ["a", "b", "c"])
    axes = seen.draw().axes
    if len(shape) == 1:
        assert all(np.array_equal(axes[0].lines[k].get_ydata(), fields[k]) for k in range(3))
        return
    for k in range(3):
        (image,) = axes[k].images
        assert np.array_equal(image.get_array(), fields[k][(0,) * (len(shape) - 2)])
        low, high = image.get_clim()
        assert (-low, high) == (np.abs(fields).max(),) * 2
        assert axes[k].get_title() == "abc"[k]
    assert ("x0 = 0" in seen.words) == (len(shape) > 2)


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="infinite or undefined"):
        plot.Configurations.of([[1.0, np.nan]], ["a"])
    with pytest.raises(ValueError, match="must be finite; got nan"):
        plot.History.of([1.0, 2.0, np.nan, 3.0, 4.0], "x")


def test_the_same_figure_has_the_same_bytes_and_themes_differ():
    seen = plot.History.of(ar1(0.5, 1, 50), "x")
    light, again, dark = (plot.png(seen.draw(t)) for t in (plot.LIGHT, plot.LIGHT, plot.DARK))
    assert light == again != dark
    assert light.startswith(b"\x89PNG")


LOADED = """
import json, sys
import heatbath.plot
before = "matplotlib" in sys.modules
heatbath.plot.png(heatbath.plot.History.of([1.0, 2.0, 3.0, 4.0], "x").draw())
print(json.dumps([before, "matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules]))
"""


def test_matplotlib_is_loaded_when_it_is_needed_and_pyplot_never():
    out = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    assert json.loads(out.stdout) == [False, True, False]
