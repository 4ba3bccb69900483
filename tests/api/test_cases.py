"""An agent's cases: read, withdraw, answer; and what the agent never sees."""

from datetime import timedelta

import pytest

from reviewqueue.models import Case, Question
from reviewqueue.queries import outlook
from tests import factories
from tests.api.wire import AgentCaller, Caller, PersonCaller


def asked(agent, reviewer, of="agent", text="When did it arrive?"):
    """A case with an open question."""
    case = agent.propose()["id"]
    reviewer.claim(case)
    reviewer.post(f"/review/cases/{case}/ask", {"of": of, "text": text})
    return case, Question.objects.get(case_id=case).pk


@pytest.mark.covers("R81")
def test_a_decision_reads_as_the_reviewer_made_it(agent, reviewer):
    case = agent.propose()["id"]
    briefing = reviewer.claim(case)
    ruling = {
        "call_id": "call_1",
        "type": "edit",
        "args": {"order_id": "A-1", "amount": "120.00"},
        "message": "120 without a receipt",
        "reason_code": "wrong_amount",
        "knowledge_gap": "no receipt rule",
    }
    reviewer.decide(briefing, ruling, note="She has done this before.")
    reply = agent.get(f"/cases/{case}")
    (decision,) = reply.body["decisions"]
    grant = decision.pop("grant")
    assert sorted(grant) == ["digest", "expires_at", "id"]
    assert decision == {
        "id": decision["id"],
        "call_id": "call_1",
        "type": "edit",
        "final_action": {"name": "refund_order", "args": {"order_id": "A-1", "amount": "120.00"}},
        "message": "120 without a receipt",
        "reason_code": "wrong_amount",
        "response": None,
        "decided_by": {"type": "user", "id": reviewer.user.reference, "display": reviewer.user.display},
        "decided_at": decision["decided_at"],
    }
    assert (reply.body["status"], reply.body["waiting_on"], reply.body["wait"]) == ("decided", None, None)


def test_notes_and_knowledge_gaps_never_leave_the_desk(agent, reviewer):
    case = agent.propose()["id"]
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "knowledge_gap": "GAP-SECRET"}
    reviewer.decide(reviewer.claim(case), ruling, note="NOTE-SECRET")
    text = agent.get(f"/cases/{case}").raw.decode()
    assert ("GAP-SECRET" in text, "NOTE-SECRET" in text) == (False, False)


@pytest.mark.parametrize(
    "ruling",
    [{"type": "reject", "reason_code": "policy"}, {"type": "respond", "response": "Ask for the receipt first."}],
)
def test_what_does_not_execute_has_neither_final_action_nor_grant(agent, reviewer, ruling):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case), {"call_id": "call_1", **ruling})
    (decision,) = agent.get(f"/cases/{case}").body["decisions"]
    assert (decision["final_action"], decision["grant"]) == (None, None)
    assert decision["response"] == ruling.get("response")


def test_a_decision_is_not_shown_while_it_can_be_undone(agent, reviewer):
    factories.policy(undo_seconds=60)
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    body = agent.get(f"/cases/{case}").body
    assert (body["status"], body["decisions"], body["waiting_on"]) == ("pending", [], None)


def test_reading_does_what_is_due(agent, reviewer):
    factories.policy(undo_seconds=60)
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    passed = factories.now() - timedelta(seconds=1)
    Case.objects.update(effective_at=passed)
    Case.objects.get().decisions.update(effective_at=passed)
    body = agent.get(f"/cases/{case}").body
    assert (body["status"], len(body["decisions"])) == ("decided", 1)


def test_nobody_in_time_means_expired_and_nothing_approved(agent):
    case = agent.propose()["id"]
    Case.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    body = agent.get(f"/cases/{case}").body
    assert (body["status"], body["decisions"]) == ("expired", [])


