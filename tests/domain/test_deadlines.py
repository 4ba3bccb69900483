"""What a case is promised: by queue, priority and segment, in working time, and while others are asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actions import SYSTEM
from reviewqueue.domain import claims, configuring, customers, deadlines, endings, questions, watching
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Agent, Case, Clock, Conversation, Decision, Grant
from reviewqueue.queries import briefing
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE, berlin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _leases_are_long(settings: Any) -> None:
    settings.LEASE_SECONDS = 86_400


def targets(case: Case) -> dict[str, datetime]:
    return {target: deadlines.read(moment) for target, moment in Clock.objects.get(case=case).plan["targets"].items()}


def kinds(case: Case) -> list[str]:
    return [entry.kind for entry in briefing.timeline(case)]


@pytest.mark.covers("R68", "R73")
def test_a_case_of_friday_evening_is_due_on_monday_morning() -> None:
    planned.service(calendar=planned.calendar(), decide_within=30 * MINUTE)
    case = factories.case(at=berlin("2026-11-27 17:50"))
    assert case.due_at == berlin("2026-11-30 09:20")
    assert targets(case) == {"decide": berlin("2026-11-30 09:20")}


@pytest.mark.parametrize(
    ("night", "due"), [("2026-03-28 23:00", "2026-03-29 08:00"), ("2026-10-24 23:00", "2026-10-25 06:00")]
)
def test_a_night_in_which_clocks_change_counts_as_long_as_it_is(night: str, due: str) -> None:
    planned.service(calendar=planned.calendar(every_day="00:00-24:00"), decide_within=8 * HOUR)
    assert factories.case(at=berlin(night)).due_at == berlin(due)


def test_without_a_service_level_the_queue_says_when_a_case_is_due_and_no_row_is_written() -> None:
    at = factories.now()
    case = factories.case(at=at)
    assert (case.due_at, Clock.objects.count()) == (at + HOUR, 0)


def test_the_first_service_level_that_fits_queue_priority_and_tier_counts() -> None:
    factories.policy(triggers=[_to("billing", "urgent")])
    planned.queue("billing")
    planned.queue("routine")
    for position, (name, fields) in enumerate(
        {
            "other queue": {"queue_id": "routine"},
            "other priority": {"priority": 1},
            "other tier": {"tiers": "silver, bronze"},
            "switched off": {"active": False},
            "fits": {"queue_id": "billing", "priority": 3, "tiers": "silver, Gold"},
            "fits as well": {},
        }.items()
    ):
        planned.service(name=name, position=position, **fields)
    clock = Clock.objects.get(case=factories.case())
    assert clock.service is not None
    assert clock.service.name == "fits"


def test_what_an_administrator_changes_counts_for_the_next_case_and_not_for_those_before() -> None:
    service, at = planned.service(), factories.now()
    before = factories.case(at=at)
    service.decide_within = 2 * HOUR
    configuring.save_plan(service, actor=SYSTEM, at=at)
    after = factories.case(at=at)
    assert (locked(before.pk).due_at, after.due_at) == (at + HOUR, at + 2 * HOUR)


def test_a_released_case_has_no_deadlines_and_a_stopped_one_gets_them() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 30}])
    planned.service()
    at = factories.now()
    case = factories.case(at=at)
    assert Clock.objects.count() == 0
    watching.stop(case, supervisor=factories.person("supervisor"), reason="odd", at=at + MINUTE)
    assert targets(case) == {"decide": at + MINUTE + HOUR}


@pytest.mark.parametrize(("asked", "stands"), [("customer", True), ("agent", True), ("colleague", False)])
def test_time_stands_still_while_the_customer_or_the_agent_is_asked(asked: str, stands: bool) -> None:  # noqa: FBT001 - a parameter
    planned.service(("decide", 50), ("decide", 80))
    me, agent, at = factories.person(), factories.agent(), factories.now()
    case = factories.claimed(me, by=agent, at=at)
    question = questions.ask(case, reviewer=me, of=asked, text="Which order?", at=at + 10 * MINUTE)
    assert (Clock.objects.get().next_at is None) is stands
    questions.answer_by_agent(case, agent=agent, question_id=question.pk, text="A-1", attachments=(), at=at + 5 * HOUR)
    waited = 5 * HOUR - 10 * MINUTE if stands else timedelta()
    after, clock = locked(case.pk), Clock.objects.get()
    assert (after.due_at, clock.next_at) == (at + HOUR + waited, at + 30 * MINUTE + waited)
    assert targets(case) == {"decide": at + HOUR + waited}
    assert after.rank_at == after.ranked()


def test_what_is_left_of_working_time_is_what_counts_after_a_question() -> None:
    planned.service(calendar=planned.calendar())
    me, agent, at = factories.person(), factories.agent(), berlin("2026-11-27 17:00")
    case = factories.claimed(me, by=agent, at=at)
    question = questions.ask(case, reviewer=me, of="customer", text="Which?", at=at + 45 * MINUTE)
    answered_at = berlin("2026-11-29 12:00")
    questions.answer_by_agent(case, agent=agent, question_id=question.pk, text="A", attachments=(), at=answered_at)
    assert locked(case.pk).due_at == berlin("2026-11-30 09:15")


def test_passing_a_case_on_while_it_waits_for_an_answer_lets_time_go_on() -> None:
    planned.service(("decide", 50))
    me, lead, at = factories.person(), factories.person("supervisor"), factories.now()
    case = factories.claimed(me, at=at)
    questions.ask(case, reviewer=me, of="customer", text="Which?", at=at + 10 * MINUTE)
    claims.reassign(case, reviewer=lead, to_user=factories.person(), at=at + 40 * MINUTE)
    assert (locked(case.pk).due_at, Clock.objects.get().next_at) == (at + 90 * MINUTE, at + HOUR)


def test_a_case_that_comes_to_another_queue_keeps_what_it_was_promised() -> None:
    planned.queue("billing", normal_seconds=7200)
    planned.service(("decide", 50), decide_within=HOUR)
    at = factories.now()
    case = factories.case(at=at)
    to = planned.queue("billing")
    claims.reassign(case, reviewer=factories.person("supervisor"), to_queue=to, at=at + 10 * MINUTE)
    assert (locked(case.pk).due_at, Clock.objects.get().next_at) == (at + HOUR, at + 30 * MINUTE)


def _to(queue: str, priority: str) -> dict[str, Any]:
    return {
        "name": "b",
        "category": "scope",
        "when": {"fact": "intent", "is": "refund"},
        "outcome": "review",
        "queue": queue,
        "priority": priority,
    }


@pytest.mark.covers("R77")
def test_a_service_level_may_decline_what_nobody_decided_and_the_agent_reads_a_rejection() -> None:
    planned.service(on_expiry="decline")
    at = factories.now()
    case = factories.case(at=at, expires_in=60, actions=[factories.action(), factories.reply()])
    endings.expire_due(at=at + MINUTE)
    ended = locked(case.pk)
    ruled = [(d.call_id, d.type, d.decided_by) for d in Decision.objects.order_by("call_id")]
    assert (ended.state, ended.outcome) == ("closed", "decided")
    assert ruled == [("call_1", "reject", None), ("call_2", "reject", None)]
    assert Grant.objects.count() == 0
    assert kinds(case) == ["case.queued", "case.declined", "case.took_effect", "case.closed"]


def test_declining_takes_back_nothing_that_was_granted() -> None:
    planned.service(on_expiry="decline")
    me, at = factories.person(), factories.now()
    actions = [factories.action(), factories.reply()]
    case = factories.claimed(me, at=at, expires_in=60, actions=actions, release="each")
    factories.decide(case, me, {"call_id": "call_1", "type": "approve"}, at=at)
    endings.expire_due(at=at + MINUTE)
    ruled = list(Decision.objects.order_by("call_id").values_list("call_id", "type"))
    assert (ruled, Grant.objects.filter(voided_at=None).count()) == ([("call_1", "approve"), ("call_2", "reject")], 1)


@pytest.mark.covers("R77", "R127")
def test_a_service_level_may_hand_what_nobody_decided_to_the_owner_of_the_queue() -> None:
    owner, at = factories.person("supervisor"), factories.now()
    planned.queue(owner=owner)
    planned.service(on_expiry="hand_over")
    case = factories.case(at=at, expires_in=60)
    endings.expire_due(at=at + MINUTE)
    ended = locked(case.pk)
    assert (ended.state, ended.outcome, ended.claimed_by_id) == ("taken_over", "taken_over", owner.pk)
    assert Conversation.objects.get().held_by_id == case.pk
    assert Grant.objects.count() == 0


def test_who_takes_over_may_be_named_and_nobody_means_that_the_case_expires() -> None:
    heir, at = factories.person(), factories.now()
    service = planned.service(on_expiry="hand_over", hand_over_to=heir)
    first = factories.case(at=at, expires_in=60)
    heir.is_active = False
    endings.expire_due(at=at + MINUTE)
    assert locked(first.pk).claimed_by_id == heir.pk
    heir.save()
    second = factories.case(at=at, expires_in=60)
    endings.expire_due(at=at + MINUTE)
    assert (service.on_expiry, locked(second.pk).state) == ("hand_over", "expired")


def test_the_owner_of_an_agent_is_not_handed_its_cases() -> None:
    owner, at = factories.person("supervisor"), factories.now()
    planned.queue(owner=owner)
    planned.service(on_expiry="hand_over")
    case = factories.case(by=factories.agent(owner=owner), at=at, expires_in=60)
    endings.expire_due(at=at + MINUTE)
    assert locked(case.pk).state == "expired"


def test_intake_writes_one_row_more_and_asks_nothing_more() -> None:
    agent = factories.agent()
    factories.case(by=agent)
    without = _statements(agent)
    planned.service(("claim", 50), ("decide", 50), ("decide", 80), ("decide", 100), claim_within=10 * MINUTE)
    factories.case(by=agent)
    # PostgreSQL stores it in the same statement.
    assert _statements(agent) == without + (connection.vendor != "postgresql")


def _statements(agent: Agent) -> int:
    with CaptureQueriesContext(connection) as asked:
        factories.case(by=agent)
    return len(asked)


@pytest.mark.covers("R77", "R127")
@pytest.mark.parametrize("heir", [{"role": "auditor"}, {"role": "admin"}, {"queues": ["elsewhere"]}])
def test_nobody_is_handed_a_conversation_that_they_could_not_lead(heir: dict[str, Any]) -> None:
    planned.service(on_expiry="hand_over", hand_over_to=factories.person(**heir))
    case, at = factories.case(expires_in=60), factories.now()
    endings.expire_due(at=at + 2 * MINUTE)
    assert locked(case.pk).state == "expired"


@pytest.mark.covers("R88")
def test_who_contests_a_decision_is_not_answered_by_a_clock() -> None:
    planned.service(on_expiry="decline")
    ana = factories.person()
    case = factories.claimed(ana)
    factories.decide(case, ana, {"call_id": "call_1", "type": "reject", "message": "No.", "reason_code": "other"})
    made = customers.contest(locked(case.pk), text="Why?", at=factories.now()).made
    endings.expire_due(at=made.expires_at)
    assert (locked(made.pk).state, made.decisions.count()) == ("expired", 0)


@pytest.mark.covers("R88")
def test_whoever_decided_first_is_not_handed_what_is_contested() -> None:
    boss = factories.person("supervisor")
    planned.service(on_expiry="hand_over", hand_over_to=boss)
    case = factories.claimed(boss)
    factories.decide(case, boss, {"call_id": "call_1", "type": "reject", "message": "No.", "reason_code": "other"})
    made = customers.contest(locked(case.pk), text="Why?", at=factories.now()).made
    endings.expire_due(at=made.expires_at)
    assert locked(made.pk).state == "expired"
