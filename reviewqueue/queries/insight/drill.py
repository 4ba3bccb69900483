"""From a number to the cases behind it: those that it counts, as far as the reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now

from reviewqueue.engine.stories import CHANGES, HELD, REFUTES, SENSITIVE, WENT_WRONG
from reviewqueue.models import Case, Decision, Event, Failure, Gap, Grant, Letter, Move, QaVerdict, Rating, Sampled
from reviewqueue.queries import cases, real
from reviewqueue.queries.insight import changes

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from reviewqueue.rules import Person

PAGE: Final = 50
# A trigger is looked for among so many cases, the newest.
_LOOKED_AT: Final = 5_000


def _event(*kinds: str) -> Q:
    return Q(Exists(Event.objects.filter(case=OuterRef("pk"), kind__in=kinds)))


def _ruled(**how: Any) -> Q:
    """People's rulings that nobody can undo any more."""
    by_people = Decision.objects.filter(real.settled(Now()), case=OuterRef("pk"), decided_by__isnull=False)
    return Q(Exists(by_people.filter(**how)))


_NEEDED: Final = Q(oversight__in=HELD) | _event("case.stopped", "case.taken_over") | _ruled()
_BAD_END: Final = Q(Exists(Grant.objects.filter(case=OuterRef("pk"), outcome__in=WENT_WRONG)))
_CONTESTED: Final = Q(Exists(Case.objects.filter(contests=OuterRef("pk"))))
# What each metric counts as a hit, or all that it looks at where it has none.
_OF_CASES: Final[dict[str, Q]] = {
    "escalation_rate": _NEEDED,
    "queue_volume": _NEEDED,
    "customer_wait": _NEEDED,
    "first_response_time": _NEEDED,
    "resolution_time": _NEEDED,
    "briefing": Q(oversight__in=HELD),
    "takeover_rate": _event("case.taken_over"),
    "context_retention": Q(Exists(Letter.objects.filter(case=OuterRef("pk")).exclude(asked_again=[]))),
    "expired": _event("case.expired"),
    "released_wrong": ~_ruled() & (_BAD_END | _CONTESTED),
    "false_escalation_rate": _ruled() & ~_ruled(type__in=CHANGES),
    "routing_accuracy": Q(Exists(Move.objects.filter(case=OuterRef("pk"), why=Move.Why.PERSON))),
    "trigger_precision": _ruled(type__in=REFUTES) | _BAD_END,
    "escalation_fall": _NEEDED,
    "baseline": Q(),
    "time_saved": ~_NEEDED,
}
_WRONG: Final = ~Q(verdict=Rating.OK)
_SETTLED: Final = Q(state=Sampled.State.SETTLED)
_UNLIKE: Final = Q(
    Exists(
        QaVerdict.objects.filter(sampled=OuterRef("pk"), position=2).exclude(
            verdict=Subquery(QaVerdict.objects.filter(sampled=OuterRef("sampled"), position=1).values("verdict")[:1])
        )
    )
)
# Of the cases of the random samples, by what they were as of the draw.
_OF_SAMPLES: Final[dict[str, Q]] = {
    "missed_escalation_rate": _SETTLED & Q(columns__unseen=True, should_have_been_reviewed=True),
    "needless_escalation_rate": _SETTLED & Q(columns__unseen=False, should_have_been_reviewed=False),
    "qa_error_rate": _SETTLED & _WRONG,
    "reviewer_agreement": _UNLIKE,
}
_DRAWN_BY: Final = frozenset({"agent", "intent", "version"})
_OF_RULINGS: Final[dict[str, dict[str, Any]]] = {
    "handling_time": {},
    "briefing_saves": {},
    "reviewer_load": {},
    "approval_time": {"type": "approve"},
    "override_rate": {"type__in": CHANGES},
    "sensitive_approved": {"type__in": ["approve", "edit"], "case__risk__in": SENSITIVE},
}
_OF_GAPS: Final = "feedback_changes"
# What is changed for a gap and arrives as a version.
_ARRIVES_AS: Final = {changes.POLICY: Gap.Area.RULE, changes.VERSION: Gap.Area.PROMPT}
_OF_TALKS: Final[dict[str, dict[str, Any]]] = {
    "csat": {"conversation__csat__isnull": False},
    "csat_delta": {"conversation__csat__isnull": False},
    "briefing_csat": {"conversation__csat__isnull": False},
    "first_contact_resolution": {"conversation__resolved": True},
    "containment": {"conversation__resolved": True},
}
_COLUMNS: Final = {
    "agent": "agent__name",
    "team": "agent__team",
    "intent": "intent",
    "queue": "queue_id",
    "channel": "channel",
    "language": "language",
    "tier": "customer_tier",
    "risk": "risk",
    "version": "agent_version",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The cases behind a metric from a moment until before another, perhaps of one part of them."""

    key: str
    start: datetime
    end: datetime
    by: str = ""
    name: str = ""


def known(key: str) -> bool:
    """Does this metric stand on cases?"""
    return key in {*_OF_CASES, *_OF_RULINGS, *_OF_TALKS, *_OF_SAMPLES, _OF_GAPS}


def page(person: Person, asked: Asked, *, after: str = "") -> list[Case]:
    """The newest first, up to 51: one more than a page, to know whether there is another."""
    found = _chosen(cases.visible(person).filter(real.REAL), asked).defer("search_terms", "proposal").order_by("-pk")
    if after:
        found = found.filter(pk__lt=after)
    if asked.by != "trigger":
        return list(found.defer("facts", "search_terms", "proposal")[: PAGE + 1])
    return [case for case in found[:_LOOKED_AT] if _fired(case, asked.name)][: PAGE + 1]


def _chosen(found: QuerySet[Case], asked: Asked) -> QuerySet[Case]:
    if asked.key in _OF_SAMPLES:
        return found.filter(Exists(_drawn(asked)))
    if asked.key == _OF_GAPS:
        return found.filter(Exists(Failure.objects.filter(case=OuterRef("pk"), **_changed(asked))))
    if asked.by in _COLUMNS:
        found = found.filter(**{_COLUMNS[asked.by]: asked.name})
    if asked.key in _OF_RULINGS:
        how = _OF_RULINGS[asked.key] | _between("decided_at", asked)
        return found.filter(_ruled(**how, **_by_person(asked)))
    if asked.key in _OF_TALKS:
        return found.filter(**_OF_TALKS[asked.key], **_between("conversation__closed_at", asked))
    return found.filter(_OF_CASES[asked.key], **_between("created_at", asked))


def _drawn(asked: Asked) -> QuerySet[Sampled]:
    """Those of the weeks that the period touches."""
    first, last = asked.start.date(), (asked.end - timedelta(microseconds=1)).date()
    weeks = {f"{first + timedelta(days=n):%G-W%V}" for n in range((last - first).days + 1)}
    drawn = Sampled.objects.filter(_OF_SAMPLES[asked.key], case=OuterRef("pk"), kind=Sampled.Kind.RANDOM)
    drawn = drawn.filter(plan__in=weeks)
    return drawn.filter(**{f"columns__{asked.by}": asked.name}) if asked.by in _DRAWN_BY else drawn


def _changed(asked: Asked) -> dict[str, Any]:
    """Failures whose gap was changed in the period."""
    of = {"gap__area": _ARRIVES_AS.get(asked.name, asked.name)} if asked.by == "change" else {}
    return _between("gap__changed_at", asked) | of


def _by_person(asked: Asked) -> dict[str, str]:
    columns = {"person": "decided_by_id", "role": "decided_by__role"}
    return {columns[asked.by]: asked.name} if asked.by in columns else {}


def _between(column: str, asked: Asked) -> dict[str, datetime]:
    return {f"{column}__gte": asked.start, f"{column}__lt": asked.end}


def _fired(case: Case, name: str) -> bool:
    return any(reason.get("trigger") == name for reason in (case.verdict or {}).get("reasons") or [])
