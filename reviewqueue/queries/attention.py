"""How somebody decides: how long they look, what they open, how often they approve, and what others would have done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import log
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from reviewqueue.engine.estimates import Share
from reviewqueue.models import Ruling, SecondLook
from reviewqueue.queries import coaching, real
from reviewqueue.rules import Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

SPAN: Final = timedelta(days=30)
ORDER: Final = (Ruling.APPROVE, Ruling.EDIT, Ruling.RESPOND, Ruling.REJECT)
_LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True)
class Meter:
    """One person's last decisions. ``usual_run``: the longest row of approvals that chance alone would bring."""

    decided: int
    quick: Share
    approved: Share
    opened: Share
    run: int
    longest_run: int
    usual_run: int
    agreed: Share
    caught: Share


def timed(timings: Mapping[str, Any]) -> bool:
    """Is it known how long the case was in hand, and how long it takes to read?"""
    return bool(timings.get("reading_seconds")) and timings.get("held_seconds") is not None


def quick(timings: Mapping[str, Any], below: int) -> bool:
    """Was the case in hand for less than so much percent of the time that reading it takes?"""
    return timed(timings) and timings["held_seconds"] * 100 < timings["reading_seconds"] * below


def of(person: int, *, below: int, at: datetime) -> Meter:
    """The last thirty days of one person; three questions."""
    mine = real.decisions().filter(real.settled(at), decided_by_id=person, decided_at__gt=at - SPAN)
    newest = mine.order_by("-decided_at").values_list("case_id", "type", "timings")[:_LOOKED_AT]
    cases: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for case, kind, timings in newest:
        known = cases.get(case)
        strictest = max(kind, known[0], key=ORDER.index) if known else kind
        cases[case] = (strictest, timings)
    kinds = [kind == Ruling.APPROVE for kind, _timings in cases.values()]
    measured = [timings for _kind, timings in cases.values() if timed(timings)]
    pieces = [timings for _kind, timings in cases.values() if timings.get("opened")]
    looks = SecondLook.objects.filter(first_by_id=person, said_at__isnull=False, drawn_at__gt=at - SPAN)
    agreed = [look.agrees for look in looks]
    return Meter(
        decided=len(cases),
        quick=Share(sum(quick(timings, below) for timings in measured), len(measured)),
        approved=Share(sum(kinds), len(kinds)),
        opened=Share(len(pieces), len(cases)),
        run=_first_run(kinds),
        longest_run=_longest_run(kinds),
        usual_run=_usual_run(kinds),
        agreed=Share(sum(agreed), len(agreed)),
        caught=coaching.of_person(person, at=at),
    )


def to_look_at(person: Person) -> list[SecondLook]:
    """Second looks that this person can take, the oldest first."""
    found = SecondLook.objects.filter(said_at=None).exclude(first_by_id=person.pk)
    found = found.exclude(case__agent__owner_id=person.pk).exclude(case__first_by_id=person.pk)
    names = queue_names(person)
    if names is not None:
        found = found.filter(Q(case__queue_id__in=names))
    return list(found.select_related("case__agent", "case__queue").order_by("drawn_at")[:20])


def _first_run(kinds: Iterable[bool]) -> int:
    run = 0
    for approved in kinds:
        if not approved:
            break
        run += 1
    return run


def _longest_run(kinds: Iterable[bool]) -> int:
    longest = run = 0
    for approved in kinds:
        run = run + 1 if approved else 0
        longest = max(longest, run)
    return longest


def _usual_run(kinds: list[bool]) -> int:
    """About the longest row among so many decisions of somebody who approves this share of them by chance."""
    n, approved = len(kinds), sum(kinds)
    if not n or approved in {0, n}:
        return approved
    share = approved / n
    return max(round(log(n * (1 - share)) / log(1 / share)), 1) if n * (1 - share) > 1 else approved