def test_a_version_that_is_known_is_not_sent_again(agent):
    case = agent.propose()["id"]
    reply = agent.get(f"/cases/{case}", If_None_Match='"1"')
    assert (reply.status, reply.raw, reply.headers["ETag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("tag", ['W/"1"', '"9", "1"', "1", "*"])
def test_a_known_version_may_be_named_in_many_ways(agent, tag):
    case = agent.propose()["id"]
    assert agent.get(f"/cases/{case}", If_None_Match=tag).status == 304


@pytest.mark.parametrize("tag", ['"2"', '"11"', '""', "nonsense"])
def test_another_version_is_sent(agent, tag):
    case = agent.propose()["id"]
    assert agent.get(f"/cases/{case}", If_None_Match=tag).status == 200


def test_the_plain_address_answers_at_once_also_when_asked_to_wait(agent):
    case = agent.propose()["id"]
    assert agent.get(f"/cases/{case}", If_None_Match='"1"', Prefer="wait=60").status == 304


def without_names(reply):
    return {name: value for name, value in reply.body.items() if name != "instance"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/cases/{}", None),
        ("POST", "/cases/{}/withdraw", {"reason": "x"}),
        ("POST", "/cases/{}/answers", {"question_id": "q_1", "text": "x"}),
    ],
)
def test_the_case_of_another_agent_looks_like_one_that_never_was(agent, method, path, body):
    case = AgentCaller().propose()["id"]
    send = agent.get if method == "GET" else lambda where: agent.post(where, body)
    foreign, unknown = send(path.format(case)), send(path.format("case_" + "0" * 26))
    assert (foreign.status, foreign.slug, without_names(foreign)) == (404, "not-found", without_names(unknown))
    assert Case.objects.get().outcome == ""


@pytest.mark.parametrize("name", ["%00", "case_%F0%9F%98%80", "x" * 5000, "%E2%80%AE", "..%2F..", "'--"])
def test_a_hostile_id_names_nothing(agent, name):
    assert agent.get(f"/cases/{name}").status == 404


def test_a_withdrawn_case_is_final_and_its_grants_are_void(agent, reviewer):
    two = [factories.action(), factories.reply()]
    case = agent.propose(actions=two, release="each")["id"]
    reviewer.decide(reviewer.claim(case), {"call_id": "call_1", "type": "approve"})
    before = agent.get(f"/cases/{case}").body["decisions"][0]
    reply = agent.post(f"/cases/{case}/withdraw", {"reason": "The customer cancelled."})
    assert (reply.status, reply.body["status"]) == (200, "withdrawn")
    assert reply.body["decisions"] == [before | {"grant": None}]
    redeemed = agent.post(f"/grants/{before['grant']['id']}/redeem", {"final_action": before["final_action"]})
    assert (redeemed.status, redeemed.slug) == (403, "grant-void")


def test_a_decided_case_cannot_be_withdrawn(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    reply = agent.post(f"/cases/{case}/withdraw", {"reason": "too late"})
    assert (reply.status, reply.slug, reply.body["status"]) == (409, "not-pending", 409)


def test_withdrawing_twice_is_refused_the_second_time(agent):
    case = agent.propose()["id"]
    assert agent.post(f"/cases/{case}/withdraw").status == 200
    assert agent.post(f"/cases/{case}/withdraw").slug == "not-pending"


@pytest.mark.covers("R41")
def test_a_question_waits_for_the_agent_and_its_answer_goes_back(agent, reviewer):
    case, question = asked(agent, reviewer)
    shown = agent.get(f"/cases/{case}").body
    assert (shown["status"], shown["waiting_on"]) == ("pending", "agent")
    (open_question,) = shown["questions"]
    assert (open_question["text"], open_question["answer"]) == ("When did it arrive?", None)
    answer = {"question_id": question, "text": "On 18 November.", "attachments": [{"url": "https://example.org/1"}]}
    reply = agent.post(f"/cases/{case}/answers", answer)
    assert (reply.status, reply.body["waiting_on"]) == (200, "reviewer")
    assert reply.body["questions"][0]["answer"] == "On 18 November."


def test_the_same_answer_again_changes_nothing_and_another_one_is_refused(agent, reviewer):
    case, question = asked(agent, reviewer)
    answer = {"question_id": question, "text": "On 18 November."}
    version = agent.post(f"/cases/{case}/answers", answer).body["version"]
    assert agent.post(f"/cases/{case}/answers", answer).body["version"] == version
    reply = agent.post(f"/cases/{case}/answers", answer | {"text": "Never."})
    assert (reply.status, reply.slug) == (409, "not-pending")


def test_a_question_to_the_customer_is_the_agents_to_pass_on(agent, reviewer):
    case, question = asked(agent, reviewer, of="customer")
    shown = agent.get(f"/cases/{case}").body
    assert (shown["waiting_on"], shown["questions"][0]["of"]) == ("customer", "customer")
    assert agent.post(f"/cases/{case}/answers", {"question_id": question, "text": "Yes."}).status == 200


def test_what_colleagues_ask_each_other_is_not_the_agents_business(agent, reviewer):
    case, question = asked(agent, reviewer, of="colleague", text="INTERNAL")
    shown = agent.get(f"/cases/{case}")
    assert (shown.body["questions"], shown.body["waiting_on"], b"INTERNAL" in shown.raw) == ([], "reviewer", False)
    reply = agent.post(f"/cases/{case}/answers", {"question_id": question, "text": "I am your colleague."})
    assert (reply.status, reply.slug) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"text": "x"}, ("/question_id", "This field is required.")),
        ({"question_id": "q_1"}, ("/text", "This field is required.")),
        ({"question_id": "q_1", "text": ""}, ("/text", "String should have at least 1 character")),
        ({"question_id": "q_1", "text": "x", "file": 1}, ("/file", "Unknown field “file”.")),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_by_place(agent, body, fault):
    case = agent.propose()["id"]
    reply = agent.post(f"/cases/{case}/answers", body)
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-request", [fault])


