"""Both ways in which oversight wears off: everything is approved, or everything is escalated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import counting, intervals
from reviewqueue.engine.estimates import Share
from reviewqueue.queries.insight import counted
from reviewqueue.queries.insight.counted import Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.utils.functional import _StrPromise

WEEK: Final = timedelta(days=7)
_BEFORE: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to drift: what is counted, and what it looks like."""

    key: str
    title: _StrPromise
    says: _StrPromise
    hits: str
    of: str


DIRECTIONS: Final = (
    Direction(
        "approve_everything",
        _("Approve everything"),
        _("Of the cases that people decided, the share in which they changed nothing."),
        "false",
        "judged",
    ),
    Direction(
        "escalate_everything",
        _("Escalate everything"),
        _("Of all cases, the share that needed a person."),
        "needed",
        "known",
    ),
)


@dataclass(frozen=True, slots=True)
class Drift:
    """The last seven days against the four weeks before them."""

    direction: Direction
    now: Share
    before: Share
    change: intervals.Between | None

    @property
    def rises(self) -> bool:
        """Is it certain that it rose?"""
        return self.change is not None and self.change.low > 0


def of(last: date, *, by: str = "all", name: str = "") -> list[Drift]:
    """For both directions, as of a day; one question."""
    week = Span(last - WEEK + timedelta(days=1), last)
    past = Span(week.first - _BEFORE, week.first - timedelta(days=1))
    days = counted.by_day(Span(past.first, last), by=by, name=name)
    now = counting.together(counts for day, counts in days.items() if day >= week.first)
    before = counting.together(counts for day, counts in days.items() if day < week.first)
    return [_drift(direction, now, before) for direction in DIRECTIONS]


def _drift(direction: Direction, now: Mapping[str, float], before: Mapping[str, float]) -> Drift:
    shares = [Share(int(each.get(direction.hits, 0)), int(each.get(direction.of, 0))) for each in (now, before)]
    return Drift(direction, shares[0], shares[1], intervals.difference(shares[1], shares[0]))
