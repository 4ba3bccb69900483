"""What the desk knows of a customer in a conversation, so that nobody asks for it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reviewqueue.engine import retention
from reviewqueue.models import Case, Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def of(conversation: int, record: Iterable[Mapping[str, Any]]) -> list[retention.Known]:
    """The facts in the customer's record, in what agents proposed, and in what the customer wrote."""
    talk = Conversation.objects.only("customer").get(pk=conversation)
    proposals = Case.objects.filter(conversation_id=conversation).order_by("created_at", "id")
    told = [json.loads(text) for text in proposals.values_list("proposal", flat=True)]
    customer: dict[str, Any] = {}
    for document in told:
        customer |= _filled(document.get("customer") or {})
    acted = [action["args"] for document in told for action in document["actions"]]
    return retention.known(customer | _filled(talk.customer), acted, record)


def _filled(customer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in customer.items() if value}
