"""The pages of alarms: what runs, the cases behind each, and who has seen it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviewqueue.domain import alarms, pauses
from reviewqueue.models import Alarm, AlarmRule, Case
from tests import factories
from tests.web.pages import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R49")]
Visit = Callable[..., Visitor]


def waits_long(count: int = 1, **fields: Any) -> list[Case]:
    """So many cases of two hours, and the alarm that they raise."""
    at = factories.now()
    found = [factories.case(at=at - timedelta(hours=2), **fields) for _each in range(count)]
    AlarmRule.objects.exclude(measure="queue_age").delete()
    AlarmRule.objects.update(next_at=at)
    alarms.check_due(at=at)
    return found


def test_the_monitor_shows_an_alarm_and_its_page_the_cases_behind_it(visit: Visit) -> None:
    (case,) = waits_long()
    supervisor = visit("supervisor", first_name="Sam")
    assert "routine: the oldest case waits 120 minutes; the limit is 60 minutes" in supervisor.open("/monitor/").text
    address = f"/alarms/{Alarm.objects.get().pk}/"
    page = supervisor.open(address)
    assert f"/cases/{case.pk}/" in page.source
    assert "/?lane=routine" in page.source
    assert supervisor.client.post(address, {"note": ""}).status_code == 422
    answer = supervisor.client.post(address, {"note": "I <b>call</b> Ben"})
    assert (answer.status_code, answer["Location"]) == (302, "/monitor/")
    for shown in (supervisor.open("/monitor/"), supervisor.open("/alarms/"), supervisor.open(address)):
        assert "I &lt;b&gt;call&lt;/b&gt; Ben" in shown.source
    assert supervisor.client.post(address, {"note": "again"}).status_code == 409


def test_an_administrator_sees_the_alarm_and_none_of_the_cases(visit: Visit) -> None:
    waits_long(2)
    page = visit("admin").open(f"/alarms/{Alarm.objects.get().pk}/")
    assert "No case that you may see is behind it." in page.text
    assert "2 more are not yours to see." in page.text
    assert "Maya R." not in page.text


@pytest.mark.parametrize("role", ["reviewer", "auditor", "qa_lead"])
def test_others_hear_of_no_alarm(visit: Visit, role: str) -> None:
    waits_long()
    visitor = visit(role)
    addresses = ("/alarms/", "/alarms/now", f"/alarms/{Alarm.objects.get().pk}/")
    assert [visitor.open(address).status for address in addresses] == [403, 403, 403]
    assert 'id="desk-state"' not in visitor.open("/").source


@pytest.mark.parametrize("odd", ["alarm_none", "%00", "x" * 300, "'; --"])
def test_an_alarm_that_is_none_is_not_there(visit: Visit, odd: str) -> None:
    assert visit("supervisor").open(f"/alarms/{odd}/").status == 404


def test_the_head_of_each_page_says_how_much_runs_and_is_paused(visit: Visit) -> None:
    supervisor = visit("supervisor")
    assert supervisor.open("/alarms/now").text == ""
    waits_long()
    pauses.pause(of="everything", name="", reason="r", person=supervisor.user, at=factories.now())
    assert supervisor.open("/alarms/now").text == "1 alarm 1 pause"
    assert 'hx-get="/alarms/now"' in supervisor.open("/").source


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_many_cases_there_are(visit: Visit, rows: int) -> None:
    waits_long(rows)
    supervisor, alarm = visit("supervisor"), Alarm.objects.get()
    for address, questions in ((f"/alarms/{alarm.pk}/", 6), ("/alarms/", 5), ("/alarms/now", 4)):
        supervisor.open(address)
        with CaptureQueriesContext(connection) as asked:
            assert supervisor.open(address).status == 200
        assert len(asked) == questions, address


def test_hostile_names_stay_text(visit: Visit) -> None:
    at = factories.now()
    rule = AlarmRule.objects.create(measure="held", limit=0, least=1, next_at=at)
    data = {"value": 100.0, "limit": 0.0, "count": 1, "total": 1.0, "cases": ["case_none"]}
    Alarm.objects.create(rule=rule, of="<script>alert(1)</script>\u202e", data=data, raised_at=at, seen_at=at)
    for page in (visit("supervisor").open("/alarms/"), visit("supervisor").open("/monitor/")):
        assert "<script>alert(1)" not in page.source


def test_a_rule_is_made_in_the_admin_and_recorded_and_nonsense_is_refused(visit: Visit) -> None:
    admin = visit("admin")
    form = {"measure": "queue_age", "method": "above", "limit": 15, "of": "billing", "window": "1:00:00", "least": 0}
    address = "/admin/reviewqueue/alarmrule/add/"
    assert admin.client.post(address, form | {"active": "on"}).status_code == 302
    assert AlarmRule.objects.filter(of="billing", limit=15).count() == 1
    refused = admin.client.post(address, form | {"method": "rise", "limit": 3})
    assert "choose a fixed limit" in refused.content.decode()
    chart = form | {"measure": "held", "method": "rise", "limit": 0}
    assert "above 0" in admin.client.post(address, chart).content.decode()
