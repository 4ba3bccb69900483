"""A customer who has waited as long as the policy says gets something else, once, and is told so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from audit.models import Entry
from hitl.api import events, shapes
from reviewqueue.domain import claims, customers, due, escalation, questions
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Case, Clock, Event, Priority, ServiceAlert
from reviewqueue.queries import briefing, escalated, holding
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R75", "R76", "R77", "R127")]
TEXTS = {"en": "A colleague looks at it.", "de": "Jemand sieht es sich an."}


def waiting(at: datetime, then: str = "callback", *, given: dict[str, Any] | None = None, **contract: Any) -> Case:
    """A case whose customer waits half an hour at most."""
    whole = {"seconds": 1800, "then": then, "message": TEXTS} | contract
    factories.policy(wait=[whole], oversight=[{"match": {}, "mode": "in_the_loop"}])
    return factories.case(at=at, **({"language": "en"} | (given or {})))


def fired(case: Case) -> list[str]:
    """What happened, once it is sure that rows, record and events agree."""
    rows = ServiceAlert.objects.filter(case=case, of="wait").count()
    told = [entry.data["then"] for entry in briefing.timeline(case) if entry.kind == "case.fallback"]
    assert len(told) == rows == Event.objects.filter(case=case, kind="case.fallback").count()
    return told


def test_the_policy_s_words_go_before_the_estimate_in_the_customer_s_language() -> None:
    at = factories.now()
    case = waiting(at)
    usual = "We are reviewing your case and will answer as soon as we can."
    assert holding.told(case, at=at) == f"A colleague looks at it. {usual}"
    assert holding.told(case, at=at, language="de-AT").startswith("Jemand sieht es sich an. Wir prüfen")
    assert holding.told(case, at=at, language="fr") == usual
    case.verdict["wait"]["message"]["fr"] = "Un collègue regarde."
    assert holding.told(case, at=at, language="fr") == "Un collègue regarde."


@pytest.mark.parametrize(
    ("then", "before"),
    [
        ("callback", " If that takes longer than 30 minutes, we offer you a call."),
        ("chat", " If that takes longer than 30 minutes, a person joins you here."),
        ("answer", " If that takes longer than 30 minutes, you read here what we can say already."),
        ("decline", ""),
    ],
)
def test_who_would_wait_longer_than_they_may_is_told_what_comes_before(then: str, before: str) -> None:
    at = factories.now()
    case = waiting(at, then, say=TEXTS)
    told = "A colleague looks at it. We are reviewing your case and will answer within about {} minutes."
    case.told_p50, case.told_p80 = 600, 1800
    assert holding.told(case, at=at) == told.format(30)
    case.told_p80 = 3600
    assert holding.told(case, at=at) == told.format(60) + before


def test_it_happens_once_in_its_time_however_often_somebody_rings() -> None:
    at = factories.now()
    case = waiting(at)
    for minutes in (0, 29, 30, 30, 31, 90):
        escalation.fire_due(at=at + minutes * MINUTE)
        assert fired(case) == (["callback"] if minutes >= 30 else [])
    assert ServiceAlert.objects.get().due_at == at + 30 * MINUTE
    said = [entry.sentence for entry in briefing.timeline(case)][1:]
    assert said == ["The customer has waited as long as they may; they are offered a call"]
    assert Clock.objects.get().next_at is None


def test_after_an_outage_it_happens_once_with_the_time_at_which_it_was_due() -> None:
    at = factories.now()
    cases = [waiting(at) for _each in range(3)]
    assert due.run(at=at + 3 * HOUR)["levels"] == 3
    assert [fired(case) for case in cases] == [["callback"]] * 3
    assert set(ServiceAlert.objects.values_list("due_at", flat=True)) == {at + 30 * MINUTE}


# PostgreSQL tells of what is committed only.
@pytest.mark.django_db(transaction=True)
def test_the_agent_reads_the_offer_and_hears_of_it() -> None:
    at = factories.now() - 31 * MINUTE
    case = waiting(at)
    before = shapes.case(case)["customer_message"]
    escalation.fire_due(at=at + 30 * MINUTE)
    after = shapes.case(Case.objects.get(pk=case.pk))["customer_message"]
    assert before.startswith("A colleague looks at it. ")
    assert after == "This takes too long, and we are sorry. Choose a time, and we call you."
    assert [each["type"] for each in events.after_cursor(case.agent, 0).events] == ["case.fallback"]


def test_until_the_row_is_there_nothing_is_promised() -> None:
    at = factories.now()
    case = waiting(at)
    assert holding.fallen_back(case, at=at + HOUR, language="en") is None


def test_an_answer_in_part_is_in_the_words_of_the_policy() -> None:
    at = factories.now()
    case = waiting(at, "answer", say={"en": "Your money is safe.", "de": "Ihr Geld ist sicher."})
    escalation.fire_due(at=at + HOUR)
    assert holding.told(case, at=at + HOUR) == "Your money is safe."
    assert holding.told(case, at=at + HOUR, language="de") == "Ihr Geld ist sicher."


def test_a_person_is_called_into_the_chat_and_everybody_who_supervises_reads_of_it() -> None:
    lead, at = factories.person("supervisor"), factories.now()
    case = waiting(at, "chat", queue="talk")
    escalation.fire_due(at=at + HOUR)
    fresh = locked(case.pk)
    assert (fresh.priority, fresh.queue_id, fresh.state) == (Priority.URGENT, "talk", "queued")
    assert [each.pk for each in escalated.to(lead)] == [case.pk]
    assert fired(case) == ["chat"]


def test_declining_ends_it_as_a_person_would_and_approves_nothing() -> None:
    at = factories.now()
    case = waiting(at, "decline", say={"en": "Please write to us."})
    escalation.fire_due(at=at + HOUR)
    fresh = locked(case.pk)
    assert (fresh.outcome, [each.type for each in fresh.decisions.all()]) == ("decided", ["reject"])
    assert fired(case) == ["decline"]
    assert holding.fallen_back(fresh, at=at + HOUR, language="en") == holding.Fallback("decline", "Please write to us.")


def test_nobody_loses_a_case_to_a_decline_while_they_work_on_it(settings: Any) -> None:
    settings.LEASE_SECONDS = 86_400
    me, at = factories.person(), factories.now()
    case = waiting(at, "decline")
    claims.claim(case, reviewer=me, at=at + MINUTE)
    for minutes in (30, 31, 45):
        escalation.fire_due(at=at + minutes * MINUTE)
    assert (fired(case), locked(case.pk).state) == ([], "claimed")
    claims.release(locked(case.pk), reviewer=me, token=None, at=at + 46 * MINUTE)
    escalation.fire_due(at=at + 50 * MINUTE)
    assert (fired(case), locked(case.pk).outcome) == (["decline"], "decided")


def test_who_was_to_get_a_person_is_not_sent_away() -> None:
    at = factories.now()
    given = {"actions": [{"call_id": "c", "kind": "handoff", "name": "hand_over", "args": {}}]}
    handed = [{"match": {"kind": "handoff"}, "mode": "human_only"}]
    factories.policy(wait=[{"seconds": 1800, "then": "decline", "say": {"en": "No."}}], oversight=handed)
    case = factories.case(at=at, language="en", **given)
    escalation.fire_due(at=at + HOUR)
    assert (fired(case), locked(case.pk).state) == (["callback"], "queued")
    assert holding.told(case, at=at + HOUR).endswith("Choose a time, and we call you.")


def test_what_was_decided_in_time_gets_nothing_else() -> None:
    me, at = factories.person(), factories.now()
    case = waiting(at)
    claims.claim(case, reviewer=me, at=at)
    factories.decide(case, me, at=at + MINUTE)
    due.run(at=at + HOUR)
    assert fired(case) == []


def test_while_the_customer_is_asked_their_time_stands_still(settings: Any) -> None:
    settings.LEASE_SECONDS = 86_400
    me, at = factories.person(), factories.now()
    case = waiting(at)
    due_at = case.due_at
    claims.claim(case, reviewer=me, at=at)
    asked = questions.ask(locked(case.pk), reviewer=me, of="customer", text="Which?", at=at + 10 * MINUTE)
    escalation.fire_due(at=at + 2 * HOUR)
    assert fired(case) == []
    questions.answer_by_agent(
        case, agent=case.agent, question_id=asked.pk, text="That.", attachments=(), at=at + 3 * HOUR
    )
    assert locked(case.pk).due_at == due_at
    escalation.fire_due(at=at + 3 * HOUR + 19 * MINUTE)
    assert fired(case) == []
    escalation.fire_due(at=at + 3 * HOUR + 20 * MINUTE)
    assert fired(case) == ["callback"]


def test_it_goes_along_to_another_queue_and_stands_beside_a_service_level() -> None:
    planned.service(("decide", 100))
    me, at = factories.person("supervisor"), factories.now()
    other = planned.queue("other")
    case = waiting(at)
    claims.claim(case, reviewer=me, at=at)
    claims.reassign(locked(case.pk), reviewer=me, to_queue=other, note="there", at=at + MINUTE)
    due.run(at=at + HOUR)
    rows = ServiceAlert.objects.order_by("due_at").values_list("of", "share")
    assert list(rows) == [("wait", 100), ("decide", 100)]


def test_what_a_customer_asked_for_has_its_own_time() -> None:
    at = factories.now()
    case = waiting(at)
    made = customers.ask_for_human(case, text="", at=at).made
    escalation.fire_due(at=at + HOUR)
    assert (fired(case), fired(made)) == (["callback"], [])


def test_a_hostile_policy_text_stays_text() -> None:
    at = factories.now()
    case = waiting(at, "answer", say={"en": "<script>alert(1)</script>\r\nX: y"})
    escalation.fire_due(at=at + HOUR)
    assert holding.told(case, at=at + HOUR) == "<script>alert(1)</script>\r\nX: y"
    assert Entry.objects.filter(kind="case.fallback").count() == 1
