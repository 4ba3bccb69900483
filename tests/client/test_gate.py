"""The whole loop: nothing runs without a decision, nothing runs twice, nothing runs changed."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import pytest

from hitl_client import AsyncDesk, Desk, Message, Money, OutcomeUnknownError, Problem, Receipt
from hitl_client.gate import as_result, in_doubt
from tests.client.conftest import QUICK, proposal, two_actions


class Shop:
    """An executor that remembers what it was asked to do."""

    def __init__(self, result=None, error=None):
        self.result = {"paid": True} if result is None else result
        self.error = error
        self.ran = []

    def __call__(self, action):
        self.ran.append(action.as_json())
        if self.error is not None:
            raise self.error
        return self.result


def at_once(*decisions):
    """A policy that decides while the proposal is taken in."""
    return lambda _proposal: list(decisions)


APPROVE = {"call_id": "call_1", "type": "approve"}
APPROVE_REPLY = {"call_id": "call_3", "type": "approve"}
REFUND = {"name": "refund_order", "args": {"amount": "350.00"}}


def paths(small):
    return [seen.path.rpartition("/")[2] for seen in small.seen if seen.method == "POST"]


@pytest.mark.covers("R47")
def test_an_approved_action_is_redeemed_executed_and_reported(small, desk):
    small.policy = at_once(APPROVE)
    shop = Shop(Receipt({"paid": "350.00"}, external_ref="re_77"))
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, done.ok, done.value, done.says) == (
        "succeeded",
        True,
        {"paid": "350.00"},
        '{"paid": "350.00"}',
    )
    assert shop.ran == [REFUND]
    assert paths(small) == ["proposals", "redeem", "outcome"]
    outcome = {"status": "succeeded", "result": {"paid": "350.00"}, "external_ref": "re_77", "error": None}
    assert small.outcomes == {"grant_1": outcome}


@pytest.mark.covers("R139")
def test_nothing_runs_before_a_person_decides(small, desk):
    shop = Shop()
    seen_before = []

    def decide():
        small.wait_for(lambda: small.calls("GET /cases"))
        seen_before.extend(shop.ran)
        small.approve_all("case_1")

    reviewer = threading.Thread(target=decide)
    reviewer.start()
    assert desk.run(proposal(), shop, timeout=60).of("call_1").ok
    reviewer.join()
    assert (seen_before, shop.ran) == ([], [REFUND])


@pytest.mark.covers("R38")
def test_an_edited_action_runs_as_it_was_edited_and_the_agent_is_told(small, desk):
    small.policy = at_once(
        {**APPROVE, "type": "edit", "args": {"amount": "120.00"}, "message": "120 without a receipt"}
    )
    shop = Shop("done")
    done = desk.run(proposal(), shop).of("call_1")
    assert shop.ran == [{"name": "refund_order", "args": {"amount": "120.00"}}]
    assert done.says == 'A reviewer changed the arguments to {"amount": "120.00"} (120 without a receipt). Result: done'
    assert small.outcomes["grant_1"]["result"] == {"value": "done"}


@pytest.mark.covers("R39")
def test_a_rejected_action_never_runs_and_the_agent_hears_why(small, desk):
    small.policy = at_once({**APPROVE, "type": "reject", "message": "Not within 30 days", "reason_code": "policy"})
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, done.says) == (
        "rejected",
        "A reviewer rejected this action; it was not executed. Reason: Not within 30 days",
    )
    assert (shop.ran, paths(small)) == ([], ["proposals"])


def test_a_reviewers_own_answer_stands_in_for_the_tools_result(small, desk):
    small.policy = at_once({**APPROVE, "type": "respond", "response": "Ask for the receipt first."})
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, done.says, shop.ran) == ("responded", "Ask for the receipt first.", [])


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("expired", "The time to decide ran out. Nothing was executed."),
        ("superseded", "A newer proposal took the place of this one. Nothing was executed."),
        (
            "taken_over",
            "A person has taken over the conversation. Nothing was executed; do not write to the customer.",
        ),
        ("archived", "The case is archived. Nothing was executed."),
    ],
)
def test_a_case_that_ends_without_a_decision_executes_nothing(small, desk, status, says):
    small.end(desk.propose(proposal()).id, status)
    shop = Shop()
    result = desk.run(proposal(), shop)
    assert (result.settled, result.of("call_1").status, result.of("call_1").says) == (True, "undecided", says)
    assert shop.ran == []


def test_a_run_that_ends_in_time_goes_on_where_it_stood(small, desk):
    shop = Shop()
    early = desk.run(proposal(), shop, timeout=0.1)
    assert (early.settled, early.of("call_1").status, shop.ran) == (False, "undecided", [])
    small.approve_all(early.case.id)
    assert desk.run(proposal(), shop).of("call_1").ok
    assert (len(small.cases), shop.ran) == (1, [REFUND])


@pytest.mark.covers("R41")
def test_a_reviewers_question_is_answered_and_the_run_goes_on(small, desk):
    small.ask(desk.propose(proposal()).id, "Was it opened?")

    def answer(question):
        threading.Thread(target=small.approve_all, args=("case_1",)).start()
        return f"{question.text} No."

    assert desk.run(proposal(), Shop(), answer=answer, timeout=60).of("call_1").ok
    assert small.only_case()["questions"][0]["answer"] == "Was it opened? No."


def test_a_question_that_nobody_here_can_answer_ends_the_run_with_its_text(small, desk):
    small.ask(desk.propose(proposal()).id, "Was it opened?")
    result = desk.run(proposal(), Shop())
    assert (result.settled, result.of("call_1").says) == (False, "A reviewer asks before deciding: Was it opened?")


def test_an_answer_that_cannot_be_given_ends_the_run_with_its_error(small, desk):
    small.ask(desk.propose(proposal()).id, "Was it opened?")
    with pytest.raises(ZeroDivisionError):
        desk.run(proposal(), Shop(), answer=lambda _question: 1 // 0)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no such order"), "failed"),
        (ConnectionRefusedError("nobody there"), "failed"),
        (httpx.ConnectTimeout("nobody there"), "failed"),
        (OutcomeUnknownError("gateway silent"), "unknown"),
        (TimeoutError("too slow"), "unknown"),
        (ConnectionResetError("hung up"), "unknown"),
        (httpx.ReadTimeout("too slow"), "unknown"),
    ],
)
def test_an_error_is_reported_as_failed_or_as_unknown_when_it_cannot_be_known(small, desk, error, status):
    small.policy = at_once(APPROVE)
    shop = Shop(error=error)
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, done.error, len(shop.ran)) == (status, error, 1)
    assert small.outcomes["grant_1"]["status"] == status
    assert small.outcomes["grant_1"]["error"] == f"{type(error).__name__}: {error}"


def test_the_agent_is_told_not_to_repeat_what_may_have_happened(small, desk):
    small.policy = at_once(APPROVE)
    done = desk.run(proposal(), Shop(error=TimeoutError("too slow"))).of("call_1")
    assert done.says == "It is not known whether it took effect (TimeoutError: too slow); do not try again."


def test_an_interrupt_during_the_execution_is_reported_as_unknown_and_goes_on(small):
    small.policy = at_once(APPROVE)
    with Desk(small.url, "key", retry=QUICK) as desk, pytest.raises(KeyboardInterrupt):
        desk.run(proposal(), Shop(error=KeyboardInterrupt()))
    assert small.outcomes["grant_1"]["status"] == "unknown"


async def test_a_cancelled_execution_is_reported_as_unknown(small):
    small.policy = at_once(APPROVE)
    began = asyncio.Event()

    async def never_done(_action):
        began.set()
        await asyncio.Event().wait()

    async with AsyncDesk(small.url, "key", retry=QUICK) as desk:
        running = asyncio.create_task(desk.run(proposal(), never_done))
        await began.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert small.outcomes["grant_1"]["status"] == "unknown"


async def test_a_coroutine_may_execute_and_answer(small):
    async def execute(action):
        await asyncio.sleep(0)
        return action.args["amount"]

    async def answer(_question):
        await asyncio.sleep(0)
        small.approve_all("case_1")
        return "yes"

    async with AsyncDesk(small.url, "key", retry=QUICK) as desk:
        small.ask((await desk.propose(proposal())).id, "Really?")
        result = await desk.run(proposal(), execute, answer=answer)
    assert result.of("call_1").value == "350.00"


@pytest.mark.parametrize("path", ["/proposals", "/redeem", "/outcome", "/cases"])
@pytest.mark.parametrize("kind", ["drop", "cut", "busy"])
def test_a_reply_lost_anywhere_executes_exactly_once(small, desk, path, kind):
    small.expect(path, kind, times=2)
    shop = Shop()
    early = desk.run(proposal(), shop, timeout=0.1)
    small.approve_all(early.case.id)
    assert desk.run(proposal(), shop).of("call_1").ok
    assert (shop.ran, len(small.cases), small.outcomes["grant_1"]["status"]) == ([REFUND], 1, "succeeded")


def test_of_many_runs_at_once_one_executes(small):
    small.policy = at_once(APPROVE)
    shop = Shop()
    with Desk(small.url, "key") as desk, ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: desk.run(proposal(), shop).of("call_1").status, range(8)))
    assert sorted(results) == ["elsewhere"] * 7 + ["succeeded"]
    assert shop.ran == [REFUND]


def test_a_process_that_starts_again_does_not_repeat_what_the_last_one_redeemed(small, desk):
    small.policy = at_once(APPROVE)
    desk.run(proposal(), Shop())
    again = Shop()
    done = desk.run(proposal(), again).of("call_1")
    assert (done.status, done.says, again.ran) == (
        "elsewhere",
        "Another executor holds this grant; not executed here.",
        [],
    )


def test_without_an_answer_to_the_redemption_nothing_is_executed(small, desk):
    small.policy = at_once(APPROVE)
    small.expect("/redeem", "drop", times=100)
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, shop.ran) == ("refused", [])
    assert done.says.startswith("Not executed. The desk did not confirm the right to execute: no answer to POST")


def test_a_result_is_kept_when_the_desk_cannot_be_told(small, desk):
    small.policy = at_once(APPROVE)
    small.expect("/outcome", "cut", times=100)
    done = desk.run(proposal(), Shop("paid")).of("call_1")
    assert (done.ok, done.value, done.reported) == (True, "paid", False)


def test_an_expired_grant_is_renewed_once_and_then_executed(small, desk):
    small.policy = at_once(APPROVE)
    desk.propose(proposal())
    small.grants["grant_1"]["state"] = "expired"
    shop = Shop()
    assert desk.run(proposal(), shop).of("call_1").ok
    assert (shop.ran, small.renewals) == ([REFUND], ["grant_1"])


@pytest.mark.parametrize("state", ["void", "expired"])
def test_a_grant_without_value_executes_nothing(small, desk, state):
    small.policy = at_once(APPROVE)
    desk.propose(proposal())
    small.grants["grant_1"]["state"] = state
    small.end("case_1", "superseded")
    shop = Shop()
    assert (desk.run(proposal(), shop).of("call_1").status, shop.ran) == ("refused", [])


def test_an_action_that_is_not_what_the_grant_was_issued_for_is_not_even_redeemed(small, desk):
    small.policy = at_once(APPROVE)
    desk.propose(proposal())
    small.only_case()["decisions"][0]["final_action"]["args"]["amount"] = "9350.00"
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, shop.ran, paths(small)) == ("refused", [], ["proposals", "proposals"])
    assert done.says == "Not executed. The grant was issued for another action than the one that the decision carries."


def test_an_approval_of_something_else_than_was_proposed_is_not_executed(small, desk):
    small.policy = at_once({**APPROVE, "args": {"amount": "9350.00"}})
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.says, shop.ran) == ("Not executed. The approved action is not the one that was proposed.", [])


def test_an_action_without_a_canonical_form_is_not_executed(small, desk):
    small.policy = at_once(APPROVE)
    desk.propose(proposal())
    small.only_case()["decisions"][0]["final_action"]["args"]["amount"] = 2**53
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.status, shop.ran) == ("refused", [])
    assert done.says.startswith("Not executed. The final action has no canonical form")


@pytest.mark.parametrize(
    "said",
    [
        {"digest": "sha256:" + "0" * 64},
        {"final_action": {"name": "refund_order", "args": {"amount": "9350.00"}}},
        {"final_action": {"name": "refund_order", "args": {"amount": 2**53}}},
    ],
)
def test_a_redemption_of_another_action_is_not_executed(small, desk, monkeypatch, said):
    small.policy = at_once(APPROVE)
    monkeypatch.setattr(small, "redeem", lambda grant_id, _body: {"id": grant_id, **said})
    shop = Shop()
    assert (desk.run(proposal(), shop).of("call_1").status, shop.ran) == ("refused", [])


@pytest.mark.parametrize("missing", ["grant", "final_action"])
def test_an_approval_without_a_grant_or_an_action_executes_nothing(small, desk, missing):
    small.policy = at_once(APPROVE)
    desk.propose(proposal())
    small.only_case()["decisions"][0][missing] = None
    shop = Shop()
    done = desk.run(proposal(), shop).of("call_1")
    assert (done.says, shop.ran) == ("Not executed. The decision “approve” carries no right to execute.", [])


def test_a_kind_of_decision_from_a_newer_desk_executes_nothing(small, desk):
    small.policy = at_once({**APPROVE, "type": "postpone"})
    shop = Shop()
    assert (desk.run(proposal(), shop).of("call_1").status, shop.ran) == ("refused", [])


def test_the_executor_cannot_change_what_was_digested(small, desk):
    small.policy = at_once(APPROVE)

    def greedy(action):
        action.args["amount"] = "9999.00"
        return "ok"

    done = desk.run(proposal(), greedy).of("call_1")
    assert (done.action.as_json(), done.decision.final_action.as_json()) == (REFUND, REFUND)


@pytest.mark.covers("R12", "R136")
def test_after_a_failure_the_rest_of_the_release_is_not_executed(small, desk):
    small.policy = at_once(APPROVE, APPROVE_REPLY)
    result = desk.run(two_actions(), Shop(error=ValueError("no such order")))
    assert [done.status for done in result.done] == ["failed", "skipped"]
    assert [*small.outcomes] == ["grant_1"]


def test_a_rejected_action_does_not_hold_back_the_approved_ones(small, desk):
    small.policy = at_once({**APPROVE, "type": "reject"}, APPROVE_REPLY)
    shop = Shop()
    assert [done.status for done in desk.run(two_actions(), shop).done] == ["rejected", "succeeded"]
    assert [action["name"] for action in shop.ran] == ["send_reply"]


def test_actions_run_in_the_order_of_the_proposal(small, desk):
    small.policy = at_once(APPROVE_REPLY, APPROVE)
    shop = Shop()
    desk.run(two_actions(), shop)
    assert [action["name"] for action in shop.ran] == ["refund_order", "send_reply"]


@pytest.mark.covers("R13")
def test_released_each_a_decided_action_does_not_wait_for_the_others(small, desk):
    shop = Shop()
    case = desk.propose(two_actions(release="each"))
    small.decide(case.id, APPROVE_REPLY, final=False)

    def decide_the_rest():
        small.wait_for(lambda: small.outcomes)
        small.decide(case.id, APPROVE)

    reviewer = threading.Thread(target=decide_the_rest)
    reviewer.start()
    result = desk.run(two_actions(release="each"), shop, timeout=60)
    reviewer.join()
    assert [done.status for done in result.done] == ["succeeded", "succeeded"]
    assert [action["name"] for action in shop.ran] == ["send_reply", "refund_order"]


def test_released_each_a_failure_stays_with_its_action(small, desk):
    small.policy = at_once(APPROVE, APPROVE_REPLY)
    result = desk.run(two_actions(release="each"), Shop(error=ValueError("no")))
    assert [done.status for done in result.done] == ["failed", "failed"]


def test_a_refused_proposal_executes_nothing(small, desk):
    small.expect("/proposals", "busy", status=403)
    shop = Shop()
    with pytest.raises(Problem):
        desk.run(proposal(), shop)
    assert shop.ran == []


def test_five_lines_gate_a_function(small, desk):
    small.policy = at_once(APPROVE)
    ran = []

    def refund_order(order_id, amount):
        ran.append((order_id, amount))
        return {"refunded": amount}

    args = {"order_id": "A-1", "amount": "350.00"}
    done = desk.gate(refund_order, args, conversation="conv_8812", call_id="call_1")
    assert (done.says, ran) == ('{"refunded": "350.00"}', [("A-1", "350.00")])
    assert small.proposals["case_1"] == {
        "dedupe_key": "conv_8812:call_1",
        "conversation": {"id": "conv_8812", "messages": []},
        "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "refund_order", "args": args}],
    }


def test_a_gated_function_may_say_what_is_at_stake(small, desk):
    def refund_order():
        raise AssertionError

    more = {"value": Money(amount="350", currency="EUR"), "messages": [Message(seq=1, role="customer", text="Late!")]}
    done = desk.gate(refund_order, {}, conversation="conv_8812", call_id="call_1", timeout=0.1, **more)
    assert done.status == "undecided"
    sent = small.proposals["case_1"]
    assert sent["actions"][0]["value"] == {"amount": "350", "currency": "EUR"}
    assert sent["conversation"]["messages"] == [{"seq": 1, "role": "customer", "text": "Late!"}]


def test_a_gated_function_does_not_stand_in_for_another(small, desk):
    def refund_order():
        raise AssertionError

    small.policy = at_once({**APPROVE, "type": "edit"})
    decision = small._decision  # noqa: SLF001 - the reviewer's edit changes even the name

    def renamed(case, wish):
        small.proposals[case["id"]]["actions"][0]["name"] = "delete_order"
        return decision(case, wish)

    small._decision = renamed  # noqa: SLF001 - see above
    done = desk.gate(refund_order, {}, conversation="conv_8812", call_id="call_1")
    assert (done.status, done.says) == ("failed", "It failed: LookupError: refund_order cannot execute delete_order")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, {}),
        ({"a": 1}, {"a": 1}),
        (["x"], {"value": ["x"]}),
        ({"amount": Decimal("1.50"), "bad": float("nan"), ("a",): 1}, {"amount": "1.50", "bad": None}),
        ({"big": 2**60, "nan": "NaN", "half": "\ud800"}, {"big": str(2**60), "nan": "NaN", "half": "?"}),
        ("x" * 500_000, {"shortened": '"' + "x" * 49_999}),
    ],
)
def test_any_result_can_be_reported(value, sent):
    assert as_result(value) == sent


def test_a_result_that_holds_itself_can_be_reported():
    itself: list[object] = []
    itself.append(itself)
    assert as_result(itself) == {"value": "[[...]]"}


def test_what_is_not_an_error_of_the_action_is_in_doubt():
    assert in_doubt(SystemExit()) is True
