"""Alarms: what runs, what was, the cases behind each, and that somebody has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviewqueue.domain import alarms
from reviewqueue.models import AT_ONCE, Alarm, Measure, Queue, agent_and_intent
from reviewqueue.queries import alarms as seen
from reviewqueue.queries import brakes, cases, clock, events
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import rows
from reviewqueue.web.visit import person, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.domain.people import Reviewer

_OF_QUEUES = frozenset({Measure.QUEUE_AGE, Measure.APPROVALS, Measure.PASSED_ON})


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm and its sentence."""

    alarm: Alarm
    says: str


@signed_in
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """``/alarms/``: those that run, and the last ones that ended."""
    who = person(request)
    require(who)
    context = {
        "running": told(seen.running()),
        "latest": told(seen.latest()),
        "configures": who.may(Permission.CONFIGURE),
        "seq": events.newest(),
    }
    return render(request, "alarms.html", context)


@signed_in
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """How many alarms wait for somebody and how much is paused, for the head of each page."""
    require(person(request))
    return render(request, "_parts/desk_state.html", {"alarms": seen.unanswered(), "paused": len(brakes.open_pauses())})


@signed_in
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, alarm_id: str) -> HttpResponse:
    """One alarm with the cases behind it; a form to say that one has seen it."""
    who, refused = person(request), None
    require(who)
    alarm = _found(alarm_id)
    if request.method == "POST":
        try:
            alarms.acknowledge(alarm, person=who, note=request.POST.get("note", ""), at=clock.now())
        except Refusal as refusal:
            refused, alarm = refusal, _found(alarm_id)
        else:
            messages.success(request, _("Acknowledged. It stays on the monitor until it is over."))
            return redirect("monitor")
    context = _context(alarm, who) | {"refusal": refused, "typed": request.POST.get("note", "")}
    return render(request, "alarm.html", context, status=status(refused) if refused else 200)


def told(found: Iterable[Alarm]) -> list[Told]:
    """With their sentences."""
    return [Told(alarm, seen.sentence(alarm)) for alarm in found]


def require(who: Reviewer) -> None:
    """Whoever watches agents hears of alarms."""
    if not (who.may(Permission.PAUSE) or who.may(Permission.SUPERVISE)):
        raise Refusal("forbidden", _("Your role does not watch the agents."))


def _context(alarm: Alarm, who: Reviewer) -> dict[str, Any]:
    wanted = list(alarm.data.get("cases") or [])
    visible = cases.visible(who).defer("facts", "search_terms").in_bulk(wanted)
    at = clock.now()
    shown = [visible[pk] for pk in wanted if pk in visible]
    return {
        "alarm": alarm,
        "says": seen.sentence(alarm),
        "rows": rows.rows(shown, who, at),
        "hidden": len(wanted) - len(shown),
        "queue": _queue(alarm),
        "more": _more(alarm),
        "at_once": alarm.rule.measure in AT_ONCE,
        "now": at,
    }


def _found(alarm_id: str) -> Alarm:
    found = Alarm.objects.select_related("rule", "acknowledged_by").filter(pk=alarm_id[:40]).first()
    if found is None:
        raise Http404
    return found


def _queue(alarm: Alarm) -> Queue | None:
    return Queue.objects.filter(pk=alarm.of).first() if alarm.rule.measure in _OF_QUEUES else None


def _more(alarm: Alarm) -> str:
    """Where the queue page shows what the alarm is about, now."""
    if alarm.rule.measure in _OF_QUEUES:
        return f"{reverse('queue')}?lane={alarm.of}"
    if alarm.rule.measure == Measure.BUDGET:
        return ""
    agent, intent = agent_and_intent(alarm.of)
    return f"{reverse('queue')}?{urlencode({'agent': agent} | ({'intent': intent} if intent else {}))}"
