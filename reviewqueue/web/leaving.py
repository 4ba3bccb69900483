"""The page between the desk and an address that somebody else wrote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviewqueue.web import addresses
from reviewqueue.web.visit import signed_in


@signed_in
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """``/leave/?to=<address>``: where it leads, as text; nobody is sent there by the desk."""
    asked = request.GET.get("to", "")[: addresses.LONGEST + 1]
    found = addresses.read(asked)
    context = {"asked": asked, "address": found, "opens": found is not None and not found.doubt}
    return render(request, "leave.html", context, status=200 if found else 400)
