"""A conversation's record: what its proposals told of it, merged by ``seq``; the first telling stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reviewqueue.models import Case

if TYPE_CHECKING:
    from collections.abc import Iterable

Message = dict[str, Any]


def numbered(messages: Iterable[Message]) -> list[Message]:
    """Messages with their ``seq``; one that came without gets its place in the list, counted from 1."""
    return [
        message if message.get("seq") is not None else message | {"seq": n} for n, message in enumerate(messages, 1)
    ]


def of(conversation: int, *, before: Case | None = None) -> list[Message]:
    """Everything said so far in order of ``seq``; ``before`` leaves out that case and later ones."""
    cases = Case.objects.filter(conversation_id=conversation).order_by("created_at", "id")
    if before is not None:
        cases = cases.filter(created_at__lte=before.created_at).exclude(pk=before.pk)
    told = (json.loads(text)["conversation"].get("messages", []) for text in cases.values_list("proposal", flat=True))
    return merge(*told)


def merge(*parts: Iterable[Message]) -> list[Message]:
    """Join parts in the order given: a ``seq`` that is already known keeps its first text."""
    record: dict[int, Message] = {}
    for part in parts:
        for message in numbered(part):
            record.setdefault(message["seq"], message)
    return [record[seq] for seq in sorted(record)]


def rewritten(record: list[Message], told: Iterable[Message]) -> list[int]:
    """The ``seq`` of messages that are now told differently from the record."""
    known = {message["seq"]: (message["role"], message["text"]) for message in record}
    return [m["seq"] for m in numbered(told) if known.get(m["seq"], (m["role"], m["text"])) != (m["role"], m["text"])]
