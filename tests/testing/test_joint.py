"""Joint tests: known p-values, uniform ones, and what happens where nothing fluctuates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import f_oneway, kstest, ttest_1samp

from heatbath.testing.joint import deviation, same_means

MIX = np.array([[1.0, 0.9, 0.0], [0.0, 0.1, 0.5], [0.0, 0.0, 3.0]])  # strongly correlated


def test_one_component_is_students_test() -> None:
    x = np.random.default_rng(1).normal(size=(20, 1)) + 0.4
    assert deviation(x, 0.1).p_value == pytest.approx(ttest_1samp(x[:, 0], 0.1).pvalue)


def test_one_component_of_groups_is_fishers_test() -> None:
    rng = np.random.default_rng(1)
    groups = [rng.normal(size=(n, 1)) + 0.3 * k for k, n in enumerate((9, 12, 10))]
    assert same_means(groups) == pytest.approx(f_oneway(*groups).pvalue[0])


def test_p_values_are_uniform() -> None:
    rng = np.random.default_rng(2)
    one = [deviation(rng.normal(size=(16, 3)) @ MIX + 5.0, 5.0).p_value for _ in range(500)]
    many = [same_means(np.split(rng.normal(size=(40, 3)) @ MIX, 4)) for _ in range(500)]
    assert min(kstest(p, "uniform").pvalue for p in (one, many)) > 1e-3


def test_components_may_depend_on_each_other() -> None:
    """A copy, or a sum, of components adds nothing."""
    x = np.random.default_rng(3).normal(size=(30, 2)) + 0.3
    more = np.stack([*x.T, x[:, 0], x[:, 0] + x[:, 1], np.ones(30)], axis=1)
    assert deviation(more, [0, 0, 0, 0, 1]).p_value == pytest.approx(deviation(x).p_value)
    assert same_means([more[:10], more[10:]]) == pytest.approx(same_means([x[:10], x[10:]]))


def test_what_does_not_fluctuate_must_be_as_expected() -> None:
    still = np.ones((10, 2))
    assert deviation(still, 1.0).p_value == 1.0
    assert deviation(still, 0.9).p_value == 0.0
    assert same_means([still, still]) == 1.0
    assert same_means([still, still + 1.0]) == 0.0


def test_an_unfulfilled_relation_between_components_is_seen() -> None:
    """a − b does not fluctuate, and is not what it should be."""
    a = np.random.default_rng(4).normal(size=(30, 1))
    assert deviation(np.concatenate([a, a + 0.5], axis=1)).p_value == 0.0


def test_what_is_not_finite_is_rejected() -> None:
    assert deviation(np.array([[1.0], [np.nan], [2.0]])).p_value == 0.0
