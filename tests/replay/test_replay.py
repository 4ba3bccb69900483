"""Stored conversations played against a desk: every write is gated, and the agent hears what really happened."""

import json
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.client.small_desk import Refusal
from tests.replay.conftest import action, call, chat, stored


@pytest.fixture
def replay(small, capsys):
    """Run the command against the small desk; gives the summary and the status it ends with."""

    def run(*files, **options):
        status: Any = 0
        try:
            call_command("replay", *map(str, files), url=small.url, key="key", **options)
        except SystemExit as end:
            status = end.code
        return json.loads(capsys.readouterr().out), status

    return run


def by_policy(kind="approve", **more):
    def policy(proposal):
        return [{"call_id": action["call_id"], "type": kind, **more} for action in proposal["actions"]]

    return policy


def proposals(small):
    return list(small.proposals.values())


def heard(small):
    """All messages that reached the desk, as (seq, role, text)."""
    sent = [message for proposal in proposals(small) for message in proposal["conversation"]["messages"]]
    return [(message["seq"], message["role"], message["text"]) for message in sent]


def test_every_write_becomes_its_own_proposal_under_a_key_of_its_place(small, replay, lines):
    small.policy = by_policy()
    summary, status = replay(lines(stored(1), stored(2)))
    assert sorted(proposal["dedupe_key"] for proposal in proposals(small)) == [
        "replay:talk-1:5:0",
        "replay:talk-1:7:0",
        "replay:talk-2:5:0",
        "replay:talk-2:7:0",
    ]
    assert (summary["writes"], summary["proposals"], summary["cases"]) == (4, 4, 4)
    assert (summary["merged"], summary["lost"], summary["unfinished"], status) == (0, 0, [], 0)


def test_a_proposal_carries_the_words_since_the_last_one_and_the_call(small, replay, lines):
    small.policy = by_policy()
    replay(lines(stored()))
    first, second = proposals(small)
    assert first["conversation"] == {
        "id": "talk-1",
        "channel": "chat",
        "messages": [
            {"seq": 2, "role": "customer", "text": "My order A-1 is late."},
            {"seq": 3, "role": "agent", "text": '[get_order {"order_id": "A-1"}]'},
            {"seq": 4, "role": "tool", "text": "late by 14 days"},
            {"seq": 5, "role": "agent", "text": "One moment."},
        ],
    }
    assert first["actions"] == [
        {
            "call_id": "call_refund_order",
            "kind": "tool_call",
            "name": "refund_order",
            "args": {"amount": 350.5},
            "value": {"amount": "350.5", "currency": "USD"},
        }
    ]
    assert (first["agent"], first["customer"]) == ({"version": "A"}, {"id": "maya"})
    assert first["briefing"] == {"issue": "My order A-1 is late."}
    assert second["conversation"]["messages"] == [{"seq": 6, "role": "tool", "text": "refunded"}]
    assert "value" not in second["actions"][0]


def test_an_approved_write_is_redeemed_and_reported_with_its_recorded_result(small, replay, lines):
    small.policy = by_policy()
    summary, _ = replay(lines(stored()))
    assert [grant["state"] for grant in small.grants.values()] == ["redeemed", "redeemed"]
    assert small.outcomes["grant_1"] == {
        "status": "succeeded",
        "result": {"replayed": True, "output": "refunded"},
        "external_ref": None,
        "error": None,
    }
    assert (summary["became"], summary["decided_by"]) == ({"succeeded": 2}, {"policy": 2})


def test_what_the_recorded_tool_refused_is_reported_as_failed(small, replay, lines):
    small.policy = by_policy()
    talk = stored()
    talk["messages"][4] |= {"text": "Error: not delivered", "is_error": True}
    summary, _ = replay(lines(talk))
    assert summary["became"] == {"failed": 1, "succeeded": 1}
    assert small.outcomes["grant_1"]["error"] == "Refused: Error: not delivered"
    assert heard(small)[-1] == (6, "tool", "Error: not delivered")


