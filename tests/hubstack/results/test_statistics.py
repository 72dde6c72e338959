from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hubstack.results.statistics import (
    estimate_mean,
    estimate_quantile,
    estimate_share,
    over_replications,
    quantile,
    quantile_interval,
)


def test_a_quantile_is_one_of_the_values():
    """p95 of a hundred numbers is the ninety-fifth: nothing is interpolated."""
    assert quantile(range(1, 101), 0.95) == 95


def test_five_values_say_nothing_of_an_upper_bound_on_p95():
    """An end of an interval that the data can't determine is None: 0.95**5 is above 2.5 %, P(3 of 5 below) isn't."""
    low, high = quantile_interval([1, 2, 3, 4, 5], 0.95)
    assert (low, high) == (4, None)


def test_the_median_of_ten_lies_between_the_second_and_the_ninth_value():
    """The textbook's distribution-free interval for the median of ten (97.9 %)."""
    assert quantile_interval(range(1, 11), 0.5) == (2, 9)


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_quantile_interval_covers_the_true_value(q):
    """At least 95 % of intervals from independent samples hold the true quantile (here with 400 samples, 3 sigma)."""
    generator = np.random.default_rng(7)
    true = stats.expon.ppf(q)
    covered = 0
    for _ in range(400):
        low, high = quantile_interval(generator.exponential(size=200).tolist(), q)
        covered += low <= true and (high is None or true <= high)
    assert covered / 400 > 0.95 - 3 * (0.95 * 0.05 / 400) ** 0.5


def test_the_mean_has_students_interval():
    """The interval of a mean is scipy's own t interval."""
    values = [1.0, 2.0, 4.0, 7.0]
    estimate = estimate_mean(values)
    expected = stats.t.interval(0.95, 3, loc=3.5, scale=stats.sem(values))
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_replications_are_averaged_and_give_the_interval():
    """Several replications: the mean of each one's figure, and Student's interval of these figures."""
    estimate = over_replications([[1, 2, 3], [3, 4, 5], [5, 6, 7]], lambda values: estimate_quantile(values, 0.5))
    assert estimate.value == 4
    assert (estimate.low, estimate.high) == pytest.approx(stats.t.interval(0.95, 2, loc=4, scale=stats.sem([2, 4, 6])))


def test_a_replication_without_values_is_left_out():
    """Nothing is made up for a replication in which nobody spawned."""
    assert over_replications([[], [2.0]], estimate_mean).value == 2.0
    with pytest.raises(ValueError, match="no replication has a value"):
        over_replications([[], []], estimate_mean)


@pytest.mark.parametrize("ones", [0, 3, 20])
def test_a_share_has_the_exact_binomial_interval(ones):
    """Nobody of twenty abandoned doesn't mean that nobody ever will: the rule of Clopper and Pearson."""
    estimate = estimate_share([1.0] * ones + [0.0] * (20 - ones))
    exact = stats.binomtest(ones, 20).proportion_ci(method="exact")
    assert (estimate.low, estimate.high) == pytest.approx((exact.low, exact.high))
