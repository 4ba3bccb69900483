"""Whatever goes wrong is a problem document that says what to do and nothing of the inside."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http.request import UnreadablePostError
from django.test import Client

from hitl.api import problems
from reviewqueue.domain import intake
from reviewqueue.refusal import Refusal
from tests import factories
from tests.api.wire import Caller


def failing(monkeypatch, error):
    def propose(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(intake, "propose", propose)


def test_a_problem_document_is_whole(agent):
    reply = agent.post("/proposals", {"typo": 1})
    body = reply.body
    assert reply.kind == "application/problem+json"
    assert (body["type"], body["title"], body["status"], body["instance"]) == (
        "/problems/invalid-proposal",
        "The proposal does not fit",
        422,
        "/api/v1/proposals",
    )
    assert reply.headers["X-Request-Id"].startswith("req_")


def test_the_callers_request_id_comes_back(agent):
    assert agent.get("/events", X_Request_Id="abc-1").headers["X-Request-Id"] == "abc-1"
    assert agent.get("/events", X_Request_Id="a b\x7f").headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize("path", ["/", "/nothing", "/proposals/", "/cases", "/cases/a/b/c", "/review", "/../admin/"])
def test_an_address_that_is_not_there_is_a_problem_too(path, db):  # noqa: ARG001 - nothing may be read
    for method in ("GET", "POST"):
        reply = Caller().send(method, path)
        assert (reply.status, reply.slug) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/proposals", "POST"),
        ("DELETE", "/cases/case_1", "GET"),
        ("PUT", "/grants/grant_1/redeem", "POST"),
        ("PATCH", "/review/cases/case_1/decide", "POST"),
        ("POST", "/events", "GET"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_a_problem_too(method, path, allowed):
    reply = Caller().send(method, path)
    assert (reply.status, reply.slug, reply.headers["Allow"]) == (405, "method-not-allowed", allowed)


@pytest.mark.parametrize("error", [RuntimeError("secret"), KeyError("secret"), AssertionError("secret")])
def test_what_nobody_foresaw_says_nothing_of_the_inside(agent, monkeypatch, caplog, error):
    failing(monkeypatch, error)
    reply = agent.post("/proposals", factories.document())
    assert (reply.status, reply.slug, b"secret" in reply.raw) == (500, "internal", False)
    assert "secret" in caplog.text


@pytest.mark.parametrize("error", [OperationalError("secret"), InterfaceError("secret")])
def test_a_database_that_is_away_is_a_503_with_a_time_to_come_back(agent, monkeypatch, error):
    failing(monkeypatch, error)
    reply = agent.post("/proposals", factories.document())
    assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (503, "unavailable", "2")
    assert b"secret" not in reply.raw


def test_a_database_that_is_away_is_a_503_before_anybody_is_known(agent, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("secret")

    monkeypatch.setattr("hitl.api.callers.agent", away)
    monkeypatch.setattr("hitl.api.callers.person", away)
    assert [agent.get(path).status for path in ("/events", "/review/cases")] == [503, 503]


def signed_in_once() -> Client:
    """A browser with the cookie of a session that has to be looked up."""
    browser = Client(raise_request_exception=False)
    browser.cookies["sessionid"] = "a" * 32
    return browser


@pytest.mark.sqlite_only  # production collects the page's style sheet first
@pytest.mark.parametrize("error", [OperationalError("secret"), InterfaceError("secret")])
@pytest.mark.parametrize("path", ["/", "/admin/", "/no/such/page"])
def test_a_page_without_a_database_is_a_503_with_a_time_to_come_back(monkeypatch, caplog, db, path, error):  # noqa: ARG001 - the database is not to be reached
    def away(_store: object) -> None:
        raise error

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    page = signed_in_once().get(path)
    assert (page.status_code, page.headers["Retry-After"], page.headers["Cache-Control"]) == (503, "2", "no-store")
    assert (b"send it again" in page.content, b"secret" in page.content) == (True, False)
    assert "Content-Security-Policy" in page.headers
    # One line in the log, and no trace of calls for each who looks.
    assert caplog.text.count("\n") == 1


@pytest.mark.sqlite_only  # production collects the page's style sheet first
def test_a_page_that_fails_otherwise_says_so_and_nothing_of_the_inside(monkeypatch, caplog, db):  # noqa: ARG001 - nothing may be read
    def broken(_store: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", broken)
    page = signed_in_once().get("/")
    assert (page.status_code, b"broke on our side" in page.content, b"secret" in page.content) == (500, True, False)
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [(RequestDataTooBig("x"), 413, "too-large"), (UnreadablePostError("x"), 400, "malformed-json")],
)
def test_a_body_that_breaks_off_or_grows_is_refused(agent, monkeypatch, error, status, slug):
    failing(monkeypatch, error)
    reply = agent.post("/proposals", factories.document())
    assert (reply.status, reply.slug) == (status, slug)


def test_a_refusal_that_the_table_does_not_know_is_still_a_refusal(agent, monkeypatch):
    failing(monkeypatch, Refusal("brand-new", "Not today."))
    reply = agent.post("/proposals", factories.document())
    assert (reply.status, reply.slug, reply.body["detail"]) == (403, "forbidden", "Not today.")


def test_an_unknown_host_gets_a_problem_document_on_the_wire_and_a_page_elsewhere(db):  # noqa: ARG001 - nothing may be read
    wire = Client().get("/api/v1/events", headers={"Host": "evil.example"})
    page = Client().get("/", headers={"Host": "evil.example"})
    assert (wire.status_code, wire.headers["Content-Type"]) == (400, "application/problem+json")
    assert (page.status_code, b"evil" in page.content + wire.content) == (400, False)


def test_refusals_do_not_fill_the_log(agent, caplog):
    agent.post("/proposals", {"typo": 1})
    assert caplog.text == ""


@pytest.mark.sqlite_only  # production collects the page's style sheet first
@pytest.mark.parametrize("slug", problems.KINDS)
def test_each_type_has_a_page_that_says_what_to_do(slug):
    answer = Client().get(f"/problems/{slug}")
    page = answer.content.decode()
    assert (answer.status_code, f"status {problems.KINDS[slug].status}" in page) == (200, True)
    assert "What to do" in page


@pytest.mark.sqlite_only  # production collects the page's style sheet first
def test_all_types_are_listed_and_others_are_not_there():
    listed = Client().get("/problems/").content.decode()
    assert [slug for slug in problems.KINDS if f'href="/problems/{slug}"' not in listed] == []
    assert Client().get("/problems/no-such-type").status_code == 404
