"""The counts of days, added up to periods, weeks and segments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Max, Min

from reviewqueue.engine.counting import Counts, add_day, of_days
from reviewqueue.models import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        """Each day."""
        return (self.first + timedelta(days=n) for n in range(self.days))

    def until(self, last: date) -> Span:
        """The same, cut off after a day."""
        return Span(self.first, min(self.last, last))

    def weeks(self) -> list[Span]:
        """Its weeks from Monday to Sunday, whole ones; the last may not be over."""
        monday = self.first - timedelta(days=self.first.weekday())
        return [
            Span(monday + timedelta(weeks=n), monday + timedelta(days=7 * n + 6))
            for n in range((self.last - monday).days // 7 + 1)
        ]

    def as_json(self) -> dict[str, str]:
        """ISO days."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


def by_day(span: Span, *, by: str = "all", name: str = "") -> dict[date, Mapping[str, float]]:
    """The counts of each day for one name."""
    rows = Figure.objects.filter(by=by, name=name, day__range=(span.first, span.last))
    return dict(rows.values_list("day", "counts"))


def whole(span: Span, *, by: str = "all", name: str = "") -> Counts:
    """All of them together."""
    return of_days(by_day(span, by=by, name=name).values())


def weekly(days: Mapping[date, Mapping[str, float]], span: Span) -> list[tuple[Span, Counts]]:
    """The same in weeks."""
    found: dict[date, list[Mapping[str, float]]] = defaultdict(list)
    for day, counts in days.items():
        found[day - timedelta(days=day.weekday())].append(counts)
    return [(week, of_days(found[week.first])) for week in span.weeks()]


def by_name(span: Span, by: str) -> dict[str, Counts]:
    """The counts of a period for each name, by name."""
    found: dict[str, Counts] = defaultdict(Counts)
    rows = Figure.objects.filter(by=by, day__range=(span.first, span.last)).values_list("name", "counts")
    for name, counts in rows.iterator(chunk_size=2000):
        add_day(found[name], counts)
    return dict(sorted(found.items()))


def imported() -> Span | None:
    """From the first to the last day of imported history, as far as it is counted."""
    days = Figure.objects.filter(by="all", counts__imported__gt=0).aggregate(first=Min("day"), last=Max("day"))
    return Span(days["first"], days["last"]) if days["first"] else None
