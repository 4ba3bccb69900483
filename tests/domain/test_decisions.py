"""What was seen is what was approved is what may run."""

import json
from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import claims, decisions, endings
from reviewqueue.domain.decisions import Look
from reviewqueue.engine import canonical
from reviewqueue.models import Case, Decision, Grant
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
UNDO = timedelta(seconds=10)
BIG = {"name": "big", "category": "financial", "when": {"fact": "action.value", "over": "1"}, "outcome": "review"}
SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount"],
    "properties": {"order_id": {}, "amount": {"type": "string", "pattern": r"^\d+\.\d\d$"}},
    "additionalProperties": False,
}


def _approve(call_id: str = "call_1", **more: Any) -> dict[str, Any]:
    return {"call_id": call_id, "type": "approve"} | more


def _edit(**args: Any) -> dict[str, Any]:
    return {"call_id": "call_1", "type": "edit", "args": {"order_id": "A-1"} | args, "reason_code": "wrong_amount"}


def _pointers(refused: pytest.ExceptionInfo[Refusal]) -> list[str]:
    return [error["pointer"] for error in refused.value.errors]


@pytest.mark.covers("R37", "R47")
def test_an_approval_grants_exactly_the_proposed_action() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    decision, grant = Decision.objects.get(), Grant.objects.get()
    assert json.loads(decision.final_action) == {"name": "refund_order", "args": factories.action()["args"]}
    assert grant.digest == decision.digest == canonical.digest(json.loads(decision.final_action))
    case.refresh_from_db()
    assert (case.state, case.outcome, case.took_effect_at) == ("decided", "decided", decision.took_effect_at)


@pytest.mark.covers("R38", "R81", "R141")
def test_an_edit_grants_the_edited_action_and_the_record_shows_the_change() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer, _edit(amount="120.00") | {"message": "120 without a receipt"})
    decision = Decision.objects.get()
    assert json.loads(decision.final_action)["args"] == {"order_id": "A-1", "amount": "120.00"}
    assert (decision.type, decision.reason_code, decision.message) == ("edit", "wrong_amount", "120 without a receipt")
    entry = Entry.objects.get(subject=case.subject, kind="case.decided")
    assert entry.data["decisions"][0]["digest"] == decision.digest != case.facts["actions"][0].get("digest")


@pytest.mark.covers("R39")
@pytest.mark.parametrize(
    "ruling",
    [
        {"call_id": "call_1", "type": "reject", "reason_code": "policy"},
        {"call_id": "call_1", "type": "respond", "response": "Ask for the receipt first."},
    ],
)
def test_a_rejection_or_response_grants_nothing_and_closes_the_case(ruling: dict[str, Any]) -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer, ruling)
    case.refresh_from_db()
    assert (case.state, case.outcome, Grant.objects.count()) == ("closed", "decided", 0)


@pytest.mark.parametrize(
    ("rulings", "pointers"),
    [
        ([], ["/decisions", "/decisions"]),
        ([_approve("call_9")], ["/decisions/0/call_id", "/decisions"]),
        ([_approve(), _approve()], ["/decisions/1/call_id"]),
        ([_approve(args={"a": 1})], ["/decisions/0/args"]),
        ([{"call_id": "call_1", "type": "reject"}], ["/decisions/0/reason_code"]),
        ([{"call_id": "call_1", "type": "reject", "reason_code": "  "}], ["/decisions/0/reason_code"]),
        ([{"call_id": "call_1", "type": "respond"}], ["/decisions/0/response"]),
        ([{"call_id": "call_1", "type": "edit", "reason_code": "policy"}], ["/decisions/0/args"]),
        ([_edit(amount="12")], ["/decisions/0/args/amount"]),
        ([_edit(amount="12.00", extra=1)], ["/decisions/0/args"]),
        ([_edit(amount=2**60)], ["/decisions/0/args"]),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_by_pointer(rulings: list[dict[str, Any]], pointers: list[str]) -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(args_schema=SCHEMA)])
    with pytest.raises(Refusal) as refused:
        decisions.decide(case, reviewer=reviewer, look=factories.look(case), decisions=rulings, at=factories.now())
    assert (refused.value.slug, _pointers(refused)) == ("invalid-decision", pointers)
    assert not Decision.objects.exists()


