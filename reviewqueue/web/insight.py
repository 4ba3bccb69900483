"""Insight: the metrics, where each comes from, and the cases behind it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import figures, insight
from reviewqueue.queries import clock
from reviewqueue.queries.insight import drill, report, tables
from reviewqueue.queries.insight.counted import Span
from reviewqueue.queries.insight.metrics import BYS
from reviewqueue.queries.insight.whole import EVERY
from reviewqueue.rules import Permission
from reviewqueue.web import insight_words
from reviewqueue.web.visit import as_report, person, posted, signed_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.insight import Insight

_USUAL_SPLITS: Final = ("trigger", "intent", "change")


@signed_in
@require_GET
@as_report
def page(request: HttpRequest) -> HttpResponse:
    """``/insight/``: every metric; for a reviewer their own."""
    who, at = person(request), clock.now()
    found = insight.look(person=who, at=at, span=_span(request.GET, at))
    context = _context(found, at) | {
        "groups": insight_words.grouped(found.metrics),
        "drifts": insight_words.drifts(found.drift),
        "may_fix": who.may(Permission.CONFIGURE),
    }
    return render(request, "insight.html", context)


@signed_in
@require_GET
@as_report
def metric(request: HttpRequest, key: str) -> HttpResponse:
    """``/insight/…/``: one metric with its weeks and its parts."""
    who, at = person(request), clock.now()
    asked = request.GET.get("by", "")[:20]
    by = asked if asked or not who.may(Permission.SEE_INSIGHT) else _usual_split(key)
    found = insight.look(person=who, at=at, span=_span(request.GET, at), by=by)
    told = next((each for each in found.metrics if each.metric.key == key), None)
    if told is None:
        raise Http404
    card = insight_words.Card(told, wide=True)
    context = _context(found, at) | {
        "card": card,
        "by": by,
        "by_label": BYS.get(by, ""),
        "bys": [(name, label) for name, label in BYS.items() if name in told.metric.by],
        "segments": insight_words.segments(card, by) if by else [],
        "sees_cases": _sees_cases(request) and drill.known(key),
    }
    return render(request, "insight_metric.html", context)


@signed_in
@require_GET
@as_report
def cases(request: HttpRequest, key: str) -> HttpResponse:
    """``/insight/…/cases``: what a number counts, as far as I may see it."""
    who, at = person(request), clock.now()
    if not drill.known(key):
        raise Http404
    own = not who.may(Permission.SEE_INSIGHT)
    found = insight.look(person=who, at=at, span=_span(request.GET, at))
    told = next((each for each in found.metrics if each.metric.key == key), None)
    if told is None:
        raise Http404
    by, name = ("person", str(who.pk)) if own else (request.GET.get("by", "")[:20], request.GET.get("name", "")[:200])
    start, end = figures.begins(found.span.first), figures.begins(found.span.last + timedelta(days=1))
    rows = drill.page(who, drill.Asked(key, start, end, by, name), after=request.GET.get("after", "")[:40])
    context = _context(found, at) | {
        "told": told,
        "cases": rows[: drill.PAGE],
        "after": rows[drill.PAGE - 1].pk if len(rows) > drill.PAGE else "",
        "asked": urlencode({"by": by, "name": name}),
        "by_label": BYS.get(by, ""),
        "name": insight_words.labels(by, [name]).get(name, name),
    }
    return render(request, "insight_cases.html", context)


@signed_in
@require_POST
def baseline(request: HttpRequest) -> HttpResponse:
    """Fix the period that everything is held against."""
    said = posted(request)
    first, last = (_day(said.get(name, ""), name) for name in ("first", "last"))
    insight.fix_baseline(first=first, last=last, note=said.get("note", ""), person=person(request), at=clock.now())
    messages.success(request, _("From now on everything is held against this period."))
    return redirect("insight")


@signed_in
@require_POST
@as_report
def export(request: HttpRequest) -> HttpResponse:
    """The figures as a file; that I took them is recorded."""
    said, at = posted(request), clock.now()
    by = said.get("by", "")[:20]
    found = insight.exported(person=person(request), at=at, span=_span(said, at), by=by)
    name = f"insight-{found.span.first}-{found.span.last}"
    if said.get("format") == "csv":
        return _file(tables.as_csv(found.metrics), "text/csv; charset=utf-8", f"{name}.csv")
    text = json.dumps(insight.as_json(found), ensure_ascii=False, indent=2)
    return _file(text, "application/json", f"{name}.json")


def _context(found: Insight, at: datetime) -> dict[str, Any]:
    usual = Span(figures.today(at) - insight.USUAL + timedelta(days=1), figures.today(at))
    period = {"from": found.span.first.isoformat(), "to": found.span.last.isoformat()}
    return {
        "insight": found,
        "period": period,
        "query": "" if found.span == usual else urlencode(period),
        "today": figures.today(at).isoformat(),
    }


def _span(said: Mapping[str, str], at: datetime) -> Span | None:
    start, end = said.get("from", ""), said.get("to", "")
    if not (start or end):
        return None
    last = _day(end, "to") if end else figures.today(at)
    return Span(_day(start, "from") if start else last - insight.USUAL + timedelta(days=1), last)


def _day(text: str, parameter: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise report.unfit(parameter, _("Give a day as 2026-01-31.")) from error


def _usual_split(key: str) -> str:
    by = next((metric.by for metric in EVERY if metric.key == key), frozenset())
    return next((name for name in _USUAL_SPLITS if name in by), "")


def _sees_cases(request: HttpRequest) -> bool:
    who = person(request)
    return who.may(Permission.SEE_ALL_QUEUES) or who.may(Permission.SEE_OWN_QUEUES)


def _file(text: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
