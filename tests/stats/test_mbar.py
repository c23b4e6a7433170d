"""Several runs at once: free energies and means against exact ones, and by two ways."""

from itertools import pairwise

import numpy as np
import pytest

from exact_ensembles import GaussianFamily, Ising, ar1
from heatbath.stats import (
    MBAR,
    ConvergenceError,
    Estimates,
    ExtrapolationError,
    OverlapError,
    ensembles as ensembles_module,
    mixture as mixture_module,
    nodes as nodes_module,
    observables as observables_module,
    reweight,
)
from heatbath.stats.mixture import Mixture, disjoint_groups, first_guess

FAMILY = GaussianFamily(10)


def energy_nodes(energies, spread):
    return nodes_module.energy_nodes(energies, energies.min(), energies.max(), spread=spread)


BETA = np.array([1.0, 1.25, 1.6])


def gaussian_runs(seed, beta=BETA, lengths=(3000, 5000, 2000), tau=0.5, family=FAMILY):
    rng = np.random.default_rng(seed)
    return [family.energies(rng, b, (n,), tau) for b, n in zip(beta, lengths, strict=True)]


def potentials(energies, beta=BETA):
    """The general form of u_k = β_k E."""
    return [np.multiply.outer(np.asarray(beta), e) for e in energies]


def distances(found, exact):
    return np.abs(found.values - exact) / found.errors


# ---------------------------------------------------------------- exact results


@pytest.mark.parametrize("tau", [0.5, 4.0])
def test_free_energies_and_means_of_gaussians(tau):
    energies = gaussian_runs(1, lengths=(8000, 16_000, 6000), tau=tau)
    mbar = MBAR.of_energies(energies, BETA)
    free = mbar.free_energies()
    assert free[0].value == free[0].error == 0
    assert (distances(free[1:], FAMILY.free_energy(BETA[1:], 1.0)) < 4).all()
    at = np.array([0.9, 1.1, 1.25, 1.4, 1.7])
    assert (distances(mbar.free_energy(at), FAMILY.free_energy(at, 1.0)) < 4).all()
    means = mbar.mean(energies, at)
    assert (distances(means, FAMILY.mean(at)) < 4).all()
    assert (means.errors < 0.02 * means.values).all()
    variance = mbar.mean(
        [np.stack([e, e * e]) for e in energies], at, function=lambda m, m2: m2 - m * m
    )
    assert (distances(variance, FAMILY.variance(at)) < 4).all()
    assert means.warnings == variance[1:4].warnings == ()


def test_ising_model_by_both_forms():
    beta = [0.2, 0.35, 0.44, 0.6]
    rng = np.random.default_rng(2)
    drawn = [Ising.draw(rng, b, (2, n)) for b, n in zip(beta, (1000, 4000, 3000, 500), strict=True)]
    energies = [e for e, _ in drawn]
    both = [np.stack(pair) for pair in drawn]
    fast = MBAR.of_energies(energies, beta)
    general = MBAR.of_potentials(potentials(energies, beta))
    exact = [Ising.free_energy(b, beta[0]) for b in beta[1:]]
    assert (distances(fast.free_energies()[1:], exact) < 4).all()
    at = np.linspace(0.1, 0.7, 13)
    curve = fast.mean(both, at)
    assert curve.shape == (13, 2)
    assert (distances(curve, [Ising.exact(b) for b in at]) < 4).all()
    for b, row in zip(at, curve, strict=True):
        other = general.mean(both, [b * e for e in energies])
        np.testing.assert_allclose(other.values, row.values, rtol=1e-10)
        np.testing.assert_allclose(other.errors, row.errors, rtol=1e-7)


def test_refuses_beyond_its_range_and_says_where_that_ends():
    energies = [Ising.draw(np.random.default_rng(3), 0.44, 20_000)[0]]
    mbar = MBAR.of_energies(energies, [0.44])
    low, high = mbar.trusted_range()
    assert -0.2 < low < 0.2
    for inside in np.linspace(low, min(high, 1.0), 8):
        found = mbar.mean(energies, inside)
        assert abs(found.value - Ising.exact(inside)[0]) < 4 * found.error
    words = f"at = -0.5 reaches too far: .*trusted are {low:.6g} to .*simulate nearer"
    with pytest.raises(ExtrapolationError, match=words):
        mbar.mean(energies, [0.4, -0.5])
    with pytest.raises(ExtrapolationError, match="reaches too far"):
        mbar.free_energy(low - 0.05)


