"""What a policy may ask about is gathered once, plain and complete."""

import json
from typing import Any

import pytest

from reviewqueue.engine.facts import gather
from tests.engine import given
from tests.engine.given import action, reply, said

WHOLE: dict[str, Any] = {
    "intent": "refund",
    "workflow": "orders",
    "language": "en",
    "conversation": {
        "id": "conv_8812",
        "channel": "chat",
        "messages": [
            {"seq": 1, "role": "customer", "text": "My order A-1 came\ntwo weeks late.", "sentiment": -0.4},
            {"seq": 2, "role": "agent", "text": "Sorry. May I see the receipt?"},
            {"seq": 3, "role": "customer", "text": "Here it is.", "sentiment": None},
        ],
    },
    "customer": {
        "id": "cus_71",
        "name": "Maya R.",
        "tier": "gold",
        "since": "2023-05-01",
        "lifetime_value": {"amount": "2400.00", "currency": "USD"},
        "attributes": {"country": "DE"},
    },
    "actions": [
        {
            "call_id": "call_1",
            "kind": "tool_call",
            "name": "refund_order",
            "args": {"order_id": "A-1", "amount": "350.00"},
            "value": {"amount": "350.00", "currency": "EUR"},
            "reversible": False,
        }
    ],
    "release": "each",
    "briefing": {"issue": "late", "attempted": ["voucher"], "missing": []},
    "signals": {
        "confidence": 0.62,
        "sentiment": -0.7,
        "topics": ["refund"],
        "risk_flags": [],
        "discount_percent": None,
    },
}


def test_facts_are_these() -> None:
    history = {
        "contacts_last_7_days": 2,
        "messages_last_minute": 1,
        "now": given.NOW,
        "same_action_count": {"call_1": 1},
    }
    assert gather(WHOLE, agent="shop-bot", team="retail", history=history) == {
        "format": 1,
        "agent": "shop-bot",
        "team": "retail",
        "intent": "refund",
        "workflow": "orders",
        "release": "each",
        "signals": {
            "confidence": "0.62",
            "sentiment": "-0.7",
            "discount_percent": None,
            "topics": ["refund"],
            "risk_flags": [],
        },
        "customer": {
            "tier": "gold",
            "lifetime_value": {"amount": "2400.00", "currency": "USD"},
            "since": "2023-05-01",
            "tenure_days": 1299,
            "attributes": {"country": "DE"},
        },
        "conversation": {
            "channel": "chat",
            "language": "en",
            "sentiment": ["-0.4", None],
            "asks_for_human": False,
            "rounds_without_progress": 0,
            "messages_last_minute": 1,
            "contacts_last_7_days": 2,
        },
        "text": {
            "customer": ["My order A-1 came two weeks late.", "Here it is."],
            "customer_messages": 2,
            "hidden_characters": 0,
        },
        "briefing": {"missing": [], "attempted": ["voucher"]},
        "proposal": {"action_count": 1},
        "actions": [
            {
                "call_id": "call_1",
                "kind": "tool_call",
                "name": "refund_order",
                "args": {"order_id": "A-1", "amount": "350.00"},
                "value": {"amount": "350.00", "currency": "EUR"},
                "reversible": False,
                "value_understated": False,
                "hidden_characters": 0,
                "same_action_count": 1,
            }
        ],
    }


def test_the_smallest_proposal_has_facts_too() -> None:
    smallest = {
        "conversation": {"id": "c"},
        "actions": [{"call_id": "1", "kind": "tool_call", "name": "x", "args": {}}],
    }
    facts = gather(smallest, agent="a")
    assert json.loads(json.dumps(facts)) == facts
    assert facts["signals"]["confidence"] is None
    assert facts["conversation"]["asks_for_human"] is None
    assert facts["text"] == {"customer": [], "customer_messages": 0, "hidden_characters": 0}


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), True, "high", [], {}])
def test_what_is_no_number_is_unknown(confidence: Any) -> None:
    facts = given.facts(signals={"confidence": confidence})
    assert facts["signals"]["confidence"] is None
    assert json.dumps(facts, allow_nan=False)


