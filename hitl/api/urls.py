"""The addresses below ``/api/v1``, and everything else there as a problem document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from hitl.api import description, pages, problems
from hitl.api.desk import desk

View = Callable[..., HttpResponse]


def _speaking_problems(view: View) -> View:
    """Ninja refuses a method in plain text; callers are promised problem documents."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        given = view(request, *args, **kwargs)
        if given.status_code != 405:  # noqa: PLR2004 - HTTP's word for it
            return given
        allowed = given["Allow"]
        detail = f"{request.path} answers to {allowed}."
        return problems.response(request, "method-not-allowed", detail, headers={"Allow": allowed})

    answer.for_programs = True  # type: ignore[attr-defined]
    return answer


@csrf_exempt
def _nowhere(request: HttpRequest) -> HttpResponse:
    return problems.response(request, "not-found", f"There is no address {request.path[:200]}.")


def _routes() -> Iterator[URLPattern]:
    for route in desk.urls[0]:
        if isinstance(route, URLPattern) and route.name != "api-root":
            route.callback = _speaking_problems(route.callback)
            yield route


urlpatterns = [
    path("openapi.json", description.openapi, name="openapi"),
    path("docs", pages.docs, name="api_docs"),
    *_routes(),
    re_path(r"^.*$", _nowhere),
]
