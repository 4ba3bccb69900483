"""What the invented agent proposes."""

from __future__ import annotations

from typing import Any, Final

Document = dict[str, Any]
# From what nobody would gate to what everybody should.
AMOUNTS: Final = ("50.00", "100.00", "200.00", "350.00", "500.00", "1000.00", "5000.00", "10000.00")
DELETE: Final = {"en": "Delete my account", "de": "Löschen Sie bitte mein Konto"}
HUMAN: Final = {"en": "I want to speak to someone", "de": "Ich möchte mit einem Menschen sprechen"}
ANGRY: Final = (
    "This is the third time I write. Nobody reads what I say!",
    "I am furious. You have lost my parcel and my patience, this is unacceptable!",
)


def refund(amount: str, currency: str) -> Document:
    """Money that does not come back."""
    return {
        "intent": "refund",
        "language": "en",
        "conversation": _talk("My order came two weeks late. I want my money back."),
        "customer": {"name": "Maya R.", "tier": "standard"},
        "actions": [
            {
                "call_id": "call_1",
                "kind": "tool_call",
                "name": "refund_order",
                "args": {"order_id": "A-1", "amount": amount},
                "value": {"amount": amount, "currency": currency},
                "reversible": False,
            }
        ],
        "signals": {"confidence": 0.97, "sentiment": 0.1},
    }


def deletion() -> Document:
    """Data that does not come back."""
    action = {"name": "delete_account", "args": {"customer_id": "oversight-check"}, "reversible": False}
    return _asks(DELETE["en"], "en", "account_deletion", {"kind": "tool_call", **action})


def cancellation() -> Document:
    """A contract that ends."""
    action = {"name": "cancel_subscription", "args": {"contract": "K-1"}, "reversible": False}
    return _asks("Please cancel my subscription.", "en", "cancellation", {"kind": "tool_call", **action})


def asks(text: str, language: str, intent: str) -> Document:
    """The customer says this, and the agent would just answer."""
    action = {"kind": "reply", "name": "send_reply", "args": {"text": "Of course. One moment, please."}}
    return _asks(text, language, intent, {**action, "reversible": False})


def angry() -> Document:
    """A customer who has had enough, with everything that a person needs to know."""
    messages = [
        {"seq": n, "role": "customer", "text": text, "sentiment": -0.9} for n, text in enumerate(ANGRY, start=1)
    ]
    return {
        **asks("", "en", "complaint"),
        "conversation": {"channel": "chat", "messages": messages},
        "customer": {"name": "Maya R.", "tier": "gold", "since": "2023-05-01"},
        "briefing": {
            "issue": "The parcel is lost for the third time",
            "summary": "Third complaint; the customer refuses a voucher.",
            "attempted": ["offered a 10 % voucher"],
            "recommendation": "exception refund",
        },
        "signals": {"confidence": 0.9, "sentiment": -0.9},
        "sources": [{"id": "s1", "title": "Lost parcels", "text": "A lost parcel is refunded in full."}],
    }


def _asks(text: str, language: str, intent: str, action: Document) -> Document:
    return {
        "intent": intent,
        "language": language,
        "conversation": _talk(text),
        "customer": {"name": "Maya R.", "tier": "standard"},
        "actions": [{"call_id": "call_1", **action}],
        "signals": {"confidence": 0.97, "sentiment": 0.1},
    }


def _talk(text: str) -> Document:
    return {"channel": "chat", "messages": [{"seq": 1, "role": "customer", "text": text}]}
