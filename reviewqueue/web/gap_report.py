"""The weekly report of gaps, and what leaves the desk of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue import rules
from reviewqueue.domain import figures, gaps
from reviewqueue.models import Gap
from reviewqueue.queries import clock, gap_report, pairs
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web.visit import as_report, person, posted, signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

_WEEK: Final = timedelta(days=7)


@signed_in
@require_GET
@as_report
def report(request: HttpRequest) -> HttpResponse:
    """``/gaps/report/?week=2026-W48``: one week, the last whole one if none is named."""
    _mends(person(request))
    at = clock.now()
    monday = _monday(request.GET.get("week", ""), at)
    week = _week(monday)
    context = {
        "week": week,
        "name": f"{monday:%G-W%V}",
        "last_day": monday + timedelta(days=6),
        "before": f"{monday - _WEEK:%G-W%V}",
        "after": f"{monday + _WEEK:%G-W%V}" if monday + _WEEK <= figures.today(at) else "",
        "lists": [
            (_("Worst that want somebody"), week.worst),
            (_("New"), week.found),
            (_("Changed"), week.changed),
            (_("Verified"), week.verified),
        ],
    }
    return render(request, "gap_report.html", context)


@signed_in
@require_POST
@as_report
def export(request: HttpRequest) -> HttpResponse:
    """Gaps as Markdown or CSV, corrections as pairs; who took what is recorded."""
    who, at, said = person(request), clock.now(), posted(request)
    _mends(who)
    kind = said.get("format", "")
    if kind not in _KINDS:
        raise Refusal("invalid-request", _("Take Markdown, CSV or JSON lines."))
    text, count, name = _KINDS[kind](who, at, said)
    gaps.record_export(kind, count=count, person=who, at=at)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(text, content_type=_TYPES[kind], headers=headers)


def _markdown(_who: Reviewer, at: datetime, said: Any) -> tuple[str, int, str]:
    monday = _monday(said.get("week", ""), at)
    week = _week(monday)
    return gap_report.as_markdown(week), len(week.worst), f"gaps-{monday:%G-W%V}"


def _csv(_who: Reviewer, at: datetime, _said: Any) -> tuple[str, int, str]:
    found = list(Gap.objects.select_related("owner")[:1000])
    return gap_report.as_csv(found), len(found), f"gaps-{figures.today(at)}"


def _jsonl(who: Reviewer, at: datetime, _said: Any) -> tuple[str, int, str]:
    found = pairs.of(who, at=at)
    return pairs.as_lines(found), len(found), f"corrections-{figures.today(at)}"


_KINDS: Final = {"md": _markdown, "csv": _csv, "jsonl": _jsonl}
_TYPES: Final = {
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
}


def _mends(who: Reviewer) -> None:
    rules.require_right(who, Permission.MEND_GAPS, _("Your role does not see to knowledge gaps."))


def _monday(week: str, at: datetime) -> date:
    """Of a week such as 2026-W48; the last whole one if none is named."""
    today = figures.today(at)
    if not week:
        return today - timedelta(days=today.weekday() + 7)
    try:
        monday = date.fromisoformat(f"{week}-1")
    except ValueError as error:
        raise Http404 from error
    if monday > today:
        raise Http404
    return monday


def _week(monday: date) -> gap_report.Week:
    return gap_report.of(figures.begins(monday), figures.begins(monday + _WEEK))
