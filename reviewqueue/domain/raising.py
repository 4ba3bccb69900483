"""The desk itself calls a person to a conversation: a case without anything to run, with all that is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from audit.actions import SYSTEM
from reviewqueue.domain import desk_made, intake, routing
from reviewqueue.models import Agent, Case, Conversation, Oversight, Priority, ids
from reviewqueue.queries import handover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from reviewqueue.engine.policy import Policy
    from reviewqueue.engine.triggers import Verdict

Message = dict[str, Any]
# What the desk proposes in the agent's name: to step aside. Nothing runs, so there is nothing to approve.
STEP_ASIDE: Final[dict[str, Any]] = {
    "call_id": "call_1",
    "kind": "handoff",
    "name": "hand_over",
    "args": {},
    "description": "A person goes on with this conversation.",
    "reversible": True,
    "allowed_decisions": ["respond", "reject"],
}


class Heard(NamedTuple):
    """What was heard in a conversation, and what the policy says of it."""

    facts: dict[str, Any]
    verdict: Verdict
    policy: Policy
    number: int


def raise_case(
    talk: Conversation,
    *,
    agent: Agent,
    heard: Heard,
    record: Sequence[Message],
    signals: Mapping[str, Any],
    at: datetime,
) -> Case:
    """Open a case for a locked conversation, in the queue of what fired; only a person can settle it."""
    document = _document(talk, heard.verdict, record, signals)
    verdict = _for_a_person(heard.verdict)
    case = desk_made.of_document(document, agent=agent, verdict=verdict, policy=heard.policy, at=at)
    case.conversation_id, case.policy_id, case.facts = talk.pk, heard.number, heard.facts
    case.expires_at = max(case.expires_at, at + timedelta(seconds=heard.policy.expiry_seconds))
    data = intake.opening(case, verdict, [])
    routing.admit(case, actor=SYSTEM, data=data, at=at)
    Conversation.objects.filter(pk=talk.pk).update(raised=case)
    return case


def is_graver(case: Case, verdict: Verdict) -> bool:
    """Does something fire now that asks for more than what the waiting case was opened for?"""
    known = {reason["trigger"] for reason in case.verdict["reasons"]}
    new = [reason for reason in verdict.reasons if reason.trigger not in known]
    if not new:
        return False
    handed_off = any(reason["outcome"] == "handoff" for reason in case.verdict["reasons"])
    hands_off = any(reason.outcome == "handoff" for reason in new)
    elsewhere = verdict.queue != case.queue_id or not handed_off
    return (hands_off and elsewhere) or Priority[verdict.priority.upper()] > case.priority


def _for_a_person(verdict: Verdict) -> Verdict:
    actions = tuple(replace(action, mode=str(Oversight.HUMAN_ONLY)) for action in verdict.actions)
    return replace(verdict, mode=str(Oversight.HUMAN_ONLY), actions=actions, eyes=1)


def _document(
    talk: Conversation, verdict: Verdict, record: Sequence[Message], signals: Mapping[str, Any]
) -> dict[str, Any]:
    """In the words of a proposal. ``origin`` is no word of the wire, so no agent can write it."""
    told = handover.of(talk.pk)
    return {
        "dedupe_key": f"desk:{ids.new_id('talk')}",
        "origin": "desk",
        "intent": told.intent,
        "workflow": told.workflow,
        "language": talk.language or told.language,
        "conversation": {"id": talk.external_id, "channel": talk.channel or None, "messages": []},
        "customer": told.customer | {name: value for name, value in talk.customer.items() if value},
        "actions": [STEP_ASIDE],
        "release": "together",
        "briefing": handover.briefing(told, record, [reason.category for reason in verdict.reasons]),
        "signals": dict(signals),
        "sources": told.sources,
        "resume": told.resume,
    }
