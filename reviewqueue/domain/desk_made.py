"""Cases that no agent proposed: the desk makes them for a customer, and they live like every other case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from audit.actions import SYSTEM
from reviewqueue.domain import lifecycle, policies
from reviewqueue.engine import canonical, facts, triggers
from reviewqueue.models import Case, Priority, Queue, ids
from reviewqueue.queries import outlook

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.models import Conversation

_RULINGS: Final = ["respond", "reject"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants: ``name`` and ``args`` are the action that a person deals with, ``says`` why it is here."""

    name: str
    args: dict[str, Any]
    says: str
    queue: str
    words: str = ""
    summary: str = ""
    priority: str = "normal"
    # Earlier than the queue's target, or later: a call at a time that the customer chose.
    due_at: datetime | None = None
    lasts: timedelta | None = None
    contests: Case | None = None
    customer: dict[str, Any] = field(default_factory=dict)
    language: str = ""
    # Are the words a message of this conversation, and not something said beside it?
    said: bool = False


def open_case(wish: Wish, *, conversation: Conversation, at: datetime) -> Case:
    """Store the wish as a case for a person alone; must run inside the transaction of a verb."""
    number, policy = policies.current(at=at)
    document = _document(wish, conversation)
    agent = conversation.agent
    seen = facts.gather(document, agent=agent.name, team=agent.team)
    verdict = triggers.wished(seen, name=wish.name, says=wish.says, queue=wish.queue, priority=wish.priority)
    queue, _new = Queue.objects.get_or_create(name=wish.queue)
    priority = Priority[wish.priority.upper()]
    due_at = wish.due_at or at + queue.target(priority)
    lasts = wish.lasts or timedelta(seconds=policy.expiry_seconds)
    case = Case(
        agent=agent,
        dedupe_key=document["dedupe_key"],
        content_digest=canonical.digest(document),
        conversation=conversation,
        proposal=json.dumps(document, ensure_ascii=False),
        facts=seen,
        verdict=verdict.as_json(),
        policy_id=number,
        oversight=verdict.mode,
        intent=wish.name,
        channel=conversation.channel,
        language=wish.language,
        customer_ref=wish.customer.get("id") or "",
        customer_name=(wish.customer.get("name") or "")[:200],
        customer_tier=wish.customer.get("tier") or "",
        issue=(wish.words or wish.says)[:300],
        queue=queue,
        priority=priority,
        risk=verdict.risk,
        contests=wish.contests,
        waiting_on="reviewer",
        created_at=at,
        updated_at=at,
        due_at=due_at,
        expires_at=max(at, due_at) + lasts,
    )
    outlook.promise(case, at=at)
    body = {"policy_version": number, "mode": verdict.mode, "reasons": [wish.says], "asked_by": "customer"}
    if wish.contests:
        body["contests"] = wish.contests.pk
    return lifecycle.open_case(case, "queue", actor=SYSTEM, at=at, data=body)


def _document(wish: Wish, conversation: Conversation) -> dict[str, Any]:
    action = {
        "call_id": "wish",
        "kind": "handoff",
        "name": wish.name,
        "args": wish.args,
        "allowed_decisions": _RULINGS,
        "reversible": True,
    }
    whole: dict[str, Any] = {
        "dedupe_key": f"desk:{ids.new_id('wish')}",
        "origin": "desk",
        "asked_by": "customer",
        "intent": wish.name,
        "conversation": {
            "id": conversation.external_id,
            "channel": conversation.channel or None,
            "messages": [{"seq": 1, "role": "customer", "text": wish.words}] if wish.said else [],
        },
        "actions": [action],
        "briefing": {"issue": "" if wish.said else wish.words, "summary": wish.summary},
    }
    if wish.language:
        whole["language"] = wish.language
    if wish.customer:
        whole["customer"] = wish.customer
    return whole
