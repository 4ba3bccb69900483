"""The reviewers' wire: find, read, claim, pass on, ask, take over."""

from datetime import timedelta

import pytest

from hitl.accounts.models import User
from reviewqueue.models import Case, Queue
from reviewqueue.queries import briefing as briefings
from tests import factories
from tests.api.wire import PersonCaller

TO_BILLING = {
    "name": "refunds",
    "category": "financial",
    "match": {"action": ["refund*"]},
    "when": {"fact": "action.value", "over": "200.00"},
    "outcome": "review",
    "queue": "billing",
    "priority": "urgent",
}


def ids(reply):
    return [case["id"] for case in reply.body["cases"]]


@pytest.mark.covers("R50", "R51", "R52", "R54", "R56", "R57", "R58", "R60", "R61")
def test_the_briefing_holds_everything_that_a_reviewer_needs(agent, reviewer):
    factories.policy(triggers=[TO_BILLING])
    case = agent.propose(
        briefing={"issue": "Two weeks late", "attempted": ["voucher"], "recommendation": "exception refund"},
        sources=[{"id": "s1", "title": "Refund policy", "text": "Up to 400 EUR."}],
        signals={"confidence": 0.6, "risk_flags": ["new-address"]},
    )["id"]
    body = reviewer.get(f"/review/cases/{case}").body
    (action,) = body["actions"]
    assert body["customer"]["name"] == "Maya R."
    assert [message["text"] for message in body["conversation"]["messages"]] == ["My order A-1 came two weeks late."]
    assert body["briefing"]["attempted"] == ["voucher"]
    assert [source["title"] for source in body["sources"]] == ["Refund policy"]
    assert [reason["says"] for reason in body["reasons"]] == ["refund 350.00 EUR is over 200.00 EUR"]
    assert (body["risk_flags"], body["signals"]["confidence"]) == (["new-address"], 0.6)
    assert action["canonical"] == '{"args":{"amount":"350.00","order_id":"A-1"},"name":"refund_order"}'
    assert (action["value"], action["reversible"]) == ({"amount": "350.00", "currency": "EUR"}, False)
    assert (body["case"]["queue"], body["case"]["priority"], body["case"]["state"]) == ("billing", "urgent", "queued")
    assert (body["claim"], body["version"], body["allowed"]["claim"]) == (None, 1, True)
    assert body["allowed"]["decide"] == "Claim the case first."
    assert body["seen_digest"] == briefings.seen_digest(Case.objects.get())


@pytest.mark.covers("R59")
def test_the_briefing_shows_how_a_similar_case_was_resolved(agent, reviewer):
    earlier = agent.propose()["id"]
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "No receipt."}
    reviewer.decide(reviewer.claim(earlier), ruling)
    (similar,) = reviewer.get(f"/review/cases/{agent.propose()['id']}").body["similar"]
    assert (similar["id"], similar["decision"], similar["resolution"]) == (earlier, "reject", "No receipt.")


def test_hidden_characters_are_counted(agent, reviewer):
    case = agent.propose(briefing={"issue": "pay\u202ethe\u200bbill"})["id"]
    assert reviewer.get(f"/review/cases/{case}").body["hidden_characters"] == 2


@pytest.mark.covers("R72")
def test_a_claim_gives_the_briefing_with_the_token(agent, reviewer):
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/claim")
    claim = reply.body["claim"]
    assert (reply.status, reply.headers["ETag"], reply.body["version"]) == (200, '"2"', 2)
    assert claim["by"] == {"id": reviewer.user.reference, "display": reviewer.user.display}
    assert claim["token"] == f"{case}.1"


