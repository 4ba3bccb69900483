"""Every refusal as ``application/problem+json``: one table says which slug has which status and what to do about it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from functools import singledispatch
from typing import Any, Final, NamedTuple

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja.errors import ValidationError

from hitl.api import faults
from reviewqueue.engine.canonical import MalformedJSON, UnreadableError
from reviewqueue.refusal import Refusal

_log = logging.getLogger(__name__)
CONTENT_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
# How a database says that it is away, or too busy.
AWAY: Final = (OperationalError, InterfaceError)


class Kind(NamedTuple):
    """One problem type: its status, its name, what it means, what the caller can do."""

    status: int
    title: str
    means: str
    do: str


KINDS: Final[dict[str, Kind]] = {
    "malformed-json": Kind(
        400,
        "The body is not JSON",
        "The body is not one JSON document in UTF-8, names a key twice, or is nested deeper than 32 levels.",
        "Send the output of a JSON library as it is.",
    ),
    "malformed-request": Kind(
        400,
        "The request cannot be read",
        "The request is not one that the desk can work on, for example because it names an unknown host.",
        "The detail says what is wrong.",
    ),
    "unauthenticated": Kind(
        401,
        "Who are you?",
        "The request has no bearer token, or one that is unknown, expired or revoked.",
        "Send “Authorization: Bearer …” with an agent key (agents' wire) or a personal token (reviewers' wire).",
    ),
    "forbidden": Kind(
        403,
        "Not allowed",
        "The key lacks the scope, or a rule says no: own proposal, four eyes, role, queue.",
        "The detail says which rule. Repeating the request does not help.",
    ),
    "step-up-required": Kind(
        403,
        "A second factor is needed",
        "At the risk of this case the operator lets agents act only when a person decides in the browser, signed in "
        "with a second factor.",
        "Decide it there. What does not let the agent act can be decided here.",
    ),
    "grant-expired": Kind(
        403,
        "The grant has expired",
        "The time in which the grant could be redeemed is over, by the clock of the desk's database.",
        "Renew it; that works as long as the case itself has not expired.",
    ),
    "grant-void": Kind(
        403,
        "The grant is void",
        "Its case was withdrawn, superseded or taken over before the grant was redeemed.",
        "Do not execute. Propose again if the action is still wanted.",
    ),
    "grant-digest-mismatch": Kind(
        403,
        "This is not what was approved",
        "The action sent differs from the final action of the decision, if only by one character.",
        "Redeem exactly the decision's final_action.",
    ),
    "not-found": Kind(
        404,
        "Not found",
        "There is no such thing, or it is not yours; the desk does not say which.",
        "Check the id and which key you use.",
    ),
    "method-not-allowed": Kind(
        405,
        "Method not allowed",
        "This address does not answer to this method.",
        "The header Allow names those it has.",
    ),
    "not-pending": Kind(
        409,
        "Not open any more",
        "The case is final, the question is answered, or a person holds the conversation.",
        "Read the case: its status and decisions say what happened.",
    ),
    "stale-version": Kind(
        409,
        "The case has changed",
        "Somebody changed the case after you read it.",
        "Read it again; “changes” says what happened since.",
    ),
    "at-capacity": Kind(
        409,
        "You hold enough cases",
        "You hold as many cases as one person may hold at once.",
        "Decide one, hand one back or pass one on; then claim the next.",
    ),
    "stale-claim": Kind(
        409,
        "You do not hold this case",
        "Your lease ran out, was taken up again elsewhere, or somebody else holds the case.",
        "Claim the case again, look at it again, then act.",
    ),
    "already-judged": Kind(
        409,
        "This case has been judged",
        "You, or enough others, have judged this case of the quality sample; a verdict is not changed afterwards.",
        "Take the next case of the sample.",
    ),
    "not-yet": Kind(
        409,
        "Not yet",
        "What this would need has not come: the case is not over, or no case has come at all.",
        "Try again later; the detail says what is missing.",
    ),
    "grant-redeemed": Kind(
        409,
        "The grant was redeemed",
        "Somebody has already redeemed this grant; a grant serves once.",
        "Do not execute. Whoever redeemed it does.",
    ),
    "grant-not-redeemed": Kind(
        409, "The grant was not redeemed", "An outcome was reported for a grant that nobody spent.", "Redeem it first."
    ),
    "outcome-reported": Kind(
        409,
        "The outcome is known",
        "Another outcome of this execution was reported before; only “unknown” can still be settled.",
        "Read the case. Ask an operator if the earlier report was wrong.",
    ),
    "idempotency-running": Kind(
        409,
        "The first request is still running",
        "A request with the same Idempotency-Key has not finished.",
        "Send the same request again after the time in Retry-After.",
    ),
    "too-many-keys": Kind(
        409, "Too many keys", "An agent has at most two valid keys at a time.", "Revoke one, then make the next."
    ),
    "agent-paused": Kind(
        409,
        "The agent is paused",
        "An operator has paused this agent, intent or action, so nothing can be redeemed now. "
        "Proposals are still taken in, and wait for a person.",
        "Do not execute. The grant keeps; redeem it after the event agent.resumed, and renew it if it expired.",
    ),
    "seen-digest-mismatch": Kind(
        412,
        "The case shows something else now",
        "seen_digest is not the digest of what the case shows now.",
        "Load the case again and look at it before you decide.",
    ),
    "too-large": Kind(
        413, "The body is too large", "A body has at most 1 MiB.", "Send less text, or only new messages."
    ),
    "unsupported-encoding": Kind(
        415, "Encoded bodies are not taken", "The desk reads plain bodies only.", "Send no Content-Encoding."
    ),
    "invalid-proposal": Kind(
        422,
        "The proposal does not fit",
        "The body is JSON, but not a proposal. “errors” names each place (JSON pointer) and what is wrong there.",
        "Correct each fault; an unknown field is usually a typing mistake.",
    ),
    "invalid-decision": Kind(
        422,
        "The decision does not fit",
        "A reason, an amount or an argument is missing or wrong; “errors” names each place.",
        "Correct each fault and decide again.",
    ),
    "invalid-request": Kind(
        422,
        "The request does not fit",
        "A field, parameter or header is unknown, missing or out of range; “errors” names each place.",
        "Correct each fault.",
    ),
    "unknown-intent": Kind(
        422,
        "Unknown intent",
        "Reserved for desks that list their intents. This desk takes any text as intent and never answers with this.",
        "Nothing; policies decide what happens to an intent that they do not name.",
    ),
    "dedupe-conflict": Kind(
        422,
        "This dedupe_key names another proposal",
        "A proposal with this dedupe_key exists and its content differs.",
        "Use one dedupe_key for each pause of the agent; send a retry unchanged.",
    ),
    "idempotency-conflict": Kind(
        422,
        "This Idempotency-Key belongs to another request",
        "The key was used in the last 24 hours with another body or address.",
        "Use a new key for a new request; send a retry unchanged.",
    ),
    "rate-limited": Kind(
        429,
        "Too many calls",
        "This agent calls more often than it may, or reports are being made already. Others are not affected.",
        "Wait for the time in Retry-After.",
    ),
    "took-too-long": Kind(
        503,
        "The report took too long",
        "It would have read more than a report may, and was stopped so that the desk stays quick for customers.",
        "Ask for a shorter period, or without a split.",
    ),
    "internal": Kind(
        500,
        "The desk failed",
        "Something went wrong in the desk. Nothing was changed half-way.",
        "Try again; if it stays, give the operator the X-Request-Id.",
    ),
    "unavailable": Kind(
        503,
        "The desk cannot work right now",
        "The desk's database does not answer or is too busy.",
        "Send the same request again after the time in Retry-After; nothing is done twice with a dedupe_key or "
        "Idempotency-Key.",
    ),
}


def response(
    request: HttpRequest,
    slug: str,
    detail: str = "",
    *,
    errors: Iterable[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The problem document ``slug``; ``detail`` is a sentence that a person can act on."""
    kind = KINDS[slug]
    document: dict[str, Any] = {
        **(extra or {}),
        "type": f"/problems/{slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.means,
        "instance": request.path,
    }
    if listed := list(errors):
        document["errors"] = listed
    body = json.dumps(document, ensure_ascii=False)
    answer = HttpResponse(body, status=kind.status, content_type=CONTENT_TYPE, headers=_headers(kind, headers))
    # Whoever sends nonsense must not fill the log with a line for each; what failed here is logged below.
    return unlogged(answer)


