"""Cases that no agent proposed: the desk makes them for a customer, and they live and wait like every other case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from audit.actions import SYSTEM
from reviewqueue.domain import deadlines, intake, policies, routing
from reviewqueue.engine import canonical, facts, triggers
from reviewqueue.models import ids

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.engine.policy import Policy
    from reviewqueue.engine.triggers import Verdict
    from reviewqueue.models import Agent, Case, Conversation

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
    """Store the wish as a case for a person alone; must run inside the transaction of a verb.

    A time that the customer chose goes before what a service level promises, which counts from there.
    """
    number, policy = policies.current(at=at)
    document, agent = _document(wish, conversation), conversation.agent
    seen = facts.gather(document, agent=agent.name, team=agent.team)
    verdict = triggers.wished(seen, name=wish.name, says=wish.says, queue=wish.queue, priority=wish.priority)
    case = of_document(document, agent=agent, verdict=verdict, policy=policy, at=at)
    case.conversation, case.policy_id, case.facts = conversation, number, seen
    case.issue, case.contests = case.issue or wish.says[:300], wish.contests
    begins_at = wish.due_at or at
    due_at = wish.due_at or deadlines.of(case, at=at).due_at
    case.expires_at = max(at, due_at) + (wish.lasts or timedelta(seconds=policy.expiry_seconds))
    body = {"policy_version": number, "mode": verdict.mode, "reasons": [wish.says], "asked_by": "customer"}
    if wish.contests:
        body["contests"] = wish.contests.pk
    routing.admit(case, actor=SYSTEM, data=body, at=at, begins_at=begins_at, due_at=wish.due_at)
    return case


def of_document(document: dict[str, Any], *, agent: Agent, verdict: Verdict, policy: Policy, at: datetime) -> Case:
    """The case of what the desk proposes in an agent's name, not stored yet; a person sees to it."""
    raw = json.dumps(document, ensure_ascii=False)
    proposal = intake.Proposal(document, raw, canonical.digest(document), sent=document)
    case = intake.case_of(proposal, agent=agent, verdict=verdict, policy=policy, at=at)
    case.waiting_on, case.eyes = "reviewer", 1
    return case


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
