"""Remarks for colleagues: they stay in the desk, agents and customers never read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import Case
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def comment(case: Case, *, person: Reviewer, text: str, at: datetime) -> Case:
    """Leave a remark in the timeline, whatever the state of the case; it moves nothing and binds nobody."""
    case = lifecycle.locked(case.pk)
    rules.require(person, "comment", case)
    if not text.strip():
        says = _("Write the comment.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/text", "detail": says},))
    lifecycle.record(case, "case.commented", actor=by(person), at=at, data={"text": text.strip()})
    return case
