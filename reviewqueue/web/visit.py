"""How every page and fragment of the desk is entered: signed in, at the database's time, refusals as pages."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse

from reviewqueue.queries import patience
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.web.filters import Filter

P = ParamSpec("P")
# How a refusal is answered; a slug that is not here is answered 409, "not now".
STATUS = {
    "forbidden": 403,
    "seen-digest-mismatch": 412,
    "invalid-decision": 422,
    "invalid-request": 422,
    "rate-limited": 429,
    "took-too-long": 503,
}


def signed_in(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Whoever is not signed in is sent to the door, also from inside a fragment; what is not theirs is not there."""

    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_the_door(request)
        try:
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            response = _refused(request, refusal)
        response.headers["Cache-Control"] = "no-store"
        return response

    update_wrapper(answer, view)
    return answer


def as_report(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page that reads much: it waits for its turn, and ends in time (``queries.patience``). Below ``signed_in``."""

    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with patience.report(person(request).pk):
            return view(request, *args, **kwargs)

    update_wrapper(answer, view)
    return answer


def person(request: HttpRequest) -> Reviewer:
    """Whoever is signed in."""
    return cast("Reviewer", request.user)


def is_fragment(request: HttpRequest) -> bool:
    """Does a page ask for a part of itself?"""
    return request.headers.get("HX-Request") == "true"


def posted(request: HttpRequest) -> Mapping[str, str]:
    """What a form sent, one value for each name."""
    return cast("Mapping[str, str]", request.POST.dict())


def address_of(chosen: Filter) -> str:
    """The queue with this choice of filters."""
    return f"/?{chosen.query}" if chosen.query else "/"


def status(refusal: Refusal) -> int:
    """The HTTP status that goes with a refusal."""
    return STATUS.get(refusal.slug, 409)


def _to_the_door(request: HttpRequest) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("sign_in")})
    answer: Any = redirect_to_login(request.get_full_path(), resolve_url("sign_in"))
    return cast("HttpResponse", answer)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if refusal.slug == "not-found":
        raise Http404(refusal.says) from refusal
    return render(request, "refused.html", {"refusal": refusal}, status=status(refusal))
