"""GET /review/insight: the same numbers as the command and the page."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from hitl.api.schemas.insights import Insight
from reviewqueue.domain import insight
from reviewqueue.queries import patience
from tests import factories
from tests.api.wire import PersonCaller
from tests.queries.test_patience import ENDLESS

pytestmark = pytest.mark.django_db
PATH = "/review/insight"


@pytest.fixture
def _decided() -> None:
    who = factories.person()
    for ruling in ({"type": "approve"}, {"type": "reject", "reason_code": "wrong_fact", "message": "Not late."}):
        factories.decide(factories.claimed(who), who, {"call_id": "call_1"} | ruling)


@pytest.mark.covers("R102", "R112", "R114")
@pytest.mark.usefixtures("_decided")
def test_the_wire_and_the_command_tell_the_same():
    reply = PersonCaller("qa_lead").get(PATH + "?by=intent")
    assert reply.status == 200
    Insight.model_validate(reply.body)
    out = StringIO()
    call_command("insight", "--json", "--by", "intent", stdout=out)
    told, answered = json.loads(out.getvalue()), reply.body
    for each in (told, answered):
        del each["at"]
    assert told == answered
    rate = next(metric for metric in told["metrics"] if metric["key"] == "override_rate")
    assert (rate["hits"], rate["n"], rate["few"], rate["segments"][0]["name"]) == (1, 2, True, "refund")


@pytest.mark.parametrize("period", [("2026-10-01T00:00:00Z", "2026-10-31t23:59:59z"), ("2026-10-01", "2026-10-31")])
def test_a_period_is_of_days_and_of_a_moment_its_day_counts(period):
    reply = PersonCaller("qa_lead").get("{}?from={}&to={}".format(PATH, *period))
    assert (reply.status, reply.body["first"], reply.body["last"]) == (200, "2026-10-01", "2026-10-31")


@pytest.mark.usefixtures("_decided")
def test_a_reviewer_is_told_their_own_and_an_auditor_nothing():
    own = PersonCaller("reviewer").get(PATH)
    assert (own.status, own.body["own"]) == (200, True)
    assert {metric["n"] for metric in own.body["metrics"]} == {0}
    assert PersonCaller("reviewer").get(PATH + "?by=person").status == 403
    assert PersonCaller("auditor").get(PATH).status == 403


@pytest.mark.parametrize(
    "asked",
    [
        "?by=shoes",
        "?from=yesterday",
        "?from=2026-10-01T99:00:00Z",
        "?from=2026-01-01&to=2025-01-01",
        "?to=2999-01-01",
        "?from=1999-01-01",
    ],
)
def test_what_cannot_be_told_is_refused(asked):
    reply = PersonCaller("supervisor").get(PATH + asked)
    assert (reply.status, reply.slug) == (422, "invalid-request")


def test_the_command_lists_what_is_known_and_why_the_rest_is_not():
    out = StringIO()
    call_command("insight", stdout=out)
    assert "R107  Customer satisfaction: not known." in out.getvalue()


def test_a_report_that_would_take_too_long_is_stopped(monkeypatch, settings):
    def endless(**_asked):
        with connection.cursor() as cursor:
            cursor.execute(ENDLESS)

    settings.REPORT_SECONDS = 1
    monkeypatch.setattr(insight, "look", endless)
    with transaction.atomic():
        reply = PersonCaller("qa_lead").get(PATH)
        transaction.set_rollback(True)
    assert (reply.status, reply.slug) == (503, "took-too-long")


def test_a_report_beside_ones_own_is_refused_with_the_time_to_wait(monkeypatch):
    monkeypatch.setattr(patience, "WAITS", 0.0)
    caller = PersonCaller("qa_lead")
    with patience.report(caller.user.pk):
        reply = caller.get(PATH)
    assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (429, "rate-limited", "10")
