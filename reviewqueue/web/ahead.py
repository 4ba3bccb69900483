"""The case that would come next, to look at while it is fetched; it is claimed only when it is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from reviewqueue.domain import claims, habits
from reviewqueue.queries import cases, clock
from reviewqueue.web import filters
from reviewqueue.web.case import show_only
from reviewqueue.web.page import CasePage
from reviewqueue.web.visit import person, signed_in


@signed_in
@require_GET
def ahead(request: HttpRequest) -> HttpResponse:
    """The next case's part of its page; 204 when none waits, or its reader does not want it to come by itself."""
    who, now, chosen = person(request), clock.now(), filters.read(request.GET)
    if not habits.advances(who):
        return HttpResponse(status=204)
    following = claims.ahead(reviewer=who, at=now, queues=[chosen.lane] if chosen.lane else ())
    if following is None:
        return HttpResponse(status=204)
    return show_only(request, CasePage(cases.find(who, following.pk), who, now))
