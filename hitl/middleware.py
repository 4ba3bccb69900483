"""What every request passes through."""

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_FIT = re.compile(r"[A-Za-z0-9._-]{1,64}")


def named(request: HttpRequest) -> str:
    """The name of this request: the caller's own ``X-Request-Id`` where it is fit to be written down."""
    given = request.headers.get("X-Request-Id", "")
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


class Compressed(GZipMiddleware):
    """Pages, styles and scripts travel compressed; the API does not, where an ``ETag`` must stay what it is."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave everything under ``/api/`` as it is."""
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)