def test_only_rulings_that_the_agent_accepts_are_possible() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(allowed_decisions=["approve", "reject"])])
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer, _edit(amount="1.00"))
    assert refused.value.errors[0]["detail"] == "The agent accepts only: approve, reject."


def test_a_case_for_people_alone_can_be_rejected_but_never_approved() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "human_only"}])
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer)
    assert _pointers(refused) == ["/decisions/0/type"]
    factories.decide(case, reviewer, {"call_id": "call_1", "type": "reject", "reason_code": "unsafe"})
    assert not Grant.objects.exists()


def test_a_decision_needs_the_lease_the_version_and_the_view_of_now() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    good = factories.look(case)
    stale = {
        "stale-claim": Look("old", good.version, good.seen_digest),
        "stale-version": Look(good.claim_token, good.version - 1, good.seen_digest),
        "seen-digest-mismatch": Look(good.claim_token, good.version, "sha256:0"),
    }
    for slug, look in stale.items():
        with pytest.raises(Refusal) as refused:
            decisions.decide(case, reviewer=reviewer, look=look, decisions=[_approve()], at=factories.now())
        assert refused.value.slug == slug
    assert not Decision.objects.exists()


def test_an_old_version_is_refused_with_what_changed_since() -> None:
    reviewer = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(reviewer)
    look = factories.look(case)
    old = Look(look.claim_token, 1, look.seen_digest)
    with pytest.raises(Refusal) as refused:
        decisions.decide(case, reviewer=reviewer, look=old, decisions=[_approve()], at=factories.now())
    assert refused.value.extra == {"version": 2, "changes": ["Ana R. took the case"]}


def test_what_the_conversation_gained_since_the_look_refuses_the_decision() -> None:
    reviewer, agent = factories.person(), factories.agent()
    case = factories.claimed(reviewer, by=agent, conversation={"id": "c"})
    look = factories.look(case)
    said = {"seq": 1, "role": "customer", "text": "Stop, I found the parcel."}
    factories.case(by=agent, conversation={"id": "c", "messages": [said]})
    with pytest.raises(Refusal) as refused:
        decisions.decide(case, reviewer=reviewer, look=look, decisions=[_approve()], at=factories.now())
    assert refused.value.slug == "seen-digest-mismatch"


def test_a_lease_that_ran_out_decides_nothing() -> None:
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer, at=at + claims.lease())
    assert refused.value.slug == "stale-claim"


def test_nothing_is_granted_before_the_undo_window_closes() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    outcome = factories.decide(case, reviewer, at=at)
    assert (outcome.effective_at, Grant.objects.count()) == (at + UNDO, 0)
    decisions.take_effect(case, at=at + UNDO - timedelta(microseconds=1))
    assert not Grant.objects.exists()
    decisions.take_effect(case, at=at + UNDO)
    decisions.take_effect(case, at=at + UNDO)
    case.refresh_from_db()
    assert (Grant.objects.count(), case.outcome, case.effective_at) == (1, "decided", None)


def test_a_decision_can_be_undone_while_the_window_is_open_and_is_then_ones_own_again() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    token = case.claim_token
    factories.decide(case, reviewer, at=at)
    back = decisions.undo(case, reviewer=reviewer, at=at + timedelta(seconds=9))
    assert (back.state, back.claimed_by_id, back.effective_at, back.claim_token == token) == (
        "claimed",
        reviewer.pk,
        None,
        False,
    )
    assert Decision.objects.get().undone_at == at + timedelta(seconds=9)
    assert decisions.take_effect_due(at=at + UNDO) == 0
    factories.decide(back, reviewer, {"call_id": "call_1", "type": "reject", "reason_code": "policy"}, at=at)
    assert [decision.type for decision in Decision.objects.order_by("pk")] == ["approve", "reject"]


def test_what_took_effect_cannot_be_undone() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    with pytest.raises(Refusal) as refused:
        decisions.undo(case, reviewer=reviewer, at=factories.now())
    assert refused.value.says == "There is nothing to undo."


