"""What quality assurance adds: missed and false escalations, incidents and agreement, estimated from its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.engine.estimates import Share
from reviewqueue.queries import agreement, rates
from reviewqueue.queries.insight.measures import UNKNOWN, Beside, Reading
from reviewqueue.queries.insight.metrics import Metric
from reviewqueue.queries.insight.report import Told

if TYPE_CHECKING:
    from reviewqueue.engine.judged import Estimate
    from reviewqueue.queries.insight.counted import Span

_NOWHERE: Final[frozenset[str]] = frozenset()
_UNJUDGED: Final = _("Nothing of this kind was judged in the samples of these weeks.")
_MISSED: Final = Metric(
    "missed_escalation_rate",
    "R113",
    "quality",
    _("Missed escalations"),
    _(
        "Of the cases that no person had seen, the share that a person should have seen, as those say who judge the "
        "weekly samples: estimated for all cases of the weeks in the period, however they were drawn."
    ),
    Beside("share"),
    better="less",
    by=_NOWHERE,
    without=_UNJUDGED,
)
_FALSE: Final = Metric(
    "needless_escalation_rate",
    "R114",
    "quality",
    _("Needless escalations"),
    _("Of the cases that a person had seen, the share that nobody had to see, estimated from the weekly samples."),
    Beside("share"),
    better="less",
    by=_NOWHERE,
    without=_UNJUDGED,
)
_ERRORS: Final = Metric(
    "qa_error_rate",
    "R117",
    "quality",
    _("Errors found in quality assurance"),
    _(
        "Of all cases, the share in which those who judge the weekly samples found an error or a critical error; "
        "estimated from cases drawn at random, never from those chosen for a reason."
    ),
    Beside("share"),
    better="less",
    by=_NOWHERE,
    without=_UNJUDGED,
)
_AGREEMENT: Final = Metric(
    "reviewer_agreement",
    "R118",
    "quality",
    _("Two people say the same"),
    _("Of the cases that two people judged without seeing each other's verdict, the share with the same verdict."),
    Beside("share"),
    better="more",
    by=_NOWHERE,
    without=_("No case was judged by two people in these weeks."),
)


def all_of(span: Span) -> list[Told]:
    """Each of them for the weeks that the period touches; four questions."""
    weeks = [f"{week.first:%G-W%V}" for week in span.weeks()]
    whole = rates.report(weeks, by="intent").whole
    same = agreement.overall(weeks).same
    readings = [
        (_MISSED, _read(whole.missed)),
        (_FALSE, _read(whole.false)),
        (_ERRORS, _read(whole.errors)),
        (_AGREEMENT, _share(Share(same.hits, same.n))),
    ]
    return [Told(metric, reading, [], [], UNKNOWN, None) for metric, reading in readings]


def _read(estimate: Estimate | None) -> Reading:
    if estimate is None:
        return UNKNOWN
    return Reading(estimate.rate, estimate.low, estimate.high, estimate.n, estimate.errors)


def _share(share: Share) -> Reading:
    low, high = share.interval or (None, None)
    return Reading(share.value, low, high, share.n, share.hits if share.n else None)
