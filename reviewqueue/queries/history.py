"""What the desk itself knows about a proposal's past: facts that no agent needs to send."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reviewqueue.engine import canonical
from reviewqueue.models import Case, Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WEEK = timedelta(days=7)


def of(
    document: Mapping[str, Any],
    conversation: int | None,
    messages: list[dict[str, Any]],
    *,
    contacts: int | None,
    at: datetime,
) -> dict[str, Any]:
    """The ``history`` facts of ``reviewqueue.engine.facts.gather``; ``conversation`` is ``None`` for a new one."""
    return {
        "now": at.isoformat(),
        "contacts_last_7_days": contacts,
        "messages_last_minute": _recent(messages, at),
        "same_action_count": _repeats(document["actions"], _earlier_actions(conversation) if conversation else []),
        "rounds_without_progress": None,
    }


def of_talk(talk: Conversation, messages: list[dict[str, Any]], *, at: datetime) -> dict[str, Any]:
    """The same for a conversation in which nothing is proposed."""
    earlier = Conversation.objects.filter(agent_id=talk.agent_id, customer_ref=talk.customer_ref)
    contacts = earlier.filter(created_at__gte=at - WEEK).count() if talk.customer_ref else None
    return {
        "now": at.isoformat(),
        "contacts_last_7_days": contacts,
        "messages_last_minute": _recent(messages, at),
        "same_action_count": {},
        "rounds_without_progress": None,
    }


def _recent(messages: Iterable[Mapping[str, Any]], at: datetime) -> int | None:
    stamps = [_moment(m["at"]) for m in messages if m["role"] == "customer" and m.get("at")]
    if not stamps:
        return None
    newest = min(max(stamps), at)
    return sum(newest - timedelta(minutes=1) < stamp <= newest for stamp in stamps)


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _earlier_actions(conversation: int) -> list[str]:
    cases = Case.objects.filter(conversation_id=conversation).only("proposal")
    return [_name(action) for case in cases for action in case.actions]


def _repeats(actions: Iterable[Mapping[str, Any]], earlier: Iterable[str]) -> dict[str, int]:
    """How often each action has been proposed in this conversation, this time included."""
    counts = Counter(earlier)
    seen = {}
    for action in actions:
        counts[name := _name(action)] += 1
        seen[action["call_id"]] = counts[name]
    return seen


def _name(action: Mapping[str, Any]) -> str:
    return canonical.digest({"name": action["name"], "args": action["args"]})
