"""What people corrected as pairs to learn from and to test with: what was asked, what was wrong, what was right."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.stories import CHANGES
from reviewqueue.models import Ruling
from reviewqueue.queries import cases, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reviewqueue.models import Case, Decision
    from reviewqueue.rules import Person

# More leaves the desk only bit by bit.
MOST: Final = 1_000
LOOK_BACK: Final = timedelta(days=90)


def of(person: Person, *, at: datetime) -> list[dict[str, Any]]:
    """The newest corrections of the last 90 days in cases that this person may see, 1,000 at most."""
    ruled = real.decisions().filter(
        type__in=CHANGES,
        decided_by__isnull=False,
        undone_at=None,
        took_effect_at__isnull=False,
        decided_at__gte=at - LOOK_BACK,
        case__in=cases.visible(person).values("pk"),
    )
    return list(_pairs(ruled.select_related("case__agent").order_by("-decided_at")[:MOST]))


def as_lines(pairs: list[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(f"{json.dumps(pair, ensure_ascii=False)}\n" for pair in pairs)


def _pairs(ruled: Any) -> Iterator[dict[str, Any]]:
    for decision in ruled:
        action = next((each for each in decision.case.actions if each["call_id"] == decision.call_id), None)
        if action is not None:
            yield _pair(decision, decision.case, action)


def _pair(decision: Decision, case: Case, action: dict[str, Any]) -> dict[str, Any]:
    document = case.document
    talk = (document.get("conversation") or {}).get("messages") or []
    return {
        "prompt": {
            "messages": [{"role": each.get("role"), "text": each.get("text")} for each in talk],
            "intent": case.intent or None,
            "issue": case.issue or None,
            "sources": [
                {"title": each.get("title"), "text": each.get("text")} for each in document.get("sources") or []
            ],
        },
        "rejected": {"name": action["name"], "args": action.get("args")},
        "chosen": _chosen(decision),
        "ruling": decision.type,
        "reason": decision.reason_code or None,
        "missing": decision.knowledge_gap or None,
        "says": decision.message or None,
        "case": case.pk,
        "agent": {
            "name": case.agent.name,
            "version": case.agent_version or None,
            "model": case.agent_model or None,
            "prompt": case.agent_prompt or None,
            "knowledge": case.agent_knowledge or None,
        },
    }


def _chosen(decision: Decision) -> dict[str, Any] | None:
    """What ran or was said instead; None where it was rejected, and nothing was right."""
    if decision.type == Ruling.EDIT:
        final = json.loads(decision.final_action)
        return {"name": final["name"], "args": final["args"]}
    return {"response": decision.response} if decision.type == Ruling.RESPOND else None