def test_the_token_is_shown_to_its_holder_alone(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.claim(case)
    seen = PersonCaller().get(f"/review/cases/{case}").body
    assert (seen["claim"]["by"]["id"], seen["claim"]["token"]) == (reviewer.user.reference, None)
    assert seen["allowed"]["claim"] == "Somebody else is working on this case."


def test_a_case_in_other_hands_cannot_be_claimed(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.claim(case)
    reply = PersonCaller().post(f"/review/cases/{case}/claim")
    assert (reply.status, reply.slug) == (409, "stale-claim")
    assert reply.body["detail"] == f"{reviewer.user.display} is working on this case."


def test_next_gives_the_most_urgent_case_then_the_others_then_nothing(agent, reviewer):
    factories.policy(triggers=[TO_BILLING])
    plain = agent.propose(actions=[factories.reply()])["id"]
    urgent = agent.propose()["id"]
    replies = [reviewer.post("/review/next", {}) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 204]
    assert [reply.body["id"] for reply in replies[:2]] == [urgent, plain]
    assert replies[0].body["claim"]["token"] == f"{urgent}.1"


def test_next_can_be_asked_of_some_queues_only(agent, reviewer):
    factories.policy(triggers=[TO_BILLING])
    agent.propose()
    assert reviewer.post("/review/next", {"queues": ["routine"]}).status == 204
    assert reviewer.post("/review/next", {"queues": ["billing"]}).status == 200


@pytest.mark.parametrize("role", ["qa_lead", "admin", "auditor"])
def test_next_is_for_those_who_decide(agent, role):
    agent.propose()
    reply = PersonCaller(role).post("/review/next", {})
    assert (reply.status, reply.body["detail"]) == (403, "Your role does not decide cases.")


def test_a_heartbeat_renews_a_lease_that_runs(agent, reviewer):
    case = agent.propose()["id"]
    token = reviewer.claim(case)["claim"]["token"]
    soon = factories.now() + timedelta(seconds=5)
    Case.objects.update(claim_expires_at=soon)
    reply = reviewer.post(f"/review/cases/{case}/heartbeat", {"claim_token": token})
    assert (reply.status, reply.body["claim"]["token"], reply.body["version"]) == (200, token, 2)
    assert Case.objects.filter(claim_expires_at__gt=soon).count() == 1
    assert reviewer.post(f"/review/cases/{case}/heartbeat").status == 200


def test_a_lease_that_ran_out_is_not_renewed(agent, reviewer):
    case = agent.propose()["id"]
    token = reviewer.claim(case)["claim"]["token"]
    Case.objects.update(claim_expires_at=factories.now() - timedelta(seconds=1))
    reply = reviewer.post(f"/review/cases/{case}/heartbeat", {"claim_token": token})
    assert (reply.status, reply.slug) == (409, "stale-claim")
    assert reply.body["detail"] == "Your lease on this case ran out; claim it again."


def test_the_token_of_an_earlier_lease_no_longer_acts(agent, reviewer):
    case = agent.propose()["id"]
    old = reviewer.claim(case)["claim"]["token"]
    reviewer.post(f"/review/cases/{case}/release")
    reviewer.claim(case)
    for verb, body in (("heartbeat", {}), ("release", {}), ("ask", {"of": "agent", "text": "?"})):
        reply = reviewer.post(f"/review/cases/{case}/{verb}", {"claim_token": old, **body})
        assert (reply.status, reply.slug) == (409, "stale-claim")


def test_a_released_case_waits_again(agent, reviewer):
    case = agent.propose()["id"]
    token = reviewer.claim(case)["claim"]["token"]
    reply = reviewer.post(f"/review/cases/{case}/release", {"claim_token": token})
    assert (reply.status, reply.body["state"], reply.body["claimed_by"]) == (200, "queued", None)


@pytest.mark.covers("R40")
@pytest.mark.parametrize("by", ["username", "reference"])
def test_a_case_can_be_passed_on_to_a_person_who_then_gets_it_next(agent, reviewer, by):
    first, second = agent.propose()["id"], agent.propose()["id"]
    colleague = PersonCaller()
    reviewer.claim(second)
    name = getattr(colleague.user, by)
    reply = reviewer.post(f"/review/cases/{second}/reassign", {"to_user": name, "note": "You know her."})
    assert (reply.status, reply.body["state"]) == (200, "queued")
    assert [colleague.post("/review/next", {}).body["id"] for _ in range(2)] == [second, first]


def test_a_case_can_be_passed_on_to_a_queue_that_i_cannot_see(agent):
    Queue.objects.create(name="legal")
    reviewer = PersonCaller(queues=["routine"])
    case = agent.propose()["id"]
    reviewer.claim(case)
    reply = reviewer.post(f"/review/cases/{case}/reassign", {"to_queue": "legal"})
    assert (reply.status, reply.body["queue"]) == (200, "legal")
    assert reviewer.get(f"/review/cases/{case}").status == 404


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({}, ("", "Pass the case to a person or to a queue, not to both or neither.")),
        ({"to_user": "nobody"}, ("/to_user", "There is no such person.")),
        ({"to_user": "u_999999999"}, ("/to_user", "There is no such person.")),
        ({"to_user": "u_" + "9" * 100}, ("/to_user", "There is no such person.")),
        ({"to_queue": "nowhere"}, ("/to_queue", "There is no such queue.")),
    ],
)
def test_passing_on_needs_somebody_who_is_there(agent, reviewer, wish, fault):
    case = agent.propose()["id"]
    reviewer.claim(case)
    reply = reviewer.post(f"/review/cases/{case}/reassign", wish)
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-request", [fault])