@pytest.mark.covers("R39")
def test_a_rejected_write_is_never_told_as_executed(small, replay, lines):
    small.policy = by_policy("reject", message="Outside the policy")
    summary, status = replay(lines(stored()))
    assert heard(small)[-1] == (
        6,
        "tool",
        "A reviewer rejected this action; it was not executed. Reason: Outside the policy",
    )
    assert "refunded" not in [text for _, _, text in heard(small)]
    assert (small.grants, small.outcomes, status) == ({}, {}, 0)
    assert (summary["became"], summary["rejected_writes_heard_as_executed"]) == ({"rejected": 2}, 0)


def test_a_response_stands_in_for_the_recorded_result(small, replay, lines):
    small.policy = by_policy("respond", response="Offer a voucher.")
    replay(lines(stored()))
    assert heard(small)[-1] == (6, "tool", "Offer a voucher.")


@pytest.mark.covers("R38")
def test_an_edited_write_does_not_borrow_the_result_of_another(small, replay, lines):
    small.policy = by_policy("edit", args={"amount": 120})
    replay(lines(stored(actions=[action(5, "refund_order"), action(7, "close_order")])))
    assert heard(small)[-1][2].startswith(
        'A reviewer changed the arguments to {"amount": 120}. Result: {"replayed": true'
    )
    assert small.outcomes["grant_1"]["result"]["note"] == (
        "the arguments were edited; the recording has no result for them"
    )


@pytest.mark.covers("R139")
def test_no_result_is_heard_before_its_decision(small, replay, lines):
    """The second proposal, which carries the first one's result, waits for the first decision."""
    opened = []

    def decide_late():
        for number in (1, 2):
            small.wait_for(lambda number=number: small.calls(f"GET /cases/case_{number}"))
            opened.append(len(small.cases))
            small.approve_all(f"case_{number}")

    reviewer = threading.Thread(target=decide_late)
    reviewer.start()
    summary, status = replay(lines(stored()))
    reviewer.join()
    assert opened == [1, 2]
    assert (summary["tool_results_before_decision"], summary["decided_by"], status) == (0, {"person": 2}, 0)


def test_a_question_is_answered_and_the_replay_goes_on(small, replay, lines):
    def ask_then_approve():
        small.wait_for(lambda: small.cases)
        small.ask("case_1", "Was it opened?")
        small.wait_for(lambda: small.calls("POST .*/answers"))
        small.approve_all("case_1")

    reviewer = threading.Thread(target=ask_then_approve)
    reviewer.start()
    summary, _ = replay(lines(stored(actions=[action(5, "refund_order")])))
    reviewer.join()
    assert summary["became"] == {"succeeded": 1}
    assert small.cases["case_1"]["questions"][0]["answer"].startswith("This conversation is a recording")


def test_several_writes_of_one_message_are_several_proposals(small, replay, lines):
    small.policy = lambda proposal: by_policy("approve" if proposal["actions"][0]["args"]["n"] == 2 else "reject")(
        proposal
    )
    twice = chat(call("pay", n=1), call("get_order"), call("pay", n=2), call("close"), id="chat-1")
    twice["messages"][2]["tool_calls"].pop()
    twice["messages"].insert(
        -1, {"role": "assistant", "content": "", "tool_calls": twice["messages"][2]["tool_calls"][:1]}
    )
    summary, _ = replay(lines(twice))
    assert [proposal["dedupe_key"] for proposal in proposals(small)] == [
        "replay:chat-1:3:0",
        "replay:chat-1:3:2",
        "replay:chat-1:8:0",
    ]
    assert [len(proposal["conversation"]["messages"]) for proposal in proposals(small)] == [2, 0, 4]
    rejected = "A reviewer rejected this action; it was not executed."
    assert heard(small)[2:] == [
        (4, "tool", rejected),
        (5, "tool", "get_order done"),
        (6, "tool", "pay done"),
        (7, "tool", "close done"),
    ]
    assert (summary["merged"], summary["decisions"]) == (0, {"reject": 2, "approve": 1})


def test_globs_say_which_calls_are_writes(small, replay, lines):
    small.policy = by_policy()
    replay(lines(chat(call("pay"), call("refund_order"), call("get_order"))), writes=["refund_*", "get_*"])
    assert [proposal["actions"][0]["name"] for proposal in proposals(small)] == ["refund_order", "get_order"]


