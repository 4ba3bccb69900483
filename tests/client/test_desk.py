"""The verbs over a real socket, with everything that a network does to them."""

import threading
import time

import pytest
from pydantic import ValidationError

from hitl_client import Desk, FinalAction, Message, Problem, Retry, StillPendingError, UnreachableError, UnreadableError
from hitl_client.calls import Response, problem, read_case, root
from hitl_client.errors import Fault
from tests.client.conftest import QUICK, proposal
from tests.client.small_desk import Refusal

FINAL = FinalAction(name="refund_order", args={"amount": "350.00"})


def approved(small, desk):
    """A case with its one action approved; gives the grant."""
    case = desk.propose(proposal())
    small.approve_all(case.id)
    return desk.case(case.id).decisions[0].grant


def later(function, *args):
    """Do it from another thread, as reviewers do."""
    thread = threading.Thread(target=function, args=args)
    thread.start()
    return thread


def test_a_proposal_opens_a_case_that_tells_why_it_is_held(small, desk):
    case = desk.propose(proposal(resume={"checkpoint": "1ef9"}))
    assert (case.id, case.status, case.version, case.etag) == ("case_1", "pending", 1, '"1"')
    assert [reason.says for reason in case.reasons] == ["every write is held"]
    assert case.resume == {"checkpoint": "1ef9"}
    assert small.proposals["case_1"]["dedupe_key"] == "thread-8812:call_1"


def test_every_request_carries_the_key_and_says_who_asks(small, desk):
    desk.propose(proposal())
    (request,) = small.seen
    assert request.headers["authorization"] == "Bearer key"
    assert request.headers["user-agent"] == "hitl-client/0.1.0"


def test_a_misspelt_field_never_leaves_the_agent(small, desk):
    with pytest.raises(ValidationError, match="intention"):
        desk.propose(proposal(intention="refund"))
    assert small.seen == []


def test_the_same_proposal_again_finds_its_case(small, desk):
    assert desk.propose(proposal()).id == desk.propose(proposal()).id
    assert len(small.cases) == 1


def test_other_content_under_the_same_key_is_a_problem_with_its_name(desk):
    desk.propose(proposal())
    with pytest.raises(Problem) as refused:
        desk.propose(proposal(intent="other"))
    no = refused.value
    assert (no.status, no.slug, no.title) == (422, "dedupe-conflict", "dedupe-conflict")
    assert str(no) == "422 dedupe-conflict: this key was used for other content"


def test_a_problem_names_each_wrong_field(small, desk, monkeypatch):
    def refuse(_proposal):
        raise Refusal(422, "invalid-proposal", "2 faults", [{"pointer": "/intent", "detail": "unknown"}, "noise"])

    monkeypatch.setattr(small, "propose", refuse)
    with pytest.raises(Problem) as refused:
        desk.propose(proposal())
    assert refused.value.errors == (Fault("/intent", "unknown"),)
    assert str(refused.value) == "422 invalid-proposal: 2 faults; /intent: unknown"


def test_an_unknown_case_is_a_problem(desk):
    with pytest.raises(Problem) as refused:
        desk.case("case_0/../../secrets")
    assert (refused.value.status, refused.value.slug) == (404, "not-found")


def test_ids_cannot_leave_their_place_in_the_path(small, desk):
    with pytest.raises(Problem):
        desk.withdraw("a/b?c=d#e", "mistake")
    assert small.seen[-1].path == "/cases/a%2Fb%3Fc%3Dd%23e/withdraw"


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_dropped_reply_makes_no_second_case(small, desk, kind):
    small.expect("/proposals", kind, times=2)
    case = desk.propose(proposal())
    assert [*small.cases] == [case.id]
    assert len(small.calls("POST /proposals")) == 3


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_desk_is_asked_again(small, desk, status):
    small.expect("/proposals", "busy", status=status)
    assert desk.propose(proposal()).status == "pending"
    assert len(small.calls("POST /proposals")) == 2


