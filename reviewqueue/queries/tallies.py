"""What is counted of agents and queues over a stretch of time, and the newest cases behind a count."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count as CountOf
from django.db.models import F, Q

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.charts import NOTHING, Count
from reviewqueue.models import Grant, Measure, Move, Oversight, Ruling, ids
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from reviewqueue.models import Case, Decision

Counts = dict[tuple[str, str], Count]
# Signals are read case by case: of more than these, the newest tell enough.
MOST_SIGNALS: Final = 5000
MOST_BEHIND: Final = 50
# Clocks of processes differ by less; ids are made by them.
_SLACK: Final = timedelta(minutes=1)
_HELD: Final = Q(oversight__in=[Oversight.IN_THE_LOOP, Oversight.HUMAN_ONLY])
_CHANGED: Final = Q(type__in=[Ruling.EDIT, Ruling.REJECT, Ruling.RESPOND])
_UNCHANGED: Final = Q(type=Ruling.APPROVE)
_FAILED: Final = Q(outcome__in=["failed", "unknown"])
_KNOWN: Final = Q(outcome__in=["succeeded", "failed", "unknown"])


def counted(since: datetime, until: datetime) -> Counts:
    """Everything that is counted, by measure and agent or queue; seven queries, whatever happened."""
    found: Counts = {}
    decided = _decided(since, until)
    held = _shares(_cases(since, until), "agent__name", _HELD)
    found |= {(Measure.HELD, of): count for of, count in held.items()}
    changed = _shares(decided, "case__agent__name", _CHANGED)
    found |= {(Measure.OVERRIDE, of): count for of, count in changed.items()}
    failed = _shares(_executed(since, until).filter(_KNOWN), "case__agent__name", _FAILED)
    found |= {(Measure.ERROR, of): count for of, count in failed.items()}
    approved = _shares(decided, "case__queue_id", _UNCHANGED)
    found |= {(Measure.APPROVALS, of): count for of, count in approved.items()}
    found |= _passed_on(approved, since, until)
    return found | _signals(since, until)


def behind(measure: str, of: str, since: datetime, until: datetime) -> list[str]:
    """The ids of the newest cases that a count of this measure is about."""
    cases, decided = _cases(since, until), _decided(since, until)
    rows: dict[str, tuple[Any, str]] = {
        Measure.HELD: (cases.filter(_HELD, agent__name=of), "pk"),
        Measure.CONFIDENCE: (cases.filter(agent__name=of), "pk"),
        Measure.SENTIMENT: (cases.filter(agent__name=of), "pk"),
        Measure.OVERRIDE: (decided.filter(_CHANGED, case__agent__name=of), "case_id"),
        Measure.ERROR: (_executed(since, until).filter(_FAILED, case__agent__name=of), "case_id"),
        Measure.APPROVALS: (decided.filter(_UNCHANGED, case__queue_id=of), "case_id"),
        Measure.PASSED_ON: (_moved(since, until).filter(from_queue_id=of), "case_id"),
    }
    query, column = rows[measure]
    return list(dict.fromkeys(query.order_by("-pk").values_list(column, flat=True)[:MOST_BEHIND]))


def _cases(since: datetime, until: datetime) -> QuerySet[Case]:
    """Found by the primary key, which grows with time."""
    first, last = ids.first_at("case", since - _SLACK), ids.first_at("case", until + _SLACK)
    stretch = real.cases().filter(pk__gte=first, pk__lt=last, created_at__gte=since, created_at__lt=until)
    return stretch.exclude(state="imported")


def _decided(since: datetime, until: datetime) -> QuerySet[Decision]:
    people = real.decisions().filter(decided_by__isnull=False, undone_at=None)
    return people.filter(decided_at__gte=since, decided_at__lt=until)


def _executed(since: datetime, until: datetime) -> QuerySet[Grant]:
    """By when the right to execute was given: what came of it is known soon after."""
    return Grant.objects.filter(pk__gte=ids.first_at("grant", since), pk__lt=ids.first_at("grant", until))


def _moved(since: datetime, until: datetime) -> QuerySet[Move]:
    return Move.objects.filter(at__gte=since, at__lt=until, why=Move.Why.PERSON)


def _shares(rows: QuerySet[Any], by: str, which: Q) -> dict[str, Count]:
    counts = rows.order_by().values_list(by).annotate(all=CountOf("pk"), those=CountOf("pk", filter=which))
    return {of: Count(all_of_them, float(those)) for of, all_of_them, those in counts}


def _passed_on(decided: dict[str, Count], since: datetime, until: datetime) -> Counts:
    moved = dict(_moved(since, until).order_by().values_list("from_queue_id").annotate(moved=CountOf("pk")))
    queues = decided.keys() | moved.keys()
    return {
        (Measure.PASSED_ON, of): Count(decided.get(of, NOTHING).count + moved.get(of, 0), float(moved.get(of, 0)))
        for of in queues
    }


def _signals(since: datetime, until: datetime) -> Counts:
    told = _cases(since, until).annotate(sure=F("facts__signals__confidence"), mood=F("facts__signals__sentiment"))
    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for agent, sure, mood in told.order_by("-pk").values_list("agent__name", "sure", "mood")[:MOST_SIGNALS]:
        for measure, value in ((Measure.CONFIDENCE, sure), (Measure.SENTIMENT, mood)):
            number = exact(value)
            if number is not None and abs(number) <= 1:
                values[measure, agent].append(float(number))
    return {key: _summed(each) for key, each in values.items()}


def _summed(values: Iterable[float]) -> Count:
    found = list(values)
    return Count(len(found), sum(found), sum(value * value for value in found))
