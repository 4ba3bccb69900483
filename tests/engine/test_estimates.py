"""Shares with their uncertainty."""

import pytest
from scipy.stats import binomtest

from reviewqueue.engine.estimates import Share


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 40), (1, 3), (48, 81), (81, 81)])
def test_the_interval_is_that_of_wilson(hits: int, n: int) -> None:
    interval = Share(hits, n).interval
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert interval is not None
    assert interval == pytest.approx((expected.low, expected.high))


def test_of_nothing_there_is_no_share() -> None:
    assert Share(0, 0).as_json() == {"hits": 0, "n": 0, "share": None, "low": None, "high": None}
