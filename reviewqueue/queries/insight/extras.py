"""Metrics that no day's counts hold: the fall of escalations, the time saved, and what feedback has changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import counting, intervals
from reviewqueue.models import Figure, PolicyVersion
from reviewqueue.queries.insight import counted
from reviewqueue.queries.insight.measures import UNKNOWN, Beside, OfAll, Reading
from reviewqueue.queries.insight.metrics import BY_KEY, Metric
from reviewqueue.queries.insight.report import Figures, Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.engine.counting import Counts
    from reviewqueue.queries.insight.counted import Span

# So much less should come to people after three to six months, with no rule weakened for it.
GOAL: Final = (-0.40, -0.20)
_NOWHERE: Final[frozenset[str]] = frozenset()

_FALL: Final = Metric(
    "escalation_fall",
    "R99",
    "load",
    _("Escalations against the baseline"),
    _(
        "By which part the escalation rate differs from the baseline's; -25 % means a quarter less. The aim is 20 to "
        "40 % less after three to six months, without any rule being loosened for it."
    ),
    Beside("change"),
    better="less",
    by=_NOWHERE,
    without=_("It takes a baseline with escalations, and escalations in the period."),
)
_BASELINE: Final = Metric(
    "baseline",
    "R121",
    "load",
    _("Cases in the baseline"),
    _("How many cases the period holds that everything here is held against."),
    Beside("count"),
    by=_NOWHERE,
    without=_("No baseline is fixed, and no history was imported that could be one."),
)
_SAVED: Final = Metric(
    "time_saved",
    "R123",
    "load",
    _("Hours that nobody had to spend"),
    _(
        "Cases that ran without a person, times the mean handling time of decided cases of the same intent (of all "
        "where that intent has none). An estimate: those cases may have been simpler."
    ),
    Beside("hours"),
    better="more",
    by=_NOWHERE,
    without=_("It takes cases that ran without a person, and a handling time of some that were decided."),
)
_FEEDBACK: Final = Metric(
    "feedback_changes",
    "R119",
    "quality",
    _("Changes that feedback led to"),
    _(
        "Versions of the policy published in the period, and agent versions seen for the first time in it: how often "
        "prompts, sources or rules were changed."
    ),
    Beside("count"),
    by=_NOWHERE,
)
EXTRAS: Final = (_FALL, _BASELINE, _SAVED, _FEEDBACK)


def all_of(figures: Figures, *, begins: datetime, ends: datetime) -> list[Told]:
    """Each of them for the period from ``begins`` until before ``ends``."""
    read = {
        _FALL.key: _fall(figures),
        _BASELINE.key: _baseline(figures),
        _SAVED.key: _saved(counted.by_name(figures.span, "intent"), figures.now),
        _FEEDBACK.key: _feedback(figures.span, begins, ends),
    }
    return [Told(metric, read[metric.key], [], [], UNKNOWN, None) for metric in EXTRAS]


def loosened(since: datetime) -> list[PolicyVersion]:
    """The versions of the policy that weakened scrutiny since a moment."""
    return list(PolicyVersion.objects.filter(published_at__gte=since, loosens=True).order_by("number"))


def _fall(figures: Figures) -> Reading:
    measure = BY_KEY["escalation_rate"].measure
    if not isinstance(measure, OfAll) or figures.baseline is None:
        return UNKNOWN
    now = measure.share(figures.now)
    found = intervals.relative(measure.share(figures.before), now)
    return Reading(found.value, found.low, found.high, now.n) if found else UNKNOWN


def _baseline(figures: Figures) -> Reading:
    cases = int(figures.before.get("cases", 0))
    return Reading(cases, n=cases) if figures.baseline else UNKNOWN


def _saved(intents: Mapping[str, Counts], whole: Mapping[str, float]) -> Reading:
    usual = counting.mean(whole, "handling")
    seconds, cases = 0.0, 0
    for counts in intents.values():
        released, took = int(counts["released"]), counting.mean(counts, "handling")
        if released and (each := usual if took is None else took) is not None:
            seconds, cases = seconds + released * each, cases + released
    return Reading(seconds / 3600, n=cases) if cases else UNKNOWN


def _feedback(span: Span, begins: datetime, ends: datetime) -> Reading:
    rules = PolicyVersion.objects.filter(published_at__gte=begins, published_at__lt=ends, number__gt=1).count()
    seen = Figure.objects.filter(by="version").exclude(name="").values("name").annotate(first=Min("day"))
    first = Counter(row["first"] for row in seen)
    versions = sum(n for day, n in first.items() if span.first < day <= span.last)
    return Reading(rules + versions, n=rules + versions)
