"""Proposals of about 6 kB: 8 messages, 3 sources, a customer, one action."""

from __future__ import annotations

import itertools
import json
from typing import Any

_numbers = itertools.count()
_SENTENCE = "The parcel with order A-1 was promised for the fourth and came two weeks later, after the birthday. "


def document(**changes: Any) -> dict[str, Any]:
    """One proposal that no other equals; the starting policy holds it for a person."""
    number = next(_numbers)
    said = [("customer", "agent")[n % 2] for n in range(8)]
    whole = {
        "dedupe_key": f"bench-{number}",
        "agent": {"version": "2026.11.3", "model": "m", "prompt": "p-41", "knowledge": "kb-2026-11-18"},
        "intent": "refund",
        "workflow": "orders",
        "language": "en",
        "conversation": {
            "id": f"conv-{number}",
            "channel": "chat",
            "messages": [
                {"seq": n + 1, "role": role, "text": f"{n}: {_SENTENCE * 3}", "at": f"2026-11-20T12:0{n}:00Z"}
                for n, role in enumerate(said)
            ],
        },
        "customer": {
            "id": f"cus-{number}",
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
                "args_schema": {"type": "object", "required": ["order_id", "amount"]},
                "description": "Refund for late delivery",
                "value": {"amount": "350.00", "currency": "EUR"},
                "reversible": False,
            }
        ],
        "briefing": {
            "issue": "Order A-1 arrived two weeks late",
            "summary": _SENTENCE * 2,
            "attempted": ["offered a 10 % voucher"],
            "recommendation": "exception refund",
            "missing": [],
        },
        "signals": {"confidence": 0.62, "sentiment": -0.4, "topics": ["refund"], "risk_flags": []},
        "sources": [
            {"id": f"s{n}", "title": f"Refund policy v{n}", "url": "https://kb.example.org/7", "text": _SENTENCE * 5}
            for n in range(3)
        ],
    }
    return whole | changes


def body(**changes: Any) -> bytes:
    """The same as it goes over the wire."""
    return json.dumps(document(**changes)).encode()
