"""What is counted of agents and queues over a stretch of time, and the newest cases behind a count."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count as CountOf
from django.db.models import F, Q

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.charts import NOTHING, Count
from reviewqueue.models import Grant, Measure, Move, Oversight, Ruling, agent_and_intent, ids, of_intent
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
MOST_INTENTS: Final = 500
# Clocks of processes differ by less; ids are made by them.
_SLACK: Final = timedelta(minutes=1)
_HELD: Final = Q(oversight__in=[Oversight.IN_THE_LOOP, Oversight.HUMAN_ONLY])
_CHANGED: Final = Q(type__in=[Ruling.EDIT, Ruling.REJECT, Ruling.RESPOND])
_UNCHANGED: Final = Q(type=Ruling.APPROVE)
_FAILED: Final = Q(outcome__in=["failed", "unknown"])
_KNOWN: Final = Q(outcome__in=["succeeded", "failed", "unknown"])


def counted(since: datetime, until: datetime) -> Counts:
    """Everything that is counted, by measure and agent, intent of an agent, or queue; always seven queries."""
    found: Counts = {}
    decided = _decided(since, until)
    found |= _by_agent(Measure.HELD, _cases(since, until), _HELD)
    found |= _by_agent(Measure.OVERRIDE, decided, _CHANGED, case="case__")
    found |= _by_agent(Measure.ERROR, _executed(since, until).filter(_KNOWN), _FAILED, case="case__")
    approved = _shares(decided, "case__queue_id", _UNCHANGED)
    found |= {(Measure.APPROVALS, of): count for of, count in approved.items()}
    found |= _passed_on(approved, since, until)
    return found | _signals(since, until)


def most(counts: Counts) -> Counts:
    """What is worth remembering: agents invent intents, and only the most frequent ones are known from before."""
    often = sorted(counts, key=lambda key: (bool(agent_and_intent(key[1])[1]), -counts[key].count))
    intents = sum(bool(agent_and_intent(of)[1]) for _measure, of in often)
    return {key: counts[key] for key in often[: len(often) - max(intents - MOST_INTENTS, 0)]}


def behind(measure: str, of: str, since: datetime, until: datetime) -> list[str]:
    """The ids of the newest cases that a count of this measure is about."""
    cases, decided = _cases(since, until), _decided(since, until)
    agent, intent = agent_and_intent(of)
    its = {"agent__name": agent} | ({"intent": intent} if intent else {})
    of_its = {f"case__{column}": value for column, value in its.items()}
    rows: dict[str, tuple[Any, str]] = {
        Measure.HELD: (cases.filter(_HELD, **its), "pk"),
        Measure.CONFIDENCE: (cases.filter(**its), "pk"),
        Measure.SENTIMENT: (cases.filter(**its), "pk"),
        Measure.OVERRIDE: (decided.filter(_CHANGED, **of_its), "case_id"),
        Measure.ERROR: (_executed(since, until).filter(_FAILED, **of_its), "case_id"),
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


def _by_agent(measure: str, rows: QuerySet[Any], which: Q, *, case: str = "") -> Counts:
    """Of each agent, and of each of its intents."""
    by = (f"{case}agent__name", f"{case}intent")
    counts = rows.order_by().values_list(*by).annotate(all=CountOf("pk"), those=CountOf("pk", filter=which))
    found: defaultdict[tuple[str, str], Count] = defaultdict(lambda: NOTHING)
    for agent, intent, all_of_them, those in counts:
        for of in _names(agent, intent):
            found[measure, of] += Count(all_of_them, float(those))
    return dict(found)


def _names(agent: str, intent: str) -> tuple[str, ...]:
    return (agent, of_intent(agent, intent)) if intent else (agent,)


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
    columns = ("agent__name", "intent", "sure", "mood")
    for agent, intent, sure, mood in told.order_by("-pk").values_list(*columns)[:MOST_SIGNALS]:
        for measure, value in ((Measure.CONFIDENCE, sure), (Measure.SENTIMENT, mood)):
            number = exact(value)
            if number is not None and abs(number) <= 1:
                for of in _names(agent, intent):
                    values[measure, of].append(float(number))
    return {key: _summed(each) for key, each in values.items()}


def _summed(values: Iterable[float]) -> Count:
    found = list(values)
    return Count(len(found), sum(found), sum(value * value for value in found))