@pytest.mark.parametrize("page", ["<html>Bad gateway</html>", "[1, 2]", ""])
def test_a_refusal_without_a_problem_document_still_gives_its_status(page):
    no = problem(Response(500, {"x-request-id": "req_1"}, page.encode()))
    assert (no.status, no.slug, no.request_id) == (500, "", "req_1")
    assert str(no) == "500 problem: the desk refused without a reason"


@pytest.mark.parametrize("body", [b"", b"[1]", b"oops"])
def test_a_success_that_is_no_case_is_unreadable(body):
    with pytest.raises(UnreadableError, match="Case expected"):
        read_case(Response(200, {}, body))


def test_nothing_new_is_no_answer_to_a_first_look(small, desk):
    small.expect("/cases", "busy", status=304)
    with pytest.raises(Problem) as refused:
        desk.case("case_1")
    assert refused.value.status == 304


@pytest.mark.parametrize("status", [400, 401, 403, 409, 500, 501])
def test_any_other_refusal_is_not_asked_again(small, desk, status):
    small.expect("/proposals", "busy", status=status)
    with pytest.raises(Problem) as refused:
        desk.propose(proposal())
    assert refused.value.status == status
    assert len(small.seen) == 1


def test_retry_after_is_honoured(small, desk):
    small.expect("/proposals", "busy", status=429, headers={"Retry-After": "1"})
    started = time.monotonic()
    desk.propose(proposal())
    assert time.monotonic() - started >= 1


def test_a_desk_that_stays_busy_is_a_problem_in_the_end(small, desk):
    small.expect("/proposals", "busy", times=100)
    with pytest.raises(Problem) as refused:
        desk.propose(proposal())
    assert refused.value.status == 503
    assert len(small.seen) == QUICK.attempts


def test_a_desk_that_never_answers_is_unreachable(small, desk):
    small.expect("/proposals", "cut", times=100)
    with pytest.raises(UnreachableError, match="no answer to POST /proposals after 4 attempts"):
        desk.propose(proposal())


def test_an_address_without_a_desk_is_unreachable():
    with Desk("http://127.0.0.1:9", "key", retry=QUICK) as desk, pytest.raises(UnreachableError):
        desk.propose(proposal())


def test_an_answer_in_other_words_is_unreadable(small, desk, monkeypatch):
    monkeypatch.setattr(small, "propose", lambda _proposal: (201, {"hello": "world"}))
    with pytest.raises(UnreadableError, match="Case expected, but the desk answered 201"):
        desk.propose(proposal())


def test_fields_of_a_newer_desk_are_kept(small, desk, monkeypatch):
    case = {"id": "case_1", "status": "pending", "version": 1, "mood": "sunny", "reasons": [{"says": "x", "weight": 3}]}
    monkeypatch.setattr(small, "propose", lambda _proposal: (201, case))
    seen = desk.propose(proposal())
    assert (seen.mood, seen.reasons[0].weight) == ("sunny", 3)


@pytest.mark.parametrize("verb", ["withdraw", "answers", "redeem", "renew", "outcome", "messages"])
def test_a_retried_post_carries_the_same_idempotency_key_and_another_call_another(small, desk, verb):
    grant = approved(small, desk)
    small.ask("case_1", "Why?")
    act = {
        "withdraw": lambda: desk.withdraw("case_1", "mistake"),
        "answers": lambda: desk.answer("case_1", "q_1", "because"),
        "redeem": lambda: desk.redeem(grant.id, FINAL),
        "renew": lambda: desk.renew(grant.id),
        "outcome": lambda: desk.outcome(grant.id, "succeeded"),
        "messages": lambda: desk.converse("conv_8812", [Message(seq=1, role="customer", text="hi")]),
    }[verb]
    small.cases["case_1"]["status"] = "pending" if verb == "withdraw" else "decided"
    small.expect(verb, "drop")
    act()
    small.replays.clear()
    small.grants[grant.id]["state"] = "issued"
    small.cases["case_1"]["status"] = "pending" if verb == "withdraw" else "decided"
    act()
    first, retry, other = (seen.headers["idempotency-key"] for seen in small.calls(f"POST .*{verb}"))
    assert first == retry
    assert first != other


