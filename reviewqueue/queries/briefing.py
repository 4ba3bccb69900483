"""The whole of a case as a reviewer sees it, and the digest that proves what they saw."""

from __future__ import annotations

from typing import Any

from audit.models import Entry
from reviewqueue.engine import canonical, hidden
from reviewqueue.models import Case
from reviewqueue.queries import likeness, transcript
from reviewqueue.rules import Person


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


def seen_digest(case: Case, said: list[dict[str, Any]] | None = None) -> str:
    """A digest over all that the page shows to decide on: proposal, conversation, reasons, answers, first ruling.

    ``said``: the conversation, where it has been read already.
    """
    questions = case.questions.values_list("id", "text", "answer")
    return canonical.digest(
        {
            "case": case.pk,
            "proposal": case.content_digest,
            "conversation": [[m["seq"], m["role"], m["text"]] for m in (conversation(case) if said is None else said)],
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
    return likeness.of(case, viewer).shown
