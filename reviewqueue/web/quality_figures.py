"""What samples show, and how they were drawn: rates with their intervals, agreement, the plan of a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import knowing, sampling
from reviewqueue.engine import judged
from reviewqueue.models import Sampled, SamplePlan
from reviewqueue.queries import agreement, cases, clock, judging, rates
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web.amounts import written
from reviewqueue.web.filters import risk_label
from reviewqueue.web.visit import as_report, person, signed_in

if TYPE_CHECKING:
    from reviewqueue.engine.estimates import Share
    from reviewqueue.engine.judged import Estimate

BY: Final = {
    "agent": gettext_lazy("agent"),
    "version": gettext_lazy("agent version"),
    "intent": gettext_lazy("intent"),
    "stratum": gettext_lazy("stratum"),
}
_COLUMNS: Final = {
    "decision": gettext_lazy("what became of it"),
    "risk": gettext_lazy("risk"),
    "agent": gettext_lazy("agent"),
    "intent": gettext_lazy("intent"),
    "version": gettext_lazy("agent version"),
    "value": gettext_lazy("value"),
    "segment": gettext_lazy("segment"),
}
_KAPPAS: Final = (
    (0.8, gettext_lazy("strong")),
    (0.6, gettext_lazy("good")),
    (0.4, gettext_lazy("moderate")),
    (-1.0, gettext_lazy("weak")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report, as the page draws it."""

    name: str
    population: int
    group: rates.Group
    errors: dict[str, Any]
    missed: dict[str, Any]
    false: dict[str, Any]


@signed_in
@require_GET
@as_report
def results(request: HttpRequest) -> HttpResponse:
    """``/qa/results/``: the rates of one week, or of the last four together."""
    who = person(request)
    judging.require_reader(who)
    plans = list(SamplePlan.objects.order_by("-week")[:26])
    weeks, chosen = _weeks(request, plans)
    by = request.GET.get("by", "agent")
    by = by if by in BY else "agent"
    read = rates.judged(weeks)
    found = rates.told(read, by=by)
    leads = who.may(Permission.LEAD_QUALITY)
    context = {
        "place": "results",
        "plans": plans,
        "chosen": chosen,
        "by": by,
        "bys": BY.items(),
        "whole": line(found.whole),
        "lines": [line(each) for each in found.groups],
        "known": found.weeks,
        "agreed": _agreed(agreement.overall(weeks)),
        "judges": [_judge(each) for each in agreement.judges(weeks)] if leads else [],
        "corrected": _corrected(read, named=leads),
        "leads": leads,
        "judges_too": who.may(Permission.REVIEW_QUALITY),
    }
    return render(request, "qa_results.html", context)


@signed_in
@require_GET
def plan(request: HttpRequest) -> HttpResponse:
    """``/qa/plan/``: how the sample of a week was, or will be, drawn."""
    who, now = person(request), clock.now()
    judging.require_reader(who)
    plans = list(SamplePlan.objects.order_by("-week")[:26])
    week = request.GET.get("week", "")
    shown = next((each for each in plans if each.week == week), plans[0] if plans else None)
    context = {
        "place": "plan",
        "plans": plans,
        "plan": shown,
        "rules": sampling.rules_now() if shown is None else None,
        "targeted": _targeted(shown) if shown else [],
        "live_chance": _percent(shown.rules["live_chance"]) if shown else "",
        "double_share": _percent(shown.rules["double_share"]) if shown else "",
        "columns": [str(_COLUMNS.get(name, name)) for name in shown.rules["strata"]] if shown else [],
        "risks": [(risk_label(name), weight) for name, weight in shown.rules["risk_weights"].items()] if shown else [],
        "begun": shown is not None and sampling.begun(shown, at=now),
        "leads": who.may(Permission.LEAD_QUALITY),
        "judges_too": who.may(Permission.REVIEW_QUALITY),
    }
    return render(request, "qa_plan.html", context)


@signed_in
@require_POST
def draw(request: HttpRequest) -> HttpResponse:
    """Draw the sample of the running week now."""
    who, now = person(request), clock.now()
    drawn = sampling.draw_early(sampling.plan_of_week(now, at=now), person=who, at=now)
    count = Sampled.objects.filter(plan=drawn, kind=Sampled.Kind.RANDOM).count()
    said = ngettext("%(count)d case is in the sample.", "%(count)d cases are in the sample.", count)
    messages.success(request, said % {"count": count})
    return redirect("qa_plan")