def test_without_waiting_the_verdict_is_recorded_and_nothing_runs(small, replay, lines):
    small.policy = lambda proposal: by_policy()(proposal) if proposal["actions"][0]["name"] == "close_order" else None
    summary, status = replay(lines(stored()), no_wait=True)
    assert (summary["held"], summary["held_by_trigger"]) == (2, {"all-writes": 2})
    assert (summary["decided_by"], summary["became"]) == ({"nobody": 1, "policy": 1}, {"proposed": 2})
    assert (small.calls("redeem"), small.outcomes, status) == ([], {}, 0)
    assert heard(small)[-1] == (6, "tool", "No decision was waited for. Nothing was executed.")


def test_patience_ends_and_the_agent_hears_that_nothing_was_executed(small, replay, lines):
    summary, status = replay(lines(stored()), until_decided=0.1)
    assert (summary["became"], status) == ({"undecided": 2}, 0)
    assert heard(small)[-1] == (6, "tool", "Nobody has decided yet. Nothing was executed; the case is still open.")


def test_a_second_replay_finds_the_same_cases_and_executes_nothing_again(small, replay, lines):
    small.policy = by_policy("reject")
    file = lines(stored())
    replay(file)
    summary, status = replay(file)
    assert (len(small.cases), summary["cases"], summary["became"], status) == (2, 2, {"rejected": 2}, 0)


def test_a_replay_goes_on_where_its_state_says(small, replay, lines, tmp_path):
    small.policy = by_policy()
    file, state = lines(stored(1), stored(2), stored(3)), tmp_path / "state.jsonl"
    replay(file, state=state, limit=1)
    asked = len(small.seen)
    summary, _ = replay(file, state=state)
    assert {proposal["conversation"]["id"] for proposal in proposals(small)} == {"talk-1", "talk-2", "talk-3"}
    assert not [seen for seen in small.seen[asked:] if seen.body and "talk-1" in json.dumps(seen.body)]
    assert (summary["finished"], summary["proposals"], summary["became"]) == (3, 6, {"succeeded": 6})


def test_a_conversation_that_broke_off_goes_on_behind_its_last_decided_write(small, replay, lines, tmp_path):
    small.policy = by_policy()
    file, state = lines(stored()), tmp_path / "state.jsonl"
    small.policy = lambda proposal: by_policy()(proposal) if proposal["actions"][0]["name"] == "refund_order" else None
    broke, status = replay(file, state=state, until_decided=0.1)
    assert (broke["became"], status) == ({"succeeded": 1, "undecided": 1}, 0)
    first_writes = state.read_text().splitlines()[0]
    state.write_text(first_writes + '\n{"write": {"half')
    small.approve_all("case_2")
    summary, _ = replay(file, state=state)
    assert (summary["became"], len(small.cases)) == ({"succeeded": 2}, 2)
    assert len(small.calls("redeem")) == 2


def test_what_the_desk_refuses_is_counted_as_lost_and_ends_with_a_status(small, replay, lines):
    small.policy = by_policy()
    small.expect("/proposals", "busy", status=409)
    summary, status = replay(lines(stored()))
    assert (summary["lost"], status) == (1, 1)
    (trouble,) = summary["troubles"]
    assert trouble.startswith("The desk did not take the proposal: 409")


def test_a_desk_that_refuses_the_key_leaves_the_conversation_for_another_time(small, replay, lines, tmp_path):
    small.expect("/proposals", "busy", status=401)
    small.policy = by_policy()
    file, state = lines(stored()), tmp_path / "state.jsonl"
    summary, status = replay(file, state=state)
    assert (summary["finished"], [trouble["conversation"] for trouble in summary["unfinished"]]) == (0, ["talk-1"])
    assert status == 1
    assert replay(file, state=state)[0]["became"] == {"succeeded": 2}


def test_many_conversations_at_once_lose_nothing(small, replay, lines):
    small.policy = by_policy()
    small.expect("/proposals", "drop", times=5)
    small.expect("/redeem", "drop", times=5)
    summary, status = replay(lines(*[stored(number) for number in range(30)]), parallel=8)
    assert (summary["proposals"], summary["cases"], summary["became"], status) == (60, 60, {"succeeded": 60}, 0)
    assert len(small.outcomes) == 60


