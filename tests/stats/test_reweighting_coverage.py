"""Reweighted value ± error holds the truth in 68 % of all runs, wherever it is not refused."""

import numpy as np
import pytest

from exact_ensembles import GaussianFamily, Ising, ar1
from heatbath.stats import MBAR, Estimate, ExtrapolationError, reweight

LOW, HIGH = 0.63, 0.72
FAMILY = GaussianFamily(10)
BETA = (1.0, 1.3, 1.7)


def hit(found, exact):
    return abs(found.value - exact) < found.error


def naive(x, w):
    """The wrong error that ignores autocorrelations."""
    moved = w * (x - (w @ x) / w.sum()) / w.sum()
    return Estimate((w @ x) / w.sum(), np.sqrt(np.square(moved).sum()), 0.5, x.size)


def shifted(seed, count, n, tau, shift):
    """Estimates of ⟨x⟩ = shift from chains about 0, with errors of both kinds."""
    for x in ar1(np.random.default_rng(seed), (count, n), tau):
        yield reweight(x, shift * x), naive(x, np.exp(shift * x))


def test_reweighted_chain_and_the_naive_error():
    pairs = list(shifted(1, 400, 4000, 3.0, 0.4))
    assert LOW < np.mean([hit(ours, 0.4) for ours, _ in pairs]) < HIGH
    assert np.mean([hit(wrong, 0.4) for _, wrong in pairs]) < 0.45


def several_runs(rng, tau, lengths=(1000, 1500, 800)):
    shapes = zip(BETA, lengths, strict=True)
    energies = [FAMILY.energies(rng, b, (n,), tau) for b, n in shapes]
    return MBAR.of_energies(energies, BETA), energies


def test_several_runs_together():
    rng, hits = np.random.default_rng(2), []
    for _ in range(200):
        mbar, energies = several_runs(rng, 0.5)
        free, mean = mbar.free_energies()[1:], mbar.mean(energies, at=1.5)
        inside = np.abs(free.values - FAMILY.free_energy(BETA[1:], 1.0)) < free.errors
        hits.append([*inside, hit(mean, FAMILY.mean(1.5))])
    assert (np.abs(np.mean(hits, axis=0) - 0.683) < 0.1).all()  # three standard deviations
    assert LOW < np.mean(hits) < HIGH


@pytest.mark.nightly
@pytest.mark.parametrize(("tau", "n"), [(0.5, 2000), (3.0, 8000), (10.0, 20_000)])
def test_all_that_one_run_does_not_refuse(tau, n):
    grid, told, silent = (0.1, 0.3, 0.5, 0.7, 0.9, 1.1, 1.4, 2.0), [], []
    for x in ar1(np.random.default_rng(11), (1000, n), tau):
        for shift in grid:
            try:
                found = reweight(x, shift * x)
            except ExtrapolationError:
                continue
            (told if found.warnings else silent).append(hit(found, shift))
    assert LOW < np.mean(silent) < HIGH
    assert LOW < np.mean(told + silent) < HIGH
    assert len(silent) > 0.3 * len(grid) * 1000
    assert len(told + silent) < 0.8 * len(grid) * 1000


@pytest.mark.nightly
def test_ising_model_from_one_run():
    rng, hits = np.random.default_rng(12), {b: [] for b in (0.25, 0.3, 0.4, 0.5, 0.7, 1.0)}
    for _ in range(1500):
        energy, size = Ising.draw(rng, 0.44, 3000)
        for beta, found in hits.items():
            try:
                found.append(hit(reweight(size, -(beta - 0.44) * energy), Ising.exact(beta)[1]))
            except ExtrapolationError:
                continue
    assert LOW < np.mean([found for row in hits.values() for found in row]) < HIGH
    for beta in (0.4, 0.5, 0.7, 1.0):
        assert len(hits[beta]) > 1450
        assert LOW < np.mean(hits[beta]) < HIGH


@pytest.mark.nightly
@pytest.mark.parametrize("tau", [0.5, 4.0])
def test_all_that_several_runs_do_not_refuse(tau):
    rng, grid = np.random.default_rng(13), (0.75, 0.85, 0.95, 1.1, 1.3, 1.5, 2.0, 2.5)
    hits = {b: [] for b in grid}
    for _ in range(800):
        mbar, energies = several_runs(rng, tau, (2000, 3000, 1500))
        for beta, found in hits.items():
            try:
                mean, free = mbar.mean(energies, beta), mbar.free_energy(beta)
            except ExtrapolationError:
                continue
            found.append((hit(mean, FAMILY.mean(beta)), hit(free, FAMILY.free_energy(beta, 1.0))))
    for beta in grid[2:]:
        assert len(hits[beta]) > 700
        assert LOW < np.mean([mean for mean, _ in hits[beta]]) < HIGH
        assert LOW < np.mean([free for _, free in hits[beta]]) < HIGH
    assert LOW < np.mean([pair for found in hits.values() for pair in found]) < HIGH


@pytest.mark.nightly
def test_complex_weights():
    # Both parts, over shifts whose phase is resolved.
    hits = []
    for x in ar1(np.random.default_rng(14), (1500, 4000), 2.0):
        for shift in (0.5, 1.0, 1.4):
            found = reweight(x, 1j * shift * x)
            hits.append(abs(found.value.imag - shift) < found.error.imag)
            hits.append(abs(found.value.real) < found.error.real)
    assert LOW < np.mean(hits) < HIGH


@pytest.mark.nightly
def test_replicas():
    hits = []
    for x in ar1(np.random.default_rng(15), (1500, 4, 1500), 2.0):
        hits.append(hit(reweight(x, 0.5 * x, primaries=np.square), 1.25))
    assert LOW < np.mean(hits) < HIGH
