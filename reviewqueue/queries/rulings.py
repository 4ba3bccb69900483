"""What people ruled about the actions of a case, as one compares it with what was wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.models import Case


def of(case: Case) -> list[dict[str, Any]]:
    """Each ruling that stands: its action, its type, its reason, and the arguments that it changed."""
    proposed = {action["call_id"]: action["args"] for action in case.actions}
    return [
        {
            "call_id": one.call_id,
            "type": one.type,
            "reason_code": one.reason_code,
            "args": changed_args(proposed[one.call_id], one.final_action),
        }
        for one in case.decisions.filter(undone_at=None)
    ]


def first_of(case: Case) -> list[dict[str, Any]]:
    """The same of what the first of two people ruled; nothing where there is no first."""
    proposed = {action["call_id"]: action["args"] for action in case.actions}
    return [
        {**ruling, "args": changed_args(proposed[ruling["call_id"]], ruling.get("final", ""))}
        for ruling in case.first_ruling or []
    ]


def changed_args(proposed: Mapping[str, Any], final: str) -> list[str]:
    """Which arguments a final action has otherwise than it was proposed."""
    if not final:
        return []
    made = json.loads(final)["args"]
    return sorted(key for key in {*proposed, *made} if proposed.get(key) != made.get(key))
