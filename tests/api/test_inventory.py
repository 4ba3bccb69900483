"""Every call and every page that there is, found in the description and in the addresses: none is open by oversight."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hitl.api import description
from tests.api.wire import ROOT, AgentCaller, Caller, PersonCaller

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R72", "R91")]
# For whoever is not known: the door itself, customers, health, and the description of the wire.
OPEN_CALLS = ("/openapi.json", "/docs")
OPEN_PAGES = (
    *(
        "sign-in/",
        "admin/password_change/",
        "livez",
        "readyz",
        "problems/",
        "api/v1/docs",
        "api/v1/openapi.json",
        "favicon.ico",
        "jsi18n",
    ),
    *("contact/", "help/", "wait/", "leave/", "admin/jsi18n/", "i18n/", "language/"),
)
_VALUES = {"int": "1", "slug": "a", "str": "a", "path": "a", "uuid": "00000000-0000-0000-0000-000000000000"}


def calls() -> list[tuple[str, str]]:
    """(method, path) of every call, with names that nothing has."""
    paths = description.document()["paths"]
    return sorted(
        (method.upper(), re.sub(r"\{\w+\}", "x", path).removeprefix(ROOT))
        for path, methods in paths.items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    )


def pages(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every address of the desk, with values that nothing has."""
    for each in (resolver or get_resolver()).url_patterns:
        here = before + _plain(str(each.pattern))
        if isinstance(each, URLResolver):
            yield from pages(each, here)
        elif isinstance(each, URLPattern):
            yield here


def _plain(pattern: str) -> str:
    typed = re.sub(r"<(?:(\w+):)?\w+>", lambda found: _VALUES.get(found[1] or "str", "a"), pattern)
    unnamed = re.sub(r"\(\?P<\w+>[^)]*\)|\([^)]*\)", "a", typed)
    return unnamed.strip("^$").replace("\\Z", "").replace("\\", "").rstrip("?")


def test_no_call_answers_whoever_has_no_token() -> None:
    answers = {(method, path): Caller().send(method, path, b"{}").status for method, path in calls()}
    assert len(answers) > 40
    assert {call: status for call, status in answers.items() if status != 401} == {
        ("GET", path): 200 for path in OPEN_CALLS if ("GET", path) in answers
    }


def test_agents_and_people_do_not_get_into_each_others_calls() -> None:
    scopes = ("propose", "redeem", "converse", "knowledge")
    callers: dict[str, Any] = {"agent": AgentCaller(scopes=scopes), "person": PersonCaller("supervisor")}
    reviewers = [call for call in calls() if call[1].startswith("/review/")]
    agents = [call for call in calls() if not call[1].startswith("/review/") and call[1] not in OPEN_CALLS]
    wrong = [("agent", call) for call in reviewers] + [("person", call) for call in agents]
    answers = {(who, *call): callers[who].send(*call, b"{}").status for who, call in wrong}
    assert {call: status for call, status in answers.items() if status not in {401, 403}} == {}


def test_no_page_shows_anything_to_whoever_is_not_signed_in() -> None:
    shown = {}
    for address in sorted(set(pages())):
        if not address.startswith(("api/v1/", *OPEN_PAGES)):
            answer = Client().get(f"/{address}")
            door = answer.headers.get("Location", "")
            known = "sign-in" in door or door.startswith("/admin/login/")
            if not known and answer.status_code not in {401, 403, 404, 405}:
                shown[address] = (answer.status_code, door)
    assert shown == {}