def test_a_case_is_not_passed_on_to_somebody_without_rights(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.claim(case)
    auditor = factories.person("auditor")
    reply = reviewer.post(f"/review/cases/{case}/reassign", {"to_user": auditor.username})
    assert (reply.status, reply.slug) == (403, "forbidden")


@pytest.mark.covers("R41")
def test_a_question_leaves_the_case_waiting_and_the_answer_comes_back_first(agent, reviewer):
    case = agent.propose()["id"]
    token = reviewer.claim(case)["claim"]["token"]
    reply = reviewer.post(f"/review/cases/{case}/ask", {"of": "agent", "text": "When?", "claim_token": token})
    assert (reply.status, reply.body["state"], reply.body["waiting_on"]) == (200, "asked", "agent")
    question = agent.get(f"/cases/{case}").body["questions"][0]["id"]
    agent.post(f"/cases/{case}/answers", {"question_id": question, "text": "On Monday."})
    assert PersonCaller().post("/review/next", {}).status == 204
    back = reviewer.post("/review/next", {}).body
    (answered,) = back["questions"]
    assert (answered["answer"], answered["asked_by"]["id"]) == ("On Monday.", reviewer.user.reference)


def test_asking_needs_the_claim(agent, reviewer):
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/ask", {"of": "agent", "text": "When?"})
    assert (reply.status, reply.slug) == (409, "stale-claim")


@pytest.mark.covers("R42", "R48")
def test_a_conversation_can_be_taken_over_and_given_back(agent, reviewer):
    case = agent.propose(conversation={"id": "conv_1"})["id"]
    taken = reviewer.post(f"/review/cases/{case}/take_over", {"note": "I know her."})
    assert (taken.status, taken.body["case"]["state"], taken.body["allowed"]["return"]) == (200, "taken_over", True)
    back = reviewer.post(f"/review/cases/{case}/return", {"note": "Settled."})
    assert (back.status, back.body["state"]) == (200, "closed")
    assert agent.propose(conversation={"id": "conv_1"})["status"] == "pending"


def test_only_who_took_over_or_a_supervisor_gives_back(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.post(f"/review/cases/{case}/take_over")
    reply = PersonCaller().post(f"/review/cases/{case}/return")
    assert (reply.status, reply.slug) == (403, "forbidden")
    assert PersonCaller("supervisor").post(f"/review/cases/{case}/return").status == 200


def test_a_queue_that_is_not_mine_does_not_exist_for_me(agent):
    stranger = PersonCaller(queues=["legal"])
    case = agent.propose()["id"]
    listed = stranger.get("/review/cases")
    assert (listed.status, ids(listed), stranger.post("/review/next", {}).status) == (200, [], 204)
    for method, path in [("GET", ""), ("POST", "/claim"), ("POST", "/take_over"), ("POST", "/return")]:
        send = stranger.get if method == "GET" else stranger.post
        foreign, unknown = send(f"/review/cases/{case}{path}"), send(f"/review/cases/case_none{path}")
        assert (foreign.status, foreign.body["detail"]) == (404, unknown.body["detail"])
    assert stranger.get(f"/review/audit/{case}").status == 404


@pytest.mark.parametrize(
    ("role", "listed", "claims"),
    [
        ("reviewer", 200, 200),
        ("supervisor", 200, 200),
        ("qa_lead", 200, 403),
        ("auditor", 200, 403),
        ("admin", 200, 404),
    ],
)
def test_each_role_does_what_it_may(agent, role, listed, claims):
    case = agent.propose()["id"]
    person = PersonCaller(role)
    assert (person.get("/review/cases").status, person.post(f"/review/cases/{case}/claim").status) == (listed, claims)


@pytest.mark.covers("R65", "R70")
def test_the_list_shows_what_i_may_see_in_the_order_of_breach(agent, reviewer):
    factories.policy(triggers=[TO_BILLING])
    later, first = agent.propose(actions=[factories.reply()])["id"], agent.propose()["id"]
    reply = reviewer.get("/review/cases")
    assert (ids(reply), reply.body["cursor"]) == ([first, later], None)
    row = reply.body["cases"][0]
    assert row["value"] == {"amount": "350", "currency": "EUR"}
    assert row["customer"] == {"name": "Maya R.", "tier": "gold"}


def test_the_list_can_be_narrowed(agent, reviewer):
    factories.policy(triggers=[TO_BILLING])
    routine, billing = agent.propose(actions=[factories.reply()])["id"], agent.propose()["id"]
    reviewer.claim(routine)
    assert ids(reviewer.get("/review/cases?queue=billing")) == [billing]
    assert ids(reviewer.get("/review/cases?queue=billing,routine&order=oldest")) == [routine, billing]
    assert ids(reviewer.get("/review/cases?state=claimed")) == [routine]
    assert ids(reviewer.get("/review/cases?state=claimed,queued&order=newest")) == [billing, routine]
    assert ids(reviewer.get("/review/cases?q=nothing")) == []
    assert ids(reviewer.get("/review/cases?q=Maya%20two%20weeks&order=oldest")) == [routine, billing]


def test_closed_cases_can_be_listed(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case), {"call_id": "call_1", "type": "reject", "reason_code": "policy"})
    assert [ids(reviewer.get(f"/review/cases{query}")) for query in ("", "?state=closed")] == [[], [case]]


def test_a_long_list_comes_in_pages_without_a_gap(agent, reviewer, monkeypatch):
    monkeypatch.setattr("reviewqueue.queries.cases.PAGE", 2)
    made = [agent.propose()["id"] for _ in range(5)]
    seen, path = [], "/review/cases?order=oldest"
    while path:
        body = reviewer.get(path).body
        seen += [case["id"] for case in body["cases"]]
        path = f"/review/cases?order=oldest&cursor={body['cursor']}" if body["cursor"] else ""
    assert seen == made


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("order=best", "?order"),
        ("state=lost", "?state"),
        ("cursor=nonsense", "?cursor"),
        ("cursor=WyJcdTAwMDAiXQ", "?cursor"),
        ("order=oldest&cursor=WyJcdTAwMDAiXQ", "?cursor"),
        ("cursor=WyIyMDI2LTAxLTAxIiwgIngiXQ", "?cursor"),
        ("order=oldest&cursor=WzVd", "?cursor"),
        ("order=due&cursor=" + "W1tbW1tb" * 60, "?cursor"),
        ("cursor=" + "x" * 501, "?cursor"),
        ("q=" + "x" * 501, "?q"),
        ("q=%00", "?q"),
        ("queue=%00", "?queue"),
        ("state=%E2%80%AE", "?state"),
    ],
)
def test_a_list_that_cannot_be_made_says_which_parameter_is_wrong(reviewer, query, pointer):
    reply = reviewer.get(f"/review/cases?{query}")
    assert (reply.status, reply.slug, [fault[0] for fault in reply.faults]) == (422, "invalid-request", [pointer])


