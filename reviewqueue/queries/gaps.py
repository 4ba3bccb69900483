"""Knowledge gaps as people look at them: ranked, with example cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from reviewqueue.models import Case, Failure, Gap
from reviewqueue.queries import cases, failures
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from reviewqueue.rules import Person

MOST: Final = 200
EXAMPLES: Final = 5
ORDERS: Final = {
    "harm": ("-harm", "-cases", "pk"),
    "cases": ("-cases", "-harm", "pk"),
    "cost": ("-handling_seconds", "-cases", "pk"),
    "newest": ("-first_at", "pk"),
}
# What still wants somebody.
UNSETTLED: Final = (Gap.State.OPEN, Gap.State.ASSIGNED, Gap.State.CHANGED)


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
