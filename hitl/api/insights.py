"""GET /review/insight: the metrics."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from hitl.api import door, replies
from hitl.api.callers import PersonRequest
from hitl.api.schemas import insights as schemas
from hitl.api.schemas.base import moment
from hitl.api.security import PersonalToken
from reviewqueue.domain import figures, insight
from reviewqueue.queries import patience
from reviewqueue.queries.insight import report
from reviewqueue.queries.insight.counted import Span

router = Router(auth=PersonalToken(), tags=["Reviewers: looking back"])


class Asked(Schema):
    """The period, both days included, and the split; of a moment its day counts."""

    start: Annotated[str, Field(alias="from")] = ""
    to: str = ""
    by: str = ""


@router.get("/review/insight", operation_id="readInsight", response={200: schemas.Insight})
@decorate_view(door.for_people())
def read_insight(request: PersonRequest, asked: Query[Asked]) -> HttpResponse:
    """Read the metrics from one day to another (the last four weeks), perhaps split `by` agent, intent, queue, ….

    Each comes with its definition, 95 % interval, number of observations, weekly trend and baseline; what cannot be
    known is null, with the reason in `unknown`. Whoever only reviews is told their own figures (`own`).
    """
    caller = request.caller
    last = figures.today(caller.at)
    span = _span(asked.start, asked.to, last)
    with patience.report(caller.user.pk):
        found = insight.look(person=caller.user, at=caller.at, span=span, by=asked.by[:20])
    return replies.of(insight.as_json(found))


def _span(start: str, end: str, today: date) -> Span | None:
    if not (start or end):
        return None
    last = _day(end, "to") if end else today
    return Span(_day(start, "from") if start else last - insight.USUAL + timedelta(days=1), last)


def _day(text: str, parameter: str) -> date:
    try:
        return figures.today(datetime.fromisoformat(moment(text.upper()))) if ":" in text else date.fromisoformat(text)
    except ValueError as error:
        raise report.unfit(parameter, _("Give a day as 2026-01-31.")) from error