@pytest.mark.parametrize(
    ("verdict", "became"), [("all", {"succeeded": 2}), ("none", {"rejected": 2})], ids=["approve", "reject"]
)
def test_a_simulated_reviewer_decides_through_the_reviewers_wire(small, replay, lines, verdict, became):
    summary, status = replay(lines(stored()), reviewer_token=["ana"], approve=verdict)
    assert (summary["became"], summary["decided_by"], status) == (became, {"person": 2}, 0)
    (first, _) = small.calls("POST .*/decide")
    assert (first.headers["authorization"], first.body["version"]) == ("Bearer ana", 1)


def test_two_simulated_reviewers_are_two_pairs_of_eyes(small, replay, lines):
    small.eyes = 2
    summary, _ = replay(lines(stored()), reviewer_token=["ana", "ben"])
    assert (summary["became"], small.first_eyes) == ({"succeeded": 2}, {"case_1": "ana", "case_2": "ana"})


def test_one_simulated_reviewer_is_not_two_pairs_of_eyes(small, replay, lines):
    small.eyes = 2
    summary, _ = replay(lines(stored()), reviewer_token=["ana"], until_decided=0.1)
    assert summary["troubles"] == {"A second person must decide; give another reviewer's token.": 2}
    assert summary["became"] == {"undecided": 2}


def test_a_simulated_reviewer_types_the_amount_of_a_critical_case(small, replay, lines):
    small.critical = True
    summary, _ = replay(lines(stored(actions=[action(5, "refund_order", refund=350.5)])), reviewer_token=["ana"])
    assert summary["became"] == {"succeeded": 1}
    assert small.calls("POST .*/decide")[0].body["typed_amount"] == "350.5"


def test_a_simulated_reviewer_reads_again_what_changed_under_their_hands(small, replay, lines):
    briefing = small.briefing
    stale: Any = iter([{"version": 0}, {"seen_digest": "old"}])
    small.briefing = lambda case_id: {**briefing(case_id), **next(stale, {})}
    summary, _ = replay(lines(stored(actions=[action(5, "refund_order")])), reviewer_token=["ana"])
    assert (summary["became"], len(small.calls("POST .*/decide"))) == ({"succeeded": 1}, 3)


def test_an_amount_that_nobody_can_type_is_a_trouble_in_the_summary(small, replay, lines):
    small.critical = True
    summary, _ = replay(lines(stored(actions=[action(7, "close_order")])), reviewer_token=["ana"], until_decided=0.1)
    assert summary["troubles"] == {"The simulated reviewer could not decide: 422 invalid-decision: type the amount": 1}


def test_what_a_simulated_reviewer_may_not_do_is_a_trouble_in_the_summary(small, replay, lines):
    small.expect("/claim", "busy", status=403, times=2)
    summary, _ = replay(lines(stored()), reviewer_token=["ana"], until_decided=0.1)
    (trouble,) = summary["troubles"]
    assert trouble.startswith("The simulated reviewer could not decide: 403")


@pytest.mark.parametrize("people", [["ben"], ["ana", "ben"]], ids=["one", "two"])
def test_what_somebody_else_held_is_decided_once_they_let_it_go(small, replay, lines, monkeypatch, people):
    monkeypatch.setattr("hitl.replay.player.SLICE", 0.05)
    claim, held = small.claim, iter(range(4))
    small.eyes = len(people)

    def claim_of_what_is_held(case_id, body):
        if small.reviewer == "ben" and next(held, None) is not None:
            raise Refusal(409, "stale-claim", "Rosa is working on this case.")
        return claim(case_id, body)

    small.claim = claim_of_what_is_held
    summary, _ = replay(lines(stored(actions=[action(5, "refund_order")])), reviewer_token=people)
    assert (summary["became"], summary["troubles"]) == ({"succeeded": 1}, {})
    assert len(small.calls("POST .*/claim")) == 4 + len(people)


def test_what_is_kept_for_a_person_is_taken_over_and_given_back(small, replay, lines):
    propose = small.propose

    def kept(proposal):
        status, case = propose(proposal)
        case["oversight"] = "human_only"
        return status, case

    small.propose = kept
    summary, _ = replay(lines(stored(actions=[action(5, "refund_order")])), reviewer_token=["ana"])
    assert (small.taken, summary["became"]) == (["case_1"], {"undecided": 1})
    assert summary["oversight"] == {"human_only": 1}


