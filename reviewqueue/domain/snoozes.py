"""Put a case aside for a while: it leaves one's own list and one's turn. Colleagues and deadlines do not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import claims, lifecycle, sweeps
from reviewqueue.domain.people import by
from reviewqueue.models import OPEN, Case, Snooze, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

# They cannot be brought back.
_apart: Final = sweeps.Apart()


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


def wake_due(*, at: datetime, limit: int = sweeps.TOGETHER) -> int:
    """Bring back every case whose time has come; returns how many."""
    return sweeps.together(
        Snooze.objects.filter(until_at__lte=at).order_by("until_at"),
        many=lambda due: _wake(list(due), at),
        one=lambda snoozed: _wake([snoozed], at) > 0,
        apart=_apart,
        at=at,
        limit=limit,
    )


@transaction.atomic
def _wake(due: Sequence[Snooze], at: datetime) -> int:
    # The case before what belongs to it, as everywhere: no two verbs wait for each other.
    held = Case.objects.filter(pk__in={each.case_id for each in due}).order_by("pk").defer(*lifecycle.HEAVY)
    cases = {case.pk: case for case in held.select_for_update(skip_locked=True, of=("self",))}
    still = Snooze.objects.filter(pk__in=[each.pk for each in due], case__in=cases, until_at__lte=at)
    woken = list(still.order_by("until_at").select_for_update(of=("self",)))
    Snooze.objects.filter(pk__in=[each.pk for each in woken]).delete()
    open_ones = [(cases[each.case_id], each) for each in woken if cases[each.case_id].state in OPEN]
    told = [(case, "case.woken", {"user": f"u_{each.user_id}"}) for case, each in open_ones]
    lifecycle.record_each(told, actor=SYSTEM, at=at)
    return len(woken)