def test_range_ends_where_the_overlap_does():
    mbar = MBAR.of_energies(gaussian_runs(4), BETA)
    low, high = mbar.trusted_range()
    assert 0.5 < low < 0.9
    assert 1.8 < high < 4
    for edge, outwards in ((low, -1), (high, 1)):
        assert mbar.overlap(edge).trusted
        assert not mbar.overlap(edge + 0.1 * edge * outwards).trusted
    still = MBAR.of_energies([np.full(500, 3.0)], [1.0])
    assert still.trusted_range() == (-np.inf, np.inf)


# ---------------------------------------------------------------- two ways to one number


def test_energies_and_potentials_agree():
    for seed, lengths in ((5, (30_000, 50_000, 20_000)), (6, (50, 80, 70))):
        energies = gaussian_runs(seed, lengths=lengths)
        fast, general = MBAR.of_energies(energies, BETA), MBAR.of_potentials(potentials(energies))
        assert np.abs(fast.ensembles.free - general.ensembles.free).max() < 1e-10
        if seed == 5:  # else energies are few enough as they are
            assert energy_nodes(np.concatenate(energies), 0.6) is not None
            a, b = fast.mean(energies, at=1.4), general.mean(energies, [1.4 * e for e in energies])
            assert a.value == pytest.approx(b.value, rel=1e-11)
            assert a.error == pytest.approx(b.error, rel=1e-8)
            assert fast.free_energy(1.4).value == pytest.approx(
                general.free_energy([1.4 * e for e in energies]).value, abs=1e-11
            )


def test_agrees_with_a_solver_of_scipy():
    optimize, special = pytest.importorskip("scipy.optimize"), pytest.importorskip("scipy.special")
    rng = np.random.default_rng(7)  # three Gaussians of other places and widths, no common form
    x = [rng.normal(0.5 * k, 1 + 0.2 * k, size=n) for k, n in enumerate((300, 500, 200))]
    u = [np.stack([(y - 0.5 * k) ** 2 / (2 * (1 + 0.2 * k) ** 2) for k in range(3)]) for y in x]
    mbar = MBAR.of_potentials(u)
    together, counts = np.concatenate(u, axis=1), np.array([300, 500, 200])

    def excess(free):
        logs = (np.log(counts) + np.array([0.0, *free]))[:, np.newaxis] - together
        return (np.exp(logs - special.logsumexp(logs, axis=0)).sum(axis=1) - counts)[1:]

    found = optimize.root(excess, [0.0, 0.0], tol=1e-12)
    assert found.success
    np.testing.assert_allclose(mbar.ensembles.free[1:], found.x, rtol=1e-10)
    exact = -np.log(1 + 0.2 * np.arange(1, 3))
    assert (distances(mbar.free_energies()[1:], exact) < 4).all()


def test_one_run_is_plain_reweighting():
    x = ar1(np.random.default_rng(8), (5000,), 3.0)
    energy = [x * x / 2]
    mbar = MBAR.of_energies(energy, [1.0])
    for at in (0.8, 1.0, 1.5):
        a, b = mbar.mean([x**4], at), reweight(x**4, -(at - 1.0) * energy[0])
        assert a.value == pytest.approx(b.value, rel=1e-11)
        assert a.error == pytest.approx(b.error, rel=1e-6)
        assert a.tau_int == pytest.approx(b.tau_int, rel=1e-6)
        assert a.ess == pytest.approx(b.ess, rel=1e-6)


