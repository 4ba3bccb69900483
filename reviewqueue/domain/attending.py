"""Being at a case, so that colleagues see it. It changes nothing about the case, so the ledger keeps no word of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue import presence, rules
from reviewqueue.domain import attendance, lifecycle
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case


@transaction.atomic
def attend(case: Case, *, person: Reviewer, doing: str, at: datetime) -> None:
    """``doing``: ``viewing``, ``editing`` or ``idle``; anything else is refused (``invalid-request``)."""
    rules.require_sight(person, case)
    if doing not in presence.DOING.values:
        raise Refusal("invalid-request", _("One is viewing, editing or idle."))
    if doing != presence.DOING.IDLE:
        attendance.seen(person.pk, at=at)
    if presence.note(case.pk, person.pk, doing, at=at):
        lifecycle.announce(case, "presence.changed", at=at)


@transaction.atomic
def leave(case: Case, *, person: Reviewer, at: datetime) -> None:
    """The person looks at something else now; harmless when they were not there."""
    if presence.leave(case.pk, person.pk):
        lifecycle.announce(case, "presence.changed", at=at)
