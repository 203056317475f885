import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.estimate import Estimate

amounts = st.floats(0, 1e9, allow_nan=False)


@given(amounts, amounts)
def test_the_range_holds_the_mean_and_nothing_below_zero(mean: float, deviation: float) -> None:
    estimate = Estimate(mean, deviation)
    assert 0 <= estimate.low <= estimate.mean * (1 + 1e-9)
    assert estimate.high >= estimate.mean


def test_the_range_is_that_of_a_log_normal_distribution() -> None:
    estimate = Estimate(10, 6)
    sigma = math.sqrt(math.log1p(0.36))
    drawn = random.Random(1)
    sample = [drawn.lognormvariate(math.log(10) - sigma**2 / 2, sigma) for _ in range(50_000)]
    cuts = statistics.quantiles(sample, n=10)
    assert estimate.low == pytest.approx(cuts[0], rel=0.03)
    assert estimate.high == pytest.approx(cuts[-1], rel=0.03)


def test_what_is_certain_has_no_range() -> None:
    assert (Estimate(5).low, Estimate(5).high) == (5, 5)
    assert (Estimate().low, Estimate().high) == (0, 0)


def test_independent_estimates_err_less_together_than_those_that_err_alike() -> None:
    assert Estimate(1, 3) + Estimate(2, 4) == Estimate(3, 5)
    assert Estimate(1, 3).together(Estimate(2, 4)) == Estimate(3, 7)
    assert Estimate(1, 3).times(2) == Estimate(2, 6)


def test_a_sum_over_observed_things_errs_as_simulated() -> None:
    one, count = Estimate(100, 50), Estimate(30)
    total = one.summed_over(count, observed=10_000)
    drawn = random.Random(2)
    sums = [sum(drawn.gauss(100, 50) for _ in range(30)) for _ in range(5_000)]
    assert total.mean == 3_000
    assert total.deviation == pytest.approx(statistics.stdev(sums), rel=0.05)


def test_few_observations_and_guesses_make_a_sum_less_certain() -> None:
    one, count = Estimate(100, 50), Estimate(30)
    many = one.summed_over(count, observed=1_000).deviation
    few = one.summed_over(count, observed=5).deviation
    guess = one.summed_over(count, observed=0).deviation
    assert many < few < guess == 1_500
    assert one.summed_over(Estimate(30, 10), observed=1_000).deviation > many
