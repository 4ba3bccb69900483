"""The case page and the parts of it that are fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import claims, decisions, drafting, due
from reviewqueue.queries import cases, clock, events, holding, links
from reviewqueue.refusal import Refusal
from reviewqueue.web import arguments, attending, filters, together, undoing
from reviewqueue.web.page import CasePage
from reviewqueue.web.queue import lanes
from reviewqueue.web.visit import is_fragment, person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case


# The panels that a link from elsewhere opens at once.
PANELS = frozenset({"take-over"})


@signed_in
@require_GET
def case(request: HttpRequest, case_id: str) -> HttpResponse:
    """``/cases/<id>/``."""
    now = clock.now()
    asked, offered = request.GET.get("do", ""), "offer" in request.GET
    found = settled(person(request), case_id, now)
    return show(request, CasePage(found, person(request), now, verb=asked if asked in PANELS else "", offered=offered))


@signed_in
@require_POST
def change(request: HttpRequest, case_id: str) -> HttpResponse:
    """Keep the draft and show what it changes: the decision's head while somebody types, without script the page."""
    now, sent = clock.now(), posted(request)
    typed = arguments.rearranged(sent)
    page = CasePage(settled(person(request), case_id, now), person(request), now, posted=typed)
    if page.form.touched:
        drafting.save(page.case, person=page.person, fields=typed, at=now)
    else:
        drafting.discard(page.case, person=page.person)
    if is_fragment(request):
        context = {"page": page, "case": page.case, "form": page.form, "rearranged": typed != sent}
        return render(request, "case_change.html", context)
    return show(request, page)


@signed_in
@require_POST
def heartbeat(request: HttpRequest, case_id: str) -> HttpResponse:
    """Renew the lease, and show what is left of it or why it is gone."""
    now, who = clock.now(), person(request)
    found = cases.find(who, case_id)
    try:
        found = claims.heartbeat(found, reviewer=who, token=request.POST.get("claim_token", ""), at=now)
    except Refusal as refusal:
        return render(request, "_parts/lease.html", {"case": found, "lost": refusal.says}, status=status(refusal))
    return render(request, "_parts/lease.html", {"case": found, "now": now})


@signed_in
@require_GET
def news(request: HttpRequest, case_id: str) -> HttpResponse:
    """What happened to the case since the version that a page shows; empty when nothing did."""
    version = request.GET.get("version", "")
    found = settled(person(request), case_id, clock.now())
    known = int(version) if version.isdecimal() and len(version) < 10 else found.version  # noqa: PLR2004 - no case lives that long
    changes = decisions.changes_since(found, known) if found.version > known else []
    return render(request, "_parts/news.html", {"case": found, "changes": changes})


@signed_in
@require_GET
def customer(request: HttpRequest, case_id: str) -> HttpResponse:
    """What the customer is told while the case waits; a page of its own without script."""
    found = settled(person(request), case_id, clock.now())
    sees = "" if found.outcome else holding.told(found, at=clock.now())
    name = "_parts/customer_sees.html" if is_fragment(request) else "customer.html"
    # Their own page can ask for things in their name, so it is opened from here in a demo only.
    page = links.status_url(found) if settings.DEMO_MARK.exists() else ""
    return render(request, name, {"case": found, "sees": sees, "page": page, "nav_lanes": []})


def show(request: HttpRequest, page: CasePage) -> HttpResponse:
    """The page; after a refusal with what was refused and everything that was typed."""
    origin = filters.read(_origin(request))
    seq = events.newest()  # before anything else is read, so that nothing is missed
    context = _main(request, page, origin) | {
        "layout": "base.html",
        "seq": seq,
        "ahead": _ahead(page, origin),
        **undoing.context(page.person, page.now, but=page.case.pk),
        "present": attending.others(page.case, page.person, page.now),
        "nav_lanes": lanes(page.person, filters.read({}), page.now),
    }
    return render(request, "case.html", context, status=status(page.refusal) if page.refusal else 200)


def show_only(request: HttpRequest, page: CasePage) -> HttpResponse:
    """Only to look at: without what surrounds every page, what can be undone and who else is there."""
    context = _main(request, page, filters.read(_origin(request))) | {"layout": "bare.html"}
    return render(request, "case.html", context)


def _main(request: HttpRequest, page: CasePage, origin: filters.Filter) -> dict[str, Any]:
    return {
        "page": page,
        "case": page.case,
        "form": page.form,
        "now": page.now,
        "back": origin.query,
        "back_fields": origin.fields,
        "together": together.named(request.GET.get("together", "")),
    }


def _ahead(page: CasePage, origin: filters.Filter) -> str:
    """Where the next case can be looked at, for whoever is about to decide this one."""
    if not page.mine or not page.form.open:
        return ""
    return f"{reverse('ahead')}?{urlencode({'lane': origin.lane})}" if origin.lane else reverse("ahead")


def settled(who: Reviewer, case_id: str, now: datetime) -> Case:
    """The case with everything done that is due for it, so that no reader waits for an alarm clock."""
    found = cases.find(who, case_id)
    before = found.version
    try:
        after = due.settle(found, at=now)
    except Refusal:  # somebody else was quicker
        return cases.find(who, case_id)
    return found if after.version == before else cases.find(who, case_id)


def _origin(request: HttpRequest) -> Mapping[str, str]:
    """The part of the queue that the reader came from travels with the page."""
    return posted(request) if request.method == "POST" else request.GET.dict()
