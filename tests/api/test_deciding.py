"""Decide and undo over the wire: what was seen is what is approved, or it is refused with what changed."""

from datetime import timedelta

import pytest

from hitl.accounts.models import User
from reviewqueue.models import Case, Decision, Grant, State
from tests import factories
from tests.api.wire import PersonCaller

FOUR_EYES = {
    "name": "erasure",
    "category": "privacy",
    "match": {},
    "when": {"fact": "intent", "is": "erasure"},
    "outcome": "review",
    "eyes": 2,
}
HUMAN_ONLY = {"oversight": [{"match": {}, "mode": "human_only"}]}
CRITICAL = {"risk_levels": [{"match": {}, "level": "critical"}]}
REJECT = {"call_id": "call_1", "type": "reject", "reason_code": "policy"}


@pytest.fixture
def briefing(agent, reviewer):
    """What the reviewer has before them."""
    return reviewer.claim(agent.propose()["id"])


@pytest.mark.covers("R91")
def test_where_a_second_factor_is_asked_for_a_token_lets_nothing_run_but_may_reject(agent, reviewer, settings):
    settings.STEP_UP_RISKS = ["high"]
    factories.policy(risk_levels=[{"match": {"intent": ["refund"]}, "level": "high"}, {"match": {}, "level": "low"}])
    weighty = reviewer.claim(agent.propose()["id"])
    refused = reviewer.decide(weighty)
    assert (refused.status, refused.slug, refused.body["risk"]) == (403, "step-up-required", "high")
    assert (Decision.objects.count(), reviewer.decide(weighty, REJECT).status) == (0, 200)
    assert reviewer.decide(reviewer.claim(agent.propose(intent="hours")["id"])).status == 200


@pytest.mark.covers("R37", "R47")
def test_a_decision_says_when_it_takes_effect(agent, reviewer):
    factories.policy(undo_seconds=60)
    case = agent.propose()["id"]
    reply = reviewer.decide(reviewer.claim(case), note="Looks right.")
    (decision,) = reply.body["decisions"]
    assert (reply.status, reply.headers["ETag"], reply.body["state"]) == (200, '"3"', "decided")
    assert (reply.body["status"], reply.body["effective_at"]) == ("decided", decision["effective_at"])
    assert (decision["type"], decision["note"], decision["grant"]) == ("approve", "Looks right.", None)
    made = Decision.objects.get()
    assert made.effective_at == made.decided_at + timedelta(seconds=60)


@pytest.mark.covers("R38", "R141")
def test_an_edit_is_kept_word_by_word(agent, reviewer, briefing):
    edited = {"order_id": "A-1", "amount": "120.00"}
    ruling = {"call_id": "call_1", "type": "edit", "args": edited, "reason_code": "wrong_amount"}
    assert reviewer.decide(briefing, ruling).status == 200
    (decision,) = agent.get(f"/cases/{briefing['id']}").body["decisions"]
    assert decision["final_action"] == {"name": "refund_order", "args": edited}
    assert decision["grant"]["digest"] == Grant.objects.get().digest


@pytest.mark.covers("R39")
def test_a_rejection_ends_the_case_without_a_grant(reviewer, briefing):
    reply = reviewer.decide(briefing, REJECT)
    assert (reply.status, reply.body["state"], Grant.objects.count()) == (200, "closed", 0)


def test_a_lease_that_ran_out_decides_nothing(reviewer, briefing):
    Case.objects.update(claim_expires_at=factories.now() - timedelta(seconds=1))
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug) == (409, "stale-claim")
    assert reply.body["detail"] == "Your lease on this case ran out; claim it again."


def test_the_holder_of_an_older_lease_decides_nothing(reviewer, briefing):
    reviewer.post(f"/review/cases/{briefing['id']}/release")
    reviewer.claim(briefing["id"])
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug, Decision.objects.count()) == (409, "stale-claim", 0)