def test_an_answer_to_an_unknown_question_finds_nothing(agent):
    case = agent.propose()["id"]
    assert agent.post(f"/cases/{case}/answers", {"question_id": "q_none", "text": "x"}).status == 404


@pytest.mark.covers("R75", "R76")
@pytest.mark.parametrize(
    ("seconds", "language", "message"),
    [
        (30, "en", "We are reviewing your case and will answer within about a minute."),
        (600, "en", "We are reviewing your case and will answer within about 10 minutes."),
        (37 * 60, "de-AT", "Wir prüfen Ihr Anliegen und antworten in etwa 40 Minuten."),
        (3 * 3600, "de", "Wir prüfen Ihr Anliegen und antworten in etwa 3 Stunden."),
        (600, "fr", "We are reviewing your case and will answer within about 10 minutes."),
    ],
)
def test_the_customer_is_told_what_the_last_cases_took(agent, reviewer, seconds, language, message):
    for _ in range(5):
        case = agent.propose()["id"]
        reviewer.decide(reviewer.claim(case))
    for case in Case.objects.all():
        case.decisions.update(decided_at=case.created_at + timedelta(seconds=seconds))
    outlook.forget()
    body = agent.propose(language=language)
    assert body["customer_message"] == message
    assert body["wait"] == {"p50_seconds": seconds, "p80_seconds": seconds}


def test_four_decisions_are_too_few_to_promise_anything(agent, reviewer):
    for _ in range(4):
        reviewer.decide(reviewer.claim(agent.propose()["id"]))
    assert agent.propose(language="de")["customer_message"] == (
        "Wir prüfen Ihr Anliegen und antworten so bald wie möglich."
    )


def test_releases_by_policy_say_nothing_about_how_long_people_take(agent):
    factories.policy(
        oversight=[{"match": {"intent": ["faq"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
    )
    for _ in range(6):
        agent.propose(intent="faq")
    assert agent.propose()["wait"] is None


def test_only_partly_released_actions_are_shown_at_once(agent):
    factories.policy(
        oversight=[{"match": {"kind": ["reply"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
    )
    case = agent.propose(actions=[factories.action(), factories.reply()], release="each")
    assert (case["status"], [d["call_id"] for d in case["decisions"]]) == ("pending", ["call_2"])


def test_reviewers_and_strangers_cannot_read_an_agents_case(agent, reviewer):
    case = agent.propose()["id"]
    assert [caller.get(f"/cases/{case}").status for caller in (reviewer, Caller(), Caller("hitl_x"))] == [401, 401, 401]


def test_a_person_who_takes_over_ends_the_case_for_the_agent(agent):
    case = agent.propose()["id"]
    PersonCaller("supervisor").post(f"/review/cases/{case}/take_over", {"note": "mine"})
    assert agent.get(f"/cases/{case}").body["status"] == "taken_over"
