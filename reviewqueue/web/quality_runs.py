"""The weekly review and the monthly audit: their steps, the report, the signature; the page prints as the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviewqueue.domain import reviews
from reviewqueue.models import QaRun, SamplePlan
from reviewqueue.queries import clock, judging, reviewing
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import amounts
from reviewqueue.web.quality_figures import share_of_report, told_stratum
from reviewqueue.web.visit import as_report, person, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping


@signed_in
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """``/qa/reviews/``: the weeks and months, and which of them are reviewed."""
    who = person(request)
    judging.require_reader(who)
    plans = list(SamplePlan.objects.order_by("-week")[:26])
    months = sorted({reviewing.month_of(plan) for plan in plans}, reverse=True)
    known = {(run.of, run.period): run for run in QaRun.objects.select_related("signed_off_by")}
    context = {
        "place": "reviews",
        "weeks": [("week", plan.week, known.get((QaRun.Of.WEEK, plan.week))) for plan in plans],
        "months": [("month", month, known.get((QaRun.Of.MONTH, month))) for month in months],
        "leads": who.may(Permission.LEAD_QUALITY),
        "judges_too": who.may(Permission.REVIEW_QUALITY),
    }
    return render(request, "qa_reviews.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
@as_report
def run(request: HttpRequest, of: str, period: str) -> HttpResponse:
    """``/qa/reviews/<week or month>/<period>/``: go through it, sign it, print it."""
    who = person(request)
    judging.require_reader(who)
    reviewing.weeks(of, period)
    known = QaRun.objects.select_related("started_by", "signed_off_by").filter(of=of, period=period).first()
    if request.method == "GET":
        return _show(request, known or QaRun(of=of, period=period), begun=known is not None)
    known = known or reviews.begin(of=of, period=period, person=who, at=clock.now())
    try:
        _act(request, known)
    except Refusal as refusal:
        return _show(request, known, begun=True, refusal=refusal)
    return redirect("qa_run", of=of, period=period)


def _act(request: HttpRequest, known: QaRun) -> None:
    who, now, sent = person(request), clock.now(), request.POST
    if step := sent.get("step", ""):
        done = sent.get("do") != "open"
        reviews.tick(known, step=step, note=sent.get("note", ""), person=who, at=now, done=done)
    elif sent.get("do") == "sign":
        reviews.sign_off(known, summary=sent.get("summary", ""), person=who, at=now)
        messages.success(request, _("Signed off. The report is kept as it stands now."))


def _show(request: HttpRequest, known: QaRun, *, begun: bool, refusal: Refusal | None = None) -> HttpResponse:
    who = person(request)
    report = known.report or reviewing.report(known)
    context = {
        "place": "reviews",
        "run": known,
        "begun": begun,
        "steps": reviewing.steps(known),
        "report": report,
        "overall": _line(report["overall"]),
        "tables": [(by, [_line(each) for each in report["by"][by]]) for by in ("agent", "intent", "stratum")],
        "codes": [(code, _worded(told)) for code, told in report["codes"].items()],
        "refusal": refusal,
        "typed": request.POST,
        "leads": who.may(Permission.LEAD_QUALITY),
        "judges_too": who.may(Permission.REVIEW_QUALITY),
    }
    return render(request, "qa_run.html", context, status=status(refusal) if refusal else 200)


def _worded(told: Mapping[str, Any] | int) -> str:
    """A rate with its interval; reports that were signed when codes were only counted keep their count."""
    if isinstance(told, int):
        return str(told)
    low, high = (amounts.percent(bound) for bound in told["interval"])
    said = {"rate": amounts.percent(told["rate"]), "low": low, "high": high, "n": told["errors"], "all": told["n"]}
    return _("%(rate)s (%(low)s – %(high)s), in %(n)s of %(all)s judged cases") % said


def _line(told: Mapping[str, Any]) -> dict[str, Any]:
    rates = {name: share_of_report(told[name]) for name in ("errors", "missed", "false")}
    return {"name": told_stratum(told["name"]), "population": told["population"], "drawn": told["drawn"], **rates}
