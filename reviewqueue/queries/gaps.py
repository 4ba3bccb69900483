"""Knowledge gaps as people look at them: ranked, with example cases, and with what a change did to the rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q

from reviewqueue.engine import intervals
from reviewqueue.engine.estimates import Share
from reviewqueue.models import Case, Decision, Failure, Gap, Sampled
from reviewqueue.queries import cases, failures, real
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from reviewqueue.rules import Person

MOST: Final = 200
EXAMPLES: Final = 5
_LONGEST: Final = timedelta(days=90)
_JUDGED: Final = {"kind": Sampled.Kind.RANDOM, "state": Sampled.State.SETTLED}
ORDERS: Final = {
    "harm": ("-harm", "-cases", "pk"),
    "cases": ("-cases", "-harm", "pk"),
    "cost": ("-handling_seconds", "-cases", "pk"),
    "newest": ("-first_at", "pk"),
}
# What still wants somebody.
UNSETTLED: Final = (Gap.State.OPEN, Gap.State.ASSIGNED, Gap.State.CHANGED)


@dataclass(frozen=True, slots=True)
class Effect:
    """How often a gap showed among the reviewed cases of its intent, before its change and since, equally long."""

    before: Share
    after: Share

    @property
    def change(self) -> intervals.Between | None:
        """How far the rate rose, by Newcombe; None while there is nothing to compare."""
        return intervals.difference(self.before, self.after)

    @property
    def fell(self) -> bool:
        """Is it certain that the rate fell?"""
        return self.change is not None and self.change.high < 0

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        moved = self.change
        told = moved and {"value": moved.value, "low": moved.low, "high": moved.high}
        return {"before": self.before.as_json(), "after": self.after.as_json(), "change": told or None}


@dataclass(frozen=True, slots=True)
class Example:
    """One failure of a gap with its case and what was said; ``words`` is empty where the reader may not see it."""

    failure: Failure
    case: Case
    words: failures.Words


def ranked(*, state: str = "", order: str = "harm", owner: int | None = None) -> list[Gap]:
    """The gaps that want somebody (or those of one state), the worst first."""
    if order not in ORDERS:
        raise Refusal("invalid-request", f"Order by one of: {', '.join(ORDERS)}.")
    chosen = Gap.objects.select_related("owner").filter(Q(state=state) if state else Q(state__in=UNSETTLED))
    if owner is not None:
        chosen = chosen.filter(owner_id=owner)
    return list(chosen.order_by(*ORDERS[order])[:MOST])


def visible(person: Person) -> QuerySet[Gap]:
    """All for those who mend gaps; whoever owns some sees these."""
    found = Gap.objects.select_related("owner")
    return found if person.may(Permission.MEND_GAPS) else found.filter(owner_id=person.pk)


def examples(gap: Gap, person: Person, *, most: int = EXAMPLES) -> list[Example]:
    """The newest failures of a gap whose cases this person may see, with what was said."""
    newest = list(gap.failures.order_by("-at", "-pk")[: 10 * most])
    found = cases.visible(person).filter(cases.not_a_source(person)).defer("facts", "search_terms")
    seen = found.in_bulk([each.case_id for each in newest])
    shown = [each for each in newest if each.case_id in seen][:most]
    said = failures.words(shown)
    return [Example(each, seen[each.case_id], said[each.pk]) for each in shown]


def best_answer(found: list[Example]) -> str:
    """The newest longer answer that a person gave, to begin an article with."""
    told = [example.words.better.strip() for example in found if example.words.better.strip()]
    return max(told, key=len, default="")


def reasons(gap: Gap) -> list[tuple[str, int]]:
    """How often each reason was given, the most frequent first."""
    counts: dict[str, int] = {}
    for reason in gap.failures.values_list("reason", flat=True):
        counts[reason] = counts.get(reason, 0) + 1
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def effect(gap: Gap, *, at: datetime) -> Effect:
    """Before and since the change, over as many days (90 at most); two counts of two questions."""
    if gap.changed_at is None:
        return Effect(Share(0, 0), Share(0, 0))
    length = min(at - gap.changed_at, _LONGEST)
    return Effect(
        _rate(gap, gap.changed_at - length, gap.changed_at),
        _rate(gap, gap.changed_at, gap.changed_at + length),
    )


def _rate(gap: Gap, start: datetime, end: datetime) -> Share:
    """Of the cases of the gap's intent that people ruled on, took over or judged as drawn, those that failed by it.

    An error found only where somebody looked for a reason is none here: nobody knows for how many cases it stands.
    """
    by_people = Decision.objects.filter(case=OuterRef("pk"), decided_by__isnull=False, undone_at=None)
    mine = Failure.objects.filter(case=OuterRef("pk"), gap=gap)
    drawn = Q(Exists(Sampled.objects.filter(case=OuterRef("pk"), **_JUDGED)))
    failed = Q(Exists(mine.exclude(origin=Failure.Origin.QA))) | drawn & Q(Exists(mine))
    came = real.cases().filter(intent=gap.intent, created_at__gte=start, created_at__lt=end)
    looked_at = came.filter(Q(Exists(by_people)) | drawn | failed)
    return Share(looked_at.filter(failed).count(), looked_at.count())
