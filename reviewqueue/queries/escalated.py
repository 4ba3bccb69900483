"""Open cases that a level escalated to a person, by name or by role."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from reviewqueue.models import OPEN, Case, Mention, ServiceAlert
from reviewqueue.rules import queue_names

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.rules import Person

MOST = 50
_LATELY = timedelta(days=14)


def mentions(person: Person, *, at: datetime) -> list[Mention]:
    """Where colleagues named them in the last two weeks, as far as they may still see the case."""
    found = Mention.objects.filter(user_id=person.pk, at__gt=at - _LATELY)
    names = queue_names(person)
    if names is not None:
        found = found.filter(case__queue_id__in=names)
    return list(found.select_related("case", "by")[:MOST])


def to(person: Person) -> list[Case]:
    """The most urgent first; a role finds those of the queues that its bearer sees."""
    mine = Q(told_id=person.pk)
    role: Any = getattr(person, "role", "")
    names = queue_names(person)
    of_role = Q(told_role=role) & ~Q(told_role="")
    if names is not None:
        of_role &= Q(case__queue_id__in=names)
    alerts = ServiceAlert.objects.filter(mine | of_role, case__rank_at__isnull=False, case__state__in=OPEN)
    cases = Case.objects.filter(pk__in=alerts.values("case_id")).select_related("queue", "claimed_by")
    return list(cases.order_by("rank_at", "id")[:MOST])
