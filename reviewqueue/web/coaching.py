"""Coaching: cases to learn from, control cases and how often they are caught; for whoever coaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewqueue import rules
from reviewqueue.domain import coaching as verbs
from reviewqueue.domain import specimens, unmasking
from reviewqueue.models import Canary, Catch, Specimen
from reviewqueue.queries import cases, clock, coaching, dosage
from reviewqueue.refusal import Refusal
from reviewqueue.web.figures import interval
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.queries.coaching import Caught


_DID: Final = {
    "edit": pgettext_lazy("what a person did", "changed"),
    "reject": pgettext_lazy("what a person did", "rejected"),
}


@signed_in
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """``/coaching/``."""
    who, now = person(request), clock.now()
    rules.require_right(who, rules.Permission.COACH)
    context = {
        "rules": dosage.coaching(),
        "candidates": [(case, _put_right(case)) for case in coaching.candidates(who)],
        "specimens": coaching.specimens(),
        "overall": interval(coaching.overall(at=now).as_json()),
        "by_risk": _rows(coaching.by_risk(at=now)),
        "by_team": _rows(coaching.by_team(at=now)),
        "days": coaching.SPAN.days,
        "people": coaching.people(at=now),
    }
    return render(request, "coaching.html", context)


@signed_in
@require_POST
def make(request: HttpRequest, case_id: str) -> HttpResponse:
    """Make something to learn from of a closed case."""
    case = cases.find(person(request), case_id)
    made = specimens.make(case, person=person(request), at=clock.now())
    return redirect("specimen", made.pk)


@signed_in
@require_http_methods(["GET", "POST"])
def specimen(request: HttpRequest, specimen_id: str) -> HttpResponse:
    """Read it, put right what the swap missed, and take it into use."""
    rules.require_right(person(request), rules.Permission.COACH)
    found = _specimen(specimen_id)
    if request.method != "POST":
        return render(request, "specimen.html", _shown(found))
    said = posted(request)
    try:
        _change(request, found)
    except Refusal as refusal:
        return render(request, "specimen.html", {**_shown(found, said), "refusal": refusal}, status=status(refusal))
    return redirect("specimen", found.pk)


@signed_in
@require_GET
def planted(request: HttpRequest, case_id: str) -> HttpResponse:
    """What somebody did with a control case, and what was to be seen; for them alone."""
    who, now = person(request), clock.now()
    catch = Catch.objects.filter(canary_id=case_id, user_id=who.pk).select_related("canary__specimen").first()
    if catch is None:
        raise Http404
    unmasking.read(catch, person=who, at=now)
    return render(request, "planted.html", {"catch": catch, "specimen": catch.canary.specimen})


@signed_in
@require_POST
def understood(request: HttpRequest) -> HttpResponse:
    """The person has read that there are control cases."""
    verbs.understood(person(request))
    return redirect("queue")


def _change(request: HttpRequest, found: Specimen) -> None:
    who, said, now = person(request), posted(request), clock.now()
    if said.get("do") == "retire":
        specimens.retire(found, person=who, at=now)
        messages.success(request, _("No longer used."))
        return
    texts = {name.removeprefix("text:"): text for name, text in said.items() if name.startswith("text:")}
    specimens.change(found, person=who, fields={**said, "texts": texts}, at=now)
    if said.get("do") == "approve":
        specimens.approve(found, person=who, at=now)
    messages.success(request, _("In use.") if said.get("do") == "approve" else _("Saved."))


def _specimen(specimen_id: str) -> Specimen:
    found = Specimen.objects.filter(pk=specimen_id).select_related("source", "made_by", "approved_by").first()
    if found is None:
        raise Http404
    return found


def _shown(found: Specimen, said: Any = None) -> dict[str, Any]:
    typed = said or {}
    texts = [
        (pointer, specimens.told(pointer), typed.get(f"text:{pointer}", text))
        for pointer, text in specimens.texts(found.document)
    ]
    return {
        "specimen": found,
        "texts": texts,
        "title": typed.get("title", found.title),
        "lesson": typed.get("lesson", found.lesson),
        "for_practice": "for_practice" in typed if said else found.for_practice,
        "for_control": "for_control" in typed if said else found.for_control,
        "swapped": sorted(found.swapped.items()),
        "planted": Canary.objects.filter(specimen=found, settled_at__isnull=False).count(),
    }


def _put_right(case: Any) -> str:
    ruled = [one for one in case.decisions.all() if one.undone_at is None and one.type in _DID]
    return ", ".join(dict.fromkeys(f"{_DID[one.type]}: {one.get_reason_code_display()}" for one in ruled))


def _rows(caught: Iterable[Caught]) -> list[tuple[str, dict[str, Any]]]:
    return [(one.name, interval(one.share.as_json())) for one in caught]