def unlogged(answer: HttpResponse) -> HttpResponse:
    """Django writes no line about it."""
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - how Django marks it
    return answer


def _headers(kind: Kind, more: Mapping[str, str] | None) -> dict[str, str]:
    headers = {"Cache-Control": "no-store", **(more or {})}
    if kind.status == 401:  # noqa: PLR2004 - HTTP's word for it
        headers["WWW-Authenticate"] = 'Bearer realm="desk"'
    if kind.status == 503:  # noqa: PLR2004 - HTTP's word for it
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return headers


@singledispatch
def of(error: Exception, request: HttpRequest) -> HttpResponse:
    """The answer to whatever was raised; what nobody foresaw is logged and says nothing of the inside."""
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return response(request, "internal")


@of.register
def _(error: Refusal, request: HttpRequest) -> HttpResponse:
    slug = error.slug if error.slug in KINDS else "forbidden"
    headers = {"Retry-After": str(error.extra["retry_after"])} if "retry_after" in error.extra else None
    # What does not fit is named in “errors”, also where it is the body as a whole.
    whole = ({"pointer": "", "detail": error.says},) if slug.startswith("invalid-") else ()
    return response(request, slug, error.says, errors=error.errors or whole, extra=error.extra, headers=headers)


@of.register
def _(error: MalformedJSON, request: HttpRequest) -> HttpResponse:
    return response(request, "malformed-json", f"The body cannot be read: {error}.")


@of.register
def _(error: UnreadableError, request: HttpRequest) -> HttpResponse:
    fault = {"pointer": error.pointer, "detail": error.says}
    return response(request, _invalid(request), errors=[fault])


@of.register
def _(error: ValidationError, request: HttpRequest) -> HttpResponse:
    found = faults.of(error.errors)
    if found == faults.NO_BODY and not request.body:
        return response(request, "malformed-json", "The body is empty; send a JSON object.")
    return response(request, _invalid(request), errors=found)


@of.register(OperationalError)
@of.register(InterfaceError)
def _(error: Exception, request: HttpRequest) -> HttpResponse:
    note_away(request, error)
    return response(request, "unavailable")


def note_away(request: HttpRequest, error: Exception) -> None:
    """One line for the operator."""
    _log.warning("%s %s: the database does not answer: %s", request.method, request.path, error)


@of.register
def _(_error: RequestDataTooBig, request: HttpRequest) -> HttpResponse:
    return response(request, "too-large")


@of.register
def _(_error: UnreadablePostError, request: HttpRequest) -> HttpResponse:
    return response(request, "malformed-json", "The body ended before its announced length.")


def _invalid(request: HttpRequest) -> str:
    """What this operation calls a body that does not fit; the door has written it down."""
    return getattr(request, "invalid", "invalid-request")
