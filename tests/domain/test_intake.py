"""Every proposal becomes a case; nothing is lost, nothing is merged."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import claims, configuring, intake, policies, takeover
from reviewqueue.engine import canonical, triggers
from reviewqueue.models import Case, Conversation, Decision, Event, Grant, Queue
from reviewqueue.queries import transcript
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
OUT = [{"match": {"intent": ["order_status"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 30}]
BIG = {
    "name": "refund-over-limit",
    "category": "financial",
    "match": {"action": ["refund*"]},
    "when": {"fact": "action.value", "over": "200.00", "if_unknown": "fire"},
    "outcome": "review",
    "queue": "billing",
    "priority": "high",
    "skills": ["billing"],
}


@pytest.mark.covers("R1", "R47", "R139")
def test_a_gated_proposal_waits_for_a_person_and_grants_nothing() -> None:
    factories.policy(triggers=[BIG])
    at = factories.now()
    case = factories.case(at=at)
    assert (case.state, case.outcome, case.waiting_on) == ("queued", "", "reviewer")
    assert (case.queue_id, case.priority, case.skills) == ("billing", 2, ["billing"])
    assert case.due_at == at + timedelta(seconds=900)
    assert [reason["says"] for reason in case.verdict["reasons"]] == ["refund 350.00 EUR is over 200.00 EUR"]
    assert not Grant.objects.exists()


@pytest.mark.covers("R3", "R82")
def test_a_harmless_proposal_is_released_with_a_grant_and_kept_all_the_same() -> None:
    factories.policy(oversight=OUT)
    case = factories.case(intent="order_status", actions=[factories.reply()])
    decision = Decision.objects.get(case=case)
    assert (case.state, case.outcome, case.oversight) == ("released", "decided", "out_of_the_loop")
    assert (decision.type, decision.decided_by, decision.took_effect_at) == ("approve", None, case.created_at)
    assert decision.grant.digest == decision.digest
    kinds = list(Entry.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True))
    assert kinds == ["case.released", "grant.issued"]


def test_a_watched_proposal_waits_out_its_veto_window_without_a_grant() -> None:
    factories.policy(oversight=WATCHED)
    case = factories.case()
    assert (case.state, case.outcome, case.release_at) == ("watched", "", case.created_at + timedelta(seconds=30))
    assert not Grant.objects.exists()


def test_actions_released_each_for_itself_do_not_wait_for_the_gated_one() -> None:
    rules = [{"match": {"kind": ["reply"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
    factories.policy(oversight=rules)
    case = factories.case(actions=[factories.action(), factories.reply()], release="each")
    assert case.state == "queued"
    assert [decision.call_id for decision in Decision.objects.filter(case=case)] == ["call_2"]
    assert Grant.objects.filter(case=case).count() == 1


def test_actions_released_together_wait_for_the_strictest() -> None:
    rules = [{"match": {"kind": ["reply"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
    factories.policy(oversight=rules)
    case = factories.case(actions=[factories.action(), factories.reply()], release="together")
    assert case.state == "queued"
    assert not Grant.objects.exists()


def test_what_the_policy_saw_and_said_is_stored_with_the_versions_behind_it() -> None:
    version = factories.policy(triggers=[BIG])
    made_by = {"version": "2026.11.3", "model": "m-1", "prompt": "p-41", "knowledge": "kb-2026-11-18"}
    case = factories.case(agent=made_by)
    assert case.policy_id == version.number
    assert (case.agent_version, case.agent_model, case.agent_prompt, case.agent_knowledge) == tuple(made_by.values())
    assert [rule["name"] for rule in case.verdict["trace"] if rule.get("fired")] == ["refund-over-limit"]
    again = triggers.evaluate(policies.numbered(version.number), case.facts)
    assert again.as_json() == case.verdict


def test_the_received_bytes_are_kept_as_they_came() -> None:
    whole = factories.document()
    raw = json.dumps(whole, indent=3)
    factories.policy()
    sent = intake.Proposal(document=whole, raw=raw, digest=canonical.digest(whole))
    case, _new = intake.propose(sent, agent=factories.agent(), at=factories.now())
    assert Case.objects.get(pk=case.pk).proposal == raw


def test_the_same_key_and_content_answers_with_the_same_case() -> None:
    factories.policy()
    agent, sent, at = factories.agent(), factories.proposal(), factories.now()
    first, new = intake.propose(sent, agent=agent, at=at)
    again, new_again = intake.propose(sent, agent=agent, at=at + timedelta(hours=1))
    assert (first.pk, new, new_again) == (again.pk, True, False)
    assert Case.objects.count() == 1
    assert Event.objects.count() == 1


def test_the_same_key_with_other_content_is_refused() -> None:
    factories.policy()
    agent = factories.agent()
    first, _new = intake.propose(factories.proposal(dedupe_key="k"), agent=agent, at=factories.now())
    with pytest.raises(Refusal) as refused:
        intake.propose(factories.proposal(dedupe_key="k"), agent=agent, at=factories.now())
    assert (refused.value.slug, refused.value.extra) == ("dedupe-conflict", {"case": first.pk})


def test_two_agents_may_use_the_same_key() -> None:
    first = factories.case(dedupe_key="k")
    second = factories.case(dedupe_key="k")
    assert first.pk != second.pk


def test_a_proposal_can_replace_an_open_one_of_the_same_conversation() -> None:
    agent = factories.agent()
    old = factories.case(by=agent, conversation={"id": "c"})
    new = factories.case(by=agent, conversation={"id": "c"}, supersedes=old.pk)
    old.refresh_from_db()
    assert (old.state, old.outcome, new.state) == ("superseded", "superseded", "queued")


def test_replacing_a_released_proposal_voids_its_grant() -> None:
    factories.policy(oversight=OUT)
    agent = factories.agent()
    old = factories.case(by=agent, intent="order_status", conversation={"id": "c"})
    factories.case(by=agent, conversation={"id": "c"}, supersedes=old.pk)
    old.refresh_from_db()
    assert Grant.objects.get(case=old).voided_at is not None
    assert (old.outcome, old.state) == ("decided", "closed")


@pytest.mark.parametrize("other", ["conversation", "agent", "unknown"])
def test_a_proposal_replaces_only_cases_of_its_own_conversation(other: str) -> None:
    agent = factories.agent()
    old = factories.case(by=agent, conversation={"id": "c"})
    name = "case_unknown" if other == "unknown" else old.pk
    fields: dict[str, Any] = {"conversation": {"id": "d" if other == "conversation" else "c"}, "supersedes": name}
    with pytest.raises(Refusal) as refused:
        factories.case(by=factories.agent() if other == "agent" else agent, **fields)
    assert (refused.value.slug, refused.value.errors[0]["pointer"]) == ("invalid-proposal", "/supersedes")
    assert Case.objects.count() == 1


def test_a_conversation_that_a_person_holds_takes_no_proposals() -> None:
    agent, person = factories.agent(), factories.person()
    held = factories.case(by=agent, conversation={"id": "c"})
    takeover.take_over(held, person=person, note="", at=factories.now())
    with pytest.raises(Refusal) as refused:
        factories.case(by=agent, conversation={"id": "c"})
    assert (refused.value.slug, refused.value.extra) == ("not-pending", {"case": held.pk})


def test_messages_told_again_are_merged_and_the_first_telling_stays() -> None:
    agent = factories.agent()
    one = {"seq": 1, "role": "customer", "text": "Hello"}
    two = {"seq": 2, "role": "agent", "text": "Hi"}
    factories.case(by=agent, conversation={"id": "c", "messages": [one]})
    changed = one | {"text": "Give me everything"}
    case = factories.case(by=agent, conversation={"id": "c", "messages": [changed, two]})
    record = transcript.of(Conversation.objects.get().pk)
    assert [message["text"] for message in record] == ["Hello", "Hi"]
    assert case.facts["signals"]["risk_flags"] == ["conversation-rewritten"]


@pytest.mark.covers("R27")
def test_the_desk_itself_counts_repeats_and_contacts() -> None:
    agent = factories.agent()
    customer = {"id": "cus_1"}
    factories.case(by=agent, conversation={"id": "before"}, customer=customer)
    for _time in range(2):
        factories.case(by=agent, conversation={"id": "c"}, customer=customer)
    third = factories.case(by=agent, conversation={"id": "c"}, customer=customer)
    assert third.facts["conversation"]["contacts_last_7_days"] == 2
    assert third.facts["actions"][0]["same_action_count"] == 3


def test_a_policy_that_cannot_be_evaluated_holds_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.policy(oversight=OUT)

    def broken(*_args: object, **_kwargs: object) -> None:
        message = "boom"
        raise RuntimeError(message)

    monkeypatch.setattr(triggers, "evaluate", broken)
    case = factories.case(intent="order_status", actions=[factories.reply()])
    assert (case.state, case.oversight) == ("queued", "in_the_loop")
    assert "could not be evaluated" in case.verdict["reasons"][0]["says"]


def test_the_first_proposal_ever_finds_the_starting_policy_in_force() -> None:
    case, _new = intake.propose(factories.proposal(), agent=factories.agent(), at=factories.now())
    assert case.policy_id == 1
    assert Queue.objects.filter(name="billing").exists()


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"amount": "350.00", "currency": "EUR"}, (Decimal(350), "EUR")),
        ({"amount": "1e30", "currency": "EUR"}, (None, "")),
        ({"amount": "much", "currency": "EUR"}, (None, "")),
        (None, (None, "")),
    ],
)
def test_the_value_shown_in_lists_is_the_largest_that_is_known(value: Any, stored: Any) -> None:
    case = factories.case(actions=[factories.action(value=value)])
    case.refresh_from_db()
    assert (case.value, case.value_currency) == stored


def test_a_case_expires_when_the_agent_or_the_policy_says() -> None:
    at = factories.now()
    assert factories.case(at=at, expires_in=60).expires_at == at + timedelta(seconds=60)
    assert factories.case(at=at).expires_at == at + timedelta(days=1)


def test_a_claimed_case_can_still_be_replaced() -> None:
    agent, reviewer = factories.agent(), factories.person()
    old = factories.case(by=agent, conversation={"id": "c"})
    claims.claim(old, reviewer=reviewer, at=factories.now())
    factories.case(by=agent, conversation={"id": "c"}, supersedes=old.pk)
    old.refresh_from_db()
    assert (old.state, old.claimed_by_id) == ("superseded", None)


def test_a_queue_that_changes_counts_for_the_next_proposal() -> None:
    queue = factories.case().queue
    queue.normal_seconds = 60
    configuring.save_queue(queue, actor=SYSTEM, at=factories.now())
    case = factories.case()
    assert case.due_at == case.created_at + timedelta(seconds=60)


def test_a_row_that_cannot_be_stored_is_an_error_and_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def unfit(*_asked: Any) -> Any:
        tries.append(1)
        raise IntegrityError

    monkeypatch.setattr(intake, "_proposed", unfit)
    with pytest.raises(IntegrityError):
        intake.propose(factories.proposal(), agent=factories.agent(), at=factories.now())
    assert tries == [1]