def test_the_whole_conversation_counts_and_not_only_what_the_proposal_tells() -> None:
    earlier = said("I want to speak to a human", "Where is it?")
    facts = gather(given.proposal(messages=said("Where is it?")), agent="a", messages=earlier)
    assert facts["conversation"]["asks_for_human"] is True
    assert facts["text"]["customer_messages"] == 2


def test_what_the_desk_counted_goes_before_what_the_words_show() -> None:
    history = {"rounds_without_progress": 4, "messages_last_minute": 9, "same_action_count": {"call_1": 3}}
    facts = given.facts(action(), reply(), history=history)
    assert facts["conversation"]["rounds_without_progress"] == 4
    assert facts["conversation"]["messages_last_minute"] == 9
    assert [one["same_action_count"] for one in facts["actions"]] == [3, None]


@pytest.mark.covers("R21")
def test_the_same_action_twice_in_one_proposal_is_counted() -> None:
    other = action(call_id="b", args={"order_id": "A-2"})
    facts = given.facts(action(), other, action(call_id="c"))
    assert [one["same_action_count"] for one in facts["actions"]] == [1, 1, 2]


def at(*stamps: str | None) -> list[dict[str, Any]]:
    return [{"seq": n, "role": "customer", "text": "x", "at": stamp} for n, stamp in enumerate(stamps)]


@pytest.mark.covers("R27")
@pytest.mark.parametrize(
    ("messages", "now", "count"),
    [
        (at("2026-11-20T12:00:00Z", "2026-11-20T12:00:30Z", "2026-11-20T12:01:00Z"), None, 2),
        (at("2026-11-20T12:00:00Z", "2026-11-20T13:00:59+01:00"), None, 2),
        (at("2026-11-20T12:00:00", "2026-11-20T12:00:59Z"), None, 2),
        (at("2026-11-20T11:59:30Z", "2030-01-01T00:00:00Z"), "2026-11-20T12:00:00Z", 1),
        (at(None, "yesterday"), None, None),
        (at(), None, None),
    ],
)
def test_the_last_minute_ends_with_the_newest_message(messages: list[Any], now: str | None, count: int | None) -> None:
    whole = given.proposal(conversation={"id": "c", "messages": messages})
    assert gather(whole, agent="a", history={"now": now})["conversation"]["messages_last_minute"] == count


@pytest.mark.parametrize(
    ("args", "value", "understated"),
    [
        ({"amount": "350.00"}, {"amount": "350.00", "currency": "EUR"}, False),
        ({"amount": "350.01"}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"refund": {"Amount": 900}}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"lines": [{"amount": "1.00"}, {"amount": "900.00"}]}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"amounts": ["1.00", "900.00"]}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"amount": -900}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"amount": 35000}, {"amount": "350.00", "currency": "EUR"}, False),  # the same in cents
        ({"amount": "35000.00"}, {"amount": "350.00", "currency": "EUR"}, True),
        ({"quantity": 900}, {"amount": "350.00", "currency": "EUR"}, False),
        ({"amount": "900.00"}, None, None),
        ({"amount": "900.00"}, {"amount": "?", "currency": "EUR"}, None),
    ],
)
def test_arguments_larger_than_the_stated_value_are_noticed(args: Any, value: Any, *, understated: bool | None) -> None:
    assert given.facts(action(args=args, value=value))["actions"][0]["value_understated"] is understated


def test_hidden_characters_are_counted_in_words_and_arguments() -> None:
    facts = given.facts(
        action(args={"note": "a\u202eb", "x\u200b": "\U000e0041"}), messages=said("hi\U000e0041\U000e0042")
    )
    assert facts["text"]["hidden_characters"] == 2
    assert facts["actions"][0]["hidden_characters"] == 3


def test_without_a_date_there_is_no_tenure() -> None:
    for since, now in ((None, given.NOW), ("2023-05-01", None), ("long ago", given.NOW)):
        facts = given.facts(customer={"since": since}, history={"now": now})
        assert facts["customer"]["tenure_days"] is None
