"""A page says that somebody is there, and hears who else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from reviewqueue import presence
from reviewqueue.domain import attending
from reviewqueue.queries import cases, clock
from reviewqueue.web.visit import person, signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case, Presence

LEFT = "left"


@signed_in
@require_POST
def beat(request: HttpRequest, case_id: str) -> HttpResponse:
    """``doing``: viewing, editing or idle, or left when the page goes away."""
    who, now, doing = person(request), clock.now(), request.POST.get("doing", "")
    case = cases.find(who, case_id)
    if doing == LEFT:
        attending.leave(case, person=who, at=now)
        return HttpResponse(status=204)
    attending.attend(case, person=who, doing=doing, at=now)
    return render(request, "_parts/present.html", {"present": others(case, who, now)})


def others(case: Case, who: Reviewer, now: datetime) -> list[Presence]:
    """Colleagues at the same case."""
    return presence.of([case.pk], at=now, but=who.pk).get(case.pk, [])