def test_a_simulated_ensemble_is_one_of_all():
    energies = gaussian_runs(9, tau=2.0)
    free = MBAR.of_energies(energies, BETA).free_energies()
    again = MBAR.of_energies(energies, BETA).free_energy(BETA)
    np.testing.assert_allclose(again.values[1:], free.values[1:], rtol=1e-10)
    np.testing.assert_allclose(again.errors[1:], free.errors[1:], rtol=1e-6)
    assert abs(again[0].value) < 1e-12
    general = MBAR.of_potentials(potentials(energies))
    assert general.mean(energies, at=1) == general.mean(energies, [BETA[1] * e for e in energies])


def test_influences_are_derivatives_with_respect_to_each_measurement():
    # A measurement that counts 1 + ε times: everything is solved again.
    energies = gaussian_runs(10, lengths=(40, 60, 50))
    mbar = MBAR.of_potentials(potentials(energies))
    u, flat = np.concatenate(potentials(energies), axis=1), np.concatenate(energies)

    def solved(often):
        mixture = Mixture(mbar.given.counts, lambda: [(u, often)], u.size)
        free, _ = mixture.solve(mbar.ensembles.free)
        terms = mbar.given.counts[:, np.newaxis] * np.exp(free[:, np.newaxis] - u)
        w = often * np.exp(-1.4 * flat) / terms.sum(axis=0)
        return free, -np.log(w.sum()), (w @ flat) / w.sum()

    weights = mbar.ensembles.weights(1.4 * flat)
    mean = weights.means(flat[np.newaxis])
    on_mean = weights.influences(flat[np.newaxis] - mean[:, np.newaxis])[0]
    on_free = weights.influence_on_free()[0]
    p = np.concatenate([p for _, p in mbar.ensembles.belongings()], axis=1)
    for i in (0, 17, 70, 149):
        up, down = np.ones(150), np.ones(150)
        up[i], down[i] = 1 + 1e-4, 1 - 1e-4
        slopes = [(a - b) / 2e-4 for a, b in zip(solved(up), solved(down), strict=True)]
        np.testing.assert_allclose(slopes[0], -mbar.ensembles.inverse @ p[:, i], atol=1e-8)
        assert slopes[1] == pytest.approx(on_free[i], rel=1e-5, abs=1e-9)
        assert slopes[2] == pytest.approx(on_mean[i], rel=1e-5, abs=1e-9)