def test_the_undo_window_closes_by_the_clock_also_when_no_alarm_rang() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    factories.decide(case, reviewer, at=at)
    with pytest.raises(Refusal) as refused:
        decisions.undo(case, reviewer=reviewer, at=at + UNDO)
    assert refused.value.says == "The undo window has closed."


def test_only_the_decider_can_undo() -> None:
    factories.policy(undo_seconds=10)
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    with pytest.raises(Refusal) as refused:
        decisions.undo(case, reviewer=factories.person("supervisor"), at=factories.now())
    assert refused.value.says == "Only the person who decided can undo it."


def test_the_policy_at_entry_counts_also_when_a_later_one_is_looser() -> None:
    factories.policy(undo_seconds=60)
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    factories.policy(undo_seconds=0)
    assert factories.decide(case, reviewer, at=at).effective_at == at + timedelta(seconds=60)


def test_several_actions_are_decided_one_by_one_in_one_go() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(), factories.reply()])
    factories.decide(case, reviewer, _approve(), {"call_id": "call_2", "type": "reject", "reason_code": "tone"})
    assert dict(Decision.objects.values_list("call_id", "type")) == {"call_1": "approve", "call_2": "reject"}
    assert Grant.objects.get().decision.call_id == "call_1"


def test_actions_released_together_are_decided_together() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(), factories.reply()])
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer, _approve())
    assert refused.value.errors[0]["detail"].endswith("decide these too: call_2.")


def test_actions_released_each_can_be_decided_one_after_the_other() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(), factories.reply()], release="each")
    factories.decide(case, reviewer, _approve())
    case.refresh_from_db()
    assert (case.state, case.outcome, Grant.objects.count()) == ("claimed", "", 1)
    factories.decide(case, reviewer, _approve("call_2"))
    case.refresh_from_db()
    assert (case.state, case.outcome, Grant.objects.count()) == ("decided", "decided", 2)


def test_withdrawing_a_partly_decided_case_voids_the_grant_that_was_issued() -> None:
    reviewer, agent = factories.person(), factories.agent()
    case = factories.claimed(reviewer, by=agent, actions=[factories.action(), factories.reply()], release="each")
    factories.decide(case, reviewer, _approve())
    endings.withdraw(case, agent=agent, reason="customer left", at=factories.now())
    assert Grant.objects.get().voided_at is not None


def _four_eyes(**fields: Any) -> None:
    factories.policy(triggers=[BIG | {"eyes": 2}], **fields)


@pytest.mark.covers("R46")
def test_two_people_must_agree_on_the_same_bytes() -> None:
    _four_eyes()
    first, second = factories.person(), factories.person()
    case = factories.claimed(first)
    assert factories.decide(case, first).second_look is True
    case.refresh_from_db()
    assert (case.state, case.first_by_id, Grant.objects.count(), Decision.objects.count()) == (
        "second_look",
        first.pk,
        0,
        0,
    )
    with pytest.raises(Refusal) as refused:
        claims.claim(case, reviewer=first, at=factories.now())
    assert refused.value.says == "You were the first of two people; a second one must look."
    claims.claim(case, reviewer=second, at=factories.now())
    factories.decide(case, second)
    assert (Decision.objects.get().decided_by, Grant.objects.count()) == (second, 1)
    decided = Entry.objects.get(subject=case.subject, kind="case.decided")
    assert (decided.data["eyes"], decided.data["first_by"]) == (2, first.reference)


def test_whoever_changes_the_action_needs_new_second_eyes() -> None:
    _four_eyes()
    first, second = factories.person(), factories.person()
    case = factories.claimed(first)
    factories.decide(case, first)
    claims.claim(case, reviewer=second, at=factories.now())
    assert factories.decide(case, second, _edit(amount="120.00")).second_look is True
    case.refresh_from_db()
    assert (case.first_by_id, Grant.objects.count()) == (second.pk, 0)
    claims.claim(case, reviewer=first, at=factories.now())
    factories.decide(case, first, _edit(amount="120.00"))
    assert Grant.objects.count() == 1


def test_one_person_is_enough_to_reject() -> None:
    _four_eyes()
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    outcome = factories.decide(case, reviewer, {"call_id": "call_1", "type": "reject", "reason_code": "unsafe"})
    assert outcome.second_look is False


