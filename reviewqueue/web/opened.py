"""A piece of the evidence is opened, or one's own view said before the recommendation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from reviewqueue.domain import looking
from reviewqueue.queries import clock
from reviewqueue.web.case import settled, show
from reviewqueue.web.page import CasePage
from reviewqueue.web.visit import is_fragment, person, posted, signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.web.briefing import Source


@signed_in
@require_POST
def piece(request: HttpRequest, case_id: str) -> HttpResponse:
    """``/cases/<id>/evidence``: the person opened ``piece``, which is on record from now on."""
    now, name = clock.now(), request.POST.get("piece", "")
    looking.open_piece(settled(person(request), case_id, now), person=person(request), piece=name, at=now)
    page = _page(request, case_id, now)
    if not is_fragment(request):
        return show(request, page)
    return render(request, "case_piece.html", {"page": page, "case": page.case, "source": _source(page, name)})


@signed_in
@require_POST
def own_view(request: HttpRequest, case_id: str) -> HttpResponse:
    """``/cases/<id>/own-view``: what they would do; from now on they see what the agent recommends."""
    now = clock.now()
    case = settled(person(request), case_id, now)
    looking.say_first(case, person=person(request), view=request.POST.get("own_view", ""), at=now)
    return show(request, _page(request, case_id, now))


def _page(request: HttpRequest, case_id: str, now: datetime) -> CasePage:
    """As it stands after that, with everything that was typed."""
    return CasePage(settled(person(request), case_id, now), person(request), now, posted=posted(request))


def _source(page: CasePage, name: str) -> Source | None:
    return next((source for source in page.briefing.sources if source.piece == name), None)