def test_a_request_that_is_still_running_under_its_key_is_waited_for(small, desk):
    small.ask(desk.propose(proposal()).id, "Why?")
    running = iter([True, False])
    answer = small.answer

    def still_running(method, path, headers, body):
        if path.endswith("/answers") and next(running):
            return 409, Refusal(409, "idempotency-conflict", "the first is still running").document
        return answer(method, path, headers, body)

    small.answer = still_running
    assert desk.answer("case_1", "q_1", "because").questions[0].answer == "because"


def test_the_wait_ends_when_a_person_decides(small, desk):
    case = desk.propose(proposal())
    deciding = later(lambda: (small.wait_for(lambda: small.calls("GET /cases")), small.approve_all(case.id)))
    decided = desk.wait(case, timeout=60)
    deciding.join()
    assert (decided.status, decided.decision("call_1").type) == ("decided", "approve")


def test_the_wait_is_one_held_request_that_names_what_it_has_seen(small, desk):
    case = desk.propose(proposal())
    deciding = later(lambda: (small.wait_for(lambda: small.calls("GET /cases")), small.approve_all(case.id)))
    desk.wait(case, timeout=120)
    deciding.join()
    (poll,) = small.calls("GET /cases")
    assert (poll.headers["prefer"], poll.headers["if-none-match"]) == ("wait=30", '"1"')


@pytest.mark.parametrize("of", ["agent", "customer"])
def test_the_wait_ends_at_a_question_and_the_answer_goes_back(small, desk, of):
    case = desk.propose(proposal())
    small.ask(case.id, "Was it opened?", of)
    asked = desk.wait(case.id, timeout=60)
    assert [(question.of, question.text) for question in asked.open_questions] == [(of, "Was it opened?")]
    answered = desk.answer(case.id, asked.open_questions[0].id, "No, sealed.")
    assert (answered.open_questions, answered.waiting_on) == ((), "reviewer")
    assert small.only_case()["questions"][0]["answer"] == "No, sealed."


@pytest.mark.parametrize("status", ["expired", "superseded", "taken_over", "withdrawn"])
def test_the_wait_ends_however_the_case_ends(small, desk, status):
    case = desk.propose(proposal())
    small.end(case.id, status)
    assert desk.wait(case, timeout=60).status == status


def test_a_final_case_is_not_asked_for_again(small, desk):
    case = desk.propose(proposal())
    small.end(case.id, "expired")
    final = desk.case(case.id)
    polls = len(small.seen)
    assert desk.wait(final) is final
    assert len(small.seen) == polls


@pytest.mark.parametrize("seconds", [0.2, 1.2])
def test_patience_ends_with_the_case_as_last_seen(desk, seconds):
    case = desk.propose(proposal())
    started = time.monotonic()
    with pytest.raises(StillPendingError) as late:
        desk.wait(case, timeout=seconds)
    assert time.monotonic() - started >= seconds
    assert late.value.case == case
    assert str(late.value) == "case_1 is still pending (version 1)"


def test_waiting_sits_out_an_outage(small, desk):
    case = desk.propose(proposal())
    small.approve_all(case.id)
    small.expect("/cases", "cut", times=QUICK.attempts + 1)
    assert desk.wait(case, timeout=60).status == "decided"


def test_waiting_does_not_sit_out_a_refusal(small, desk):
    case = desk.propose(proposal())
    small.expect("/cases", "busy", status=401)
    with pytest.raises(Problem) as refused:
        desk.wait(case, timeout=60)
    assert refused.value.status == 401


def test_a_desk_that_does_not_hold_requests_is_not_stormed(small, desk):
    case = desk.propose(proposal())
    small.expect("/cases", "busy", status=304, times=1000)
    with pytest.raises(StillPendingError):
        desk.wait(case, timeout=1.5)
    assert len(small.calls("GET /cases")) <= 4


