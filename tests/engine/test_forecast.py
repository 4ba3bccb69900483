"""How many cases will probably be late soon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine.forecast import likely_breaches

COUNTS = st.integers(0, 10_000)


@pytest.mark.covers("R68", "R74")
@pytest.mark.parametrize(
    ("late", "soon", "decided", "likely"),
    [
        (0, 0, 40, 0),
        (0, 8, 40, 0),
        (0, 12, 40, 2),
        (4, 8, 40, 2),
        (40, 8, 40, 8),
        (0, 8, 0, 8),
    ],
)
def test_what_people_do_not_get_to_at_their_pace_is_late(late: int, soon: int, decided: int, likely: int) -> None:
    assert likely_breaches(late=late, soon=soon, decided=decided, in_minutes=60) == likely


def test_a_short_time_is_a_pace_too() -> None:
    assert likely_breaches(late=0, soon=400, decided=300, in_minutes=15) == 100


@given(COUNTS, COUNTS, COUNTS, st.floats(0, 60))
def test_it_is_never_more_than_is_due_and_never_less_than_none(late: int, soon: int, decided: int, span: float) -> None:
    assert 0 <= likely_breaches(late=late, soon=soon, decided=decided, in_minutes=span) <= soon
