"""Calls of programs pass none of the browsers' middleware, and are as guarded as pages are."""

import json

import pytest
from django.test import Client

from hitl.api import pages
from tests import factories

pytestmark = [pytest.mark.django_db]
HOME = "/api/v1/cases/case_unknown"


def test_an_answer_carries_what_keeps_a_browser_from_misreading_it(client):
    answer = client.get(HOME)
    assert {
        name: answer.headers.get(name)
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Content-Length", "Content-Language")
    } == {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(answer.content)),
        "Content-Language": "en",
    }


def test_a_session_opens_nothing_on_the_programs_side(client):
    client.force_login(factories.person())
    answer = client.get(HOME)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (401, "unauthenticated")


def test_a_call_leaves_no_session_behind(client):
    client.get(HOME)
    assert dict(client.cookies) == {}


def test_an_unknown_host_is_refused():
    answer = Client(headers={"Host": "evil.example"}).get(HOME)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "malformed-request")


@pytest.mark.parametrize("fault", [LookupError("broken"), KeyboardInterrupt()])
def test_whatever_breaks_on_the_way_to_a_view_is_a_problem_document(rf, fault):
    def broken():
        raise fault

    answer = None
    try:
        broken()
    except type(fault):
        answer = pages.failed(rf.get(HOME))
    assert answer is not None
    assert (answer.status_code, json.loads(answer.content)["type"].rpartition("/")[2]) == (500, "internal")


def test_a_caller_who_asks_for_german_is_answered_in_german(client):
    answer = client.get(HOME, headers={"Accept-Language": "de"})
    assert (answer.headers["Content-Language"], answer.json()["detail"].split()[0]) == ("de", "Senden")


def test_the_next_caller_is_not_answered_in_the_language_of_the_last(client):
    client.get(HOME, headers={"Accept-Language": "de"})
    assert client.get(HOME).headers["Content-Language"] == "en"


def test_an_address_that_is_none_is_refused_with_the_policy_of_a_page(client):
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.headers["X-Frame-Options"]) == (404, "DENY")
    assert "script-src" in answer.headers["Content-Security-Policy"]


def test_pages_below_the_same_address_keep_their_own_policy(client):
    assert "script-src" in client.get("/api/v1/docs").headers["Content-Security-Policy"]
