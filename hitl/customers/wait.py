"""``/wait/<token>``: how things stand, for the customer who has the link."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import get_language_info
from django.views.decorators.http import require_http_methods, require_safe

from hitl.api.replies import instant, instant_or_none
from hitl.customers import door
from hitl.customers.door import for_customers
from reviewqueue.domain import customers, due
from reviewqueue.engine.waiting import in_language
from reviewqueue.models import Case, Request
from reviewqueue.queries import calls, clock, links, standing
from reviewqueue.queries.standing import Asked, Ruled, Standing
from reviewqueue.refusal import Refusal

# Without script the page loads itself anew; while somebody waits that is more often.
_REFRESH_SECONDS: Final = 30
_OPEN: Final = {standing.WAITING, standing.QUESTION, standing.TALKING}


@for_customers()
@require_safe
def wait(request: HttpRequest, token: str) -> HttpResponse:
    """The page, the part of it that changes, or JSON."""
    case = _case(token)
    if case is None:
        return _unknown(request)
    with translation.override(_language(request, case)):
        stands = standing.of(case, at=clock.now(), language=_spoken(request, case))
        if door.wants_json(request):
            return JsonResponse(_document(stands, request.path))
        context = _context(request, case, stands, token)
        name = "customers/_status.html" if request.headers.get("HX-Request") else "customers/wait.html"
        return door.show(request, name, context)


def _turned_back(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    if request.method != "POST":
        return door.too_often(request)
    return _asking(request, token, kind, Refusal("too-often", door.in_a_minute()))


@for_customers(turned_back=_turned_back)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """Ask for a person, for a call, or that somebody else looks again."""
    return _asking(request, token, kind)


def _asking(request: HttpRequest, token: str, kind: str, refused: Refusal | None = None) -> HttpResponse:
    case = _case(token)
    if case is None or kind not in Request.Kind.values:
        return _unknown(request)
    with translation.override(_language(request, case)):
        if request.method == "POST" and refused is None:
            try:
                _wish(request, case, kind)
            except Refusal as refusal:
                refused = refusal
            else:
                return _sent(request, token)
        stands = standing.of(case, at=clock.now())
        context = _context(request, case, stands, token) | {
            "kind": kind,
            "refusal": refused,
            "typed": request.POST,
            "days": calls.offered(at=clock.now()),
            "longest": customers.LONGEST_TEXT,
        }
        return door.show(request, "customers/ask.html", context, status=422 if refused else 200)


def _wish(request: HttpRequest, case: Case, kind: str) -> None:
    at, text = clock.now(), request.POST.get("text", "")
    if kind == Request.Kind.HUMAN:
        customers.ask_for_human(case, text=text, at=at)
    elif kind == Request.Kind.CONTEST:
        customers.contest(case, text=text, at=at)
    else:
        try:
            wanted_at = calls.read(request.POST.get("wanted_at", ""))
        except ValueError:
            raise customers.no_call_then() from None
        customers.leave_callback(case, phone=request.POST.get("phone", ""), wanted_at=wanted_at, text=text, at=at)


def _case(token: str) -> Case | None:
    at = clock.now()
    case = links.find(token, at=at)
    if case is None:
        return None
    try:
        return due.settle(case, at=at)
    except Refusal:  # somebody else was quicker
        return links.find(token, at=at)


def _unknown(request: HttpRequest) -> HttpResponse:
    """The same answer for a link that is wrong and for one that is too old."""
    return door.show(request, "customers/unknown.html", {}, status=404)


def _sent(request: HttpRequest, token: str) -> HttpResponse:
    given = request.GET.get("lang", "")
    response = redirect("wait", token)
    if given:
        response["Location"] += f"?lang={door.language(given)}"
    response.status_code = 303
    return response


def _language(request: HttpRequest, case: Case) -> str:
    return door.language(request.GET.get("lang", ""), case.language, translation.get_language() or "")


def _spoken(request: HttpRequest, case: Case) -> str:
    """The policy may have words in the customer's language, which the desk's own pages do not speak."""
    contract = case.verdict.get("wait") or {}
    own = [in_language(contract.get(words), case.language) for words in ("message", "say")]
    return case.language if any(own) and not request.GET.get("lang") else translation.get_language() or ""


def _context(request: HttpRequest, case: Case, stands: Standing, token: str) -> dict[str, Any]:
    lang = request.GET.get("lang", "")
    other = "de" if translation.get_language() == "en" else "en"
    return {
        "stands": stands,
        "token": token,
        "reference": case.pk[-8:].upper(),
        "may": _may(case, stands),
        "query": f"?lang={door.language(lang)}" if lang else "",
        "refresh": 0 if stands.settled else _REFRESH_SECONDS,
        "other": other,
        "other_name": get_language_info(other)["name_local"],
    }


def _may(case: Case, stands: Standing) -> dict[str, bool]:
    """What is still worth asking for; what was asked for already and is being worked on is not offered again."""
    running = {each.kind for each in stands.asked if each.phase in _OPEN}
    reachable = stands.phase not in {standing.TALKING, standing.GONE} and not case.asked_by_customer
    return {
        "human": reachable and Request.Kind.HUMAN not in running,
        "callback": reachable and Request.Kind.CALLBACK not in running,
        "contest": customers.contestable(case)
        and not case.asked_by_customer
        and Request.Kind.CONTEST not in {e.kind for e in stands.asked},
    }


def _document(stands: Standing, path: str) -> dict[str, Any]:
    estimate = stands.estimate
    return {
        "phase": stands.phase,
        "message": stands.message or None,
        "since": instant(stands.since),
        "wait": estimate and {"p50_seconds": estimate.p50_seconds, "p80_seconds": estimate.p80_seconds},
        "expected_at": instant_or_none(stands.expected_at),
        "late": stands.late,
        "call_offered": stands.late_long or (stands.fallback is not None and stands.fallback.then == "callback"),
        "fallback": stands.fallback and {"what": stands.fallback.then, "text": stands.fallback.text},
        "ai_involved": stands.ai,
        "fully_automatic": stands.automatic,
        "decided": [_ruled(each) for each in stands.ruled],
        "asked": [_asked(each) for each in stands.asked],
        "ask": {kind: f"{path.rstrip('/')}/{kind}" for kind in Request.Kind.values},
    }


def _ruled(ruled: Ruled) -> dict[str, str | None]:
    return {"how": ruled.how, "text": ruled.text or None}


def _asked(asked: Asked) -> dict[str, Any]:
    return {
        "kind": asked.kind,
        "phase": asked.phase,
        "wanted_at": instant_or_none(asked.wanted_at),
        "answers": [_ruled(each) for each in asked.answers],
    }
