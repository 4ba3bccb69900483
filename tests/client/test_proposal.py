"""What leaves the agent: strict, exact, and nothing that was not said."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from hitl_client import Action, Conversation, Customer, Message, Money, Proposal
from hitl_client.proposal import as_proposal
from tests.client.conftest import proposal


def faults(**changes):
    with pytest.raises(ValidationError) as refused:
        as_proposal(proposal(**changes))
    return [".".join(map(str, fault["loc"])) for fault in refused.value.errors()]


def test_three_fields_make_a_proposal():
    sent = Proposal(
        dedupe_key="k", conversation=Conversation(id="c"), actions=(Action(call_id="1", name="cancel", args={"id": 7}),)
    ).as_json()
    assert sent == {
        "dedupe_key": "k",
        "conversation": {"id": "c", "messages": []},
        "actions": [{"call_id": "1", "kind": "tool_call", "name": "cancel", "args": {"id": 7}}],
    }


def test_the_whole_example_of_the_wire_travels_as_it_was_written():
    said = proposal(
        agent={"version": "2026.11.3", "model": "some-model", "prompt": "p-41", "knowledge": "kb-2026-11-18"},
        intent="refund",
        conversation={
            "id": "conv_8812",
            "channel": "chat",
            "messages": [
                {"seq": 1, "role": "customer", "text": "Late.", "at": "2026-11-20T12:00:00Z", "sentiment": -0.4}
            ],
        },
        customer={
            "id": "cus_71",
            "since": "2023-05-01",
            "lifetime_value": {"amount": "2400.00", "currency": "USD"},
            "attributes": {"country": "DE"},
        },
        release="together",
        briefing={"issue": "Late", "attempted": ["voucher"], "missing": []},
        signals={"confidence": 0.62, "sentiment": -0.7, "topics": ["refund"], "risk_flags": []},
        sources=[
            {"id": "s1", "title": "Policy", "url": "https://kb.example.org/7", "text": "Up to 400.", "score": 0.83}
        ],
        on_expiry="expire",
        expires_in=86400,
        resume={"checkpoint": "1ef9", "left": None},
        callback="we_orders",
    )
    assert as_proposal(said).as_json() == said


def test_a_null_among_the_arguments_is_sent_and_not_dropped():
    action = {"call_id": "1", "kind": "tool_call", "name": "set", "args": {"note": None, "deep": {"x": [None]}}}
    assert as_proposal(proposal(actions=[action])).as_json()["actions"] == [action]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"intention": "refund"}, "intention"),
        ({"dedupe_key": ""}, "dedupe_key"),
        ({"actions": []}, ""),
        ({"expires_in": 0}, "expires_in"),
        ({"signals": {"confidence": 62}}, "signals.confidence"),
        ({"signals": {"discount_percent": float("nan")}}, "signals.discount_percent"),
        (
            {"conversation": {"id": "c", "messages": [{"seq": 1, "role": "user", "text": "hi"}]}},
            "conversation.messages.0.role",
        ),
        (
            {"conversation": {"id": "c", "messages": [{"seq": 1, "role": "agent", "text": "\ud800"}]}},
            "conversation.messages.0.text",
        ),
        (
            {
                "conversation": {
                    "id": "c",
                    "messages": [{"seq": 1, "role": "agent", "text": "", "at": "2026-11-20T12:00:00"}],
                }
            },
            "conversation.messages.0.at",
        ),
        ({"resume": {"n": 2**60}}, "resume"),
    ],
)
def test_a_wrong_field_is_refused_by_its_path_before_it_travels(changes, path):
    assert faults(**changes) == [path]


@pytest.mark.parametrize("number", [float("inf"), 2**53, "\udc00"])
def test_arguments_without_a_canonical_form_are_refused(number):
    assert faults(actions=[{"call_id": "1", "name": "pay", "args": {"n": [number]}}]) == ["actions.0.args"]


def test_two_actions_cannot_share_a_call_id():
    action = {"call_id": "1", "name": "pay", "args": {}}
    with pytest.raises(ValidationError, match="each action needs a call_id of its own"):
        as_proposal(proposal(actions=[action, action]))


@pytest.mark.parametrize("amount", [350.0, True, "NaN", "Infinity", "12,50"])
def test_money_that_is_not_an_exact_decimal_is_refused(amount):
    with pytest.raises(ValidationError):
        Money(amount=amount, currency="EUR")


@pytest.mark.parametrize(
    ("amount", "sent"), [("350.00", "350.00"), (Decimal("1E+3"), "1000"), (12, "12"), ("-0.10", "-0.10")]
)
def test_money_travels_digit_by_digit(amount, sent):
    assert Money(amount=amount, currency="EUR").as_json() == {"amount": sent, "currency": "EUR"}


@pytest.mark.parametrize("currency", ["eur", "EURO", "€", ""])
def test_a_currency_is_three_capital_letters(currency):
    with pytest.raises(ValidationError):
        Money(amount="1", currency=currency)


def test_a_proposal_cannot_be_changed_once_it_is_made():
    message = Message(seq=1, role="customer", text="hi")
    with pytest.raises(ValidationError, match="frozen"):
        message.text = "bye"


def test_money_inside_a_customer_keeps_its_digits():
    customer = Customer(id="c", lifetime_value=Money(amount="2400.00", currency="USD"))
    assert customer.as_json() == {"id": "c", "lifetime_value": {"amount": "2400.00", "currency": "USD"}}
