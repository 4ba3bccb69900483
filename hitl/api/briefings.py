"""A case as a reviewer sees it: the whole briefing, and one row of a list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hitl.accounts.models import User
from hitl.api import shapes
from hitl.api.replies import instant, instant_or_none
from reviewqueue import rules
from reviewqueue.models import Case, Decision, Question
from reviewqueue.queries import briefing

Document = dict[str, Any]


def whole(case: Case, viewer: User) -> Document:
    """Everything that the page shows; ``version`` and ``seen_digest`` are what a decision must carry back."""
    document, said = case.document, briefing.conversation(case)
    signals = document.get("signals") or {}
    return {
        "id": case.pk,
        "case": row(case) | _inside(case),
        "customer": document.get("customer"),
        "conversation": {
            "id": document["conversation"]["id"],
            "channel": case.channel or None,
            "messages": said,
        },
        "actions": briefing.actions(case),
        "sources": document.get("sources") or [],
        "briefing": document.get("briefing"),
        "signals": signals,
        "reasons": shapes.reasons(case),
        "similar": briefing.similar(case, viewer),
        "risk_flags": signals.get("risk_flags") or [],
        "hidden_characters": briefing.hidden_characters(case),
        "questions": [question(asked) for asked in case.questions.select_related("asked_by")],
        "first_ruling": first_ruling(case),
        "decisions": decisions(case),
        "claim": claim(case, viewer),
        "allowed": rules.allowed(viewer, case),
        "version": case.version,
        "seen_digest": briefing.seen_digest(case, said),
    }


def row(case: Case) -> Document:
    """What a list shows of a case."""
    value = None
    if case.value is not None:
        value = {"amount": format(case.value.normalize(), "f"), "currency": case.value_currency}
    return {
        "id": case.pk,
        "state": case.state,
        "status": shapes.status(case),
        "version": case.version,
        "queue": case.queue_id,
        "priority": shapes.priority(case),
        "risk": case.risk,
        "intent": case.intent or None,
        "issue": case.issue or None,
        "customer": {"name": case.customer_name or None, "tier": case.customer_tier or None},
        "value": value,
        "agent": case.agent.name,
        "reasons": list(dict.fromkeys(reason["says"] for reason in case.verdict["reasons"])),
        "waiting_on": case.waiting_on or None,
        "claimed_by": person(case.claimed_by),
        "created_at": instant(case.created_at),
        "due_at": instant_or_none(case.due_at),
        "expires_at": instant(case.expires_at),
    }


def claim(case: Case, viewer: User) -> Document | None:
    """Who holds the case and until when; the token is for the holder alone."""
    if case.claimed_by is None or case.claim_expires_at is None:
        return None
    mine = case.claimed_by_id == viewer.pk
    return {
        "by": person(case.claimed_by),
        "token": case.claim_token if mine else None,
        "expires_at": instant(case.claim_expires_at),
    }


def decisions(case: Case, *, only: Collection[str] | None = None) -> list[Document]:
    """The rulings that stand, effective or not; ``only`` these."""
    ruled = case.decisions.filter(undone_at=None).select_related("grant", "decided_by")
    ruled = ruled if only is None else ruled.filter(pk__in=only)
    return [_decision(each) for each in ruled.order_by("decided_at", "id")]


def _decision(ruled: Decision) -> Document:
    """A ruling with what only the desk knows: the note, and from when it counts."""
    return shapes.decision(ruled) | {
        "note": ruled.note or None,
        "knowledge_gap": ruled.knowledge_gap or None,
        "effective_at": instant(ruled.effective_at),
        "took_effect_at": instant_or_none(ruled.took_effect_at),
    }


def question(asked: Question) -> Document:
    """A question with who asked it."""
    return shapes.question(asked) | {"asked_by": person(asked.asked_by), "attachments": asked.attachments}


def first_ruling(case: Case) -> Document | None:
    """What the first of two people ruled; the second one rules about the same bytes, or starts anew."""
    if not case.first_ruling:
        return None
    shown = ("call_id", "type", "final", "digest", "message", "reason_code", "response")
    ruled = [{name: ruling.get(name) or None for name in shown} for ruling in case.first_ruling]
    return {"by": person(case.first_by), "decisions": ruled}


def person(user: Any) -> Document | None:
    """A colleague."""
    return {"id": user.reference, "display": user.display} if user else None


def _inside(case: Case) -> Document:
    versions = {
        "version": case.agent_version,
        "model": case.agent_model,
        "prompt": case.agent_prompt,
        "knowledge": case.agent_knowledge,
    }
    return {
        "dedupe_key": case.document["dedupe_key"],
        "oversight": case.oversight,
        "workflow": case.workflow or None,
        "language": case.language or None,
        "skills": case.skills,
        "eyes": case.eyes,
        "release": "together" if case.releases_together else "each",
        "policy_version": case.policy_id,
        "agent_versions": {name: value or None for name, value in versions.items()},
        "updated_at": instant(case.updated_at),
        "release_at": instant_or_none(case.release_at),
        "effective_at": instant_or_none(case.effective_at),
    }