@signed_in
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Put a case before those who judge, for a reason or because something is known of it."""
    who, now, sent = person(request), clock.now(), request.POST
    if not who.may(Permission.LEAD_QUALITY):
        raise Refusal("forbidden", _("Your role does not choose cases for QA."))
    case = cases.find(who, sent.get("case", "").strip()[:40])
    if sent.get("known") in {"good", "bad"}:
        knowing.record(case, bad=sent["known"] == "bad", basis=sent.get("basis", ""), person=who, at=now)
        messages.success(request, _("Everybody who judges is given this case now."))
    elif sampling.choose(case, reason=Sampled.Reason.ASKED, person=who, at=now):
        messages.success(request, _("This case is looked at again."))
    else:
        messages.info(request, _("This case was chosen already."))
    return redirect("qa_plan")


def line(group: rates.Group) -> Line:
    """The rates of a group with their pictures."""
    return Line(
        told_stratum(group.name), group.population, group, share(group.errors), share(group.missed), share(group.false)
    )


def told_stratum(name: str) -> str:
    """The columns of a stratum side by side."""
    return name.replace("|", " · ")


def share(found: Estimate | None) -> dict[str, Any]:
    """An estimate as ``_parts/interval.html`` draws it."""
    if found is None:
        return {"n": 0}
    told = _drawn(found.rate, found.low, found.high)
    return {**told, "hits": found.errors, "n": found.n, "few": found.few, "not_seen": found.not_seen}


def share_of_report(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same of a rate as a signed report keeps it."""
    if told is None:
        return {"n": 0}
    few = told["n"] < judged.FEW and told["n"] < told["population"]
    drawn = _drawn(told["rate"], *told["interval"])
    return {**drawn, "hits": told["errors"], "n": told["n"], "few": few, "not_seen": told["not_seen"]}


def _drawn(rate: float, low: float, high: float) -> dict[str, Any]:
    return {
        "text": _percent(rate),
        "between": f"{_percent(low)[:-2]}–{_percent(high)}",
        "low": f"{100 * low:.1f}",
        "middle": f"{100 * rate:.1f}",
        "width": f"{max(100 * (high - low), 1):.1f}",
    }


def _percent(value: float) -> str:
    return f"{written(100 * value, 1)} %"


def _of_share(found: Share) -> dict[str, Any]:
    if found.value is None:
        return {"n": 0}
    return {**_drawn(found.value, *found.bounds), "hits": found.hits, "n": found.n}


def _agreed(found: agreement.Agreed) -> dict[str, Any]:
    return {
        "same": _of_share(found.same),
        "kappa": _beyond_chance(found.kappa),
        "alpha": _beyond_chance(found.alpha),
    }


def _judge(each: agreement.Judge) -> dict[str, Any]:
    known = each.skill.sensitivity.n + each.skill.specificity.n
    return {
        "name": each.name,
        "verdicts": each.verdicts,
        "same": _of_share(each.same),
        "kappa": _beyond_chance(each.kappa),
        "sensitivity": _of_share(each.skill.sensitivity),
        "specificity": _of_share(each.skill.specificity),
        "informs": each.skill.informs,
        "known": known,
    }


def _beyond_chance(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}, {next(word for least, word in _KAPPAS if value >= least)}"


def _corrected(read: rates.Judgements, *, named: bool) -> dict[str, Any]:
    """``named``: may the reader be told of whom it is not shown that they see?"""
    found = agreement.corrected(read)
    known = sum(part.skill.sensitivity.n + part.skill.specificity.n for part in found.parts)
    return {
        "rate": _drawn(*found.rate) if found.rate else None,
        "known": known,
        "judged": bool(found.parts),
        "refused": [(part.name if named else "", part.cases, _percent(part.share)) for part in found.refused],
    }


def _targeted(plan: SamplePlan) -> list[tuple[str, int, int]]:
    """Of each reason how many cases were chosen, and how many of them are judged."""
    found = Sampled.objects.filter(plan=plan, kind=Sampled.Kind.TARGETED).values_list("reason", "state")
    counts: dict[str, list[int]] = {}
    for reason, state in found:
        both = counts.setdefault(reason, [0, 0])
        both[0] += 1
        both[1] += state == Sampled.State.SETTLED
    return [(str(Sampled.Reason(reason).label), *both) for reason, both in sorted(counts.items())]  # type: ignore[misc] # two numbers


def _weeks(request: HttpRequest, plans: Sequence[SamplePlan]) -> tuple[list[str], str]:
    """The chosen week; ``4`` is the last four that are drawn; else the newest that is drawn."""
    asked = request.GET.get("week", "")
    drawn = [plan.week for plan in plans if plan.drawn_at]
    if asked == "4":
        return drawn[:4], asked
    known = [plan.week for plan in plans]
    chosen = asked if asked in known else next(iter(drawn or known), "")
    return [chosen] if chosen else [], chosen
