"""Whose turn it is: the deadline, moved forward by what a delay costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine import rank

DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRIORITIES = st.integers(0, 3)
RISKS = st.sampled_from(["low", "medium", "high", "critical"])
WORTHS = st.none() | st.decimals(-(10**19), 10**19, allow_nan=False)


def head(priority: int = 1, risk: str = "medium", worth: str | None = "0", *, has_value: bool = True) -> rank.HeadStart:
    known = None if worth is None else Decimal(worth)
    return rank.head_start(priority=priority, risk=risk, has_value=has_value, worth=known)


def minutes(start: rank.HeadStart) -> list[float]:
    return [part.total_seconds() / 60 for part in (start.priority, start.risk, start.worth)]


@pytest.mark.covers("R65")
@pytest.mark.parametrize(("priority", "start"), [(0, -60), (1, 0), (2, 20), (3, 60)])
def test_a_higher_priority_has_a_longer_head_start(priority: int, start: float) -> None:
    assert minutes(head(priority)) == [start, 0, 0]


@pytest.mark.covers("R9", "R154")
@pytest.mark.parametrize(
    ("worth", "start"), [("99.99", 0), ("100", 5), ("-100", 5), ("999.99", 5), ("1000", 15), ("10000", 30), (None, 30)]
)
def test_a_larger_value_has_a_longer_head_start_and_one_nobody_can_compare_the_longest(
    worth: str | None, start: float
) -> None:
    assert minutes(head(worth=worth)) == [0, 0, start]


def test_a_case_without_a_value_has_no_head_start_for_it() -> None:
    assert minutes(head(worth=None, has_value=False)) == [0, 0, 0]


@pytest.mark.parametrize(("risk", "start"), [("low", 0), ("medium", 0), ("high", 5), ("critical", 15)])
def test_more_risk_has_a_longer_head_start(risk: str, start: float) -> None:
    assert minutes(head(risk=risk)) == [0, start, 0]


@given(PRIORITIES, RISKS, WORTHS, st.timedeltas(timedelta(0), timedelta(days=365)))
def test_the_order_of_two_cases_never_changes_while_time_goes_by(
    priority: int, risk: str, worth: Decimal | None, later: timedelta
) -> None:
    start = rank.head_start(priority=priority, risk=risk, has_value=True, worth=worth)
    assert rank.rank_at(DUE + later, start) - rank.rank_at(DUE, start) == later


@given(PRIORITIES, RISKS, WORTHS)
def test_every_case_comes_up_some_day(priority: int, risk: str, worth: Decimal | None) -> None:
    start = rank.head_start(priority=priority, risk=risk, has_value=True, worth=worth)
    most = rank.head_start(priority=3, risk="critical", has_value=True, worth=None)
    assert rank.rank_at(DUE, start) < rank.rank_at(DUE + timedelta(hours=3), most)