def test_what_is_kept_and_how_much_at_once_changes_nothing(monkeypatch):
    energies = gaussian_runs(11, tau=2.0)
    both = [np.stack([e, e * e, np.sin(e)]) for e in energies]

    def everything():
        mbar = MBAR.of_potentials(potentials(energies))
        return (
            mbar.free_energies(covariance=True).covariance,
            mbar.mean(both, at=1, covariance=True).covariance,
            mbar.mean(both, at=2, function=lambda a, b, c: a * c / b).error,
            mbar.overlap_matrix(),
        )

    kept = everything()
    monkeypatch.setattr(mixture_module, "KEPT", 0)
    monkeypatch.setattr(ensembles_module, "KEPT", 0)
    monkeypatch.setattr(observables_module, "_CACHED", 1)
    monkeypatch.setattr(observables_module, "_LARGEST", 1)
    for a, b in zip(kept, everything(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-15)


# ---------------------------------------------------------------- the solver


def test_start_is_exact_for_gaussian_energies():
    # f(β) = −μβ + σ²β²/2·(−1) + c has ⟨E⟩_β linear in β: the trapezoid is exact on the tree.
    beta, order = np.array([3.0, 0.0, 1.0, 2.5]), [1, 2, 3, 0]
    means = np.multiply.outer(5.0 - 2.0 * beta, beta)
    exact = 5.0 * beta - beta**2
    np.testing.assert_allclose(first_guess(means), exact - exact[0], atol=1e-12)
    # The tree runs along β: neighbours by size, not by number.
    bent = np.multiply.outer(1 / (1 + beta), beta)
    expected = np.zeros(4)
    for a, b in pairwise(order):
        middle = (1 / (1 + beta[a]) + 1 / (1 + beta[b])) / 2
        expected[b] = expected[a] + (beta[b] - beta[a]) * middle
    np.testing.assert_allclose(first_guess(bent), expected - expected[0], atol=1e-12)


def test_solution_does_not_depend_on_the_start_or_on_constants():
    energies = gaussian_runs(12)
    u = potentials(energies)
    mbar = MBAR.of_potentials(u)
    shift = np.array([0.0, 1e5, -3e4])[:, np.newaxis]
    shifted = MBAR.of_potentials([v + shift for v in u])
    np.testing.assert_allclose(shifted.ensembles.free - shift[:, 0], mbar.ensembles.free, atol=1e-9)
    mixture = Mixture(mbar.given.counts, lambda: [(v, None) for v in u], 30_000)
    for start in ([0.0, 50.0, -80.0], [0.0, -300.0, 700.0], [3e3, -2e3, 8.0]):
        free, hessian = mixture.solve(np.array(start))
        np.testing.assert_allclose(free, mbar.ensembles.free, atol=1e-9)
        np.testing.assert_allclose(hessian.sum(axis=0), 0, atol=1e-6)


def test_large_energies_keep_their_digits():
    energies = gaussian_runs(13)
    near = MBAR.of_energies(energies, BETA).free_energies()
    far = MBAR.of_energies([e - 1e7 for e in energies], BETA).free_energies()
    np.testing.assert_allclose(far.values + 1e7 * (BETA - 1.0), near.values, atol=1e-6)
    np.testing.assert_allclose(far.errors, near.errors, rtol=1e-5)


def test_no_convergence_is_raised_in_words(monkeypatch):
    monkeypatch.setattr(mixture_module, "_MOST", 1)
    with pytest.raises(ConvergenceError, match=r"did not converge in 1 steps: of ensemble \d the"):
        MBAR.of_energies(gaussian_runs(14, lengths=(500, 500, 500)), BETA)


def test_disjoint_histograms_are_named():
    rng = np.random.default_rng(15)
    energies = [rng.normal(m, 1.0, size=500) for m in (0.0, 1.0, 80.0, 81.0, 300.0)]
    beta = [0.0, -1.0, -80.0, -81.0, -300.0]
    words = (
        r"3 groups that share .* measurements, and 20 are needed \(beta = -?0, beta = -1; "
        r"beta = -80, beta = -81; beta = -300\): their histograms are disjoint"
    )
    with pytest.raises(OverlapError, match=words):
        MBAR.of_energies(energies, beta)
    with pytest.raises(OverlapError, match=r"3 groups .*\(0, 1; 2, 3; 4\)"):
        MBAR.of_potentials(potentials(energies, beta))


def test_little_overlap_is_refused_before_it_is_none():
    # Whatever is left of it, the equations are solved or the groups are named.
    rng = np.random.default_rng(16)
    found = []
    for distance in (2.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 14.0, 17.0, 25.0, 60.0):
        energies = [rng.normal(0, 1, size=2000), rng.normal(distance, 1, size=2000)]
        try:
            MBAR.of_energies(energies, [0.0, -distance])
            found.append(True)
        except OverlapError:
            found.append(False)
    assert found == [True] * 2 + [False] * 11


def test_groups_by_the_weakest_cut():
    shared = np.array([[0, 50, 1, 0], [50, 0, 2, 0], [1, 2, 0, 90], [0, 0, 90, 0.0]])
    laplacian = np.diag(shared.sum(axis=0)) - shared
    groups, least = disjoint_groups(laplacian, np.array([100.0, 200.0, 300.0, 150.0]))
    assert groups == [[0, 1], [2, 3]]
    assert least == pytest.approx(3.0)
    groups, least = disjoint_groups(10 * laplacian, np.full(4, 100.0))
    assert groups == [[0, 1, 2, 3]]
    assert least == pytest.approx(30.0)
    assert disjoint_groups(np.zeros((1, 1)), np.ones(1))[0] == [[0]]
    # Many ensembles that share little in pairs but much in all are no groups.
    crowd = 24 * np.eye(40) - 0.6 * np.ones((40, 40))
    assert len(disjoint_groups(crowd, np.full(40, 24.0))[0]) == 1
    # A short run shares no more than it has.
    short = np.array([[5.0, -5.0], [-5.0, 5.0]])
    assert len(disjoint_groups(short, np.array([1000.0, 16.0]))[0]) == 1
    assert len(disjoint_groups(short, np.array([1000.0, 30.0]))[0]) == 2


# ---------------------------------------------------------------- nodes


@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_nodes_sum_smooth_functions_as_all_energies_do(spread):
    energies = np.random.default_rng(17).normal(-40, 3, size=200_000)
    nodes, weights = energy_nodes(energies, spread)
    assert len(nodes) < len(energies) / 4
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(energies.size, rel=1e-14)
    for rate in (-1.0, 0.5, 1.0):
        scaled = rate * spread * (energies + 40)
        at_nodes = rate * spread * (nodes + 40)
        for h in (np.exp, lambda t: 1 / (1 + np.exp(t))):
            assert weights @ h(at_nodes) == pytest.approx(h(scaled).sum(), rel=3e-11)


def test_nodes_have_four_moments_of_each_bin():
    energies = np.random.default_rng(18).gamma(2.0, size=5000)
    nodes, weights = energy_nodes(energies, 1 / 64)  # bins of width about 1
    for power in range(4):
        assert weights @ nodes**power == pytest.approx((energies**power).sum(), rel=1e-12)
    fourth = (energies**4).sum()
    assert weights @ nodes**4 == pytest.approx(fourth, rel=2e-2)
    assert weights @ nodes**4 != pytest.approx(fourth, rel=1e-6)


def test_nodes_of_discrete_energies_are_those_energies():
    energies = np.random.default_rng(19).integers(-16, 17, size=20_000) * 4.0
    nodes, weights = energy_nodes(energies, 0.3)
    for value in np.unique(energies):
        near = np.abs(nodes - value) < 1e-5
        assert weights[near].sum() == pytest.approx((energies == value).sum())
    assert energy_nodes(np.full(100, 2.5), 1.0)[0] == pytest.approx(2.5)


def test_nodes_are_not_made_of_few_energies():
    energies = np.random.default_rng(20).normal(size=1000)
    assert energy_nodes(energies, 1.0) is None
    assert energy_nodes(energies, 0.1) is not None
    assert nodes_module._WORTH > 1


# ---------------------------------------------------------------- results


def test_covariance_is_that_of_many_repetitions():
    rng, at = np.random.default_rng(21), np.array([1.05, 1.1, 1.5])
    found, covariances = [], []
    for _ in range(150):
        energies = [FAMILY.energies(rng, b, (600,), 2.0) for b in (1.0, 1.4)]
        curve = MBAR.of_energies(energies, [1.0, 1.4]).mean(energies, at, covariance=True)
        found.append(curve.values)
        covariances.append(curve.covariance)
        np.testing.assert_allclose(np.diag(curve.covariance), curve.errors**2, rtol=1e-12)
        assert np.linalg.eigvalsh(curve.covariance).min() > -1e-12
    expected = np.cov(np.array(found).T)
    average = np.mean(covariances, axis=0)
    np.testing.assert_allclose(np.diag(average), np.diag(expected), rtol=0.25)

    def correlation(c):
        return c / np.sqrt(np.outer(np.diag(c), np.diag(c)))

    np.testing.assert_allclose(correlation(average), correlation(expected), atol=0.15)
    assert correlation(average)[0, 1] > 0.95


def test_observables_of_any_shape_real_and_complex():
    energies = gaussian_runs(22)
    mbar = MBAR.of_energies(energies, BETA)
    rng = np.random.default_rng(0)
    many = [rng.normal(size=(2, 3, len(e))) + e for e in energies]
    found = mbar.mean(many, at=[1.1, 1.3])
    assert isinstance(found, Estimates)
    assert found.shape == (2, 2, 3)
    alone = mbar.mean([o[1, 2] for o in many], at=1.3)
    assert found[1, 1, 2].value == pytest.approx(alone.value, rel=1e-12)
    assert found[1, 1, 2].error == pytest.approx(alone.error, rel=1e-9)
    both = mbar.mean([o[0] + 1j * o[1] for o in many], at=1.3)
    np.testing.assert_allclose(both.values, found.values[1, 0] + 1j * found.values[1, 1])
    np.testing.assert_allclose(both.errors, found.errors[1, 0] + 1j * found.errors[1, 1])
    product = mbar.mean([o[0, 0] + 1j * o[1, 0] for o in many], at=1.3, function=lambda z: z * z)
    parts = mbar.mean([o[:, 0] for o in many], at=1.3, function=lambda a, b: a * a - b * b)
    assert product.value.real == pytest.approx(parts.value, rel=1e-9)
    assert product.error.real == pytest.approx(parts.error, rel=1e-5)
    with pytest.raises(ValueError, match="covariance is for real numbers"):
        mbar.mean([o[0] * 1j for o in many], at=1.3, covariance=True)


def test_weights_and_the_overlap_matrix():
    energies = [e.reshape(2, -1) for e in gaussian_runs(23)]
    mbar = MBAR.of_energies(energies, BETA)
    weights = mbar.weights(1.4)
    assert [w.shape for w in weights] == [e.shape for e in energies]
    assert sum(w.sum() for w in weights) == pytest.approx(1.0)
    mean = sum((w * e).sum() for w, e in zip(weights, energies, strict=True))
    assert mbar.mean(energies, 1.4).value == pytest.approx(mean, rel=1e-12)
    matrix = mbar.overlap_matrix()
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-9)
    shares = matrix * mbar.given.counts[:, np.newaxis]
    np.testing.assert_allclose(shares, shares.T, rtol=1e-12)
    assert matrix[0, 1] > matrix[0, 2] > 0.01
    twins = MBAR.of_energies([energies[0], energies[0][:, :300]], [1.0, 1.0])
    np.testing.assert_allclose(twins.overlap_matrix()[0], [5 / 6, 1 / 6], rtol=1e-9)


