"""What every page for customers passes through: how often, in which language, and that nobody keeps or passes it on."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from hitl.accounts import browsers
from hitl.api import throttle

View = Callable[..., HttpResponse]
# For each address: pages a second and at once; and the same for what somebody sends.
_READS: Final = (2.0, 60)
_WRITES: Final = (0.05, 6)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def for_customers(*, looks: bool = False, turned_back: View | None = None) -> Callable[[View], View]:
    """Lets anybody in, within limits.

    What is sent needs no CSRF token: nobody is signed in here, so there is nothing that another site could borrow, and
    the forms work in a browser that keeps no cookies. ``looks``: what is posted changes nothing and counts as a look;
    ``turned_back`` answers who comes too often, with nothing lost of what they typed, as far as they may look.
    """

    def wrap(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            sends = request.method == "POST" and not looks
            with translation.override(language(request.GET.get("lang", "") or translation.get_language() or "")):
                if seconds := _too_often(request, sends=sends):
                    kind = (
                        turned_back if turned_back and not (sends and _too_often(request, sends=False)) else too_often
                    )
                    response = kind(request, *args, **kwargs)
                    response.status_code, response.headers["Retry-After"] = 429, str(max(1, math.ceil(seconds)))
                else:
                    response = view(request, *args, **kwargs)
            for name, value in _HEADERS.items():
                response.headers[name] = value
            return response

        return answer

    return wrap


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page with the company's name on it."""
    company = settings.COMPANY or gettext("Customer service")
    return render(request, template, {"company": company, **context}, status=status)


def rendered(template: str, context: dict[str, Any]) -> SafeString:
    """A part of such a page, escaped by its own template, for a page of the desk."""
    return render_to_string(template, context)


def language(*wishes: str) -> str:
    """The first of these that the desk speaks, else English."""
    spoken = {code for code, _name in settings.LANGUAGES}
    primary = (wish.lower().replace("_", "-").partition("-")[0] for wish in wishes)
    return next((code for code in primary if code in spoken), "en")


def wants_json(request: HttpRequest) -> bool:
    """A program asks, not a browser."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def too_often(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Come again later."""
    return show(request, "customers/too_often.html", {"says": in_a_minute()})


def in_a_minute() -> str:
    """For whoever sends or loads more than an address may: none of the limits asks for longer."""
    return gettext("There were too many requests from your address. Please try again in a minute.")


def _too_often(request: HttpRequest, *, sends: bool) -> float:
    kind, (rate, burst) = ("customer-writes", _WRITES) if sends else ("customer-reads", _READS)
    return throttle.buckets().wait(f"{kind}:{browsers.address(request)}", rate, burst)