def test_a_changed_case_is_refused_with_what_changed(agent, reviewer):
    two = [factories.action(), factories.reply()]
    case = agent.propose(actions=two, release="each")["id"]
    first = reviewer.claim(case)
    reviewer.decide(first, REJECT)
    reply = reviewer.decide(first, {"call_id": "call_2", "type": "approve"})
    assert (reply.status, reply.slug) == (409, "stale-version")
    assert reply.body["version"] > first["version"]
    assert reply.body["changes"][0] == f"{reviewer.user.display} rejected refund_order"


def test_what_was_not_shown_is_not_approved(agent, reviewer):
    case = agent.propose(conversation={"id": "conv_1"})["id"]
    briefing = reviewer.claim(case)
    told = {"seq": 9, "role": "customer", "text": "I do not want it any more."}
    agent.propose(conversation={"id": "conv_1", "messages": [told]})
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug) == (412, "seen-digest-mismatch")
    fresh = reviewer.get(f"/review/cases/{case}").body
    assert reply.body["seen_digest"] == fresh["seen_digest"]
    assert reviewer.decide(briefing | {"seen_digest": fresh["seen_digest"]}).status == 200


def test_an_invented_digest_is_refused(reviewer, briefing):
    reply = reviewer.decide(briefing | {"seen_digest": "sha256:" + "0" * 64})
    assert (reply.status, reply.slug, Decision.objects.count()) == (412, "seen-digest-mismatch", 0)


@pytest.mark.parametrize(
    ("ruling", "fault"),
    [
        ({"type": "reject"}, ("/decisions/0/reason_code", "Say why: choose a reason.")),
        (
            {"type": "edit", "args": {"order_id": "A-1"}},
            ("/decisions/0/reason_code", "Say why: choose a reason."),
        ),
        (
            {"type": "edit", "reason_code": "other"},
            ("/decisions/0/args", "An edit carries the complete arguments."),
        ),
        ({"type": "approve", "args": {}}, ("/decisions/0/args", "Only an edit carries arguments.")),
        ({"type": "respond"}, ("/decisions/0/response", "Write the response.")),
        ({"type": "approve", "call_id": "call_9"}, ("/decisions/0/call_id", "This case has no such action.")),
        (
            {"type": "maybe"},
            ("/decisions/0/type", "Input should be 'approve', 'edit', 'reject' or 'respond'"),
        ),
        ({"type": "approve", "zzz": 1}, ("/decisions/0/zzz", "Unknown field “zzz”.")),
    ],
)
def test_a_ruling_that_does_not_fit_is_refused_by_place(reviewer, briefing, ruling, fault):
    reply = reviewer.decide(briefing, {"call_id": "call_1"} | ruling)
    assert (reply.status, reply.slug) == (422, "invalid-decision")
    assert fault in reply.faults
    assert Decision.objects.count() == 0


def test_edited_arguments_must_fit_the_agents_schema(agent, reviewer):
    schema = {"type": "object", "required": ["order_id", "amount"], "properties": {"amount": {"type": "string"}}}
    case = agent.propose(actions=[factories.action(args_schema=schema)])["id"]
    ruling = {"call_id": "call_1", "type": "edit", "reason_code": "wrong_amount", "args": {"amount": 120}}
    reply = reviewer.decide(reviewer.claim(case), ruling)
    assert (reply.status, reply.slug) == (422, "invalid-decision")
    assert reply.faults == [
        ("/decisions/0/args/amount", "120 is not of type 'string'"),
        ("/decisions/0/args/order_id", "'order_id' is a required property"),
    ]


def test_the_agents_choice_of_rulings_is_respected(agent, reviewer):
    case = agent.propose(actions=[factories.action(allowed_decisions=["approve", "reject"])])["id"]
    reply = reviewer.decide(reviewer.claim(case), {"call_id": "call_1", "type": "respond", "response": "No."})
    assert reply.faults == [("/decisions/0/type", "The agent accepts only: approve, reject.")]


