"""Whether the numbers are uniform, normal and independent, at fixed seeds.

Each test makes p-values; the smallest, times their number, must exceed LEVEL.  A right generator
would fail a test with probability LEVEL, once, since seeds are fixed; wrong ones on purpose fail.
"""

import math

import mpmath
import numpy as np
import pytest

import heatbath as hb
from heatbath.random import key

LEVEL = 1e-4
N = 1 << 17  # numbers in a sample


@pytest.fixture(autouse=True)
def _reference():
    with hb.backends.use("reference"):
        yield


def bonferroni(p_values):
    p = list(p_values)
    assert all(0 <= q <= 1 for q in p)
    return min(p) * len(p)


def two_sided(z):
    """The p-value of a standard normal number."""
    return math.erfc(abs(z) / math.sqrt(2))


def kolmogorov(u):
    """The p-value of the largest distance between an empirical and the uniform distribution."""
    u, n = np.sort(np.asarray(u, dtype="float64")), len(u)
    distance = max(np.max(np.arange(1, n + 1) / n - u), np.max(u - np.arange(n) / n))
    x = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * distance
    if x < 0.2:
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))


def chi_squared(counts, expected):
    statistic = float(np.sum((counts - expected) ** 2 / expected))
    freedom = np.size(counts) - 1
    return float(mpmath.gammainc(freedom / 2, statistic / 2, regularized=True))


def normal_cdf(z):
    return np.asarray([0.5 * math.erfc(-x / math.sqrt(2)) for x in z])


def uniform_p_values(u):
    """Moments, distribution, and equal counts in 256 cells."""
    u, n = np.asarray(u, dtype="float64").ravel(), np.size(u)
    for power in (1, 2, 3, 4):
        mean, square = 1 / (power + 1), 1 / (2 * power + 1)
        yield two_sided((np.mean(u**power) - mean) / math.sqrt((square - mean**2) / n))
    yield kolmogorov(u)
    yield chi_squared(np.bincount((256 * u).astype(int), minlength=256), n / 256)