def test_overlap_is_that_of_kish_over_all_runs():
    energies = gaussian_runs(24)
    mbar = MBAR.of_energies(energies, BETA)
    w = np.concatenate(mbar.weights(1.3))
    found = mbar.overlap(1.3)
    assert found.effective == pytest.approx(1 / np.square(w).sum(), rel=0.1)
    slow = MBAR.of_energies(gaussian_runs(25, tau=8.5), BETA).overlap(1.3)
    assert slow.effective == pytest.approx(found.effective / 8.5, rel=0.3)  # τ of E: ρ²
    mean = mbar.mean(energies, 1.3)
    assert mean.ess == pytest.approx(found.kish / (2 * mean.tau_int))
    assert found.kish == pytest.approx(1 / np.square(w).sum())


def test_replicas_are_seen_and_troubles_told():
    rng = np.random.default_rng(26)
    energies = [FAMILY.energies(rng, b, (4, 1000)) for b in BETA]
    mbar = MBAR.of_energies(energies, BETA)
    observable = [rng.normal(size=(4, 1000)) for _ in BETA]
    assert mbar.mean(observable, 1.3).warnings == ()
    observable[1][2] += 1.0
    told = mbar.mean(observable, 1.3).warnings
    assert any(sentence.startswith("run 1: replicas disagree") for sentence in told)
    tail = mbar.mean([np.exp(5 * o) for o in observable], 1.3)
    assert any("stretches of the chain make this error" in s for s in tail.warnings)
    few = gaussian_runs(27, lengths=(60, 60, 60))
    short = MBAR.of_energies(few, BETA).mean([np.cumsum(e - e.mean()) for e in few], 1.2)
    assert any("chain too short" in sentence for sentence in short.warnings)


