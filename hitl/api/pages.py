"""The wire for people to read: the description as a page, and a page for each problem type."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views import defaults
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from hitl.api import description, problems


@require_safe
@gzip_page  # long, the same for everybody, and without a secret
def docs(_request: HttpRequest) -> HttpResponse:
    """GET /docs: every call with its parameters, body and answers."""
    said = description.document()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_shown(method, path, operation))
    return _page("api/docs.html", {"info": said["info"], "groups": groups, "schemas": _schemas(said)})


@require_safe
def problem_list(_request: HttpRequest) -> HttpResponse:
    """GET /problems/."""
    return _page("api/problems.html", {"kinds": {slug: kind._asdict() for slug, kind in problems.KINDS.items()}})


@require_safe
def problem(_request: HttpRequest, slug: str) -> HttpResponse:
    """GET /problems/<slug>: what it means and what to do."""
    if slug not in problems.KINDS:
        raise Http404
    return _page("api/problem.html", {"slug": slug, "kind": problems.KINDS[slug]._asdict()})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view, such as an unknown host. Programs get a problem document."""
    if request.path.startswith("/api/"):
        return problems.response(request, "malformed-request")
    return defaults.bad_request(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """What no view has caught. A database that is away is not a fault: it comes back, and the client with it."""
    error = sys.exc_info()[1]
    if request.path.startswith("/api/"):
        return problems.of(error, request) if isinstance(error, Exception) else problems.response(request, "internal")
    if not isinstance(error, problems.AWAY):
        return defaults.server_error(request)
    problems.note_away(request, error)
    # Without the request: whoever is signed in cannot be looked up.
    headers = {"Retry-After": str(problems.RETRY_SECONDS), "Cache-Control": "no-store"}
    return problems.unlogged(HttpResponse(render_to_string("503.html"), status=503, headers=headers))


def _page(template: str, context: dict[str, Any]) -> HttpResponse:
    # Without the request: these pages need no session, and no query.
    return HttpResponse(render_to_string(template, context))


def _shown(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "paragraphs": [_marked(each) for each in operation.get("description", "").split("\n\n")],
        "parameters": [each | {"says": _marked(each.get("description", ""))} for each in operation["parameters"]],
        "body": _named(body.get("schema", {})),
        "examples": {name: _pretty(each["value"]) for name, each in body.get("examples", {}).items()},
        "answers": [_answer(status, said) for status, said in sorted(operation["responses"].items())],
    }


def _answer(status: str, said: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = next(iter(said.get("content", {}).values()), {})
    shown = {name: _pretty(each["value"]) for name, each in content.get("examples", {}).items()}
    return {
        "status": status,
        "says": _marked(said["description"]),
        "schema": _named(content.get("schema", {})),
        "examples": shown,
    }


def _schemas(said: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            {
                "name": field,
                "type": _type(each),
                "required": field in schema.get("required", []),
                "says": _marked(each.get("description", "")),
            }
            for field, each in schema.get("properties", {}).items()
        ]
        for name, schema in sorted(said["components"]["schemas"].items())
        if "properties" in schema
    }


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``string, at most 200 characters, or null``."""
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if name := _named(schema):
        return name
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    said = " ".join(filter(None, [schema.get("format", ""), str(schema.get("type", "any JSON"))]))
    limits = {"maxLength": "at most {} characters", "minimum": "at least {}", "maximum": "at most {}"}
    return ", ".join([said, *(text.format(schema[name]) for name, text in limits.items() if name in schema)])


def _named(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _marked(text: str) -> SafeString:
    """Text with `names` in backticks, as a page shows it."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", p) if n % 2 else p,) for n, p in parts))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
