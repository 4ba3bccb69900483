"""Evidence for the next rung, and the sequential test that takes one back: held against simulation."""

import random
from itertools import islice
from statistics import fmean

import pytest

from reviewqueue.engine import ladder
from reviewqueue.engine.ladder import Detector, floor, reviews_needed, upper_bound

pytestmark = pytest.mark.covers("R8")


@pytest.mark.parametrize(("limit", "needed"), [(0.05, 59), (0.02, 149), (0.01, 299)])
def test_so_many_faultless_reviews_show_that_errors_are_below_the_limit(limit: float, needed: int) -> None:
    assert (upper_bound(0, needed) < limit, upper_bound(0, needed - 1) < limit) == (True, False)
    assert reviews_needed(limit) == needed


@pytest.mark.parametrize(("errors", "n", "bound"), [(1, 93, 0.0500), (2, 124, 0.0500), (5, 100, 0.1023)])
def test_the_bound_with_errors_is_that_of_clopper_and_pearson(errors: int, n: int, bound: float) -> None:
    assert upper_bound(errors, n) == pytest.approx(bound, abs=5e-4)


def test_an_error_takes_more_reviews() -> None:
    assert [reviews_needed(0.05, errors) for errors in (0, 1, 2)] == [59, 93, 124]


def test_nothing_reviewed_says_nothing() -> None:
    assert (upper_bound(0, 0), upper_bound(3, 3)) == (1.0, 1.0)


def test_the_bound_is_below_the_truth_in_at_most_one_of_twenty() -> None:
    dice = random.Random(7)
    rate, n, runs = 0.04, 120, 4000
    below = sum(upper_bound(sum(dice.random() < rate for _each in range(n)), n) < rate for _run in range(runs))
    assert below / runs <= 0.055


def _until(detector: Detector, rate: float, dice: random.Random, longest: int) -> int:
    """After how many reviews it alarms."""
    wrong, right = detector.alarming / detector.limit, (1 - detector.alarming) / (1 - detector.limit)
    standing = 1.0
    for n in range(1, longest + 1):
        standing = max(standing, 1.0) * (wrong if dice.random() < rate else right)
        if standing >= detector.patience:
            return n
    return longest


def test_at_the_limit_a_false_alarm_comes_at_most_every_thousand_reviews() -> None:
    dice = random.Random(11)
    waits = [_until(Detector(0.02, 0.10, 1000), 0.02, dice, 200_000) for _run in range(60)]
    assert fmean(waits) >= 1000


def test_an_agent_that_has_gone_bad_is_noticed_within_a_few_dozen_reviews() -> None:
    dice = random.Random(13)
    for rate, within in ((0.10, 120), (0.30, 25), (1.0, 6)):
        waits = [_until(Detector(0.02, 0.10, 1000), rate, dice, 5000) for _run in range(300)]
        assert fmean(waits) <= within


def test_long_good_service_does_not_make_it_slow() -> None:
    detector = Detector(0.02, 0.10, 1000)
    assert detector.alarms([False] * 5000 + [True] * 5)
    assert not detector.alarms([True, False] * 1 + [False] * 100 + [True])
    assert detector.reading([]) == 1.0


def test_the_reading_is_that_of_the_simulation() -> None:
    dice = random.Random(3)
    errors = [dice.random() < 0.02 for _each in range(400)]
    detector = Detector(0.02, 0.10, 10**9)
    standing = 1.0
    for error in errors:
        standing = max(standing, 1.0) * (5.0 if error else 0.9 / 0.98)
    assert detector.reading(errors) == pytest.approx(standing)


@pytest.mark.parametrize(
    ("rung", "outcome"),
    [("off", "handoff"), ("shadow", "review"), ("review_all", "review"), ("review_sampled", "watch")],
)
def test_each_rung_asks_for_something_at_least(rung: str, outcome: str) -> None:
    found = floor(rung, call_id="call_1", action="refund_order")
    assert found is not None
    assert (found.outcome, found.rung, "refund_order" in found.says) == (outcome, rung, True)


def test_the_sample_is_reviewed_and_the_last_rung_asks_for_nothing() -> None:
    drawn = floor("review_sampled", call_id="call_1", action="refund_order", drawn=True)
    assert drawn is not None
    assert drawn.outcome == "review"
    assert floor("automatic", call_id="call_1", action="refund_order") is None


def test_the_rungs_are_in_order() -> None:
    assert [ladder.above(rung) for rung in ladder.RUNGS] == [*ladder.RUNGS[1:], ""]
    assert ladder.stricter("automatic", "review_all") == "review_all"
    assert list(islice(ladder.RUNGS, 2)) == ["off", "shadow"]
