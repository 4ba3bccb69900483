"""Keep what somebody has typed and not sent. Nothing is decided and only they see it: the ledger keeps no word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reviewqueue import rules
from reviewqueue.models import OPEN, Draft, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case

# What a decision form holds of somebody's own; the amount typed again is typed again each time.
_OWN: Final = re.compile(
    r"a\d{1,3}-(?:\d{1,4}(?:-\d{1,4}){0,8}(?:-n|-new)?|type|response)"
    r"|message|note|reason_code|ground|upheld|knowledge_gap|letter"
)
# Where there is something to type.
KEPT_IN: Final = (*OPEN, State.TAKEN_OVER)


def save(case: Case, *, person: Reviewer, fields: Mapping[str, str], at: datetime) -> Draft | None:
    """Keep the typed fields of a case that is still open; answers ``None`` when there is nothing to keep them for."""
    rules.require_sight(person, case)
    if case.state not in KEPT_IN:
        return None
    held = {"fields": own(fields), "case_version": case.version, "saved_at": at}
    draft, _new = Draft.objects.update_or_create(case=case, person_id=person.pk, defaults=held)
    return draft


def own(fields: Mapping[str, str]) -> dict[str, str]:
    """What of a sent form somebody typed themselves."""
    return {name: text for name, text in fields.items() if _OWN.fullmatch(name)}


def discard(case: Case, *, person: Reviewer) -> None:
    """Forget what this person typed; harmless when that was nothing."""
    Draft.objects.filter(case=case, person_id=person.pk).delete()


def settle(case: Case, *, person: Reviewer, complete: bool) -> None:
    """After a decision: the decider's draft is done, and everybody's once nothing is left to decide."""
    drafts = Draft.objects.filter(case=case)
    (drafts if complete else drafts.filter(person_id=person.pk)).delete()