def test_a_proposal_can_be_taken_back_until_it_is_decided(small, desk):
    assert desk.withdraw(desk.propose(proposal()).id, "customer left").status == "withdrawn"
    assert small.seen[-1].body == {"reason": "customer left"}
    with pytest.raises(Problem) as refused:
        desk.withdraw("case_1", "again")
    assert refused.value.slug == "not-pending"


def test_a_grant_is_redeemed_once(small, desk):
    grant = approved(small, desk)
    assert desk.redeem(grant.id, FINAL).final_action == FINAL
    assert small.seen[-1].body == {"final_action": FINAL.as_json(), "executor": "worker-3"}
    with pytest.raises(Problem) as refused:
        desk.redeem(grant.id, FINAL)
    assert refused.value.slug == "grant-redeemed"


def test_a_redemption_whose_reply_was_lost_is_heard_on_the_retry(small, desk):
    grant = approved(small, desk)
    small.expect("/redeem", "drop")
    assert desk.redeem(grant.id, FINAL).digest == grant.digest


def test_another_action_does_not_fit_the_grant(small, desk):
    grant = approved(small, desk)
    with pytest.raises(Problem) as refused:
        desk.redeem(grant.id, FinalAction(name="refund_order", args={"amount": "350.01"}))
    assert refused.value.slug == "grant-digest-mismatch"


def test_an_expired_grant_can_be_renewed(small, desk):
    grant = approved(small, desk)
    small.grants[grant.id]["state"] = "expired"
    assert desk.renew(grant.id).expires_at.year == 2031


def test_an_outcome_is_reported_whole(small, desk):
    grant = approved(small, desk)
    desk.outcome(grant.id, "succeeded", result={"paid": "350.00"}, external_ref="re_77")
    assert small.outcomes[grant.id] == {
        "status": "succeeded",
        "result": {"paid": "350.00"},
        "external_ref": "re_77",
        "error": None,
    }


def test_a_conversation_is_fed_and_says_who_holds_it(small, desk):
    control = desk.converse("conv_8812", [Message(seq=2, role="customer", text="Hello?")])
    assert (control.control, control.case) == ("agent", None)
    assert small.seen[-1].path == "/conversations/conv_8812/messages"
    assert small.seen[-1].body == {"messages": [{"seq": 2, "role": "customer", "text": "Hello?"}]}


def test_what_the_agent_would_say_travels_with_what_is_said(small, desk):
    desk.converse("conv_8812", [], channel="chat", language="de", draft="Gern.")
    assert small.seen[-1].body == {"messages": [], "channel": "chat", "language": "de", "draft": "Gern."}


def test_a_conversation_is_watched_its_outbox_delivered_and_its_end_reported(small, desk):
    small.outbox = [{"id": "msg_1", "text": "Hello.", "by": "Ana R.", "at": "2026-11-20T12:00:00Z"}]
    talk = desk.conversation("conv_8812")
    assert [(message.id, message.text, message.by) for message in talk.outbox] == [("msg_1", "Hello.", "Ana R.")]
    desk.delivered(talk.id, "msg_1")
    talk = desk.watch(talk, timeout=60)
    assert (talk.outbox, talk.version, desk.watch(talk, timeout=0.1)) == ((), 2, talk)
    assert desk.close_conversation("conv_8812", resolved=True).resolved is True
    assert small.seen[-1].body == {"resolved": True}
    assert desk.reopen_conversation("conv_8812").control == "agent"


@pytest.mark.parametrize(
    "url", ["https://desk.example.org", "https://desk.example.org/", "https://desk.example.org/api/v1/"]
)
def test_the_address_may_be_given_with_or_without_the_path(url):
    assert root(url) == "https://desk.example.org/api/v1"


def test_a_mistaken_address_is_not_retried():
    patient = Retry(attempts=1000, first_seconds=60)
    with Desk("desk.example.org", "key", retry=patient) as desk, pytest.raises(Exception, match="protocol"):
        desk.case("case_1")