def normal_p_values(z):
    """Moments up to the sixth, distribution, and the tails beyond three."""
    z, n = np.asarray(z, dtype="float64").ravel(), np.size(z)
    double_factorial = [1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395]
    for power in range(1, 7):
        mean, square = double_factorial[power], double_factorial[2 * power]
        yield two_sided((np.mean(z**power) - mean) / math.sqrt((square - mean**2) / n))
    yield kolmogorov(normal_cdf(z[: n // 4]))
    p = math.erfc(3 / math.sqrt(2))
    yield two_sided((np.sum(abs(z) > 3) - n * p) / math.sqrt(n * p * (1 - p)))


def correlation_p_values(x, y):
    """Of standard normal samples, of their squares, and of their signs with squares."""
    x, y = (np.asarray(a, dtype="float64").ravel() for a in (x, y))
    root = math.sqrt(x.size)
    a, b = (x * x - 1) / math.sqrt(2), (y * y - 1) / math.sqrt(2)
    for s, t in ((x, y), (a, b), (x, b), (a, y)):
        yield two_sided(np.mean(s * t) * root)


@pytest.mark.parametrize("seed", [1, 2])
def test_uniform(seed, dtype):
    u = hb.random.uniform(np.empty(N, dtype=dtype), key(seed), 0, dim=1)
    assert 0 < u.min() < u.max() < 1
    width = 2 if dtype == "float64" else 4
    p_values = [p for lane in range(width) for p in uniform_p_values(u[lane::width])]
    assert bonferroni(p_values) > LEVEL


@pytest.mark.parametrize("seed", [1, 2])
def test_normal(seed, dtype):
    z = hb.random.normal(np.empty(N, dtype=dtype), key(seed), 0, dim=1)
    width = 2 if dtype == "float64" else 4
    p_values = [p for lane in range(width) for p in normal_p_values(z[lane::width])]
    assert bonferroni(p_values) > LEVEL


def test_across_steps_chains_draws_and_keys():
    """A few numbers each: the address, not the site, makes the sample."""
    n, like = 400, np.empty((1, 5))
    chains = hb.random.uniform(np.empty((n, 5)), key(1, chains=n), 0, dim=1)
    steps = [hb.random.uniform(like, key(1), s, dim=1) for s in range(n)]
    draws = [hb.random.uniform(like, key(1), 0, dim=1, draw=d) for d in range(n)]
    seeds = [hb.random.uniform(like, key(s), 0, dim=1) for s in range(n)]
    high = [hb.random.uniform(like, key(1), s << 32, dim=1) for s in range(n)]
    samples = (chains, steps, draws, seeds, high)
    assert bonferroni(p for u in samples for p in uniform_p_values(u)) > LEVEL


def neighbours(dtype):
    z = hb.random.normal(np.empty((256, 512), dtype=dtype), key(4), 0, dim=2)
    for distance in range(1, 9):  # lanes, pairs of one block, blocks
        yield z[:, distance:], z[:, :-distance]
    yield z[1:], z[:-1]  # rows


def addresses(dtype):
    like = np.empty(N // 2, dtype=dtype)

    def z(k, step=0, **more):
        return hb.random.normal(like, k, step, dim=1, **more)

    here = z(key(4))
    others = (
        [z(key(4), step) for step in (1, 2, 2**31, 2**32, 2**47)]
        + [z(key(4), purpose=p) for p in (1, 2, 3)]
        + [z(key(4), draw=d) for d in (1, 2, 256)]
        + [z(key(4, chains=[c])) for c in (1, 2, "a")]
        + [z(key(5)), z(key(4).leaf(0)), z(key(4).leaf("hmc"))]
    )
    for other in others:
        yield here, other
        yield here[1:], other[:-1]


@pytest.mark.parametrize("pairs", [neighbours, addresses])
def test_independent(pairs, dtype):
    p_values = (p for x, y in pairs(dtype) for p in correlation_p_values(x, y))
    assert bonferroni(p_values) > LEVEL


def test_uniforms_and_normals_of_different_purposes_are_independent():
    like = np.empty(N)
    z = hb.random.normal(like, key(6), 0, dim=1, purpose=2)
    u = hb.random.uniform(like, key(6), 0, dim=1, purpose=3)
    v = math.sqrt(12) * (u - 0.5)
    root = math.sqrt(N)
    assert bonferroni(two_sided(np.mean(a * v) * root) for a in (z, (z * z - 1) / 2**0.5)) > LEVEL


@pytest.mark.parametrize("high", [2, 3, 7, 100, 1 << 31])
def test_integers_are_uniform(high):
    n = hb.random.integers(np.empty(N), key(8), 0, high=high, dim=1)
    assert n.min() >= 0
    assert n.max() < high
    cells = high if high <= 100 else 64
    counts = np.bincount(n * cells // high, minlength=cells)
    assert chi_squared(counts, N / cells) > LEVEL


def test_neighbouring_integers_are_independent():
    n = hb.random.integers(np.empty(N), key(9), 0, high=8, dim=1)
    p_values = [
        chi_squared(np.bincount(8 * x + y, minlength=64), len(x) / 64)
        for x, y in ((n[::2], n[1::2]), (n[1:-1:2], n[2::2]))
    ]
    assert bonferroni(p_values) > LEVEL


# ---- wrong on purpose ------------------------------------------------------------------------
def right_uniform():
    return hb.random.uniform(np.empty(N), key(1), 0, dim=1)


def right_normal():
    return hb.random.normal(np.empty(N), key(1), 0, dim=1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda u: 0.99 * u,
        lambda u: u**1.02,
        lambda u: np.floor(200 * u) / 200,
        lambda u: 0.5 + u / 2,
    ],
    ids=["short range", "power", "200 values", "upper half"],
)
def test_wrong_uniforms_are_rejected(wrong):
    assert bonferroni(uniform_p_values(right_uniform())) > LEVEL
    assert bonferroni(uniform_p_values(wrong(right_uniform()))) < LEVEL


@pytest.mark.parametrize(
    "wrong",
    [
        lambda z: 1.01 * z,
        lambda z: z + 0.015,
        lambda z: np.clip(z, -3, 3),
        lambda z: abs(z),
        lambda z: np.where(abs(z) > 2.9, z / 2, z),
        lambda z: (z + z**3 / 300) / math.sqrt(1 + 6 / 300 + 15 / 300**2),
    ],
    ids=["scale", "shift", "no tails", "one sign", "thin tails", "kurtosis"],
)
def test_wrong_normals_are_rejected(wrong):
    assert bonferroni(normal_p_values(right_normal())) > LEVEL
    assert bonferroni(normal_p_values(wrong(right_normal()))) < LEVEL


def test_wrong_independence_is_rejected():
    z, other = right_normal(), hb.random.normal(np.empty(N), key(2), 0, dim=1)
    shared_radius = np.abs(z) * np.sign(other)  # uncorrelated, yet dependent
    assert bonferroni(correlation_p_values(z, other)) > LEVEL
    assert bonferroni(correlation_p_values(z, z)) < LEVEL
    assert bonferroni(correlation_p_values(z, shared_radius)) < LEVEL
    assert bonferroni(correlation_p_values(z, 0.98**2 * other + 0.02 * z)) < LEVEL


def test_the_p_values_of_the_helpers():
    """Against tabulated quantiles."""
    assert two_sided(1.959964) == pytest.approx(0.05, abs=1e-6)
    assert chi_squared(np.asarray([60, 40]), 50) == pytest.approx(two_sided(2), rel=1e-9)
    n = 1000  # a sample whose distance is 1.3581 / √n has p = 0.05
    u = (np.arange(n) + 0.5) / n
    shifted = u + 1.3581 / (math.sqrt(n) + 0.12) - 0.5 / n
    assert kolmogorov(shifted) == pytest.approx(0.05, rel=0.02)
