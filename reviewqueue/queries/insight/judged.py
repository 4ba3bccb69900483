"""What quality assurance adds: missed and false escalations, incidents and agreement, estimated from its samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.queries import agreement, rates
from reviewqueue.queries.insight.measures import UNKNOWN, Beside, Reading
from reviewqueue.queries.insight.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.queries.insight.counted import Span
    from reviewqueue.queries.insight.report import Figures, Told
    from reviewqueue.queries.rates import Belongs, Judgements, Said

# What a drawn case is known to be as of the draw.
_OF_DRAWN: Final = frozenset({"agent", "intent", "version"})
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
    by=_OF_DRAWN,
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
    by=_OF_DRAWN,
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
    by=_OF_DRAWN,
    without=_UNJUDGED,
)
_AGREEMENT: Final = Metric(
    "reviewer_agreement",
    "R118",
    "quality",
    _("Two people say the same"),
    _(
        "The share of cases for which two people who do not see each other's verdict give the same one: estimated for "
        "all cases of the weeks from those of the random samples that two people judged."
    ),
    Beside("share"),
    better="more",
    by=_OF_DRAWN,
    without=_("No case was judged by two people in these weeks."),
)
JUDGED: Final = (_MISSED, _FALSE, _ERRORS, _AGREEMENT)


def all_of(figures: Figures) -> list[Told]:
    """Each of them for the weeks that the period touches, and for those of the trend and the baseline; four questions.

    Two people's verdicts about the same case are a sample of a sample: every stratum stands for its cases there too.
    """
    spans = [figures.trend, *filter(None, [figures.baseline])]
    weeks = sorted({name for span in spans for name in _weeks(span)})
    found = rates.judged(weeks)
    said: tuple[tuple[Said, Belongs], ...] = (
        (found.missed, rates.unseen),
        (found.needless, lambda cell: not rates.unseen(cell)),
        (found.wrong, lambda _cell: True),
        (agreement.of_drawn(weeks), lambda _cell: True),
    )
    return [
        figures.beside(metric, _Sampled(found, figures.by, *each)) for metric, each in zip(JUDGED, said, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Sampled:
    """One rate of any weeks, and of what drawn cases have in common."""

    judgements: Judgements
    by: str
    said: Said
    about: Belongs

    def read(self, span: Span) -> Reading:
        """Of all cases."""
        weeks = _weeks(span)
        return self._rate(lambda cell: cell.week in weeks)

    def parts(self, span: Span) -> Iterator[tuple[str, Reading]]:
        """Of each part, as of the draw."""
        weeks = _weeks(span)
        for name in sorted({getattr(cell, self.by) for cell in self.judgements.sizes if cell.week in weeks}):
            yield name, self._rate(lambda cell, name=name: cell.week in weeks and getattr(cell, self.by) == name)  # type: ignore[misc] # the default binds the name

    def _rate(self, belongs: Belongs) -> Reading:
        found = self.judgements.rate(self.said, lambda cell: self.about(cell) and belongs(cell))
        if found is None:
            return UNKNOWN
        return Reading(found.rate, found.low, found.high, found.n, found.errors)


def _weeks(span: Span) -> frozenset[str]:
    return frozenset(f"{week.first:%G-W%V}" for week in span.weeks())