def test_unreadable_lines_are_named_in_the_summary(small, replay, lines):
    small.policy = by_policy()
    file = lines("{broken", stored())
    summary, _ = replay(file)
    assert summary["unreadable"][0].startswith(f"{file}, line 1: not JSON")
    assert summary["conversations"] == 1


def test_customers_and_passages_come_with_the_proposal(small, replay, lines):
    small.policy = by_policy()
    customers = lines(
        "",
        {
            "customer_id": "maya",
            "name": "Maya R.",
            "address": {"country": "DE"},
            "orders": [{"status": "delivered", "total": 10.1}, {"status": "cancelled", "total": 99}, {"total": 0.2}],
        },
        name="customers.jsonl",
    )
    sources = lines(
        {"id": "p1", "section": "Refunds", "text": "Up to 400."},
        {"id": "p2", "section": "Returns", "text": "Within 30 days."},
        {"id": "p3", "section": "Refunds", "path": "Policy / Refunds", "text": "To the same card."},
        name="policy.jsonl",
    )
    replay(lines(stored()), customers=customers, sources=sources, currency="EUR")
    first, second = proposals(small)
    assert first["customer"] == {
        "id": "maya",
        "name": "Maya R.",
        "lifetime_value": {"amount": "10.3", "currency": "EUR"},
        "attributes": {"orders": 2, "country": "DE"},
    }
    assert first["sources"] == [
        {"id": "p1", "title": "Refunds", "text": "Up to 400."},
        {"id": "p3", "title": "Policy / Refunds", "text": "To the same card."},
    ]
    assert "sources" not in second


def test_the_summary_is_written_to_a_file_too(small, replay, lines, tmp_path):
    small.policy = by_policy()
    summary, _ = replay(lines(stored()), summary=tmp_path / "summary.json")
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"key": ""}, "An agent's key is needed: --key or HITL_AGENT_KEY; manage.py agent_key NAME makes one."),
        ({"key": "k", "customers": "customers.jsonl"}, "customers.jsonl, line 2: no customer_id"),
        ({"key": "k", "sources": "missing.jsonl"}, "missing.jsonl cannot be read: No such file or directory."),
    ],
)
def test_what_is_missing_is_said_before_anything_is_played(small, lines, tmp_path, options, says):
    file = lines(stored())
    lines({"customer_id": "a"}, {"name": "nobody"}, name="customers.jsonl")
    paths = {name: tmp_path / value for name, value in options.items() if name != "key"}
    with pytest.raises(CommandError, match=says):
        call_command("replay", str(file), url=small.url, **{**options, **paths})
    assert small.seen == []


def test_long_texts_are_shortened_and_what_does_not_fit_is_left_out_from_the_front(small, replay, lines):
    small.policy = by_policy()
    long = [{"seq": seq, "role": "customer", "text": f"{seq} " + "x" * 30_000} for seq in range(40)]
    pay = {"seq": 40, "role": "agent", "text": "", "tool_calls": [call("pay")]}
    replay(lines({"id": "long", "messages": [*long, pay], "actions": [action(40, "pay")]}))
    messages = proposals(small)[0]["conversation"]["messages"]
    assert (messages[0]["seq"], messages[-1]["seq"]) == (11, 39)
    assert messages[-1]["text"].endswith("x … (10003 more characters)")


def test_an_interrupted_replay_stops_between_two_writes_and_says_so(small, replay, lines, tmp_path, monkeypatch):
    def interrupt(_futures):
        small.wait_for(lambda: small.calls("GET /cases"))
        raise KeyboardInterrupt

    monkeypatch.setattr("hitl.replay.conductor.as_completed", interrupt)
    monkeypatch.setattr("hitl.replay.player.SLICE", 0.1)
    file, state = lines(*[stored(number) for number in range(5)]), tmp_path / "state.jsonl"
    summary, status = replay(file, state=state, parallel=1)
    assert (summary["interrupted"], summary["finished"], len(small.cases), status) == (True, 0, 1, 1)
    assert (summary["merged"], summary["lost"]) == (0, 0)
    monkeypatch.undo()
    small.policy = by_policy()
    small.approve_all("case_1")
    summary, status = replay(file, state=state)
    assert (summary["interrupted"], summary["became"], len(small.cases), status) == (False, {"succeeded": 10}, 10, 0)
