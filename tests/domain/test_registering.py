"""The register of incidents: what went wrong, whom it touched, until when it would have to be reported."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import autonomy, pauses, registering
from reviewqueue.models import Alarm, AlarmRule, Cell, Decision, Grant, Sampled, SamplePlan
from reviewqueue.queries import register
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R90")]


def _failed() -> str:
    """A dangerous action that ran and failed."""
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}], risk_levels=[{"match": {}, "level": "high"}])
    case = factories.case(by=factories.agent(name="shop-bot"))
    at = factories.now()
    Grant.objects.filter(case=case).update(outcome="failed", outcome_at=at, redeemed_at=at)
    assert Decision.objects.filter(case=case).exists()
    return case.pk


def _rows(**period: datetime) -> dict[str, dict[str, Any]]:
    now = factories.now()
    span = {"start": now - timedelta(days=1), "end": now + timedelta(minutes=1)} | period
    return {row["kind"]: row for row in register.of(**span)}


def test_what_went_wrong_is_told_with_whom_it_touched_and_how_long_it_took() -> None:
    case, now, admin = _failed(), factories.now(), factories.person("admin")
    pauses.pause(of="agent", name="shop-bot", reason="Maya R. called", person=admin, at=now)
    rule = AlarmRule.objects.create(measure="error", method="above", limit=10, next_at=now)
    times = {"raised_at": now, "seen_at": now, "acknowledged_at": now, "ended_at": now + timedelta(hours=1)}
    Alarm.objects.create(rule=rule, of="shop-bot", data={"cases": [case]}, **times)
    plan = SamplePlan.objects.create(
        week="2026-W01", seed="1", from_at=now, to_at=now, rules={}, opened_at=now, due_at=now
    )
    settled = {"state": "settled", "verdict": "critical", "settled_at": now, "drawn_at": now}
    Sampled.objects.create(plan=plan, case_id=case, kind="targeted", **settled)
    known = {"since_at": now, "counted_from": now}
    agent = factories.agent(name="other-bot", owner=admin)
    cell = Cell.objects.create(agent=agent, intent="x", action="y", rung="automatic", **known)
    autonomy._step(cell, "review_all", why="critical", actor=SYSTEM, at=now)  # noqa: SLF001 - as evidence does it
    rows = _rows()
    assert set(rows) == {"alarm", "pause", "execution failed", "critical error", "autonomy taken back"}
    failed = rows["execution failed"]
    told = (failed["agent"], failed["risk"], failed["customers"], failed["cases"], failed["money"])
    assert told == ("shop-bot", "high", 1, 1, {"EUR": "350.0000"})
    alarm = rows["alarm"]
    assert (alarm["acknowledged_at"], alarm["ended_at"]) == (now.isoformat(), (now + timedelta(hours=1)).isoformat())
    assert rows["pause"]["ended_at"] is None
    assert "Maya" not in json.dumps(rows)
    assert _rows(start=now + timedelta(seconds=30)) == {}


def test_until_when_a_major_incident_is_reported_follows_from_when_it_was_noticed() -> None:
    at = datetime(2027, 1, 27, 12, tzinfo=UTC)
    rule = AlarmRule.objects.create(measure="error", method="above", limit=10, next_at=at)
    Alarm.objects.create(rule=rule, of="bot", data={}, raised_at=at, seen_at=at)
    (row,) = register.of(at, at + timedelta(hours=1))
    by = [row[name] for name in ("first_notice_by", "intermediate_report_by", "final_report_by")]
    assert by == ["2027-01-28T12:00:00+00:00", "2027-01-31T12:00:00+00:00", "2027-02-28T12:00:00+00:00"]


def test_whoever_exports_the_record_takes_it_along_and_that_is_recorded() -> None:
    _failed()
    found = registering.take(person=factories.person("auditor"), at=factories.now() + timedelta(seconds=1))
    assert [row["kind"] for row in found] == ["execution failed"]
    assert Entry.objects.get(kind="incidents.exported").data["count"] == 1
    with pytest.raises(Refusal, match="Your role does not take the record along"):
        registering.take(person=factories.person("supervisor"), at=factories.now())


def test_the_command_prints_incidents_and_the_agents_that_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    _failed()
    call_command("incidents")
    told = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in told["incidents"]] == ["execution failed"]
    (agent,) = told["agents"]
    assert (agent["agent"], agent["owner"], [each["cases"] for each in agent["versions"]]) == ("shop-bot", None, [1])
    call_command("incidents", csv=True)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["agent"], row["money"]) == ("shop-bot", "350.0000 EUR")
    for wrong in ({"start": "soon"}, {"start": "2026-02-01", "end": "2026-01-01"}):
        with pytest.raises(CommandError):
            call_command("incidents", **wrong)
