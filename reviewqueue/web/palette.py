"""The cases that the command palette offers for what is typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviewqueue.models import OPEN, State
from reviewqueue.queries import cases
from reviewqueue.web.visit import person, signed_in

_OFFERED = 6
_LONGEST = 200


@signed_in
@require_GET
def found(request: HttpRequest) -> HttpResponse:
    """Up to six cases as options, open ones first; nothing for nothing typed."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:_LONGEST]
    return render(request, "_parts/palette_cases.html", {"cases": _cases(request, typed) if typed else []})


def _cases(request: HttpRequest, typed: str) -> list[object]:
    who = person(request)
    listed = cases.page(who, cases.Wanted(search=typed)).cases[:_OFFERED]
    if len(listed) < _OFFERED:
        rest = cases.Wanted(search=typed, states=[state for state in State.values if state not in OPEN])
        listed += cases.page(who, rest, order="newest").cases[: _OFFERED - len(listed)]
    return list(listed)
