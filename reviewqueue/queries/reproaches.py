"""Errors of which nobody said why: no code, nothing that was missing, no note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Q

from reviewqueue import rules
from reviewqueue.models import QaVerdict, Rating, Sampled
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from reviewqueue.rules import Person

MOST: Final = 50


def says_nothing(verdict: QaVerdict) -> bool:
    """Is it an error without a word on why?"""
    return verdict.verdict != Rating.OK and not (verdict.codes or verdict.knowledge_gap or verdict.note)


def unsaid(person: Person) -> list[QaVerdict]:
    """Those that this person left open, and for whoever leads quality those that stand; the oldest first, 50 at most.

    What one of two has said is not told to anybody else before both have.
    """
    found = QaVerdict.objects.exclude(verdict=Rating.OK).filter(codes=[], knowledge_gap="", note="")
    stands = Q(sampled__state=Sampled.State.SETTLED) & ~Q(sampled__kind=Sampled.Kind.CALIBRATION)
    mine = Q(by_id=person.pk)
    found = found.filter(mine | stands if person.may(Permission.LEAD_QUALITY) else mine)
    names = rules.queue_names(person)
    if names is not None:
        found = found.filter(sampled__case__queue_id__in=names)
    return list(found.select_related("by", "sampled__case", "sampled__case__agent").order_by("given_at", "pk")[:MOST])
