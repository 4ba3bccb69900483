"""Put a case aside for a while: it leaves one's own list and one's turn. Colleagues and deadlines do not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import claims, lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import OPEN, Case, Snooze, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def snooze(case: Case, *, person: Reviewer, until: datetime, at: datetime) -> Case:
    """Hide a case from its reviewer until a time before it expires; one that they hold goes back to its queue.

    Again: the later word counts. Claiming the case ends it.
    """
    case = lifecycle.locked(case.pk)
    rules.require(person, "snooze", case)
    if not at < until < case.expires_at:
        says = _("Choose a time after now and before the case expires.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/until", "detail": says},))
    Snooze.objects.update_or_create(case=case, user_id=person.pk, defaults={"until_at": until})
    lifecycle.record(case, "case.snoozed", actor=by(person), at=at, data={"until": until.isoformat()})
    if case.state == State.CLAIMED:
        case = claims.release(case, reviewer=person, token=None, at=at)
    return case


def wake_due(*, at: datetime, limit: int = 200) -> int:
    """Bring back every case whose time has come; returns how many."""
    due = Snooze.objects.filter(until_at__lte=at).order_by("until_at")[:limit]
    return lifecycle.each(due, lambda snoozed: _wake(snoozed, at))


@transaction.atomic
def _wake(due: Snooze, at: datetime) -> bool:
    # The case before what belongs to it, as everywhere: no two verbs wait for each other.
    case = lifecycle.locked(due.case_id)
    snoozed = Snooze.objects.select_for_update().filter(pk=due.pk, until_at__lte=at).first()
    if snoozed is None:
        return False
    snoozed.delete()
    if case.state in OPEN:
        lifecycle.record(case, "case.woken", actor=SYSTEM, at=at, data={"user": f"u_{snoozed.user_id}"})
    return True
