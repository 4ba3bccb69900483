"""Conversations of an invented shop, and a desk to play them against."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.small_desk import open_desk
from tests.replay.reviewed_desk import ReviewedDesk


@pytest.fixture
def small() -> Iterator[ReviewedDesk]:
    with open_desk(ReviewedDesk()) as desk:
        yield desk


@pytest.fixture
def lines(tmp_path: Path) -> Any:
    """Write lines to a file: documents as JSON, text as it stands."""

    def write(*documents: Any, name: str = "talks.jsonl") -> Path:
        file = tmp_path / name
        written = (document if isinstance(document, str) else json.dumps(document) for document in documents)
        file.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
        return file

    return write


def stored(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A stored conversation: a look-up, a refund that the shop made, and the agent's last word."""
    return {
        "id": f"talk-{number}",
        "agent": "A",
        "channel": "chat",
        "customer_id": "maya",
        "messages": [
            {"seq": 2, "role": "customer", "text": "My order A-1 is late."},
            {"seq": 3, "role": "agent", "text": "", "tool_calls": [call("get_order", order_id="A-1")]},
            {"seq": 4, "role": "tool", "tool_call_id": "call_get_order", "text": "late by 14 days"},
            {"seq": 5, "role": "agent", "text": "One moment.", "tool_calls": [call("refund_order", amount=350.5)]},
            {"seq": 6, "role": "tool", "tool_call_id": "call_refund_order", "text": "refunded", "is_error": False},
            {"seq": 7, "role": "agent", "text": "", "tool_calls": [call("close_order", order_id="A-1")]},
            {"seq": 8, "role": "tool", "tool_call_id": "call_close_order", "text": "closed", "is_error": False},
            {"seq": 9, "role": "agent", "text": "Done."},
        ],
        "actions": [action(5, "refund_order", refund=350.5, gross=350.5), action(7, "close_order")],
        **changes,
    }


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": f"call_{name}", "name": name, "arguments": arguments}


def action(seq: int, name: str, **value: float) -> dict[str, Any]:
    priced = {"currency": "USD", "refund": 0, "charge": 0, **value} if value else None
    return {
        "seq": seq,
        "call_id": f"call_{name}",
        "name": name,
        "value": priced,
        "policy_sections": ["Refunds"] if value else [],
    }


def chat(*calls: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A chat transcript in which the assistant makes the calls in one message and hears their results."""
    made = [
        {
            "id": made["id"],
            "type": "function",
            "function": {"name": made["name"], "arguments": json.dumps(made["arguments"])},
        }
        for made in calls
    ]
    return {
        "messages": [
            {"role": "system", "content": "You are a shop assistant."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": None, "tool_calls": made},
            *(
                {"role": "tool", "tool_call_id": one["id"], "content": f"{one['function']['name']} done"}
                for one in made
            ),
            {"role": "assistant", "content": "Bye"},
        ],
        **changes,
    }
