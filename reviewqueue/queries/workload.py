"""People's time: how long cases take, who decides, and how long they would wait if more or fewer came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.comparison import Tally
from reviewqueue.engine.estimates import Crew
from reviewqueue.models import Event, Membership, Priority, Queue
from reviewqueue.queries import real
from reviewqueue.queries.recorded import Period

LOOKED_AT: Final = 2_000
FEWEST: Final = 5
_AT_ONCE: Final = 500
# Whoever leaves a case open over lunch has not worked on it all the time.
_LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Work:
    """How a queue is worked: seconds a case takes (None: too few are known), people at once, measured on ``n``."""

    handling_seconds: float | None
    people: int
    n: int


def measured(period: Period) -> dict[str, Work]:
    """From the last decisions of people in the period, by queue; people: those who decided within the same hour."""
    took: dict[str, list[float]] = defaultdict(list)
    hours: dict[str, dict[tuple[int, ...], set[int]]] = defaultdict(lambda: defaultdict(set))
    rows = _decisions(period)
    claimed = _claimed([case for case, *_rest in rows])
    for case, queue, person, at in rows:
        hours[queue][at.timetuple()[:4]].add(person)
        began = claimed.get(case)
        if began and timedelta(0) <= at - began <= _LONGEST:
            took[queue].append((at - began).total_seconds())
    members = _members()
    return {
        queue: Work(
            fmean(took[queue]) if len(took[queue]) >= FEWEST else None,
            round(fmean(len(people) for people in hours[queue].values())) if queue in hours else members.get(queue, 0),
            len(took[queue]),
        )
        for queue in {*took, *hours, *members}
    }


def none() -> dict[str, Work]:
    """Of proposals that no desk has seen, nobody knows who would work on them and how long."""
    return {}


def forecast(tally: Tally, work: Mapping[str, Work]) -> list[dict[str, Any]]:
    """For each queue, before and after: cases, hours of work, waits and the share that would be late."""
    targets = {queue.name: queue.target(Priority.NORMAL).total_seconds() for queue in Queue.objects.all()}
    overall = _overall(work)
    days = max(len(tally.days), 1)
    return [
        _lane(name, counts, _completed(work.get(name, overall), overall), targets.get(name), days)
        for name, counts in sorted(tally.queues.items())
    ]


def hours(queues: list[dict[str, Any]]) -> dict[str, float | None]:
    """Reviewers' hours of the whole period; None where nobody knows how long a case takes."""
    known = {when: [lane[when]["hours"] for lane in queues] for when in ("before", "after")}
    return {when: None if None in each else round(sum(each), 1) for when, each in known.items()}


def _completed(work: Work, overall: Work) -> Work:
    """Where too little is known of a queue, what is known of all; somebody works in each."""
    known = work if work.handling_seconds else overall
    return Work(known.handling_seconds, max(work.people, 1), known.n)


def _lane(
    name: str, counts: Mapping[str, npt.NDArray[np.int64]], work: Work, target: float | None, days: int
) -> dict[str, Any]:
    return {
        "queue": name,
        "handling_seconds": work.handling_seconds and round(work.handling_seconds),
        "measured_on": work.n,
        "people": work.people,
        "target_seconds": target,
        **{when: _load(counts[when], work, target, days) for when in ("before", "after")},
    }


def _load(counts: npt.NDArray[np.int64], work: Work, target: float | None, days: int) -> dict[str, Any]:
    cases, handling = int(counts.sum()), work.handling_seconds
    known: dict[str, Any] = {
        "cases": cases,
        "hours": None,
        "wait_seconds": None,
        "late": None,
        "overloaded_hours": None,
    }
    if handling is None:
        return known
    crews = [(int(n), Crew(n / days, handling, work.people)) for n in counts if n]
    waits = [(n, crew.mean_wait()) for n, crew in crews]
    endless = sum(wait is None for _n, wait in waits)
    mean = sum(n * wait for n, wait in waits if wait is not None) / cases if cases and not endless else None
    late = sum(n * crew.late(target - handling) for n, crew in crews) / cases if cases and target else None
    return {
        "cases": cases,
        "hours": round(cases * handling / 3600, 2),
        "wait_seconds": None if mean is None else round(mean),
        "late": None if late is None else round(late, 4),
        "overloaded_hours": endless,
    }


def _overall(work: Mapping[str, Work]) -> Work:
    """Of all queues together: for those that are too new to be known."""
    known = [(one.handling_seconds, one.n) for one in work.values() if one.handling_seconds]
    n = sum(count for _seconds, count in known)
    return Work(sum(seconds * count for seconds, count in known) / n if n else None, 1, n)


def _decisions(period: Period) -> list[tuple[str, str, int, datetime]]:
    found = real.decisions().filter(decided_by__isnull=False, undone_at=None)
    if period.start:
        found = found.filter(decided_at__gte=period.start)
    if period.end:
        found = found.filter(decided_at__lt=period.end)
    newest = found.order_by("-decided_at").values_list("case_id", "case__queue_id", "decided_by_id", "decided_at")
    once: dict[str, tuple[str, str, int, datetime]] = {}
    for case, queue, person, at in newest[:LOOKED_AT]:
        once.setdefault(case, (case, queue, person or 0, at))
    return list(once.values())


def _claimed(cases: list[str]) -> dict[str, datetime]:
    """When each case was taken last."""
    found: dict[str, datetime] = {}
    for start in range(0, len(cases), _AT_ONCE):
        events = Event.objects.filter(case_id__in=cases[start : start + _AT_ONCE], kind="case.claimed")
        found |= dict(events.order_by("id").values_list("case_id", "at"))
    return found


def _members() -> dict[str, int]:
    people: dict[str, int] = defaultdict(int)
    for queue in Membership.objects.filter(user__is_active=True).values_list("queue_id", flat=True):
        people[queue] += 1
    return people
