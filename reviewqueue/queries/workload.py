"""People's time: how long cases take, who is on, and how long cases would wait if more or fewer came.

The forecast plays each queue through (`engine.queueing`): the held cases come when they came, the people of the roster
take them one after the other, each for as long as cases there took, and what is not finished within its target is late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import fmean
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine import business_time, queueing, targets
from reviewqueue.engine.comparison import WHENS, Arrived, Tally
from reviewqueue.engine.queueing import PLAYED, Came
from reviewqueue.engine.rank import BY_PRIORITY
from reviewqueue.models import Event, Queue, Target
from reviewqueue.queries import promises, real, staffing
from reviewqueue.queries.recorded import Period

LOOKED_AT: Final = 2_000
FEWEST: Final = 5
# What nobody has begun with so long after the last case came is left over.
_AFTERWARDS: Final = timedelta(days=14)
# A target within opening times may lie behind holidays.
_TARGETS_END: Final = timedelta(days=60)
_AT_ONCE: Final = 500
# Whoever leaves a case open over lunch has not worked on it all the time.
_LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Work:
    """How many seconds the last cases took, by queue; where too few are known, those of all queues count."""

    took: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def of(self, queue: str) -> Sequence[float]:
        """The times that are known for a queue; none where nobody knows."""
        mine = self.took.get(queue, ())
        if len(mine) >= FEWEST:
            return mine
        every = [seconds for each in self.took.values() for seconds in each]
        return every if len(every) >= FEWEST else ()


def measured(period: Period) -> Work:
    """From the last decisions of people in the period: from taking a case to deciding it."""
    took: dict[str, list[float]] = defaultdict(list)
    rows = _decisions(period)
    claimed = _claimed([case for case, *_rest in rows])
    for case, queue, at in rows:
        began = claimed.get(case)
        if began and timedelta(0) <= at - began <= _LONGEST:
            took[queue].append((at - began).total_seconds())
    return Work(took)


def none() -> Work:
    """Of proposals that no desk has seen, nobody knows who would work on them and how long."""
    return Work()


def forecast(tally: Tally, work: Work) -> list[dict[str, Any]]:
    """For each queue, before and after: cases, hours of work, waits and the share that would be late."""
    arrived = {when: tally.arrived(when) for when in WHENS}
    names = sorted({name for each in arrived.values() for name in each.queues})
    if not names or not any(work.of(name) for name in names):
        return [_lane(name, work, {when: _load(name, arrived[when], work, {}) for when in WHENS}) for name in names]
    return _played(names, arrived, work)


def hours(queues: list[dict[str, Any]]) -> dict[str, float | None]:
    """Reviewers' hours of the whole period; None where nobody knows how long a case takes."""
    known = {when: [lane[when]["hours"] for lane in queues] for when in WHENS}
    return {when: None if None in each else round(sum(each), 1) for when, each in known.items()}


def _played(names: Sequence[str], arrived: Mapping[str, Arrived], work: Work) -> list[dict[str, Any]]:
    newest = {when: _newest(each) for when, each in arrived.items()}
    moments = np.concatenate([each.moments for each in newest.values()])
    start, last = (_moment(moment) for moment in (moments.min(), moments.max()))
    queues = staffing.queues_named(names)
    crew = staffing.crew(queues, start, last + _AFTERWARDS)
    waits = {when: _through(each, work, queues, crew) for when, each in newest.items()}
    return [
        _lane(name, work, {when: _load(name, arrived[when], work, waits[when]) for when in WHENS})
        | {"people": crew.most(name), "staffed": crew.basis[name], "covered": round(crew.share(name, start, last), 3)}
        for name in names
    ]


def _newest(arrived: Arrived) -> Arrived:
    return arrived.chosen(np.arange(max(len(arrived.moments) - PLAYED, 0), len(arrived.moments)))