def test_constant_observables_and_constant_energies():
    energies = gaussian_runs(28)
    mbar = MBAR.of_energies(energies, BETA)
    found = mbar.mean([np.full(len(e), 0.1) for e in energies], at=[1.1, 1.4])
    assert (found.errors == 0).all()
    np.testing.assert_allclose(found.values, 0.1, rtol=1e-14)
    assert found.warnings == (
        "nothing varies, so the error 0 says nothing of measurements not made",
    )
    still = MBAR.of_energies([np.full(400, 7.0), np.full(300, 7.0)], [1.0, 2.0])
    assert still.ensembles.free == pytest.approx([0.0, 7.0])
    x = np.random.default_rng(29).normal(size=700)
    assert still.mean([x[:400], x[400:]], 1.5).value == pytest.approx(x.mean())


def test_function_that_is_not_finite_is_told():
    energies = gaussian_runs(30)
    with np.errstate(invalid="ignore"):
        found = MBAR.of_energies(energies, BETA).mean(energies, 1.2, function=lambda e: np.log(-e))
    assert np.isnan(found.value)
    assert "not finite at or near the means" in found.warnings[0]


def test_arguments_are_left_unchanged_and_may_be_lists_or_tensors():
    energies = gaussian_runs(31, lengths=(300, 300, 300))
    copies = [e.copy() for e in energies]
    found = MBAR.of_energies(energies, BETA).mean(energies, 1.3)
    assert all((a == b).all() for a, b in zip(energies, copies, strict=True))
    lists = [e.tolist() for e in energies]
    assert MBAR.of_energies(lists, BETA.tolist()).mean(np.array(energies), 1.3) == found
    torch = pytest.importorskip("torch")
    tensors = [torch.tensor(e) for e in energies]
    assert MBAR.of_energies(tensors, BETA).mean(tensors, 1.3) == found


