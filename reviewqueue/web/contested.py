"""What a customer contests: what was decided, by whom, and the words that they got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviewqueue import rules
from reviewqueue.queries import wordings
from reviewqueue.web.wording import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case, Decision, Wording


@dataclass(frozen=True, slots=True)
class Ruled:
    """One action of the case that is contested; ``text`` is what a reply says."""

    headline: SafeString
    text: str
    decision: Decision


def of(case: Case, person: Reviewer) -> list[Ruled]:
    """What took effect of it; nothing where this person may not see that case."""
    contested = case.contests
    if contested is None or not rules.may_see(person, contested):
        return []
    actions = {action["call_id"]: action for action in contested.actions}
    known = wordings.of(contested.actions)
    ruled = contested.decisions.filter(undone_at=None, took_effect_at__isnull=False)
    ruled = ruled.select_related("decided_by", "grant").order_by("decided_at", "id")
    return [_ruled(contested, actions[each.call_id], each, known) for each in ruled]


def _ruled(
    contested: Case, action: Mapping[str, Any], decision: Decision, known: Mapping[tuple[str, str], Wording]
) -> Ruled:
    args = json.loads(decision.final_action)["args"] if decision.final_action else action["args"]
    wording, record = known.get((action["kind"], action["name"])), contested.document.get("customer")
    said = plain(action, args, customer=contested.customer_name, wording=wording, record=record)
    text = args.get("text") if action["kind"] in {"reply", "question"} else ""
    return Ruled(said.headline, text if isinstance(text, str) else "", decision)
