"""Counts that add up, and what is read from them."""

from __future__ import annotations

from collections import Counter
from math import log
from random import Random
from statistics import mean, median, variance
from typing import Any

import pytest

from reviewqueue.engine import counting, intervals
from reviewqueue.engine.estimates import Share


def test_the_median_of_sums_of_days_is_right_to_a_tenth() -> None:
    chance = Random(7)
    days = [[chance.lognormvariate(5, 1.2) for _case in range(chance.randrange(5, 60))] for _day in range(40)]
    parts = []
    for day in days:
        counts: counting.Counts = Counter()
        for seconds in day:
            counting.spent(counts, "took", seconds)
        parts.append(counts)
    whole = counting.together(parts)
    true = median(seconds for day in days for seconds in day)
    assert counting.quantile(whole, "took", 0.5) == pytest.approx(true, rel=0.1)
    low, high = counting.median_interval(whole, "took") or (0, 0)
    assert low < true < high


def test_nothing_has_no_median_and_no_mean() -> None:
    assert counting.quantile(Counter(), "took", 0.5) is None
    assert counting.median_interval(Counter(), "took") is None
    assert counting.mean(Counter(), "took") is None


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    counts: counting.Counts = Counter()
    counting.spent(counts, "took", -30)
    assert dict(counts) == {"took.n": 1, "took.sum": 0, "took.bin.0": 1}


def test_scores_add_up_to_their_mean_and_variance() -> None:
    scores = [5, 4, 1, 3, 5, 2]
    counts: counting.Counts = Counter()
    for score in scores:
        counting.scored(counts, "csat", score)
    assert counting.mean(counts, "csat") == pytest.approx(mean(scores))
    assert counting.variance(counts, "csat") == pytest.approx(variance(scores))


@pytest.mark.covers("R99")
def test_the_difference_of_shares_is_newcombes() -> None:
    # Newcombe 1998, table II, method 10: 56/70 against 48/80, and 5/56 against 0/29.
    found = intervals.difference(Share(48, 80), Share(56, 70))
    assert found is not None
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    rare = intervals.difference(Share(0, 29), Share(5, 56))
    assert rare is not None
    assert (round(rare.low, 4), round(rare.high, 4)) == (-0.0381, 0.1926)


def test_what_cannot_be_compared_is_not_compared() -> None:
    assert intervals.difference(Share(0, 0), Share(1, 2)) is None
    assert intervals.relative(Share(0, 10), Share(1, 10)) is None


def test_a_relative_fall_has_an_interval_that_covers() -> None:
    chance, hits = Random(3), 0
    for _run in range(400):
        before, after = (sum(chance.random() < rate for _case in range(300)) for rate in (0.4, 0.28))
        found = intervals.relative(Share(before, 300), Share(after, 300))
        assert found is not None
        hits += found.low <= 0.28 / 0.4 - 1 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_how_far_medians_lie_apart_has_an_interval_that_covers() -> None:
    chance, hits = Random(7), 0
    for _run in range(400):
        counts: counting.Counts = Counter()
        for name, middle in (("short", 60.0), ("long", 200.0)):
            for _case in range(60):
                counting.spent(counts, name, chance.expovariate(log(2) / middle))
        known: list[Any] = []
        for name in ("short", "long"):
            known += [counting.quantile(counts, name, 0.5), counting.median_interval(counts, name)]
        found = intervals.apart(*known)
        hits += found.low <= 140 <= found.high
    assert hits / 400 >= 0.93


def test_means_are_compared_as_scipy_does_it() -> None:
    from scipy import stats  # noqa: PLC0415 - slow to import, for this test alone

    first, second = [5, 4, 4, 3, 5, 5, 2], [3, 2, 4, 1, 3]
    samples = [intervals.Sample(len(each), mean(each), variance(each)) for each in (second, first)]
    found = intervals.of_means(*samples)
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval()
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_counts_of_days_carry_the_doubt_of_their_mean() -> None:
    chance, covered = Random(11), 0
    for _turn in range(400):
        days = [{"cases": float(chance.choice([0, 2, 4, 10]))} for _day in range(28)]
        whole = counting.of_days(days)
        low, high = intervals.of_days(whole["cases"], whole["cases*cases"], 28)
        covered += low <= 4 <= high
    assert 0.92 <= covered / 400 <= 0.98
    assert intervals.of_days(0, 0, 28) == pytest.approx((0.0, 3.689 / 28), rel=1e-3)
    assert intervals.of_count(3) == pytest.approx((0.6187, 8.7673), rel=1e-3)


def test_a_load_carries_the_doubt_of_days_that_differ() -> None:
    chance, covered = Random(12), 0
    for _turn in range(400):
        people = [chance.randint(1, 5) for _day in range(28)]
        days = [{"person_days": n, "decided": sum(chance.choice([2, 6, 10]) for _one in range(n))} for n in people]
        whole = counting.of_days(days)
        products = (whole["decided*decided"], whole["decided*person_days"], whole["person_days*person_days"])
        found = intervals.Ratio(whole["decided"], whole["person_days"], products, whole["person_days.days"]).interval
        assert found
        covered += found[0] <= 6 <= found[1]
    assert 0.91 <= covered / 400 <= 0.98
    assert intervals.Ratio(5, 1, (25, 5, 1), 1).interval is None


def test_how_much_durations_differ_is_read_from_their_bins() -> None:
    chance, counts = Random(13), Counter[str]()
    took = [chance.lognormvariate(5, 0.6) for _case in range(2000)]
    for seconds in took:
        counting.spent(counts, "took", seconds)
    assert counting.variation(counts, "took") == pytest.approx(variance(took) ** 0.5 / mean(took), rel=0.1)
    assert counting.variation(Counter(), "took") is None