def test_estimates_are_an_array_of_estimates():
    energies = gaussian_runs(32)
    found = MBAR.of_energies(energies, BETA).mean(energies, at=[1.1, 1.2, 1.3], covariance=True)
    assert len(found) == 3
    assert [e.value for e in found] == found.values.tolist()
    assert found[1:].shape == (2,)
    np.testing.assert_array_equal(found[1:].covariance, found.covariance[1:, 1:])
    assert str(found) == str([str(e) for e in found])
    assert "<Estimates of shape (3,)" in repr(found)
    plain = found.to_dict()
    assert plain["shape"] == [3]
    assert plain["estimates"][2] == found[2].to_dict()
    assert plain["covariance"][0][0] == pytest.approx(found.errors[0] ** 2)
    with pytest.raises(ValueError, match="shape must be that of the 3 estimates"):
        Estimates((2,), found.flat)


# ---------------------------------------------------------------- wrong input

GOOD = np.random.default_rng(0).normal(size=(2, 200))


@pytest.mark.parametrize(
    ("energies", "beta", "kind", "words"),
    [
        ([GOOD[0], [1.0]], [1, 2], ValueError, r"energies\[1\] .* has 1 measurements per chain"),
        ([], [], ValueError, "energies must be a sequence of at least one array, one per run"),
        (GOOD[0], [1.0], ValueError, r"energies must be a sequence .* given as \[array\]"),
        (3.0, [1.0], ValueError, "energies must be a sequence"),
        (GOOD, [1.0], ValueError, "beta must be 2 finite real numbers, one for each run"),
        (GOOD, [1.0, np.nan], ValueError, "beta must be 2 finite real numbers"),
        (GOOD, ["a", "b"], ValueError, "beta must be 2 finite real numbers"),
        (GOOD, None, ValueError, "beta must be 2 finite real numbers"),
        ([np.where(GOOD[1, 7] == GOOD, np.nan, GOOD)], [1.0], ValueError, r"got nan at \[1, 7\]"),
        ([GOOD[0], np.full(9, np.inf)], [1, 2], ValueError, r"energies\[1\] must be finite; got i"),
        ([GOOD * 1e200], [1.0], ValueError, r"energies\[0\] must be at most 1e\+150 in size"),
        ([GOOD], [1e14], ValueError, "energies times beta must be at most 1e"),
        (GOOD, [1.0, True], ValueError, "beta must be 2 finite real numbers"),
        (GOOD, [1.0, 1j], ValueError, "beta must be 2 finite real numbers"),
        ([GOOD + 1j], [1.0], TypeError, r"energies\[0\] must be real; got dtype complex128"),
        ([np.array(["a"] * 9)], [1.0], TypeError, "must hold real or complex numbers"),
        ([np.zeros((2, 3, 50))], [1.0], ValueError, r"energies\[0\] must have shape \(n,\)"),
    ],
)
def test_wrong_energies(energies, beta, kind, words):
    with pytest.raises(kind, match=words):
        MBAR.of_energies(energies, beta)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([GOOD, GOOD[:1]], r"potentials\[1\] must have shape \(K, n\) .* K = 2.* got \(1, 200\)"),
        ([GOOD], r"potentials\[0\] must have shape .* K = 1"),
        ([GOOD, GOOD[:, :3]], r"potentials\[1\]\[k\] .* has 3 measurements per chain"),
        ([GOOD, np.where(GOOD[0, 5] == GOOD, np.inf, GOOD)], r"got inf at \[0, 5\]"),
        ([GOOD, GOOD + 1e13], r"potentials\[1\] must be at most 1e\+12 in size, for float64"),
        (GOOD[0], "potentials must be a sequence"),
    ],
)
def test_wrong_potentials(given, words):
    with pytest.raises(ValueError, match=words):
        MBAR.of_potentials(given)