def _through(
    arrived: Arrived, work: Work, queues: Mapping[str, Queue], crew: staffing.Crew
) -> dict[str, list[tuple[float, bool]]]:
    """By queue, of each case how many seconds it waits (endless where nobody begins), and whether it is late."""
    due, takes = _due(arrived, queues), {name: cycle(work.of(name)) for name in queues}
    heads = np.array([head.total_seconds() for head in BY_PRIORITY])[arrived.priorities]
    cases = [
        Came(at, name, rank, next(takes[name]))
        for at, name, rank in zip(arrived.moments.tolist(), arrived.queues, (due - heads).tolist(), strict=True)
    ]
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for case, began, limit in zip(cases, queueing.begun(cases, crew.stretches), due.tolist(), strict=True):
        found[case.lane].append((began - case.at, began + case.takes > limit))
    return found


def _due(arrived: Arrived, queues: Mapping[str, Queue]) -> npt.NDArray[np.float64]:
    """Until when each case is to be decided: by the service level of its kind, or else by its queue and priority."""
    due = np.empty(len(arrived.moments))
    places: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    kinds = zip(arrived.queues, arrived.priorities.tolist(), arrived.tiers, strict=True)
    for place, kind in enumerate(kinds):
        places[kind].append(place)
    for (name, priority, tier), rows in places.items():
        due[rows] = _due_of_kind(arrived.moments[rows], queues[name], priority, tier)
    return due


def _due_of_kind(moments: npt.NDArray[np.float64], queue: Queue, priority: int, tier: str) -> npt.NDArray[np.float64]:
    service = promises.of_kind(queue, priority, tier)
    within = dict(service.targets).get(Target.DECIDE) if service else None
    if service is None or within is None or service.hours.always:
        return moments + (within or queue.target(priority)).total_seconds()
    start, end = _moment(moments.min()), _moment(moments.max()) + within + _TARGETS_END
    opening = [(a.timestamp(), b.timestamp()) for a, b in business_time.openings(start, end, service.hours)]
    return targets.due(moments, within.total_seconds(), opening) if opening else moments + within.total_seconds()


def _lane(name: str, work: Work, loads: Mapping[str, Any]) -> dict[str, Any]:
    took = work.of(name)
    return {
        "queue": name,
        "handling_seconds": round(fmean(took)) if took else None,
        "measured_on": len(took),
        "people": None,
        "staffed": None,
        "covered": None,
        **loads,
    }


def _load(name: str, arrived: Arrived, work: Work, waits: Mapping[str, Sequence[tuple[float, bool]]]) -> dict[str, Any]:
    cases, took = int((arrived.queues == name).sum()), work.of(name)
    mine = waits.get(name, ())
    begun = [wait for wait, _late in mine if wait < queueing.NEVER]
    return {
        "cases": cases,
        "hours": round(cases * fmean(took) / 3600, 2) if took else None,
        "wait_seconds": round(fmean(begun)) if begun else None,
        "late": round(sum(late for _wait, late in mine) / len(mine), 4) if mine else None,
        "never_begun": len(mine) - len(begun) if took else None,
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _decisions(period: Period) -> list[tuple[str, str, datetime]]:
    found = real.decisions().filter(decided_by__isnull=False, undone_at=None)
    if period.start:
        found = found.filter(decided_at__gte=period.start)
    if period.end:
        found = found.filter(decided_at__lt=period.end)
    newest = found.order_by("-decided_at").values_list("case_id", "case__queue_id", "decided_at")
    once: dict[str, tuple[str, str, datetime]] = {}
    for case, queue, at in newest[:LOOKED_AT]:
        once.setdefault(case, (case, queue, at))
    return list(once.values())


def _claimed(cases: list[str]) -> dict[str, datetime]:
    """When each case was taken last."""
    found: dict[str, datetime] = {}
    for start in range(0, len(cases), _AT_ONCE):
        events = Event.objects.filter(case_id__in=cases[start : start + _AT_ONCE], kind="case.claimed")
        found |= dict(events.order_by("id").values_list("case_id", "at"))
    return found
