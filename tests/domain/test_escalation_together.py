"""Levels that act, on many cases at once: as one by one, in a few statements, and none holds the others up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.verify import verify
from reviewqueue.domain import escalation
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Case, Clock, Event, Move, Queue, ServiceAlert
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R69", "R73")]


def raises() -> dict[str, Any]:
    return {"raise_to": 3}


def offers() -> dict[str, Any]:
    return {"offer_to": factories.person("supervisor")}


def moves() -> dict[str, Any]:
    return {"move_to": planned.queue("urgent")}


def does_all() -> dict[str, Any]:
    return raises() | offers() | moves()


def statements(count: int, at: Any) -> int:
    cases = [factories.case(at=at) for _each in range(count)]
    with CaptureQueriesContext(connection) as asked:
        assert escalation.fire_due(at=at + 30 * MINUTE) == len(cases)
    return len(asked)


@pytest.mark.parametrize("acts", [raises, offers, moves, does_all])
def test_what_a_level_does_costs_as_many_statements_for_thirty_cases_as_for_three(
    acts: Callable[[], dict[str, Any]],
) -> None:
    planned.service(("decide", 50, acts()))
    at = factories.now()
    statements(3, at)  # what is looked up once
    assert statements(3, at) == statements(30, at)


def test_what_closes_is_passed_on_in_as_many_statements_for_thirty_cases_as_for_three() -> None:
    planned.queue(overflow_to=planned.queue("second"), overflow_after=30 * MINUTE)
    at = factories.now()
    statements(3, at)
    assert statements(3, at) == statements(30, at)
    assert Case.objects.filter(queue="second").count() == Move.objects.count() == 36


def test_each_of_many_cases_has_all_that_its_level_does_once() -> None:
    lead = factories.person("supervisor")
    planned.service(("decide", 50, {"raise_to": 3, "offer_to": lead, "move_to": planned.queue("urgent")}))
    at = factories.now()
    cases = [factories.case(at=at) for _each in range(4)]
    escalation.fire_due(at=at + 30 * MINUTE)
    for case in cases:
        after = locked(case.pk)
        assert (after.priority, after.offered_to_id, after.queue_id, after.version) == (3, lead.pk, "urgent", 2)
        assert (after.rank_at, after.ledger_seq) == (after.ranked(), Entry.objects.filter(subject=case.subject).count())
        kinds = ["case.queued", "case.escalated", "case.prioritised", "case.offered", "case.rerouted"]
        assert list(Entry.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True)) == kinds
        told = Event.objects.filter(case=case).order_by("id").values_list("kind", "queue_id")
        assert list(told)[-2:] == [("case.left_queue", "routine"), ("case.rerouted", "urgent")]
    assert verify().holds


def test_levels_that_were_missed_together_act_in_their_order() -> None:
    far, near = planned.queue("far"), planned.queue("near")
    planned.service(
        ("decide", 50, {"move_to": near}), ("decide", 80, {"move_to": far}), ("decide", 90, {"raise_to": 3})
    )
    at = factories.now()
    cases = [factories.case(at=at) for _each in range(3)]
    assert escalation.fire_due(at=at + HOUR) == 3
    for case in cases:
        assert list(Move.objects.filter(case=case).order_by("id").values_list("to_queue_id", flat=True)) == [
            "near",
            "far",
        ]
        assert (locked(case.pk).queue_id, locked(case.pk).priority) == ("far", 3)


def test_one_that_cannot_be_moved_is_tried_again_later_and_the_others_go_now(
    caplog: pytest.LogCaptureFixture,
) -> None:
    planned.service(("decide", 50, {"move_to": planned.queue("urgent")}))
    at = factories.now()
    broken, *sound = (factories.case(at=at) for _each in range(3))
    clock = Clock.objects.get(case=broken)
    clock.plan["marks"][0]["move_to"] = "gone"
    clock.save()
    escalation.fire_due(at=at + 30 * MINUTE)
    assert [locked(case.pk).queue_id for case in (broken, *sound)] == ["routine", "urgent", "urgent"]
    assert broken.pk in caplog.text
    assert list(ServiceAlert.objects.values_list("case_id", flat=True).order_by("case_id")) == sorted(
        case.pk for case in sound
    )
    Clock.objects.filter(case=broken).update(
        plan={"targets": {}, "marks": [{**clock.plan["marks"][0], "move_to": "urgent"}]}
    )
    assert escalation.fire_due(at=at + 31 * MINUTE) == 1
    assert locked(broken.pk).queue_id == "urgent"


def test_what_is_passed_on_together_fills_the_next_queue_only_as_far_as_it_may() -> None:
    second = planned.queue("second", overflow_above=2)
    third = planned.queue("third")
    planned.queue("second", overflow_to=third)
    planned.queue(overflow_to=second, overflow_after=10 * MINUTE)
    at = factories.now()
    for _each in range(5):
        factories.case(at=at)
    escalation.fire_due(at=at + 10 * MINUTE)
    assert Counter(Case.objects.values_list("queue_id", flat=True)) == {"second": 2, "third": 3}


def test_where_no_queue_serves_them_they_are_looked_at_again_in_a_minute() -> None:
    full = planned.queue("full", overflow_above=0)
    planned.queue(overflow_to=full, overflow_after=10 * MINUTE)
    at = factories.now()
    for _each in range(3):
        factories.case(at=at)
    escalation.fire_due(at=at + 10 * MINUTE)
    assert set(Clock.objects.values_list("next_at", flat=True)) == {at + 11 * MINUTE}
    assert not Move.objects.exists()
    Queue.objects.filter(pk="full").update(overflow_above=None)
    escalation.fire_due(at=at + 11 * MINUTE)
    assert Case.objects.filter(queue="full").count() == 3


def test_a_level_that_declines_leaves_nothing_for_the_next_level_to_do() -> None:
    factories.policy(wait=[{"seconds": 600, "then": "decline"}])
    planned.service(("decide", 50, {"move_to": planned.queue("urgent"), "raise_to": 3}))
    at = factories.now()
    cases = [factories.case(at=at) for _each in range(2)]
    assert escalation.fire_due(at=at + timedelta(minutes=31)) == 2
    for case in cases:
        after = locked(case.pk)
        assert (after.outcome, after.queue_id, after.priority) == ("decided", "routine", case.priority)
        assert Entry.objects.filter(subject=case.subject, kind="case.declined").count() == 1
