"""A case as its agent sees it: what is effective, and nothing of what people at the desk say among themselves."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils import timezone

from hitl.api.replies import instant, instant_or_none
from reviewqueue.models import Case, Decision, Priority, Question
from reviewqueue.queries import holding, links, outlook

Document = dict[str, Any]
_REASON: Final = ("trigger", "category", "says", "observed", "threshold")


def case(found: Case, *, new: bool = False) -> Document:
    """The case; ``new``: it was made by this very call, so nobody can have asked or ruled anything."""
    # Nothing has been decided about a new case that is not even partly released.
    untouched = new and not found.outcome and found.releases_together
    return {
        "id": found.pk,
        "dedupe_key": found.dedupe_key,
        "status": status(found),
        "version": found.version,
        "oversight": found.oversight,
        "waiting_on": waiting_on(found),
        "reasons": reasons(found),
        "policy_version": found.policy_id,
        "queue": found.queue_id,
        "priority": priority(found),
        "created_at": instant(found.created_at),
        "due_at": instant_or_none(found.due_at),
        "expires_at": instant(found.expires_at),
        **_outlook(found),
        "status_url": links.status_url(found),
        "decisions": [] if untouched else [decision(ruled) for ruled in _effective(found)],
        "questions": [] if new else [question(asked) for asked in _for_agents(found)],
        "resume": found.document.get("resume"),
    }


def status(found: Case) -> str:
    """How the agent reads the state."""
    return found.outcome or "pending"


def waiting_on(found: Case) -> str | None:
    """On whom; colleagues at the desk are all "reviewer" to the agent."""
    if found.outcome or not found.waiting_on:
        return None
    return "reviewer" if found.waiting_on == Question.Of.COLLEAGUE else found.waiting_on


def priority(found: Case) -> str:
    """``low``, ``normal``, ``high`` or ``urgent``."""
    return Priority(found.priority).name.lower()


def reasons(found: Case) -> list[Document]:
    """Why a person looks: each trigger with what it saw and where its threshold lies."""
    return [{name: reason.get(name) for name in _REASON} for reason in found.verdict["reasons"]]


def decision(ruled: Decision) -> Document:
    """One ruling with its final action and grant; both null when nothing may run."""
    grant = getattr(ruled, "grant", None)
    return {
        "id": ruled.pk,
        "call_id": ruled.call_id,
        "type": ruled.type,
        "final_action": json.loads(ruled.final_action) if ruled.final_action else None,
        "message": ruled.message or None,
        "reason_code": ruled.reason_code or None,
        "response": ruled.response or None,
        "decided_by": decided_by(ruled),
        "decided_at": instant(ruled.decided_at),
        "grant": {"id": grant.pk, "digest": grant.digest, "expires_at": instant(grant.expires_at)}
        if grant and grant.voided_at is None
        else None,
    }


def decided_by(ruled: Decision) -> Document:
    """A person, or the policy that released the case."""
    if ruled.decided_by is None:
        return {"type": "policy", "id": f"policy_{ruled.case.policy_id}", "display": None}
    return {"type": "user", "id": ruled.decided_by.reference, "display": ruled.decided_by.display}


def question(asked: Question) -> Document:
    """A question, with its answer once there is one."""
    return {
        "id": asked.pk,
        "of": asked.of,
        "text": asked.text,
        "asked_at": instant(asked.asked_at),
        "answered_at": instant_or_none(asked.answered_at),
        "answer": asked.answer or None,
    }


def _effective(found: Case) -> list[Decision]:
    ruled = found.decisions.filter(took_effect_at__isnull=False, undone_at=None)
    return list(ruled.select_related("grant", "decided_by").order_by("decided_at", "id"))


def _for_agents(found: Case) -> list[Question]:
    return list(found.questions.exclude(of=Question.Of.COLLEAGUE))


def _outlook(found: Case) -> Document:
    """What to tell the customer while a person looks; nothing once the case is final."""
    if found.outcome:
        return {"customer_message": None, "wait": None}
    estimate = outlook.wait(found)
    return {
        "customer_message": holding.told(found, at=timezone.now()),
        "wait": estimate and {"p50_seconds": estimate.p50_seconds, "p80_seconds": estimate.p80_seconds},
    }
