"""How many control cases somebody may get, and which of those that wait they must not."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from math import ceil
from operator import or_
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q

from reviewqueue.models import (
    Canary,
    Catch,
    CoachingRules,
    Decision,
    Letter,
    Practice,
    QaVerdict,
    SecondLook,
    Sighting,
    Specimen,
)

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
    """Has this person made it, read it for approval, practised it or had it before, or to do with its source?"""
    return Specimen.objects.filter(_met(person_id, specimen="pk", source="source"), pk=specimen.pk).exists()


def barred(person_id: int, *, at: datetime) -> list[str]:
    """The waiting control cases that this person must not get: they know them, or have had enough of them."""
    waiting = list(Canary.objects.filter(settled_at=None).values_list("pk", flat=True))
    if not waiting or not left(person_id, at=at):
        return waiting
    met = _met(person_id, specimen="specimen", source="specimen__source")
    return list(Canary.objects.filter(met, pk__in=waiting).values_list("pk", flat=True))


def _met(person_id: int, *, specimen: str, source: str) -> Q:
    """Each way in which somebody on record has met it; the columns name it and its source."""
    it, case = OuterRef(specimen), OuterRef(source)
    prefix = "" if specimen == "pk" else f"{specimen}__"
    mine = ("made_by", "approved_by", "source__first_by", "source__claimed_by")
    ways = [Q(**{f"{prefix}{column}": person_id}) for column in mine]
    ways += [
        Q(Exists(found))
        for found in (
            Decision.objects.filter(case=case, decided_by=person_id),
            Catch.objects.filter(canary__specimen=it, user=person_id),
            Practice.objects.filter(lesson=it, user=person_id),
            Sighting.objects.filter(case=case, user=person_id),
            SecondLook.objects.filter(case=case, by=person_id),
            QaVerdict.objects.filter(sampled__case=case, by=person_id),
            Letter.objects.filter(case=case, author=person_id),
        )
    ]
    return reduce(or_, ways)
