"""What its reader can still take back: single decisions, and batches as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.domain import together
from reviewqueue.queries import people

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


def context(who: Reviewer, now: datetime, *, but: str = "") -> dict[str, Any]:
    """For the undo bar; ``but`` leaves one case out. The key takes back what was decided last (``latest``)."""
    batches = together.undoable(who, at=now)
    inside = {case_id for batch in batches for case_id in batch.case_ids}
    single = [case for case in people.undoable(who.pk, at=now) if case.pk not in inside and case.pk != but]
    latest = [(each.decided_at or now, each.pk) for each in batches[:1]] + [
        (each.updated_at, each.pk) for each in single[:1]
    ]
    return {"undoable": single, "undoable_batches": batches, "latest": max(latest)[1] if latest else ""}
