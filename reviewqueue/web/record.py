"""The ledger as pages for people: search it, and read what happened to one subject."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.actions import SENTENCES
from reviewqueue.domain import registering
from reviewqueue.queries import clock, register, trail
from reviewqueue.rules import Permission
from reviewqueue.web.visit import as_report, person, signed_in


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
    context = {"asked": asked, "page": page, "kinds": sorted(SENTENCES), "exports": who.may(Permission.EXPORT_AUDIT)}
    return render(request, "record.html", context)


@signed_in
@require_POST
@as_report
def incidents(request: HttpRequest) -> HttpResponse:
    """``/record/incidents``: the register of the last ninety days as a file; that I took it is recorded."""
    who, now = person(request), clock.now()
    rows = registering.take(person=who, at=now)
    name = f"incidents-{now:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(register.as_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)
