"""The lanes of a person: how much is open, since when, and what will probably be late."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Min, Q

from reviewqueue.engine import forecast
from reviewqueue.models import Case, Decision, Queue
from reviewqueue.rules import queue_names

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.rules import Person

_LATELY: Final = timedelta(hours=1)
# Enough to know the pace; a busier desk is judged by a shorter time.
_LOOKED_AT: Final = 300
# Counting so many open cases takes longer than showing a page of them: there, figures may be a few seconds old.
LARGE: Final = 10_000
KEPT: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Pace:
    """So many cases were decided by people ``in_minutes``, by queue."""

    decided: Counter[str]
    in_minutes: float


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue and what is open in it; ``likely``: will probably breach within 15 minutes."""

    queue: Queue
    count: int
    oldest_at: datetime | None
    late: int
    soon: int
    decided: int
    in_minutes: float

    @property
    def likely(self) -> int:
        """How many will probably be late 15 minutes from now, beside those that are."""
        return forecast.likely_breaches(
            late=self.late, soon=self.soon, decided=self.decided, in_minutes=self.in_minutes
        )


@dataclass(frozen=True, slots=True)
class _Figures:
    """What was counted, queue by queue, and when."""

    at: datetime
    rows: dict[str, dict[str, Any]]
    pace: Pace

    def fresh(self, at: datetime) -> bool:
        """Not too old, and not of a later moment either."""
        return self.at <= at < self.at + KEPT


# Of the whole of a large desk, and the same for everybody: who asks gets their own queues of it.
_kept: list[_Figures] = []


def of(person: Person, *, at: datetime) -> list[Lane]:
    """Every queue of this person in its fixed place, also an empty one."""
    names = queue_names(person)
    queues = Queue.objects.all() if names is None else Queue.objects.filter(name__in=names)
    figures = _figures(names, at)
    return [_lane(queue, figures.rows.get(queue.pk, {}), figures.pace) for queue in queues]


def _figures(names: frozenset[str] | None, at: datetime) -> _Figures:
    if _kept and _kept[-1].fresh(at):
        return _kept[-1]
    found = _counted(names, at)
    if sum(row["count"] for row in found) < LARGE:
        return _Figures(at, _by_queue(found), pace(at=at))
    whole = found if names is None else _counted(None, at)
    _kept[:] = [_Figures(at, _by_queue(whole), pace(at=at))]
    return _kept[-1]


def _by_queue(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["queue_id"]: row for row in rows}


def pace(*, at: datetime) -> Pace:
    """How fast people decide: the last hour, or the last 300 decisions where that is shorter."""
    by_people = Decision.objects.filter(decided_by__isnull=False, decided_at__gt=at - _LATELY)
    rows = by_people.order_by("-decided_at").values_list("case_id", "case__queue_id", "decided_at")
    recent = list(rows[:_LOOKED_AT])
    span = at - recent[-1][2] if len(recent) == _LOOKED_AT else _LATELY
    decided = Counter({case: queue for case, queue, _at in recent}.values())
    return Pace(decided, span.total_seconds() / 60)


def _counted(names: frozenset[str] | None, at: datetime) -> list[dict[str, Any]]:
    cases = Case.objects.filter(rank_at__isnull=False)
    if names is not None:
        cases = cases.filter(queue_id__in=names)
    soon = at + timedelta(minutes=forecast.MINUTES)
    rows = (
        cases.order_by()
        .values("queue_id")
        .annotate(
            count=Count("*"),
            oldest_at=Min("created_at"),
            late=Count("due_at", filter=Q(due_at__lte=at)),
            soon=Count("due_at", filter=Q(due_at__gt=at, due_at__lte=soon)),
        )
    )
    return [dict(row) for row in rows]


def _lane(queue: Queue, counted: dict[str, Any], recent: Pace) -> Lane:
    return Lane(
        queue=queue,
        count=counted.get("count", 0),
        oldest_at=counted.get("oldest_at"),
        late=counted.get("late", 0),
        soon=counted.get("soon", 0),
        decided=recent.decided[queue.pk],
        in_minutes=recent.in_minutes,
    )