def test_actions_that_are_released_together_are_decided_together(agent, reviewer):
    case = agent.propose(actions=[factories.action(), factories.reply()])["id"]
    reply = reviewer.decide(reviewer.claim(case), REJECT)
    says = "The actions of this case are released together; decide these too: call_2."
    assert (reply.status, reply.faults) == (422, [("/decisions", says)])


def test_actions_that_are_released_each_can_be_decided_one_by_one(agent, reviewer):
    case = agent.propose(actions=[factories.action(), factories.reply()], release="each")["id"]
    first = reviewer.decide(reviewer.claim(case), REJECT)
    assert (first.status, first.body["state"]) == (200, "claimed")
    seen = agent.get(f"/cases/{case}").body
    assert (seen["status"], [d["call_id"] for d in seen["decisions"]]) == ("pending", ["call_1"])
    rest = reviewer.get(f"/review/cases/{case}").body
    assert reviewer.decide(rest, {"call_id": "call_2", "type": "approve"}).body["state"] == "decided"
    assert agent.get(f"/cases/{case}").body["status"] == "decided"


def test_deciding_nothing_is_no_decision(agent, reviewer, briefing):
    body = {
        "claim_token": briefing["claim"]["token"],
        "version": briefing["version"],
        "seen_digest": briefing["seen_digest"],
        "decisions": [],
    }
    reply = reviewer.post(f"/review/cases/{briefing['id']}/decide", body)
    assert (reply.status, reply.slug, reply.faults[0]) == (
        422,
        "invalid-decision",
        ("/decisions", "Decide at least one action."),
    )
    assert agent.get(f"/cases/{briefing['id']}").body["status"] == "pending"


@pytest.mark.parametrize("missing", ["claim_token", "version", "seen_digest", "decisions"])
def test_a_decision_proves_what_was_seen(reviewer, briefing, missing):
    body = {"claim_token": "x", "version": 1, "seen_digest": "x", "decisions": [REJECT]}
    del body[missing]
    reply = reviewer.post(f"/review/cases/{briefing['id']}/decide", body)
    assert (reply.status, reply.slug) == (422, "invalid-decision")
    assert reply.faults == [(f"/{missing}", "This field is required.")]


@pytest.mark.covers("R19", "R144")
def test_the_first_of_two_pairs_of_eyes_is_told_so_and_the_second_decides(agent, reviewer):
    factories.policy(triggers=[FOUR_EYES])
    case = agent.propose(intent="erasure")["id"]
    first = reviewer.decide(reviewer.claim(case))
    assert (first.status, first.body["status"], first.body["state"]) == (202, "second-look", "second_look")
    assert agent.get(f"/cases/{case}").body["status"] == "pending"
    assert reviewer.post(f"/review/cases/{case}/claim").slug == "forbidden"
    second = PersonCaller()
    briefing = second.claim(case)
    assert briefing["first_ruling"]["by"]["id"] == reviewer.user.reference
    assert briefing["first_ruling"]["decisions"][0]["type"] == "approve"
    assert second.decide(briefing).status == 200
    assert agent.get(f"/cases/{case}").body["status"] == "decided"


def test_a_second_person_who_changes_the_bytes_is_a_first_one(agent, reviewer):
    factories.policy(triggers=[FOUR_EYES])
    case = agent.propose(intent="erasure")["id"]
    reviewer.decide(reviewer.claim(case))
    second = PersonCaller()
    edit = {"call_id": "call_1", "type": "edit", "args": {"order_id": "A-2"}, "reason_code": "wrong_fact"}
    assert second.decide(second.claim(case), edit).status == 202


def test_a_case_for_people_alone_lets_nothing_run(agent, reviewer):
    factories.policy(**HUMAN_ONLY)
    case = agent.propose()["id"]
    reply = reviewer.decide(reviewer.claim(case))
    says = "The policy keeps this case for a person: take it over, respond, or reject."
    assert (reply.status, reply.faults) == (422, [("/decisions/0/type", says)])


