"""What every request passes through."""

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

_FIT = re.compile(r"[A-Za-z0-9._-]{1,64}")


def named(request: HttpRequest) -> str:
    """The name of this request: the caller's own ``X-Request-Id`` where it is fit to be written down."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    name = given if _FIT.fullmatch(given) else f"req_{secrets.token_hex(12)}"
    request.META["HITL_REQUEST_ID"] = name
    return name


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give each response the ``X-Request-Id`` that the caller sent, or a new one."""

    def answer(request: HttpRequest) -> HttpResponse:
        name = named(request)
        response = get_response(request)
        response["X-Request-Id"] = name
        return response

    return answer


def straight(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take calls of programs straight to their view: all that follows here is for browsers, their pages and sessions.

    Programs come with a key in a header, which no browser sends by itself. A view says that it is for them by
    ``for_programs``.
    """
    headers = SecurityMiddleware(get_response)
    # Addresses without a name in them are few, and come again and again.
    known: dict[str, ResolverMatch] = {}

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return get_response(request)
        try:
            request.resolver_match = found = known.get(request.path_info) or resolve(request.path_info)
        except Resolver404:  # the page that says so is a page
            return get_response(request)
        if not getattr(found.func, "for_programs", False):
            return get_response(request)
        if not found.kwargs:
            known[request.path_info] = found
        request.get_host()  # an unknown one is refused
        translation.activate(translation.get_language_from_request(request))
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.headers.setdefault("Content-Language", translation.get_language())
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        headers.process_response(request, response)
        return response

    return answer


class Compressed(GZipMiddleware):
    """Pages, styles and scripts travel compressed; the API does not, where an ``ETag`` must stay what it is."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave everything under ``/api/`` as it is."""
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)
