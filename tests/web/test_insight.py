"""The insight page: every metric in words, with its doubt, its weeks and its cases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from audit.models import Entry
from reviewqueue.models import Baseline, Grant
from reviewqueue.queries import patience
from reviewqueue.queries.insight import tables
from reviewqueue.queries.insight.whole import EVERY
from reviewqueue.web import amounts
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
REJECT = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_fact", "message": "Not late."}


def _decided(*rulings: dict[str, Any], reviewer: Any = None, **fields: Any) -> Any:
    who = reviewer or factories.person()
    case = factories.claimed(who, **fields)
    factories.decide(case, who, *rulings)
    return case


@pytest.mark.covers("R102", "R111", "R113", "R121", "R122", "R156")
def test_every_metric_stands_there_in_words(visit: Visit) -> None:
    _decided()
    page = visit("supervisor").open("/insight/")
    assert page.status == 200
    for metric in EVERY:
        assert str(metric.title) in page.text
        assert metric.requirement in page.text
    for told in ("Not known.", "few cases", "1. Baseline", "Approve everything", "Escalate everything"):
        assert told in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_much_happened(visit: Visit, rows: int) -> None:
    for _each in range(rows):
        _decided(intent=f"intent-{_each}")
    supervisor = visit("supervisor")
    supervisor.open("/insight/")
    with CaptureQueriesContext(connection) as asked:
        assert supervisor.open("/insight/").status == 200
    assert len(asked) == 18


def test_a_metric_splits_and_leads_to_its_cases(visit: Visit) -> None:
    _decided(REJECT, intent="refund<b>")
    _decided(intent="refund<b>")
    boss = visit("supervisor")
    page = boss.open("/insight/override_rate/?by=intent")
    assert "refund&lt;b&gt;" in page.source
    assert "1/2" in page.text
    found = boss.open("/insight/override_rate/cases?by=intent&name=refund%3Cb%3E")
    assert found.text.count("Maya R.") == 1
    assert "No such case." in boss.open("/insight/override_rate/cases?by=intent&name=other").text


@pytest.mark.parametrize("key", [metric.key for metric in EVERY])
def test_each_metric_has_a_page_and_its_cases(visit: Visit, key: str) -> None:
    _decided(REJECT)
    boss = visit("supervisor")
    assert boss.open(f"/insight/{key}/").status == 200
    assert boss.open(f"/insight/{key}/cases").status == 200


def test_a_trigger_leads_to_the_cases_in_which_it_was_right(visit: Visit) -> None:
    over = {"name": "over-100", "category": "financial", "when": {"fact": "action.value", "over": "100.00"}}
    factories.policy(triggers=[over | {"outcome": "review"}])
    _decided(REJECT)
    _decided()
    boss = visit("supervisor")
    assert "over-100" in boss.open("/insight/trigger_precision/").text
    assert boss.open("/insight/trigger_precision/cases?by=trigger&name=over-100").text.count("Maya R.") == 1
    Grant.objects.update(outcome="failed")
    assert boss.open("/insight/trigger_precision/cases?by=trigger&name=over-100").text.count("Maya R.") == 2


def test_a_reviewer_sees_their_own_figures_and_cases_only(visit: Visit) -> None:
    ana = visit(first_name="Ana")
    _decided(REJECT, reviewer=ana.user)
    _decided(REJECT, customer={"id": "x", "name": "Somebody else"})
    page = ana.open("/insight/")
    assert (page.status, "Your figures" in page.text, "Escalation rate" in page.text) == (200, True, False)
    assert "1/1" in ana.open("/insight/override_rate/").text
    found = ana.open("/insight/override_rate/cases?by=person&name=999")
    assert ("Maya R." in found.text, "Somebody else" in found.text) == (True, False)
    assert ana.open("/insight/override_rate/?by=person").status == 403
    assert ana.open("/insight/escalation_rate/").status == 404
    assert ana.client.post("/insight/export", {"format": "csv"}).status_code == 403


def test_an_administrator_sees_numbers_and_no_case(visit: Visit) -> None:
    _decided(REJECT)
    admin = visit("admin")
    assert "Which cases?" not in admin.open("/insight/override_rate/").text
    assert "Maya R." not in admin.open("/insight/override_rate/cases").text


def test_an_auditor_sees_none_of_it(visit: Visit) -> None:
    assert visit("auditor").open("/insight/").status == 403


@pytest.mark.covers("R121")
def test_an_administrator_fixes_the_baseline_on_the_page(visit: Visit) -> None:
    factories.case()
    today = factories.now().date().isoformat()
    said = {"first": today, "last": today, "note": "The first day"}
    assert visit("supervisor").client.post("/insight/baseline", said).status_code == 403
    admin = visit("admin")
    assert admin.client.post("/insight/baseline", {"first": "soon", "last": today}).status_code == 422
    assert admin.client.post("/insight/baseline", said).status_code == 302
    assert Baseline.objects.get().note == "The first day"
    assert "Everything is held against" in admin.open("/insight/").text


def test_the_figures_leave_as_files_and_that_is_recorded(visit: Visit) -> None:
    _decided(REJECT, intent="=HYPERLINK(1)")
    boss = visit("supervisor")
    sheet = boss.client.post("/insight/export", {"format": "csv", "by": "intent"})
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode())))
    assert {row["part"] for row in rows if row["key"] == "override_rate"} == {"", "week", "'=HYPERLINK(1)"}
    told = json.loads(boss.client.post("/insight/export", {"format": "json"}).content)
    assert {metric["key"] for metric in told["metrics"]} >= {metric.key for metric in EVERY}
    assert Entry.objects.filter(kind="insight.exported").count() == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert tables.disarmed(text).startswith("'")


def test_a_second_report_waits_for_the_first_and_is_told_so(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", 0.0)
    lead = visit("qa_lead")
    with patience.report(lead.user.pk):
        refused = lead.open("/insight/")
        assert (refused.status, "Your last report is still being made." in refused.text) == (429, True)
    assert lead.open("/insight/").status == 200


def test_a_figure_is_rounded_and_not_cut_off() -> None:
    assert [amounts.percent(share) for share in (0.567, 0.0967, 0.0, 1.0)] == ["57 %", "9.7 %", "0 %", "100 %"]
    assert (amounts.number(2.96), amounts.written(86.46, 1)) == ("3.0", "86.5")
    less = "\N{MINUS SIGN}"
    assert [amounts.shown(each, "seconds") for each in (40, -40, -250)] == [
        "40 s",
        f"{less}40 s",
        f"{less}4 min 10 s",
    ]
    assert [amounts.shown(each, "hours") for each in (2.5, 0.5, 0.0)] == ["2.5 h", "30 min", "0 s"]
    assert (amounts.change(0.5, "hours"), amounts.change(-3600.0, "seconds")) == ("+30 min", f"{less}1 h 0 min")
    assert (amounts.shown(-0.5, "points"), amounts.change(-0.041, "share")) == (f"{less}0.50", f"{less}4.1 points")
    assert [amounts.signed(each, 1) for each in (0.04, -0.04, -0.06)] == ["0.0", "0.0", f"{less}0.1"]
    with translation.override("de"):
        assert [amounts.shown(-0.5, unit) for unit in ("points", "change")] == [f"{less}0,50", f"{less}50 %"]
