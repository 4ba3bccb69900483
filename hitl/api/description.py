"""The OpenAPI 3.1 description: Ninja's account of routes and schemas, and what every call here has in common."""

from __future__ import annotations

import copy
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from hitl.api import examples, problems, replies, review_examples
from hitl.api.desk import desk
from hitl.api.schemas.answers import Problem

ROOT: Final = "/api/v1"
_JSON: Final = replies.JSON
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body replay the first answer for 24 hours.",
}
_WAITING: Final[list[dict[str, Any]]] = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "examples": ["wait=30"]},
        "description": "`wait=N`: hold the answer for up to N (at most 60) seconds until something changes.",
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "examples": ['"3"']},
        "description": "The ETag of the version that is known.",
    },
]
_HEADERS: Final[dict[str, list[dict[str, Any]]]] = {
    "readCase": _WAITING,
    "readConversation": _WAITING,
    "readEvents": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "Where a broken stream goes on; goes before `after`.",
        }
    ],
    "propose": [
        {
            "name": "traceparent",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "W3C trace context; kept with the case.",
        }
    ],
}
_REQUESTS: Final = examples.REQUESTS | review_examples.REQUESTS
_ANSWERS: Final = examples.ANSWERS | review_examples.ANSWERS
_HELD: Final = ("stale-claim", "stale-version", "not-pending")
# What a call can be refused beyond what every call, every body and every id in the address can.
_REFUSED: Final[dict[str, tuple[str, ...]]] = {
    "propose": ("invalid-proposal", "dedupe-conflict", "not-pending", "stale-version"),
    "withdrawCase": ("not-pending", "stale-version"),
    "answerQuestion": ("not-pending", "stale-version"),
    "readEvents": ("invalid-request",),
    "findArticles": ("invalid-request",),
    "redeemGrant": ("grant-redeemed", "grant-expired", "grant-digest-mismatch", "grant-void", "agent-paused"),
    "renewGrant": ("grant-redeemed", "grant-expired", "grant-void"),
    "reportOutcome": ("grant-not-redeemed", "outcome-reported"),
    "listCases": ("invalid-request",),
    "whatIf": ("invalid-request",),
    "readInsight": ("invalid-request", "rate-limited", "took-too-long"),
    "listSample": ("invalid-request",),
    "readSampleReport": ("invalid-request",),
    "judge": ("already-judged", "not-yet"),
    "listGaps": ("invalid-request",),
    "drawSample": ("not-yet",),
    "writeMessage": _HELD,
    "claimCase": _HELD,
    "renewClaim": _HELD,
    "releaseCase": _HELD,
    "reassignCase": _HELD,
    "snoozeCase": _HELD,
    "ask": _HELD,
    "decide": ("step-up-required", "invalid-decision", "seen-digest-mismatch", *_HELD),
    "undo": _HELD,
    "takeOver": _HELD,
    "giveBack": _HELD,
    "stopCase": _HELD,
}
_ALWAYS: Final = ("malformed-request", "unauthenticated", "forbidden", "internal", "unavailable")
_WITH_BODY: Final = (
    "malformed-json",
    "too-large",
    "unsupported-encoding",
    "idempotency-conflict",
    "idempotency-running",
    "invalid-request",
)


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    described: dict[str, Any] = copy.deepcopy(dict(desk.get_openapi_schema(path_prefix=f"{ROOT}/")))
    schemas = described["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs"))
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method, path)
    described["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    return described


def openapi(request: HttpRequest) -> HttpResponse:
    """GET /openapi.json, for everybody."""
    if request.method not in {"GET", "HEAD"}:
        return problems.response(request, "method-not-allowed", headers={"Allow": "GET, HEAD"})
    return replies.of(document())


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    name = operation["operationId"]
    operation["parameters"] += copy.deepcopy(_HEADERS.get(name, []))
    if method == "post":
        operation["parameters"].append(dict(_IDEMPOTENCY))
    operation["responses"] = {str(status): said for status, said in operation["responses"].items()}
    slugs = _slugs(name, method, path)
    for status in sorted({problems.KINDS[slug].status for slug in slugs}):
        operation["responses"][str(status)] = _refusal(
            status, [slug for slug in slugs if problems.KINDS[slug].status == status]
        )
    if body := operation.get("requestBody"):
        _name_schema(body["content"][_JSON])
    _add_examples(operation, name)
    if name == "readEvents":
        operation["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string"}}


def _name_schema(content: dict[str, Any]) -> None:
    """Ninja wraps the schema of a body that may be left out; its plain name says the same."""
    if "allOf" in content["schema"]:
        (content["schema"],) = content["schema"]["allOf"]


def _slugs(name: str, method: str, path: str) -> list[str]:
    slugs = [*_ALWAYS, *_REFUSED.get(name, ())]
    slugs += _WITH_BODY if method == "post" else ()
    slugs += ["not-found"] if "{" in path else []
    slugs += [] if path.startswith(f"{ROOT}/review") else ["rate-limited"]
    return list(dict.fromkeys(slugs))


def _refusal(status: int, slugs: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{slug}`' for slug in slugs)}",
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "x-problem-types": [f"/problems/{slug}" for slug in slugs],
    }
    if status in {429, 503}:
        said["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return said


def _add_examples(operation: dict[str, Any], name: str) -> None:
    if asked := _REQUESTS.get(name):
        operation["requestBody"]["content"][_JSON]["examples"] = _titled(asked)
    if answered := _ANSWERS.get(name):
        first = next(iter(operation["responses"].values()))
        first["content"][_JSON]["examples"] = _titled(answered)


def _titled(given: dict[str, Any]) -> dict[str, Any]:
    return {title: {"value": value} for title, value in given.items()}
