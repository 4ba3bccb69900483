"""The quality sample as work: what waits, one case with its evidence and the scorecard, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviewqueue.domain import quality, scorecards
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Rating, Sampled, SamplePlan, Severity
from reviewqueue.queries import clock, judging, reproaches
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import checks
from reviewqueue.web.page import CasePage
from reviewqueue.web.visit import person, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.domain.people import Reviewer

# More than a person judges in a day; the rest is counted.
SHOWN: Final = 50
_ANSWERS: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a week's random sample is."""

    plan: SamplePlan
    settled: int
    drawn: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return self.settled * 100 // self.drawn if self.drawn else 0


@signed_in
@require_GET
def work(request: HttpRequest) -> HttpResponse:
    """``/qa/``: what this person could judge now, disputes and second looks first."""
    who = person(request)
    judging.require_judge(who)
    waiting = judging.waiting(who).select_related("case", "case__agent")
    found = list(waiting[: SHOWN + 1])
    context = {
        "place": "work",
        "items": found[:SHOWN],
        "more": waiting.count() - SHOWN if len(found) > SHOWN else 0,
        "progress": [_progress(plan) for plan in SamplePlan.objects.order_by("-week")[:3]],
        "unsaid": reproaches.unsaid(who),
        "leads": who.may(Permission.LEAD_QUALITY),
    }
    return render(request, "qa_work.html", context)


@signed_in
@require_GET
def following(request: HttpRequest) -> HttpResponse:
    """The next case that waits for this person, or the list when none does."""
    return _to_next(person(request))


@signed_in
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, sampled_id: str) -> HttpResponse:
    """``/qa/<id>/``: the case as recorded, and the scorecard; a verdict leads to the next one."""
    who = person(request)
    sampled = judging.find(who, sampled_id)
    if request.method == "GET":
        return _show(request, sampled)
    try:
        quality.require_why(said := _said(request))
        quality.judge(sampled, person=who, said=said, at=clock.now())
    except Refusal as refusal:
        return _show(request, sampled, refusal)
    messages.success(request, _("Recorded."))
    return _to_next(who)


def _to_next(who: Reviewer) -> HttpResponse:
    judging.require_judge(who)
    found = judging.waiting(who).first()
    return redirect("qa_case", sampled_id=found.pk) if found else redirect("qa")


def _show(request: HttpRequest, sampled: Sampled, refusal: Refusal | None = None) -> HttpResponse:
    who, now = person(request), clock.now()
    page, why_not = CasePage(sampled.case, who, now), _why_not(who, sampled)
    given = judging.blind_to(who, sampled)
    context = {
        "sampled": sampled,
        "page": page,
        "case": sampled.case,
        "form": page.form,
        "now": now,
        "refusal": refusal,
        "why_not": why_not,
        "given": given,
        "unsaid": next((each for each in given if each.by_id == who.pk and reproaches.says_nothing(each)), None),
        "checks": checks.of(sampled),
        "card": scorecards.current(),
        "marks": [(2, _("yes")), (1, _("partly")), (0, _("no"))],
        "severities": Severity.choices,
        "ratings": Rating,
        # Told after the verdict, so that it does not lead it.
        "kind": _kind(sampled) if why_not else "",
        "typed": request.POST,
        "typed_codes": request.POST.getlist("codes"),
    }
    return render(request, "qa_case.html", context, status=status(refusal) if refusal else 200)


def _why_not(who: Reviewer, sampled: Sampled) -> str:
    if any(each.by_id == who.pk for each in judging.blind_to(who, sampled)):
        return _("You have judged this case.")
    try:
        judging.require(who, sampled)
    except Refusal as refusal:
        return refusal.says
    return ""


def _kind(sampled: Sampled) -> str:
    """Why it is in the sample; a known case reads like one that was chosen."""
    if sampled.kind == Sampled.Kind.RANDOM:
        return _("drawn at random")
    return str(Sampled.Reason(sampled.reason).label)


def _said(request: HttpRequest) -> Judgement:
    sent = request.POST
    return Judgement(
        verdict=sent.get("verdict", ""),
        should_have_been_reviewed=_ANSWERS.get(sent.get("should", "")),
        codes=sent.getlist("codes")[:21],
        knowledge_gap=sent.get("knowledge_gap", ""),
        severity=sent.get("severity", ""),
        scores=_scores(sent.dict()),
        note=sent.get("note", ""),
    )


def _scores(sent: Mapping[str, Any]) -> dict[str, int]:
    marks = {name.removeprefix("score-"): value for name, value in sent.items() if name.startswith("score-")}
    return {name: int(value) for name, value in marks.items() if str(value) in {"0", "1", "2"}}


def _progress(plan: SamplePlan) -> Progress:
    counted = judging.progress(plan.week)
    random = {name: n for name, n in counted.items() if name.startswith("random.")}
    return Progress(plan, random.get("random.settled", 0), sum(random.values()))
