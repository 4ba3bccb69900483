"""Ids: opaque, and in the order in which they were made."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import time_machine

from reviewqueue.models import ids

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_ids_of_one_moment_lie_in_the_order_in_which_they_were_made() -> None:
    with time_machine.travel(AT, tick=False):
        made = [ids.case_id() for _ in range(1000)]
    assert (made, len(set(made))) == (sorted(made), 1000)


def test_ids_made_side_by_side_in_one_moment_all_differ() -> None:
    with time_machine.travel(AT, tick=False), ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _number: ids.case_id(), range(1000)))
    assert len(set(made)) == 1000


def test_an_id_lies_between_its_moment_and_the_next_whatever_was_made_before() -> None:
    moments = [AT, AT + timedelta(days=1), AT]
    for at in moments:
        with time_machine.travel(at, tick=False):
            made = [ids.case_id() for _ in range(3)]
        before, after = ids.first_at("case", at), ids.first_at("case", at + timedelta(milliseconds=1))
        assert [before < each < after for each in made] == [True] * 3


def test_nobody_can_guess_the_next_id() -> None:
    with time_machine.travel(AT, tick=False):
        first, second, third = (ids.case_id() for _ in range(3))
    steps = [_apart(first, second), _apart(second, third)]
    assert (steps[0] != steps[1], min(steps) > 2**40) == (True, True)


def _apart(one: str, other: str) -> int:
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    values = [sum(letters.index(sign) << 5 * n for n, sign in enumerate(reversed(each[5:]))) for each in (one, other)]
    return values[1] - values[0]
