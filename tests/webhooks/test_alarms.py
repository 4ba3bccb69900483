"""Alarms reach those who look after the desk, signed, in order and once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hitl.webhooks import dispatch
from hitl.webhooks.answers import Answer
from hitl.webhooks.models import Delivery, Endpoint
from reviewqueue.domain import alarms
from reviewqueue.models import Alarm, AlarmRule
from tests import factories
from tests.domain.planned import HOUR, MINUTE
from tests.web.pages import Visitor
from tests.webhooks.conftest import Make

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R49")]


def raised(at: Any) -> Alarm:
    AlarmRule.objects.exclude(measure="queue_age").delete()
    AlarmRule.objects.update(next_at=at)
    factories.case(at=at - 2 * HOUR)
    alarms.check_due(at=at)
    return Alarm.objects.get()


def of_the_desk(endpoint: Make, **fields: Any) -> Endpoint:
    made, _secret = endpoint("http://127.0.0.1:9/", **fields)
    Endpoint.objects.filter(pk=made.pk).update(agent=None)
    made.refresh_from_db()
    return made


def test_what_becomes_of_an_alarm_arrives_in_order_and_once(endpoint: Make) -> None:
    made, at = of_the_desk(endpoint), factories.now()
    alarm = raised(at)
    assert [dispatch.gather(at=at) for _each in range(3)] == [1, 0, 0]
    alarms.acknowledge(alarm, person=factories.person("supervisor"), note="secret plan", at=at + MINUTE)
    Alarm.objects.update(ended_at=at + 2 * MINUTE)
    assert [dispatch.gather(at=at + 3 * MINUTE) for _each in range(2)] == [2, 0]
    bodies: list[dict[str, Any]] = []

    def send(_endpoint: Endpoint, delivery: Delivery, _at: Any) -> Answer:
        bodies.append(json.loads(delivery.body))
        return Answer(status=204)

    assert dispatch.work(made, at=lambda: at + 3 * MINUTE, send=send) == 3
    assert [body["type"] for body in bodies] == ["alarm.raised", "alarm.acknowledged", "alarm.ended"]
    data = bodies[0]["data"]
    assert (data["measure"], data["of"], data["limit"]) == ("queue_age", "routine", 60.0)
    assert data["says"] == "routine: the oldest case waits 120 minutes; the limit is 60 minutes"
    assert data["url"].endswith(f"/alarms/{alarm.pk}/")
    assert "secret plan" not in json.dumps(bodies)


def test_agents_hear_nothing_of_alarms_and_the_desk_nothing_of_cases(endpoint: Make) -> None:
    own, _secret = endpoint("http://127.0.0.1:9/")
    desk, at = of_the_desk(endpoint, name="ops"), factories.now()
    raised(at)
    dispatch.gather(at=at)
    assert [each.deliveries.count() for each in (own, desk)] == [0, 1]


def test_what_was_before_an_endpoint_or_long_ago_is_not_sent(endpoint: Make) -> None:
    at = factories.now()
    raised(at)
    made = of_the_desk(endpoint)
    Endpoint.objects.update(created_at=at + MINUTE)
    assert dispatch.gather(at=at + 2 * MINUTE) == 0
    Endpoint.objects.update(created_at=at - MINUTE)
    assert dispatch.gather(at=at + timedelta(days=4)) == 0
    assert dispatch.gather(at=at + timedelta(days=2)) == 1
    assert made.deliveries.get().case_id == Alarm.objects.get().pk


def test_an_administrator_registers_an_endpoint_of_the_desk(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    admin = Visitor(factories.person("admin"))
    form = {"agent": "", "name": "ops", "url": "http://127.0.0.1:9/", "active": "on"}
    assert admin.client.post("/admin/webhooks/endpoint/add/", form).status_code == 302
    made = Endpoint.objects.get()
    assert (made.agent, str(made)) == (None, "the desk: ops")
    answer = admin.client.post(f"/admin/webhooks/endpoint/{made.pk}/make-secret/")
    assert "whsec_" in answer.content.decode()
    assert admin.open("/admin/webhooks/endpoint/").status == 200
