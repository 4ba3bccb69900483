"""What feedback has changed: versions of the policy and of agents, and what was changed for knowledge gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min

from reviewqueue.engine import intervals
from reviewqueue.models import Figure, Gap, PolicyVersion
from reviewqueue.queries.insight.measures import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from reviewqueue.queries.insight.counted import Span

POLICY: Final = "policy"
VERSION: Final = "agent version"
# What else is changed for a gap arrives as a version and is counted as one.
_BESIDE: Final = (Gap.Area.SOURCE, Gap.Area.PERMISSION, Gap.Area.TRAINING)
_WEEK: Final = 7


def loosened(since: datetime) -> list[PolicyVersion]:
    """The versions of the policy that weakened scrutiny since a moment."""
    return list(PolicyVersion.objects.filter(published_at__gte=since, loosens=True).order_by("number"))


@dataclass
class Changes:
    """The days on which something was changed, by what it was; three questions."""

    _made: dict[str, list[date]] = field(default_factory=lambda: dict(_found()))

    def read(self, span: Span) -> Reading:
        """Of everything, for a week."""
        return _a_week([day for days in self._made.values() for day in days], span)

    def parts(self, span: Span) -> Iterator[tuple[str, Reading]]:
        """By what was changed."""
        return ((what, _a_week(days, span)) for what, days in self._made.items())


def _a_week(days: list[date], span: Span) -> Reading:
    n, weeks = sum(span.first <= day <= span.last for day in days), span.days / _WEEK
    low, high = intervals.of_count(n)
    return Reading(n / weeks, low / weeks, high / weeks, n)


def _found() -> Iterator[tuple[str, list[date]]]:
    published = PolicyVersion.objects.filter(number__gt=1).values_list("published_at", flat=True)
    yield POLICY, [_day(at) for at in published]
    yield VERSION, _versions()
    changed = Gap.objects.exclude(changed_at=None).filter(area__in=_BESIDE).values_list("area", "changed_at")
    found: dict[str, list[date]] = {area: [] for area in _BESIDE}
    for area, at in changed:
        if at:
            found[area].append(_day(at))
    yield from found.items()


def _versions() -> list[date]:
    """Those that a desk begins with are no change."""
    seen = Figure.objects.filter(by="version").exclude(name="").values("name").annotate(first=Min("day"))
    first = Counter(row["first"] for row in seen)
    return [day for day in first.elements() if day != min(first)]


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
