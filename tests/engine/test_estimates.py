"""Shares with their uncertainty, and waits from arrivals and people."""

import pytest
from scipy.stats import binomtest

from reviewqueue.engine.estimates import Crew, Share


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 40), (1, 3), (48, 81), (81, 81)])
def test_the_interval_is_that_of_wilson(hits: int, n: int) -> None:
    interval = Share(hits, n).interval
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert interval is not None
    assert interval == pytest.approx((expected.low, expected.high))


def test_of_nothing_there_is_no_share() -> None:
    assert Share(0, 0).as_json() == {"hits": 0, "n": 0, "share": None, "low": None, "high": None}


def test_one_person_makes_people_wait_as_the_textbook_has_it() -> None:
    crew = Crew(per_hour=6, handling_seconds=300, people=1)
    assert (crew.load, crew.mean_wait(), crew.late(0)) == (0.5, 300, 0.5)


def test_two_people_share_a_queue() -> None:
    crew = Crew(per_hour=18, handling_seconds=300, people=2)  # 1.5 erlang
    assert crew.late(0) == pytest.approx(0.642857, abs=1e-6)
    assert crew.mean_wait() == pytest.approx(385.714, abs=1e-3)
    assert crew.late(600) < crew.late(60) < crew.late(0)


def test_a_queue_that_gets_more_than_its_people_can_do_grows_without_end() -> None:
    crew = Crew(per_hour=30, handling_seconds=300, people=2)
    assert (crew.mean_wait(), crew.late(10_000)) == (None, 1.0)
