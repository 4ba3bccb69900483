"""Whatever is due for many at one moment is done together: as one by one, in a few statements, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.verify import verify
from reviewqueue.domain import claims, decisions, due, endings, grants, snoozes, sweeps, watching
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Agent, Case, Clock, Conversation, Decision, Event, Grant, OnExpiry, Pause, ServiceAlert
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R69", "R77")]
Made = Callable[[int, datetime], None]
TWO_ACTIONS = [factories.action(), factories.action(call_id="call_2")]
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 1800}]


def declines() -> Made:
    factories.policy(wait=[{"seconds": 1800, "then": "decline"}])
    return _proposed


def declines_on_expiry() -> Made:
    planned.service(on_expiry=OnExpiry.DECLINE, decide_within=HOUR)
    return lambda count, at: _proposed(count, at, expires_in=1800)


def hands_over() -> Made:
    planned.service(on_expiry=OnExpiry.HAND_OVER, hand_over_to=factories.person("supervisor"), decide_within=HOUR)
    return lambda count, at: _proposed(count, at, expires_in=1800)


def has_levels_and_expires() -> Made:
    planned.service(("decide", 25, {"tell_role": "supervisor"}), decide_within=HOUR)
    return lambda count, at: _proposed(count, at, expires_in=1800)


def is_held() -> Made:
    person = factories.person(capacity=1000)

    def held(count: int, at: datetime) -> None:
        for _each in range(count):
            factories.claimed(person, at=at)

    return held


def is_snoozed() -> Made:
    person = factories.person()

    def snoozed(count: int, at: datetime) -> None:
        for _each in range(count):
            snoozes.snooze(factories.case(at=at), person=person, until=at + 30 * MINUTE, at=at)

    return snoozed


def runs_silently() -> Made:
    agent = factories.agent()

    def silent(count: int, at: datetime) -> None:
        for _each in range(count):
            spend(factories.grant(by=agent), agent, at)

    return silent


def is_watched() -> Made:
    factories.policy(oversight=WATCHED)
    return _proposed


def spend(grant: Grant, agent: Agent, at: datetime) -> None:
    action = {"name": "refund_order", "args": factories.action()["args"]}
    grants.redeem(grant.pk, agent=agent, final_action=action, executor="x", at=at)


def _proposed(count: int, at: datetime, **fields: Any) -> None:
    for _each in range(count):
        factories.case(at=at, **fields)


KINDS = [
    declines,
    declines_on_expiry,
    hands_over,
    has_levels_and_expires,
    is_held,
    is_snoozed,
    runs_silently,
    is_watched,
]


@pytest.mark.parametrize("kind", KINDS)
def test_thirty_cost_as_many_statements_as_three(kind: Callable[[], Made]) -> None:
    made, at = kind(), factories.now()
    statements(made, 3, at)  # what is looked up once
    assert statements(made, 3, at) == statements(made, 30, at)


def statements(made: Made, count: int, at: datetime) -> int:
    made(count, at)
    with CaptureQueriesContext(connection) as asked:
        assert sum(due.run(at=at + 31 * MINUTE).values()) >= count
    return len(asked)


COLUMNS = ("state", "outcome", "version", "ledger_seq", "waiting_on", "claimed_by", "rank_at", "effective_at")


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_as_if_it_had_been_alone_and_happens_once(kind: Callable[[], Made]) -> None:
    made, at = kind(), factories.now()
    told = []
    for count in (1, 3):
        known = set(Case.objects.values_list("pk", flat=True))
        made(count, at)
        for minutes in (31, 31, 32):
            due.run(at=at + minutes * MINUTE)
        cases = Case.objects.exclude(pk__in=known).order_by("pk")
        told += [(*row, *story(key)) for key, *row in cases.values_list("pk", *COLUMNS)]
    assert len(told) == 4
    assert told[1:] == told[:1] * 3
    assert verify().holds


def story(case: str) -> tuple[object, ...]:
    """What the ledger, the events and the rows beside a case say of it."""
    entries = list(Entry.objects.filter(subject=f"case:{case}").order_by("seq"))
    versions = [entry.data.get("version") for entry in entries]
    events = list(Event.objects.filter(case=case).order_by("id").values_list("kind", "version"))
    ruled = Decision.objects.filter(case=case).values_list("type", "decided_at", "took_effect_at", "case_version")
    permitted = Grant.objects.filter(case=case).values_list("issued_at", "outcome", "outcome_at", "voided_at")
    talk = Conversation.objects.filter(held_by=case).values_list("version", flat=True)
    return [entry.kind for entry in entries], versions, events, len(ruled), len(permitted), list(talk)


def test_what_was_permitted_of_a_declined_case_stays_and_the_rest_is_refused() -> None:
    at, reviewer = factories.now(), factories.person()
    planned.service(on_expiry=OnExpiry.DECLINE, decide_within=HOUR)
    cases = [factories.claimed(reviewer, at=at, expires_in=60, actions=TWO_ACTIONS, release="each") for _each in "ab"]
    for case in cases:
        factories.decide(case, reviewer, {"call_id": "call_1", "type": "approve"}, at=at)
    decisions.take_effect_due(at=at + timedelta(seconds=59))
    assert endings.expire_due(at=at + MINUTE) == 2
    for case in cases:
        kinds = case.decisions.filter(undone_at=None).order_by("call_id").values_list("type", flat=True)
        assert list(kinds) == ["approve", "reject"]
        # Its grant can still be spent, so that it is not closed.
        assert (locked(case.pk).state, locked(case.pk).outcome) == ("decided", "decided")
    assert Grant.objects.filter(voided_at=None).count() == 2
    assert verify().holds


def test_two_cases_of_one_conversation_are_handed_over_as_one() -> None:
    boss, at = factories.person("supervisor"), factories.now()
    planned.service(on_expiry=OnExpiry.HAND_OVER, hand_over_to=boss, decide_within=HOUR)
    agent, talk = factories.agent(), {"id": "conv-one"}
    second, first = (factories.case(by=agent, at=at, expires_in=seconds, conversation=talk) for seconds in (120, 60))
    other = factories.case(at=at, expires_in=60)
    assert endings.expire_due(at=at + HOUR) == 3
    assert [locked(case.pk).state for case in (first, second, other)] == ["taken_over", "closed", "taken_over"]
    assert Conversation.objects.get(external_id="conv-one").held_by_id == first.pk
    third = factories.case(at=at, expires_in=60)
    Conversation.objects.filter(pk=third.conversation_id).update(held_by=other)
    assert endings.expire_due(at=at + HOUR) == 1
    assert locked(third.pk).state == "expired"
    assert verify().holds


def test_what_is_paused_is_not_released_with_the_others() -> None:
    factories.policy(oversight=WATCHED)
    at, boss = factories.now(), factories.person("supervisor")
    braked, free = (factories.case(at=at, intent=intent) for intent in ("refund", "exchange"))
    # As if the pause had come between the look at it and the release.
    Pause.objects.create(of="intent", name="refund", reason="odd", paused_at=at, paused_by=boss, swept_at=at)
    assert watching.release_due(at=at + 31 * MINUTE) == 2
    assert [locked(case.pk).state for case in (braked, free)] == ["queued", "released"]
    assert (locked(braked.pk).oversight, Grant.objects.get().case_id) == ("in_the_loop", free.pk)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> tuple[Case, list[int]]:
    """A case that cannot be ended, and with how many others each try was."""
    at = factories.now()
    spoilt, tries = factories.case(at=at, expires_in=60), list[int]()
    real = endings.run_out_each

    def run_out_each(cases: list[Case], **more: Any) -> None:
        if spoilt in cases and Case.objects.get(pk=spoilt.pk).issue != "mended":
            tries.append(len(cases) - 1)
            raise ValueError(spoilt.pk)
        real(cases, **more)

    monkeypatch.setattr(endings, "run_out_each", run_out_each)
    return spoilt, tries


def test_one_that_cannot_be_done_spoils_it_once_and_is_then_tried_alone_once_a_minute(
    broken: tuple[Case, list[int]],
) -> None:
    spoilt, tries = broken
    began = spoilt.created_at + MINUTE
    for second in range(150):
        at = began + timedelta(seconds=second)
        sound = factories.case(at=at - HOUR, expires_in=60)
        endings.expire_due(at=at)
        assert locked(sound.pk).outcome == "expired"
    assert (tries, locked(spoilt.pk).outcome) == ([1, 0, 0, 0], "")


def test_what_stands_apart_is_done_once_it_can_be(broken: tuple[Case, list[int]]) -> None:
    spoilt, _tries = broken
    at = spoilt.created_at + MINUTE
    endings.expire_due(at=at)
    Case.objects.update(issue="mended")
    assert endings.expire_due(at=at + timedelta(seconds=59)) == 0
    assert endings.expire_due(at=at + sweeps.LATER) == 1
    assert locked(spoilt.pk).outcome == "expired"


def test_a_clock_that_was_set_back_keeps_nothing_apart() -> None:
    apart, at = sweeps.Apart(), factories.now()
    apart.put("a", at)
    assert (apart.ready(at), apart.all()) == ([], ["a"])
    assert (apart.ready(at - HOUR), apart.all()) == ([], [])


def test_levels_that_come_before_happen_before_many_cases_expire() -> None:
    planned.service(("decide", 25, {"tell_role": "supervisor"}), decide_within=HOUR)
    at = factories.now()
    cases = [factories.case(at=at, expires_in=1800) for _each in range(3)]
    assert endings.expire_due(at=at + HOUR) == 3
    assert sorted(ServiceAlert.objects.values_list("case", flat=True)) == sorted(case.pk for case in cases)
    kinds = Entry.objects.filter(subject=cases[0].subject).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["case.queued", "case.escalated", "case.expired"]
    assert not Clock.objects.filter(next_at__lte=at + HOUR).exists()


def test_the_second_of_two_people_gets_it_back_as_the_second_one() -> None:
    people, at = [factories.person(), factories.person()], factories.now()
    factories.policy(
        triggers=[
            {"name": "two", "category": "x", "when": {"fact": "intent", "is": "refund"}, "outcome": "review", "eyes": 2}
        ]
    )
    case, plain = factories.claimed(people[0], at=at), factories.claimed(people[0], at=at)
    factories.decide(case, people[0], at=at)
    claims.claim(locked(case.pk), reviewer=people[1], at=at)
    assert claims.release_lapsed(at=at + HOUR) == 2
    assert [locked(each.pk).state for each in (case, plain)] == ["second_look", "queued"]
