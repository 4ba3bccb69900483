"""What the desk can tell a colleague who goes on with a conversation: its proposals, its record, what was done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.models import Case, Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST: Final = 300
_MOST_TRIED: Final = 5
# What to do first, by what fired; kept in English, as all that a policy says.
_ADVICE: Final = {
    "human_request": "Take the conversation over: the customer asks for a person.",
    "emotion": "Take over, own what went wrong, and answer in person.",
    "legal": "Answer in person, promise nothing about the law, and keep to the facts on record.",
    "erasure": "Make sure who asks, confirm the request, and have the deletion done; two people must agree to it.",
    "security": "Make sure who writes before anything is said about the account.",
    "stall": "Take over: the agent goes in circles. Do not suggest again what was tried.",
    "frequency": "Look at the earlier contacts first, then answer all of it at once.",
    "topic": "Answer in person, or tell the agent what it may say.",
}
_ANYTHING: Final = "Look at the conversation, then take it over or tell the agent how to go on."


@dataclass(frozen=True, slots=True)
class Told:
    """The newest word of each kind that the conversation's proposals had."""

    intent: str | None = None
    workflow: str | None = None
    language: str | None = None
    customer: dict[str, Any] = field(default_factory=dict)
    briefing: Mapping[str, Any] = field(default_factory=dict)
    sources: list[Any] = field(default_factory=list)
    resume: Any = None
    done: list[str] = field(default_factory=list)


def of(conversation: int) -> Told:
    """What agents proposed in this conversation, and what became of it."""
    proposals = Case.objects.filter(conversation_id=conversation).order_by("created_at", "id")
    told = [json.loads(text) for text in proposals.values_list("proposal", flat=True)]
    if not told:
        return Told()
    customer: dict[str, Any] = {}
    for document in told:
        customer |= {name: value for name, value in (document.get("customer") or {}).items() if value}
    return Told(
        intent=_newest(told, "intent"),
        workflow=_newest(told, "workflow"),
        language=_newest(told, "language"),
        customer=customer,
        briefing=_newest(told, "briefing") or {},
        sources=_newest(told, "sources") or [],
        resume=_newest(told, "resume"),
        done=_done(conversation),
    )


def briefing(told: Told, record: Sequence[Mapping[str, Any]], categories: Sequence[str]) -> dict[str, Any]:
    """The briefing of a case that the desk opens. Nothing in it is made up: it quotes the record."""
    customer = [message["text"] for message in record if message["role"] == "customer"]
    said = [f"Said: {_short(message['text'])}" for message in record if message["role"] == "agent"]
    tried = [*(told.briefing.get("attempted") or []), *told.done] or said[-_MOST_TRIED:]
    return {
        "issue": told.briefing.get("issue") or _short(customer[0] if customer else ""),
        "summary": told.briefing.get("summary"),
        "attempted": tried,
        "recommendation": next((_ADVICE[category] for category in categories if category in _ADVICE), _ANYTHING),
        "missing": [],
    }


def _done(conversation: int) -> list[str]:
    ruled = Decision.objects.filter(case__conversation_id=conversation, undone_at=None, took_effect_at__isnull=False)
    return [_became(decision) for decision in ruled.select_related("grant", "case").order_by("decided_at", "id")]


def _became(decision: Decision) -> str:
    name = next(action["name"] for action in decision.case.actions if action["call_id"] == decision.call_id)
    grant = getattr(decision, "grant", None)
    outcome = f", {grant.outcome}" if grant and grant.outcome else ""
    return f"{name}: {decision.get_type_display()}{outcome}"


def _newest(told: Sequence[Mapping[str, Any]], name: str) -> Any:
    return next((document[name] for document in reversed(told) if document.get(name)), None)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
