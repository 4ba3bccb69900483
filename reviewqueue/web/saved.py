"""Saved views: kept, opened by whoever has the link, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import saved_views
from reviewqueue.models import SavedView
from reviewqueue.queries import clock
from reviewqueue.web import filters
from reviewqueue.web.visit import address_of, person, posted, signed_in

if TYPE_CHECKING:
    from reviewqueue.domain.people import Reviewer


@signed_in
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the choice that the form carries under a name."""
    who, said = person(request), posted(request)
    chosen = filters.read(said)
    view = saved_views.save(who, name=said.get("name", ""), query=chosen.query, at=clock.now())
    messages.success(request, _("Saved as “%s”. Whoever has its link sees through it what they may see.") % view.name)
    return redirect(address_of(chosen))


@signed_in
@require_GET
def opened(request: HttpRequest, view_id: str) -> HttpResponse:
    """``/views/<id>/``: the choice, with the rights of whoever opens it."""
    person(request)
    view = SavedView.objects.filter(pk=view_id).first()
    if view is None:
        raise Http404
    return redirect(f"/?{view.query}" if view.query else "/")


@signed_in
@require_POST
def delete(request: HttpRequest, view_id: str) -> HttpResponse:
    """Forget one's own view; the choice stays on the screen."""
    saved_views.delete(person(request), view_id=view_id, at=clock.now())
    messages.success(request, _("The view is deleted; nothing else is."))
    return redirect(address_of(filters.read(posted(request))))


def of(who: Reviewer) -> list[SavedView]:
    """What this person keeps, by name."""
    return list(SavedView.objects.filter(owner_id=who.pk))
