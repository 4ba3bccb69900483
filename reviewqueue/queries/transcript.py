"""A conversation's record: what proposals and the live feed told of it, merged by ``seq``; the first telling stays.

What people wrote to the customer stands between, where they wrote it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from audit import rows
from reviewqueue.models import Case, Letter, Telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

Message = dict[str, Any]
_OF_TALK: Final = "WHERE conversation_id = %s ORDER BY {}, id"


class Told(NamedTuple):
    """Messages that came together, and when."""

    at: datetime
    messages: list[Message]


def numbered(messages: Iterable[Message]) -> list[Message]:
    """Messages with their ``seq``; one that came without gets its place in the list, counted from 1."""
    return [
        message if message.get("seq") is not None else message | {"seq": n} for n, message in enumerate(messages, 1)
    ]


def of(conversation: int, *, before: Case | None = None) -> list[Message]:
    """Everything said so far, letters included; ``before`` leaves out that case and what was told later."""
    written = [one for one in letters(conversation) if before is None or one.written_at <= before.created_at]
    return with_letters(merge(*(told.messages for told in tellings(conversation, before=before))), written)


def record(conversation: int) -> list[Message]:
    """What the agent's side told, in order of ``seq``."""
    return merge(*(told.messages for told in tellings(conversation)))


def tellings(conversation: int, *, before: Case | None = None) -> list[Told]:
    """All that was told, by proposals and by the live feed, oldest first."""
    cases = rows.values(Case, ("created_at", "id", "proposal"), _OF_TALK.format("created_at"), [conversation])
    heard = rows.values(Telling, ("at", "messages"), _OF_TALK.format("at"), [conversation])
    until = before.created_at if before else None
    proposed = [Told(at, _proposed(text)) for at, key, text in cases if before is None or key != before.pk]
    live = [Told(at, messages) for at, messages in heard]
    told = (each for each in [*proposed, *live] if until is None or each.at <= until)
    return sorted(told, key=lambda told: told.at)


def letters(conversation: int) -> list[Letter]:
    """What people wrote to the customer, oldest first."""
    if not rows.values(Letter, ("id",), "WHERE conversation_id = %s LIMIT 1", [conversation]):
        return []
    return list(Letter.objects.filter(conversation_id=conversation).select_related("author"))


def with_letters(said: Sequence[Message], written: Iterable[Letter]) -> list[Message]:
    """The record with the letters in their places; one that the agent's side tells itself is not shown twice."""
    told = Counter(_gist(message["text"]) for message in said if message["role"] == "human")
    between: dict[int, list[Message]] = {}
    for letter in written:
        if told[gist := _gist(letter.text)]:
            told[gist] -= 1
        else:
            between.setdefault(letter.after_seq, []).append(_as_message(letter))
    whole = [*between.pop(-1, [])]
    for message in said:
        whole += [message, *between.pop(message["seq"], [])]
    return whole + [message for rest in between.values() for message in rest]


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


def _proposed(text: str) -> list[Message]:
    return list(json.loads(text)["conversation"].get("messages", []))


def _as_message(letter: Letter) -> Message:
    return {
        "seq": letter.after_seq,
        "role": "human",
        "text": letter.text,
        "at": letter.written_at.isoformat(),
        "by": letter.author.display,
        "letter": letter.pk,
        "delivered": letter.delivered_at is not None,
    }


def _gist(text: str) -> str:
    return " ".join(text.split())
