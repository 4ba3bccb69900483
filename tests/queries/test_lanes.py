"""Lanes: what is open, since when, and what will probably be late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.models import Queue
from reviewqueue.queries import lanes
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def told(lane: lanes.Lane) -> tuple[str, int, int, int, int, int]:
    return (lane.queue.pk, lane.count, lane.late, lane.soon, lane.decided, lane.likely)


@pytest.mark.covers("R68", "R74")
def test_a_lane_counts_what_is_open_late_and_due_soon() -> None:
    Queue.objects.create(name="billing", position=1)
    at, reviewer = factories.now(), factories.person()
    for minutes in (70, 50, 46, 10):  # due within 60
        factories.case(at=at - timedelta(minutes=minutes))
    factories.decide(factories.claimed(reviewer, at=at), reviewer, at=at)
    billing, routine = lanes.of(factories.person(), at=at)
    assert (told(billing), told(routine)) == (("billing", 0, 0, 0, 0, 0), ("routine", 4, 1, 2, 1, 2))
    assert routine.oldest_at == at - timedelta(minutes=70)


def test_only_what_people_decided_lately_is_their_pace() -> None:
    at, reviewer = factories.now(), factories.person()
    long_ago = at - timedelta(hours=2)
    factories.decide(factories.claimed(reviewer, at=long_ago), reviewer, at=long_ago)
    for _each in range(3):
        actions = [factories.action(), factories.reply()]
        factories.decide(factories.claimed(reviewer, at=at, actions=actions), reviewer, at=at)
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    factories.case(at=at)
    pace = lanes.pace(at=at)
    assert (dict(pace.decided), pace.in_minutes) == ({"routine": 3}, 60)


def test_a_busy_desk_is_judged_by_its_last_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_LOOKED_AT", 2)
    at, reviewer = factories.now(), factories.person()
    for minutes in (30, 10, 0):
        then = at - timedelta(minutes=minutes)
        factories.decide(factories.claimed(reviewer, at=then), reviewer, at=then)
    pace = lanes.pace(at=at)
    assert (dict(pace.decided), pace.in_minutes) == ({"routine": 2}, 10)


def test_somebody_of_one_queue_is_told_of_that_one() -> None:
    Queue.objects.create(name="legal")
    factories.case()
    assert [told(lane)[:2] for lane in lanes.of(factories.person(queues=["legal"]), at=factories.now())] == [
        ("legal", 0)
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_the_lanes_ask_the_same_however_many_there_are(
    django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    factories.policy()
    for number in range(count):
        Queue.objects.create(name=f"lane-{number}")
        factories.case()
    person, at = factories.person(), factories.now()
    with django_assert_num_queries(3):
        assert len(lanes.of(person, at=at)) >= count


def test_a_large_desk_is_counted_once_in_a_few_seconds_for_everybody(
    django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LARGE", 2)
    monkeypatch.setattr(lanes, "_kept", [])
    Queue.objects.create(name="legal")
    at, person, lawyer = factories.now(), factories.person(), factories.person(queues=["legal"])
    for _each in range(2):
        factories.case(at=at)

    def counts(who: Any, seconds: float) -> list[tuple[str, int]]:
        return [told(lane)[:2] for lane in lanes.of(who, at=at + factories.later(seconds))]

    assert counts(person, 0) == [("legal", 0), ("routine", 2)]
    factories.case(at=at)
    with django_assert_num_queries(1):
        assert counts(person, 4.9) == [("legal", 0), ("routine", 2)]
    assert counts(lawyer, 4.9) == [("legal", 0)]
    assert counts(person, 5) == [("legal", 0), ("routine", 3)]
    assert counts(person, -1) == [("legal", 0), ("routine", 3)]


def test_what_a_small_desk_shows_is_never_old() -> None:
    at, person = factories.now(), factories.person()
    for number in range(1, 4):
        factories.case(at=at)
        assert [lane.count for lane in lanes.of(person, at=at)] == [number]
    assert lanes._kept == []  # noqa: SLF001 - nothing is remembered of it
