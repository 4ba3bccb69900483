"""The ledger as pages for people: search it, and read what happened to one subject."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.actions import SENTENCES
from reviewqueue.queries import trail
from reviewqueue.rules import Permission
from reviewqueue.web.visit import person, signed_in


@signed_in
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """``/record/``: what happened, newest first, by subject, kind and person."""
    who = person(request)
    if not (who.may(Permission.SEE_TIMELINE) and who.may(Permission.SEE_ALL_QUEUES)):
        raise PermissionDenied(_("Your role does not read the record."))
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:120] for name in ("about", "kind", "by")}
    before = request.GET.get("before", "")
    page = trail.page(**asked, before=int(before) if before.isdecimal() and len(before) < 19 else None)  # noqa: PLR2004 - fits the column
    context = {"asked": asked, "page": page, "kinds": sorted(SENTENCES)}
    return render(request, "record.html", context)