def test_wrong_observables_and_targets():
    energies = gaussian_runs(33, lengths=(200, 300, 400))
    mbar, general = MBAR.of_energies(energies, BETA), MBAR.of_potentials(potentials(energies))
    for observable, words in (
        ([energies[0], energies[1][1:], energies[2]], r"observable\[1\] must have shape \(\*shap"),
        (energies[:2], "observable must be a sequence of 3 arrays, one per run; got"),
        (energies[0], "observable must be a sequence of 3 arrays"),
        ([e * np.nan for e in energies], r"observable\[0\] must be finite; got nan at \[0\]"),
        ([energies[0], np.stack([energies[1]] * 2), energies[2]], "the same leading axes in all"),
        ([e[:, np.newaxis] for e in energies], r"must have shape \(\*shape, 200\)"),
    ):
        with pytest.raises(ValueError, match=words):
            mbar.mean(observable, 1.2)
    for at in (np.nan, "hot", None, [1.2, np.inf], 1j):
        with pytest.raises(ValueError, match="at must be a finite real β, or several; got"):
            mbar.mean(energies, at)
    for at, words in (
        (3, "at must be the number of a simulated ensemble, 0 to 2"),
        (-1, "at must be the number of a simulated ensemble"),
        (1.5, "at must be a sequence of 3 arrays"),
        ([e[1:] for e in energies], r"at\[0\] must have the shape of its run, \(200,\)"),
    ):
        with pytest.raises(ValueError, match=words):
            general.mean(energies, at)
    with pytest.raises(TypeError, match="function must be callable"):
        mbar.mean(energies, 1.2, function=3)
    with pytest.raises(TypeError, match="covariance must be True or False"):
        mbar.free_energy([1.2, 1.3], covariance="no")
    with pytest.raises(ValueError, match="at is an empty sequence"):
        mbar.mean(energies, [])
    with pytest.raises(ExtrapolationError, match="energies times at must be at most 1e"):
        mbar.mean(energies, 1e14)
    with pytest.raises(TypeError, match="trusted_range needs ensembles that differ in β alone"):
        general.trusted_range()
    with pytest.raises(ExtrapolationError, match=r"the potential at reaches too far: .* to it"):
        general.mean(energies, [50 * e for e in energies])


def test_gap_between_runs_is_told_apart_from_a_far_target():
    rng = np.random.default_rng(34)
    energies = [FAMILY.energies(rng, b, (3000,)) for b in (1.0, 3.2)]
    mbar = MBAR.of_energies(energies, [1.0, 3.2])
    between = [b for b in np.linspace(1.0, 3.2, 45) if not mbar.overlap(b).trusted]
    if between:
        with pytest.raises(ExtrapolationError, match="lies between ensembles that share too littl"):
            mbar.mean(energies, between[len(between) // 2])


def test_runs_too_short_to_be_reweighted():
    mbar = MBAR.of_energies([GOOD[0, :20]], [1.0])
    with pytest.raises(ExtrapolationError, match="the runs are too short to be reweighted at all"):
        mbar.trusted_range()
