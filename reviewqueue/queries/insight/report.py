"""The whole report: each metric with its trend, its segments, and what it was in the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from django.utils.translation import gettext as _

from reviewqueue.engine import counting, intervals
from reviewqueue.queries.insight import counted
from reviewqueue.queries.insight.counted import Span
from reviewqueue.queries.insight.measures import UNKNOWN, Reading, Score
from reviewqueue.queries.insight.metrics import BYS, METRICS, Metric
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewqueue.engine.counting import Counts

TREND: Final = timedelta(weeks=12)


@dataclass(frozen=True, slots=True)
class Told:
    """One metric of a period. ``change``: how far it is from the baseline, where that can be said."""

    metric: Metric
    now: Reading
    weeks: list[tuple[Span, Reading]]
    segments: list[tuple[str, Reading]]
    before: Reading
    change: intervals.Between | None

    @property
    def why_unknown(self) -> str:
        """Why there is no number; empty where there is one."""
        return str(self.metric.without) if self.now.value is None else ""

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` than the baseline, where that is certain and one way is good."""
        if self.change is None or not self.change.certain or not self.metric.better:
            return ""
        return "better" if (self.change.value < 0) == (self.metric.better == "less") else "worse"


class Readable(Protocol):
    """A figure that can be read of any stretch of days, and of the parts of the period."""

    def read(self, span: Span) -> Reading:
        """Of everything."""

    def parts(self, span: Span) -> Iterable[tuple[str, Reading]]:
        """Of each part."""


@dataclass(slots=True)
class Figures:
    """What was counted of a period, of its weeks, of its segments and of the baseline."""

    span: Span
    by: str = ""
    baseline: Span | None = None
    now: Mapping[str, float] = field(default_factory=dict)
    weeks: list[tuple[Span, Counts]] = field(default_factory=list)
    segments: Mapping[str, Counts] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    earlier: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def trend(self) -> Span:
        """The days of all weeks that are told."""
        return with_trend(self.span)

    def beside(self, metric: Metric, of: Readable) -> Told:
        """One metric that no day's counts hold."""
        now, before = of.read(self.span), of.read(self.baseline) if self.baseline else UNKNOWN
        return Told(
            metric=metric,
            now=now,
            weeks=[(week, of.read(week.until(self.span.last))) for week in self.trend.weeks()],
            segments=list(of.parts(self.span)) if self.by in metric.by else [],
            before=before,
            change=between(before, now),
        )

    def told(self, metric: Metric) -> Told:
        """One metric read from it."""
        read = metric.measure.read
        split = self.segments if self.by in metric.by else {}
        now, before = read(self.now, self.span.days), UNKNOWN
        if self.baseline:
            before = read(self.before, self.baseline.days)
        return Told(
            metric=metric,
            now=now,
            weeks=[(week, read(counts, week.until(self.span.last).days)) for week, counts in self.weeks],
            segments=[(name, read(counts, self.span.days)) for name, counts in split.items()],
            before=before,
            change=self._change(metric) or between(before, now),
        )

    def _change(self, metric: Metric) -> intervals.Between | None:
        """How much a mean rose since the baseline, which two means say better than their intervals."""
        if not isinstance(metric.measure, Score):
            return None
        first, second = metric.measure.sample(self.before), metric.measure.sample(self.now)
        return intervals.of_means(first, second) if first and second else None


def figures(span: Span, *, by: str = "", baseline: Span | None = None, of: tuple[str, str] = ("all", "")) -> Figures:
    """Read what was counted: of everything, or ``of`` one (by, name); ``by`` splits it further.

    Two questions and one or two more for the baseline, whatever the number of cases.
    """
    if by and by not in BYS:
        raise unfit("by", _("Split by one of: %s.") % ", ".join(BYS))
    which, name = of
    trend = with_trend(span)
    days = counted.by_day(trend, by=which, name=name)
    return Figures(
        span=span,
        by=by,
        baseline=baseline,
        now=counting.of_days(counts for day, counts in days.items() if span.first <= day <= span.last),
        weeks=counted.weekly(days, trend),
        segments=counted.by_name(span, by) if by else {},
        before=counted.whole(baseline, by=which, name=name) if baseline else {},
        earlier=counted.by_name(baseline, by) if baseline and by else {},
    )


def with_trend(span: Span) -> Span:
    """The period and at least twelve weeks, from a Monday on."""
    first = min(span.last - TREND + timedelta(days=1), span.first)
    return Span(first - timedelta(days=first.weekday()), span.last)


def all_of(counts: Figures) -> list[Told]:
    """Every metric."""
    return [counts.told(metric) for metric in METRICS]


def between(before: Reading, now: Reading) -> intervals.Between | None:
    """How much a figure rose since the baseline, from the interval of each; None where one has none."""
    first, second = before.bounds, now.bounds
    if before.value is None or now.value is None or first is None or second is None:
        return None
    return intervals.apart(before.value, first, now.value, second)


def unfit(parameter: str, says: str) -> Refusal:
    """The refusal of something asked in the address."""
    return Refusal("invalid-request", says, errors=({"pointer": f"?{parameter}", "detail": says},))
