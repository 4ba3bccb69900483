"""Metrics that no day's counts hold: the fall of escalations, the time saved, and what feedback has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import intervals
from reviewqueue.queries.insight import changes, spared
from reviewqueue.queries.insight.measures import UNKNOWN, ADay, Beside, OfAll, Reading
from reviewqueue.queries.insight.metrics import BY_KEY, Metric
from reviewqueue.queries.insight.report import Figures, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.engine.estimates import Share

# So much less should come to people after three to six months, with no rule weakened for it.
GOAL: Final = (-0.40, -0.20)

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
    without=_("It takes a baseline with escalations, and escalations in the period."),
)
_BASELINE: Final = Metric(
    "baseline",
    "R121",
    "load",
    _("Cases a day, beside the baseline"),
    _(
        "All cases proposed in the period, over its days, beside those of the period that everything here is held "
        "against: how much has to be decided now, and on how many cases the baseline rests."
    ),
    ADay("cases"),
    without=_("No baseline is fixed, and no history was imported that could be one."),
)
_SAVED: Final = Metric(
    "time_saved",
    "R123",
    "load",
    _("Hours a week that nobody had to spend"),
    _(
        "Cases that ran without a person, times the mean handling time of decided cases of the same intent (of all "
        "where that intent has none), for a week of the period. By another part: times the mean of that part. An "
        "estimate: those cases may have been simpler."
    ),
    Beside("hours"),
    better="more",
    without=_("It takes cases that ran without a person, and a handling time of some that were decided."),
)
_FEEDBACK: Final = Metric(
    "feedback_changes",
    "R119",
    "quality",
    _("Changes a week that feedback led to"),
    _(
        "Versions of the policy published in the period, agent versions seen for the first time in it, and changes of "
        "sources, permissions and training that were recorded for a knowledge gap, for a week of the period. Its cases "
        "are those behind the gaps for which a change was recorded."
    ),
    Beside("number"),
    by=frozenset({"change"}),
)
EXTRAS: Final = (_FALL, _BASELINE, _SAVED, _FEEDBACK)
_ESCALATED: Final = BY_KEY["escalation_rate"].measure


def all_of(figures: Figures) -> list[Told]:
    """Each of them for the period, with its weeks, its parts and the baseline; four questions."""
    return [
        _fall(figures),
        _baseline(figures),
        figures.beside(_SAVED, spared.Hours(figures)),
        figures.beside(_FEEDBACK, changes.Changes()),
    ]


def _fall(figures: Figures) -> Told:
    """The comparison itself: the baseline differs from itself by nothing."""
    now = _less(figures.before, figures.now) if figures.baseline else UNKNOWN
    weeks = [(week, _less(figures.before, counts)) for week, counts in figures.weeks]
    parts = figures.segments if figures.by in _FALL.by else {}
    split = [(name, _less(figures.earlier.get(name, {}), counts)) for name, counts in parts.items()]
    if now.value is None or now.bounds is None:
        return Told(_FALL, now, weeks, split, UNKNOWN, None)
    nothing = Reading(0.0, n=_share(figures.before).n)
    return Told(_FALL, now, weeks, split, nothing, intervals.Between(now.value, *now.bounds))


def _less(before: Mapping[str, float], now: Mapping[str, float]) -> Reading:
    found = intervals.relative(_share(before), _share(now))
    return Reading(found.value, found.low, found.high, _share(now).n) if found else UNKNOWN


def _share(counts: Mapping[str, float]) -> Share:
    assert isinstance(_ESCALATED, OfAll)  # noqa: S101 - for the type checker
    return _ESCALATED.share(counts)


def _baseline(figures: Figures) -> Told:
    told = figures.told(_BASELINE)
    return told if figures.baseline else Told(_BASELINE, UNKNOWN, told.weeks, told.segments, UNKNOWN, None)
