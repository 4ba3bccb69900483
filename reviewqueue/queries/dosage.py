"""How many control cases somebody may get, and which of those that wait they must not."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from reviewqueue.models import Canary, Catch, CoachingRules, Decision, Specimen

if TYPE_CHECKING:
    from datetime import datetime

WEEK: Final = timedelta(days=7)


def coaching() -> CoachingRules:
    """The rules in force; the defaults where nobody set any."""
    return CoachingRules.objects.first() or CoachingRules()


def left(person_id: int, *, at: datetime, rules: CoachingRules | None = None) -> int:
    """How many more control cases this person may get now."""
    rules = rules or coaching()
    lately = Decision.objects.filter(decided_by_id=person_id, decided_at__gt=at - WEEK, undone_at=None)
    decided = lately.values("case_id").distinct().count()
    mine = Q(case__claimed_by_id=person_id) | Q(case__first_by_id=person_id) | Q(case__decisions__decided_by=person_id)
    under_way = Canary.objects.filter(mine, settled_at=None).distinct().count()
    had = Catch.objects.filter(user_id=person_id, at__gt=at - WEEK).count()
    return max(min(rules.per_week, ceil(decided * rules.share / 100)) - had - under_way, 0)


def knows(specimen: Specimen, person_id: int) -> bool:
    """Has this person decided its source, made it, read it for approval, or had it before?"""
    if person_id in {specimen.made_by_id, specimen.approved_by_id}:
        return True
    decided = Decision.objects.filter(case_id=specimen.source_id, decided_by_id=person_id)
    return decided.exists() or Catch.objects.filter(canary__specimen=specimen, user_id=person_id).exists()


def barred(person_id: int, *, at: datetime) -> list[str]:
    """The waiting control cases that this person must not get: they know them, or have had enough of them."""
    waiting = list(Canary.objects.filter(settled_at=None).select_related("specimen"))
    if not waiting:
        return []
    if not left(person_id, at=at):
        return [canary.pk for canary in waiting]
    return [canary.pk for canary in waiting if knows(canary.specimen, person_id)]
