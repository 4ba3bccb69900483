"""POST /review/policies/what-if: totals and cases, for those who configure."""

from datetime import UTC, datetime

import pytest

from reviewqueue.models import Case, PolicyVersion, WhatIf
from tests import factories
from tests.api.wire import PersonCaller

pytestmark = pytest.mark.django_db
PATH = "/review/policies/what-if"
RULE = {"name": "large", "when": {"fact": "action.value", "over": "100.00"}, "outcome": "review", "queue": "billing"}
LOOSE = factories.PLAIN_POLICY | {"oversight": [{"match": {}, "mode": "out_of_the_loop"}], "triggers": [RULE]}


@pytest.fixture
def recorded() -> list[str]:
    return [
        factories.case(actions=[factories.action(value={"amount": amount, "currency": "EUR"})]).pk
        for amount in ("80.00", "350.00", "60.00")
    ]


@pytest.mark.covers("R33", "R101")
def test_totals_and_the_first_cases_come_together(recorded):
    reply = PersonCaller("admin").post(PATH, {"policy": LOOSE})
    assert reply.status == 200
    assert {name: reply.body["totals"][name] for name in ("cases", "held", "held_before", "newly_released")} == {
        "cases": 3,
        "held": 1,
        "held_before": 3,
        "newly_released": 2,
    }
    assert [(case["case"], case["oversight"], case["triggers"]) for case in reply.body["cases"]] == [
        (recorded[0], "out_of_the_loop", []),
        (recorded[1], "in_the_loop", ["large"]),
        (recorded[2], "out_of_the_loop", []),
    ]
    assert (reply.body["cursor"], "two weeks late" in reply.raw.decode()) == (None, False)
    assert (PolicyVersion.objects.count(), WhatIf.objects.count()) == (1, 0)


def test_pages_follow_a_cursor_and_one_kind_of_change(recorded):
    admin = PersonCaller("admin")
    wish = {"policy": LOOSE, "change": "newly_released", "limit": 1}
    first = admin.post(PATH, wish).body
    second = admin.post(PATH, wish | {"cursor": first["cursor"]}).body
    assert [case["case"] for case in first["cases"] + second["cases"]] == [recorded[0], recorded[2]]
    assert (second["totals"], second["cursor"]) == (None, None)


@pytest.mark.usefixtures("recorded")
def test_a_period_and_an_agent_limit_it():
    admin = PersonCaller("admin")
    assert admin.post(PATH, {"policy": LOOSE, "to": "2020-01-01T00:00:00Z"}).body["totals"]["cases"] == 0
    assert admin.post(PATH, {"policy": LOOSE, "from": "2020-01-01T00:00:00Z"}).body["totals"]["cases"] == 3
    assert admin.post(PATH, {"policy": LOOSE, "agents": ["nobody"]}).body["totals"]["cases"] == 0


@pytest.mark.usefixtures("recorded")
def test_a_period_of_days_includes_both():
    Case.objects.update(created_at=datetime(2026, 3, 4, 12, tzinfo=UTC))
    periods = [("2026-03-04", "2026-03-04"), ("2026-03-01", "2026-03-03"), ("2026-03-05", "2026-03-06")]
    asked = [{"policy": LOOSE, "from": first, "to": last} for first, last in periods]
    assert [PersonCaller("admin").post(PATH, each).body["totals"]["cases"] for each in asked] == [3, 0, 0]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("role", ["reviewer", "supervisor", "qa_lead", "auditor"])
def test_it_is_for_those_who_configure(role):
    assert PersonCaller(role).post(PATH, {"policy": LOOSE}).status == 403


@pytest.mark.usefixtures("recorded")
def test_faults_of_the_policy_are_named_by_path():
    reply = PersonCaller("admin").post(PATH, {"policy": LOOSE | {"oversight": [{"match": {}, "mode": "sometimes"}]}})
    assert (reply.status, reply.slug) == (422, "invalid-request")
    assert [pointer for pointer, _detail in reply.faults] == ["/policy/oversight/0/mode"]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({}, "/policy"),
        ({"policy": LOOSE, "from": "yesterday"}, "/from"),
        ({"policy": LOOSE, "change": "better"}, "/change"),
        ({"policy": LOOSE, "limit": 0}, "/limit"),
        ({"policy": LOOSE, "until": "2026-01-01T00:00:00Z"}, "/until"),
    ],
)
def test_what_does_not_fit_is_named(wish, pointer):
    reply = PersonCaller("admin").post(PATH, wish)
    assert (reply.status, [place for place, _detail in reply.faults]) == (422, [pointer])