@pytest.mark.covers("R81", "R83")
def test_the_timeline_tells_everything_in_order(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    body = reviewer.get(f"/review/audit/{case}").body
    told = [(entry["seq"], entry["kind"], entry["actor"]["type"]) for entry in body["entries"]]
    assert told == [
        (1, "case.queued", "agent"),
        (2, "case.claimed", "user"),
        (3, "case.decided", "user"),
        (4, "case.took_effect", "system"),
        (5, "grant.issued", "system"),
    ]
    assert body["entries"][2]["sentence"] == f"{reviewer.user.display} approved refund_order"


def test_an_agents_owner_sees_its_case_and_may_not_claim_it(agent, reviewer):
    agent.agent.owner = reviewer.user
    agent.agent.save()
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/claim")
    assert (reply.status, reply.slug) == (403, "forbidden")
    assert reply.body["detail"] == "You own the agent that proposed this; somebody else must decide."
    assert reviewer.post("/review/next", {}).status == 204


def test_reading_a_briefing_expires_a_case_that_is_due(agent, reviewer):
    case = agent.propose()["id"]
    Case.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    assert reviewer.get(f"/review/cases/{case}").body["case"]["state"] == "expired"
    assert reviewer.post(f"/review/cases/{case}/claim").slug == "forbidden"


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("/review/next", {"queue": ["x"]}, ("/queue", "Unknown field “queue”; did you mean “queues”?")),
        ("/review/next", {"queues": "x"}, ("/queues", "Send a list.")),
        ("/review/cases/{}/claim", {"x": 1}, ("/x", "Unknown field “x”.")),
        (
            "/review/cases/{}/ask",
            {"of": "boss", "text": "?"},
            ("/of", "Input should be 'agent', 'customer' or 'colleague'"),
        ),
        ("/review/cases/{}/ask", {"of": "agent", "text": ""}, ("/text", "String should have at least 1 character")),
        ("/review/cases/{}/ask", {"of": "agent", "text": " \n"}, ("/text", "Write the question.")),
        ("/review/cases/{}/take_over", {"note": 7}, ("/note", "Send text.")),
    ],
)
def test_what_does_not_fit_is_refused_by_place(agent, reviewer, path, body, fault):
    case = agent.propose()["id"]
    reviewer.claim(case)
    reply = reviewer.post(path.format(case), body)
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-request", [fault])


def test_a_role_that_changes_acts_at_once(agent, reviewer):
    case = agent.propose()["id"]
    User.objects.filter(pk=reviewer.user.pk).update(role="admin")
    assert reviewer.get(f"/review/cases/{case}").status == 404