@pytest.mark.parametrize(
    ("typed", "status"), [(None, 422), ("", 422), ("3500", 422), ("350.00", 202), ("350", 202), ("x" * 40, 422)]
)
def test_at_critical_risk_the_amount_is_typed_again(agent, reviewer, typed, status):
    factories.policy(**CRITICAL)
    case = agent.propose()["id"]
    reply = reviewer.decide(reviewer.claim(case), typed_amount=typed)
    assert reply.status == status
    assert [pointer for pointer, _ in reply.faults] == (["/typed_amount"] if status == 422 else [])


def test_of_several_amounts_the_sum_is_typed(agent, reviewer):
    factories.policy(**CRITICAL)
    two = [factories.action(), factories.action(call_id="call_2")]
    briefing = reviewer.claim(agent.propose(actions=two)["id"])
    assert reviewer.decide(briefing, typed_amount="350").status == 422
    assert reviewer.decide(briefing, typed_amount="700").status == 202


def test_an_owner_of_the_agent_does_not_decide(agent, reviewer, briefing):
    agent.agent.owner = reviewer.user
    agent.agent.save()
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug) == (403, "forbidden")
    assert reply.body["detail"] == "You own the agent that proposed this; somebody else must decide."


def test_a_reviewer_who_lost_the_role_does_not_decide(reviewer, briefing):
    User.objects.update(role="auditor")
    assert reviewer.decide(briefing).slug == "forbidden"


def test_somebody_else_cannot_decide_with_my_token(briefing):
    reply = PersonCaller().decide(briefing)
    assert (reply.status, reply.slug) == (409, "stale-claim")


def test_deciding_twice_is_refused_the_second_time(reviewer, briefing):
    assert [reviewer.decide(briefing).status for _ in range(2)] == [200, 409]
    assert Decision.objects.count() == 1


def test_a_withdrawn_case_cannot_be_decided_and_the_reviewer_learns_it(agent, reviewer, briefing):
    agent.post(f"/cases/{briefing['id']}/withdraw", {"reason": "The customer cancelled."})
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug, reply.body["state"]) == (409, "stale-claim", "withdrawn")


def test_a_superseded_case_cannot_be_decided(agent, reviewer):
    old = agent.propose(conversation={"id": "conv_1"})["id"]
    briefing = reviewer.claim(old)
    agent.propose(conversation={"id": "conv_1"}, supersedes=old)
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.body["state"]) == (409, "superseded")


def test_an_expired_case_cannot_be_decided(reviewer, briefing):
    Case.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    reply = reviewer.decide(briefing)
    assert (reply.status, reply.slug, Decision.objects.count()) == (409, "not-pending", 0)


@pytest.mark.covers("R43")
def test_a_decision_can_be_undone_while_its_window_is_open(agent, reviewer):
    factories.policy(undo_seconds=60)
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    reply = reviewer.post(f"/review/cases/{case}/undo")
    assert (reply.status, reply.body["case"]["state"], reply.body["decisions"]) == (200, "claimed", [])
    assert reviewer.decide(reply.body, REJECT).status == 200


def test_only_the_decider_undoes(agent, reviewer):
    factories.policy(undo_seconds=60)
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    reply = PersonCaller("supervisor").post(f"/review/cases/{case}/undo")
    assert (reply.status, reply.slug, Case.objects.get().state) == (403, "forbidden", State.DECIDED)


def test_what_took_effect_cannot_be_undone(reviewer, briefing):
    reviewer.decide(briefing)
    reply = reviewer.post(f"/review/cases/{briefing['id']}/undo")
    assert (reply.status, reply.body["detail"]) == (403, "There is nothing to undo.")


@pytest.mark.covers("R8", "R36")
def test_a_case_that_needs_a_skill_is_not_offered_to_who_lacks_it(agent, reviewer):
    expert = PersonCaller(skills=["privacy"])
    factories.policy(triggers=[FOUR_EYES | {"eyes": 1, "skills": ["privacy"]}])
    case = agent.propose(intent="erasure")["id"]
    assert reviewer.post("/review/next", {}).status == 204
    assert expert.post("/review/next", {}).body["id"] == case