def test_a_second_person_who_gives_the_case_back_leaves_it_for_another_second_look() -> None:
    _four_eyes()
    first, second = factories.person(), factories.person()
    case = factories.claimed(first)
    factories.decide(case, first)
    taken = claims.claim(case, reviewer=second, at=factories.now())
    claims.release(taken, reviewer=second, token=None, at=factories.now())
    case.refresh_from_db()
    assert (case.state, case.first_by_id) == ("second_look", first.pk)
    assert claims.claim_next(reviewer=first, at=factories.now()) is None


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("350.00", True),
        ("350", True),
        ("350,00", True),
        (None, False),
        ("", False),
        ("35", False),
        ("35000", False),
        ("many", False),
    ],
)
def test_at_critical_risk_the_amount_is_typed_again(typed: str | None, *, fits: bool) -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    if fits:
        assert factories.decide(case, reviewer, typed_amount=typed).second_look
    else:
        with pytest.raises(Refusal) as refused:
            factories.decide(case, reviewer, typed_amount=typed)
        assert _pointers(refused) == ["/typed_amount"]


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("350.00 EUR + 20 USD", True),
        ("20,00 USD + 350 EUR", True),
        ("370", False),
        ("350 EUR", False),
        ("20 EUR + 350 USD", False),
        ("350 EUR + 20 USD + 20 USD", False),
        ("350 EUR + 20 USD + 1 GBP", False),
        ("350 + 20", False),
        (" + ", False),
    ],
)
def test_of_several_currencies_each_sum_is_typed_with_its_name(typed: str, *, fits: bool) -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    reviewer = factories.person()
    dollars = factories.action(call_id="call_2", args={}, value={"amount": "20.00", "currency": "USD"})
    case = factories.claimed(reviewer, actions=[factories.action(), dollars])
    rulings = [{"call_id": call, "type": "approve"} for call in ("call_1", "call_2")]
    if fits:
        assert factories.decide(case, reviewer, *rulings, typed_amount=typed).second_look
    else:
        with pytest.raises(Refusal) as refused:
            factories.decide(case, reviewer, *rulings, typed_amount=typed)
        assert _pointers(refused) == ["/typed_amount"]


def test_the_amount_to_type_is_the_edited_one() -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    assert factories.decide(case, reviewer, _edit(amount="120.00"), typed_amount="120").second_look


@pytest.mark.parametrize("amount", ["all of it", None, {"minor": 35000}, True])
def test_where_the_edited_amount_is_no_number_the_stated_value_is_typed(amount: Any) -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer, _edit(amount=amount))
    assert _pointers(refused) == ["/typed_amount"]
    assert factories.decide(case, reviewer, _edit(amount=amount), typed_amount="350").second_look


def test_the_agents_owner_does_not_decide() -> None:
    reviewer, agent = factories.person(), factories.agent()
    case = factories.claimed(reviewer, by=agent)
    agent.owner = reviewer
    agent.save()
    with pytest.raises(Refusal) as refused:
        factories.decide(case, reviewer)
    assert refused.value.slug == "forbidden"


def test_an_undecided_case_has_no_decision_that_counts_after_it_ended() -> None:
    factories.policy(undo_seconds=10)
    reviewer, agent, at = factories.person(), factories.agent(), factories.now()
    case = factories.claimed(reviewer, by=agent, at=at)
    factories.decide(case, reviewer, at=at)
    endings.withdraw(case, agent=agent, reason="", at=at)
    assert decisions.take_effect_due(at=at + UNDO) == 0
    assert (Decision.objects.get().undone_at, Grant.objects.count()) == (at, 0)
    assert Case.objects.get(pk=case.pk).outcome == "withdrawn"


def test_an_action_that_is_decided_is_not_decided_again() -> None:
    ana = factories.person()
    case = factories.claimed(ana, actions=[factories.action(), factories.reply()], release="each")
    factories.decide(case, ana, {"call_id": "call_1", "type": "approve"})
    case = claims.claim(case, reviewer=ana, at=factories.now())
    with pytest.raises(Refusal) as refused:
        factories.decide(case, ana, {"call_id": "call_1", "type": "approve"})
    assert [fault["detail"] for fault in refused.value.errors] == ["This action is already decided."]
