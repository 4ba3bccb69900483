"""On the loop: what runs right now, and the brakes for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewqueue import rules
from reviewqueue.domain import due, pauses, policies, takeover, watching
from reviewqueue.engine import budgets
from reviewqueue.engine.amounts import with_cents
from reviewqueue.models import OF_AGENTS, Pause, of_intent
from reviewqueue.queries import alarms as running
from reviewqueue.queries import brakes, cases, clock, events
from reviewqueue.queries import monitor as seen
from reviewqueue.queries.numbers import money
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import alarms, rows
from reviewqueue.web.amounts import signed
from reviewqueue.web.visit import person, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.engine.budgets import Budget
    from reviewqueue.models import BudgetUse, Case, Cell

_HEIGHT: Final = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One agent and intent with its picture."""

    flow: seen.Flow
    bars: list[tuple[int, int, int]]
    rungs: Sequence[Cell] = ()
    alarms: Sequence[alarms.Told] = ()

    @property
    def confidence(self) -> str:
        """As a percentage, or a dash."""
        return "–" if self.flow.confidence is None else f"{round(self.flow.confidence * 100)} %"

    @property
    def sentiment(self) -> str:
        """From -1 to 1, or a dash."""
        return "–" if self.flow.sentiment is None else signed(self.flow.sentiment, 2)


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a budget one key has used."""

    budget: Budget
    labels: str
    used: str
    most: str
    percent: int


@signed_in
@require_GET
def monitor(request: HttpRequest) -> HttpResponse:
    """``/monitor/``: the whole page."""
    context = _context(request) | {"seq": events.newest(), "kinds": Pause.Of.choices, "asked": request.GET}
    flows = [line.flow for line in context["lines"]]
    context["names"] = sorted({flow.agent for flow in flows} | {flow.intent for flow in flows if flow.intent})
    return render(request, "monitor.html", context)


@signed_in
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """What of it moves."""
    return render(request, "_parts/monitor.html", _context(request))


@signed_in
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Pause what is named; from a row of the monitor the reason says so by itself."""
    said = request.POST
    reason = said.get("reason", "").strip() or (_("Paused from the monitor.") if said.get("quick") else "")
    made = pauses.pause(
        of=said.get("of", ""), name=said.get("name", ""), reason=reason, person=person(request), at=clock.now()
    )
    messages.success(request, _("Paused: %s. Nothing of it runs until somebody resumes.") % brakes.sentence(made))
    if says := brakes.warning(made):
        messages.warning(request, says)
    return redirect("monitor")


@signed_in
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, pause_id: str) -> HttpResponse:
    """Ask why it may go on, then let it."""
    _require(person(request))
    found = Pause.objects.select_related("paused_by").filter(pk=pause_id, resumed_at=None).first()
    if found is None:
        messages.info(request, _("This was resumed already."))
        return redirect("monitor")
    if request.method == "POST":
        pauses.resume(found, reason=request.POST.get("reason", ""), person=person(request), at=clock.now())
        messages.success(request, _("Resumed. What was held still waits for its person."))
        return redirect("monitor")
    return render(request, "resume.html", {"pause": found, "told": brakes.sentence(found)})


@signed_in
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop a release within its veto window."""
    reason = _("Stopped from the monitor.")
    watching.stop(_settled(request), supervisor=person(request), reason=reason, at=clock.now())
    messages.success(request, _("Stopped. A person must decide now."))
    return redirect("monitor")


@signed_in
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """Take the conversation over and go to it."""
    who, now, case = person(request), clock.now(), _settled(request)
    holder = rules.works_on(case, at=now)
    if holder is not None and holder.pk != who.pk:
        # They have to be told why, and there it can be written.
        return redirect(f"{reverse('case', args=[case.pk])}?do=take-over")
    return redirect("case", case_id=takeover.take_over(case, person=who, note="", at=now).pk)


def _settled(request: HttpRequest) -> Case:
    return due.settle(cases.find(person(request), request.POST.get("case", "")[:40]), at=clock.now())


def _require(who: Reviewer) -> None:
    if not (who.may(Permission.PAUSE) or who.may(Permission.SUPERVISE)):
        raise Refusal("forbidden", _("Your role does not watch the agents."))


def _context(request: HttpRequest) -> dict[str, Any]:
    who, at = person(request), clock.now()
    _require(who)
    shown, running_now = seen.picture(at=at), alarms.told(running.running())
    return {
        "now": at,
        "alarms": running_now,
        "picture": shown,
        "lines": _lines(shown.flows, running_now),
        "watched": rows.rows(seen.watched(who), who, at),
        "risks": [(risk, rules.ruled_out(who, "take_over", risk.case) is None) for risk in seen.risky(who)],
        "uncalled": seen.uncalled(who, at=at),
        "pauses": [(pause, brakes.sentence(pause)) for pause in brakes.open_pauses()],
        "spent": _spent(at),
        "may_pause": who.may(Permission.PAUSE),
        "may_stop": who.may(Permission.STOP),
    }


def _lines(flows: list[seen.Flow], told: list[alarms.Told]) -> list[Line]:
    rungs, of = seen.rungs(flows), defaultdict[str, list[alarms.Told]](list)
    for each in told:
        if each.alarm.rule.measure in OF_AGENTS:
            of[each.alarm.of].append(each)
    return [
        Line(
            flow,
            _bars(flow.per_slot),
            rungs.get((flow.agent, flow.intent), []),
            of[flow.agent] + (of[of_intent(flow.agent, flow.intent)] if flow.intent else []),
        )
        for flow in flows
    ]


def _bars(values: list[int]) -> list[tuple[int, int, int]]:
    """Left edge, upper edge and height of each bar; the table beside them has the numbers."""
    most = max(values, default=0) or 1
    heights = [round(_HEIGHT * value / most) for value in values]
    return [(5 * slot, _HEIGHT - height, height) for slot, height in enumerate(heights)]


def _spent(at: datetime) -> list[Spent]:
    _number, policy = policies.current(at=at)
    if not policy.budgets:
        return []
    uses = seen.budget_uses([each.name for each in policy.budgets], at=at)
    found = [(each, use) for each in policy.budgets for use in uses.get(each.name, [])]
    return [spent for each, use in found if (spent := _use(each, use, policy.currency, at))]


def _use(budget: Budget, use: BudgetUse, currency: str, at: datetime) -> Spent | None:
    used = budgets.used(use.parts, budget.within, at.timestamp())
    if not used:
        return None
    percent = int(100 * used / budget.most) if budget.most else 100
    labels = ", ".join(filter(None, use.labels))
    return Spent(budget, labels, _shown(budget, used, currency), _shown(budget, budget.most, currency), percent)


def _shown(budget: Budget, amount: Decimal, currency: str) -> str:
    # Sums of converted amounts have parts of cents, which nobody pays.
    return money(with_cents(round(amount, 2)), currency) if budget.money else money(f"{amount.normalize():f}", "")
