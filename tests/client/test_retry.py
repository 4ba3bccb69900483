"""How long to wait before asking again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_client import Retry
from hitl_client.retry import retry_after_seconds

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_each_pause_may_be_twice_as_long_until_the_longest():
    retry = Retry(attempts=6, first_seconds=1, most_seconds=5, dice=lambda: 1.0)
    assert [retry.delay(attempt) for attempt in range(1, 7)] == [1, 2, 4, 5, 5, None]


@given(st.integers(1, 7), st.floats(0, 1))
def test_dice_spread_the_callers_over_the_window(attempt, roll):
    retry = Retry(dice=lambda: roll)
    delay = retry.delay(attempt)
    assert delay is not None
    assert 0 <= delay <= retry.most_seconds


@given(st.integers(1, 7), st.floats(0, 100), st.floats(0, 1))
def test_nobody_comes_back_before_the_desk_asked_for(attempt, seconds, roll):
    delay = Retry(dice=lambda: roll).delay(attempt, seconds)
    assert delay is not None
    assert delay >= seconds


def test_a_desk_cannot_send_its_agents_away_for_ever():
    assert Retry(dice=lambda: 0.0).delay(1, 1e9) == 120


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        (format_datetime(AT + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(AT - timedelta(seconds=90), usegmt=True), 0),
        ("Fri, 20 Nov 2026 12:00:05 -0000", 5),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after_seconds(header, at=AT) == seconds
