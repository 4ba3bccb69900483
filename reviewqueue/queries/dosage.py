"""How many control cases somebody may get, and which of those that wait they must not."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

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
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

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
    source = specimen.source
    if person_id in {specimen.made_by_id, specimen.approved_by_id, source.first_by_id, source.claimed_by_id}:
        return True
    return any(met.exists() for met in _met(specimen, person_id))


def _met(specimen: Specimen, person_id: int) -> Iterator[QuerySet[Any]]:
    """Each way in which somebody on record has met it."""
    source = specimen.source_id
    yield Decision.objects.filter(case_id=source, decided_by_id=person_id)
    yield Catch.objects.filter(canary__specimen=specimen, user_id=person_id)
    yield Practice.objects.filter(lesson=specimen.pk, user_id=person_id)
    yield Sighting.objects.filter(case_id=source, user_id=person_id)
    yield SecondLook.objects.filter(case_id=source, by_id=person_id)
    yield QaVerdict.objects.filter(sampled__case_id=source, by_id=person_id)
    yield Letter.objects.filter(case_id=source, author_id=person_id)


def barred(person_id: int, *, at: datetime) -> list[str]:
    """The waiting control cases that this person must not get: they know them, or have had enough of them."""
    waiting = list(Canary.objects.filter(settled_at=None).select_related("specimen__source"))
    if not waiting:
        return []
    if not left(person_id, at=at):
        return [canary.pk for canary in waiting]
    return [canary.pk for canary in waiting if knows(canary.specimen, person_id)]
