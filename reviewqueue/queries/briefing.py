"""The whole of a case as a reviewer sees it, and the digest that proves what they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from audit.models import Entry
from reviewqueue.engine import canonical, hidden
from reviewqueue.models import Case, State
from reviewqueue.queries import transcript
from reviewqueue.rules import Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIMILAR = 5
_LOOKED_AT = 200


def timeline(case: Case) -> list[Entry]:
    """Everything recorded about a case, oldest first."""
    return list(Entry.objects.filter(subject=case.subject).order_by("seq"))


def conversation(case: Case) -> list[dict[str, Any]]:
    """The conversation's record as it stands now."""
    return transcript.of(case.conversation_id)


def actions(case: Case) -> list[dict[str, Any]]:
    """Each proposed action with the canonical text that is shown, approved and run."""
    rendered = []
    for action in case.actions:
        core = {"name": action["name"], "args": action["args"]}
        rendered.append(
            {
                "call_id": action["call_id"],
                "kind": action["kind"],
                "name": action["name"],
                "args": action["args"],
                "args_schema": action.get("args_schema"),
                "description": action.get("description") or "",
                "value": action.get("value"),
                "reversible": action.get("reversible"),
                "allowed_decisions": action.get("allowed_decisions") or ["approve", "edit", "reject", "respond"],
                "canonical": canonical.canonical(core).decode(),
                "digest": canonical.digest(core),
            }
        )
    return rendered


def seen_digest(case: Case) -> str:
    """A digest over all that the page shows to decide on: proposal, conversation, reasons, answers, first ruling."""
    questions = case.questions.values_list("id", "text", "answer")
    return canonical.digest(
        {
            "case": case.pk,
            "proposal": case.content_digest,
            "conversation": [[m["seq"], m["role"], m["text"]] for m in conversation(case)],
            "reasons": [reason["says"] for reason in case.verdict["reasons"]],
            "questions": [list(question) for question in questions],
            "first": [[ruling["call_id"], ruling["digest"]] for ruling in case.first_ruling or []],
            "decided": sorted(case.decisions.filter(undone_at=None).values_list("call_id", flat=True)),
        }
    )


def hidden_characters(case: Case) -> int:
    """How many invisible characters the proposal carries, wherever they stand."""
    return hidden.count(case.document)


def similar(case: Case, viewer: Person) -> list[dict[str, Any]]:
    """Earlier cases that were decided, most alike first; only what the viewer may see."""
    names = queue_names(viewer)
    earlier = Case.objects.filter(outcome="decided", intent=case.intent, pk__lt=case.pk).exclude(state=State.RELEASED)
    if names is not None:
        earlier = earlier.filter(queue_id__in=names)
    recent = earlier.order_by("-pk").prefetch_related("decisions")[:_LOOKED_AT]
    alike = sorted(recent, key=lambda other: _likeness(case, other), reverse=True)
    return [_resolved(other, _likeness(case, other)) for other in alike[:_SIMILAR]]


def _likeness(case: Case, other: Case) -> float:
    same = {action["name"] for action in case.actions} & {action["name"] for action in other.actions}
    return (fuzz.token_set_ratio(case.issue, other.issue) + (100 if same else 0)) / 200


def _resolved(case: Case, score: float) -> dict[str, Any]:
    decisions = [d for d in case.decisions.all() if d.undone_at is None]
    return {
        "id": case.pk,
        "score": round(score, 2),
        "issue": case.issue,
        "decision": _joined(decision.type for decision in decisions),
        "resolution": _joined(decision.message or decision.response for decision in decisions),
    }


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
