"""The team: who is there, what waits, who is on when; and what a person says of themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import attendance
from reviewqueue.queries import accuracy, clock, escalated, team
from reviewqueue.rules import Permission
from reviewqueue.web.visit import person, signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

_LATELY: Final = timedelta(days=7)
_BREAK_SAID: Final = "break_said"
_SAID_AGAIN_AFTER: Final = 30 * 60


@signed_in
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """``/team/``: one's own day, and for supervisors everybody's."""
    who, now = person(request), clock.now()
    if not (who.may(Permission.DECIDE) or who.may(Permission.SUPERVISE)):
        raise PermissionDenied(_("Your role does not plan the work of people."))
    context: dict[str, Any] = {"now": now, "escalated": escalated.to(who), "mine": _mine(who, now)}
    context["mentions"] = escalated.mentions(who, at=now)
    if who.may(Permission.SUPERVISE):
        members = team.members(at=now)
        days, weeks = team.week([member.person for member in members], at=now)
        context |= {"members": members, "crews": team.crews(members, at=now), "days": days, "weeks": weeks}
        context["routing"] = accuracy.of_first_queues(since=now - _LATELY, until=now)
        context["titles"] = {crew.queue.pk: str(crew.queue) for crew in context["crews"]}
    return render(request, "team.html", context)


@signed_in
@require_POST
def status(request: HttpRequest) -> HttpResponse:
    """Say that one is available, busy or away; then go on where one was."""
    who = person(request)
    attendance.set_status(who, status=request.POST.get("status", ""), at=clock.now())
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "team")


def suggest_break(request: HttpRequest, now: datetime) -> None:
    """Tell somebody who has worked for long, and nobody else; not with every case."""
    said = request.session.get(_BREAK_SAID, 0.0)
    if now.timestamp() - said > _SAID_AGAIN_AFTER and attendance.could_use_a_break(person(request), at=now):
        request.session[_BREAK_SAID] = now.timestamp()
        messages.info(request, _("A short break would do you good; the queue can wait a little."))


def _mine(who: Reviewer, now: datetime) -> dict[str, Any] | None:
    if not who.may(Permission.DECIDE):
        return None
    working = team.work_rules()
    return {
        "standing": team.standings([who.pk], at=now)[who.pk],
        "stretch": attendance.stretch(who, at=now, working=working),
        "tired": attendance.could_use_a_break(who, at=now),
        "break_minutes": round(working.break_length.total_seconds() / 60),
    }
