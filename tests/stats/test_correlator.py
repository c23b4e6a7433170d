"""Correlators of time slices against explicit loops and the exact free field."""

import itertools
import math

import numpy as np
import pytest

from chains import compare
from heatbath import exact
from heatbath.stats import TimeSlices, correlator as module, slice_correlator

SHAPES = [(5,), (4, 3), (3, 5, 2), (1, 4), (2, 2, 3, 2)]


def by_loops(phi, axis):
    """(1/V) of the sum over all pairs of sites, by their distance along the axis."""
    extent = phi.shape[axis]
    c = np.zeros(extent // 2 + 1)
    for x in itertools.product(*map(range, phi.shape)):
        for y in itertools.product(*map(range, phi.shape)):
            t = (y[axis] - x[axis]) % extent
            if t < len(c):
                c[t] += phi[x] * phi[y]
    return c / phi.size


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_sum_over_pairs_of_sites(shape):
    phi = np.random.default_rng(1).normal(size=(2, *shape)) + 0.3
    for axis in range(len(shape)):
        found = slice_correlator(phi, dim=len(shape), axis=axis)
        assert found == pytest.approx(np.stack([by_loops(f, axis) for f in phi]), rel=1e-12)


def free_fields(shape, m2, n, chains, seed=1):
    """Independent fields of the free theory, drawn in momentum space; shape (n, chains, *shape)."""
    axes = tuple(range(2, 2 + len(shape)))
    noise = np.random.default_rng(seed).normal(size=(n, chains, *shape))
    spectrum = exact.free_field.gaussian(shape, m2=m2).spectrum
    return np.fft.ifftn(np.fft.fftn(noise, axes=axes) / np.sqrt(spectrum), axes=axes).real


@pytest.mark.parametrize(("shape", "axis"), [((10, 5), 0), ((3, 9), 1), ((7,), 0), ((8, 3, 4), 0)])
def test_a_free_field_has_the_exact_correlator_and_one_mass_at_all_times(shape, axis):
    m2 = 0.3
    slices = TimeSlices.of(free_fields(shape, m2, 8000, 2), dim=len(shape), axis=axis)
    others = tuple(k for k in range(len(shape)) if k != axis)
    expected = exact.free_field.gaussian(shape, m2=m2).propagator.sum(axis=others)
    names = [f"C({t})" for t in range(shape[axis] // 2 + 1)]
    found = dict(zip(names, slices.correlator(), strict=True))
    assert compare(found, dict(zip(names, expected, strict=False))).agrees
    mass = 2 * math.asinh(math.sqrt(m2) / 2)
    masses = {f"m({t})": e for t, e in enumerate(slices.effective_mass(), start=1)}
    table = compare(masses, dict.fromkeys(masses, mass))
    assert table.agrees
    assert masses["m(1)"].error < 0.02 * mass  # log(C(0)/C(1)) is 20 % off


def test_the_formula_is_exact_for_the_exact_correlator_up_to_the_middle():
    """Even and odd extents, through the folding at T/2."""
    for extent in (8, 9):
        c = exact.free_field.gaussian((extent,), m2=0.6).propagator[: extent // 2 + 1]
        rows = np.broadcast_to(c, (1, 8, len(c))).copy()
        slices = TimeSlices(rows, np.zeros((1, 8)), extent, 1)
        values = [e.value for e in slices.effective_mass()]
        assert values == pytest.approx([2 * math.asinh(math.sqrt(0.6) / 2)] * (extent // 2))


def test_a_constant_is_subtracted():
    fields = free_fields((6, 4), 0.6, 200, 1)
    plain, shifted = (TimeSlices.of(f, dim=2) for f in (fields, fields + 2.0))
    for a, b in zip(plain.correlator("mean"), shifted.correlator("mean"), strict=True):
        assert a.value == pytest.approx(b.value, abs=1e-9)
        assert a.error == pytest.approx(b.error, abs=1e-7)
    assert shifted.correlator()[3].value > 10 * abs(shifted.correlator("mean")[3].value)


def test_the_sum_of_the_connected_correlator_is_the_susceptibility():
    fields = free_fields((6, 4), 0.1, 200, 1)
    slices = TimeSlices.of(fields, dim=2)
    c = [e.value for e in slices.correlator("abs")]
    m = fields.mean(axis=(2, 3))
    chi = 24 * ((m * m).mean() - np.abs(m).mean() ** 2)
    assert c[0] + 2 * (c[1] + c[2]) + c[3] == pytest.approx(chi)


def test_a_vacuum_that_dwarfs_the_correlator_costs_no_precision():
    """Two signs of size 20: V_s⟨|M|⟩² = 1600, and C(t) is below 1."""
    fields = free_fields((10, 4), 0.3, 2000, 2)
    signs = np.random.default_rng(5).choice([-20.0, 20.0], size=(2000, 2, 1, 1))
    plain, broken = (TimeSlices.of(f, dim=2) for f in (fields, fields + signs))
    mass = 2 * math.asinh(math.sqrt(0.3) / 2)
    for a, b in zip(plain.effective_mass()[:3], broken.effective_mass("abs")[:3], strict=True):
        assert abs(b.value - mass) < 4 * b.error
        assert b.error < 1.5 * a.error


def test_noise_gives_no_mass_and_says_so():
    noise = np.random.default_rng(3).normal(size=(50, 1, 12))
    masses = TimeSlices.of(noise, dim=1).effective_mass()
    lost = [e for e in masses if math.isnan(e.value)]
    assert lost
    assert all(e.warnings for e in lost)


def test_fields_are_read_in_blocks_and_thinned(monkeypatch):
    fields = np.random.default_rng(4).normal(size=(23, 2, 5, 3)).astype("float32")
    whole = TimeSlices.of(fields[::3], dim=2, axis=1)
    monkeypatch.setattr(module, "_READ", 40)
    in_blocks = TimeSlices.of(fields, dim=2, axis=1, step=3)
    assert np.array_equal(in_blocks.correlators, whole.correlators)
    assert np.array_equal(in_blocks.means, whole.means)
    assert (whole.extent, whole.volume, whole.correlators.shape) == (3, 5, (2, 8, 2))


def test_what_makes_no_sense_is_refused():
    phi = np.zeros((4, 4))
    with pytest.raises(ValueError, match="dim must be from 1 to 2"):
        slice_correlator(phi, dim=3)
    with pytest.raises(ValueError, match="axis must be from 0 to dim - 1 = 1"):
        slice_correlator(phi, dim=2, axis=2)
    with pytest.raises(ValueError, match="with 2 axes of the lattice"):
        TimeSlices.of(np.zeros((9, 2, 4)), dim=2)
    with pytest.raises(ValueError, match="vacuum must be one of"):
        TimeSlices.of(np.zeros((9, 2, 4)), dim=1).correlator("connected")
