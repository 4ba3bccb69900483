"""The monitor: what runs right now, and the brakes for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviewqueue.domain import listening, pauses
from reviewqueue.domain.listening import Feed
from reviewqueue.models import Alarm, AlarmRule, Case, Cell, Grant, Pause
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 60}]
FREE = [{"match": {}, "mode": "out_of_the_loop"}]


@pytest.mark.covers("R49")
def test_a_supervisor_sees_agents_intents_and_what_is_about_to_be_released(visit: Visit) -> None:
    factories.policy(oversight=WATCHED)
    agent = factories.agent(name="shop-bot")
    factories.case(by=agent, signals={"confidence": 0.4, "sentiment": -0.8, "risk_flags": ["fraud"]})
    Grant.objects.filter(case__agent=agent).update(outcome="failed")
    page = visit("supervisor").open("/monitor/")
    assert page.status == 200
    for told in ("shop-bot", "refund", "40 %", "\N{MINUS SIGN}0.80", "Maya R.", "Stop it", "fraud", "Monitor"):
        assert told in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_much_runs(visit: Visit, rows: int) -> None:
    factories.policy(oversight=WATCHED, budgets=[{"name": "many", "within": "hour", "count": 100, "per": ["customer"]}])
    for _each in range(rows):
        factories.case(signals={"confidence": 0.1})
        Pause.objects.create(of="intent", name=f"x{_each}", reason="r", paused_at=factories.now())
    supervisor = visit("supervisor")
    supervisor.open("/monitor/now")
    with CaptureQueriesContext(connection) as asked:
        assert supervisor.open("/monitor/now").status == 200
    assert len(asked) == 14


@pytest.mark.covers("R46", "R49")
def test_one_press_stops_a_release_and_a_second_press_says_that_nothing_is_left(visit: Visit) -> None:
    factories.policy(oversight=WATCHED)
    case, supervisor = factories.case(), visit("supervisor")
    assert supervisor.client.post("/monitor/stop", {"case": case.pk}).status_code == 302
    assert Case.objects.get(pk=case.pk).state == "queued"
    assert supervisor.client.post("/monitor/stop", {"case": case.pk}).status_code == 403


def test_one_press_takes_over_and_opens_the_case(visit: Visit) -> None:
    factories.policy(oversight=WATCHED)
    case = factories.case()
    answer = visit("supervisor").client.post("/monitor/take-over", {"case": case.pk})
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case.pk}/")
    assert Case.objects.get(pk=case.pk).state == "taken_over"


@pytest.mark.covers("R46")
def test_a_pause_from_the_page_names_who_and_why_and_is_let_go_with_a_reason(visit: Visit) -> None:
    supervisor = visit("supervisor", first_name="Sam")
    supervisor.client.post("/monitor/pause", {"of": "intent", "name": "refund", "reason": "<b>odd</b> refunds"})
    pause = Pause.objects.get()
    page = supervisor.open("/monitor/")
    assert "The intent refund is paused" in page.text
    assert "&lt;b&gt;odd&lt;/b&gt; refunds" in page.source
    assert "Sam" in page.text
    address = f"/monitor/resume/{pause.pk}/"
    assert supervisor.open(address).status == 200
    assert supervisor.client.post(address, {"reason": ""}).status_code == 422
    assert supervisor.client.post(address, {"reason": "a sale"}).status_code == 302
    pause.refresh_from_db()
    assert (pause.resumed_by, pause.resumed_reason) == (supervisor.user, "a sale")
    assert supervisor.client.get(address).status_code == 302


def test_one_press_pauses_an_agent_with_a_reason_of_its_own(visit: Visit) -> None:
    visit("supervisor").client.post("/monitor/pause", {"of": "agent", "name": "shop-bot", "quick": "1"})
    assert (Pause.objects.get().name, Pause.objects.get().reason) == ("shop-bot", "Paused from the monitor.")


def test_the_name_to_pause_is_offered_and_one_that_nobody_has_is_said(visit: Visit) -> None:
    factories.policy(oversight=WATCHED)
    agent = factories.case().agent
    supervisor = visit("supervisor")
    assert f'<option value="{agent.name}">' in supervisor.open("/monitor/").source
    supervisor.client.post("/monitor/pause", {"of": "agent", "name": agent.name, "reason": "r"})
    assert "No agent is named" not in supervisor.open("/monitor/").text
    supervisor.client.post("/monitor/pause", {"of": "agent", "name": "shop-bto", "reason": "r"})
    assert "No agent is named shop-bto: it is paused in case one comes" in supervisor.open("/monitor/").text


def test_a_pause_without_a_reason_is_refused(visit: Visit) -> None:
    assert visit("supervisor").client.post("/monitor/pause", {"of": "everything"}).status_code == 422
    assert not Pause.objects.exists()


@pytest.mark.parametrize("role", ["reviewer", "qa_lead", "auditor"])
def test_who_may_not_watch_finds_no_entry_and_no_page(visit: Visit, role: str) -> None:
    somebody = visit(role)
    assert "Monitor" not in somebody.open("/").text
    assert {somebody.open(address).status for address in ("/monitor/", "/monitor/now", "/monitor/resume/x/")} == {403}
    assert somebody.client.post("/monitor/pause", {"of": "everything", "reason": "r"}).status_code == 403


def test_an_administrator_pauses_and_sees_no_customers_text(visit: Visit) -> None:
    factories.policy(oversight=WATCHED)
    factories.case(signals={"confidence": 0.1})
    admin = visit("admin")
    page = admin.open("/monitor/")
    assert ("Maya" in page.text, "refund" in page.text) == (False, True)
    admin.client.post("/monitor/pause", {"of": "everything", "reason": "r"})
    assert Pause.objects.get().resumed_at is None


def test_a_budget_shows_how_much_is_used(visit: Visit) -> None:
    budget = {"name": "refunds", "within": "day", "sum": "1000.00", "per": ["customer"]}
    factories.policy(oversight=FREE, budgets=[budget])
    factories.case(customer={"id": "maya"})
    assert "350.00 EUR of 1,000.00 EUR (35 %)" in visit("supervisor").open("/monitor/").text


def test_a_budget_of_converted_amounts_shows_whole_cents(visit: Visit) -> None:
    budget = {"name": "refunds", "within": "day", "sum": "1000.00"}
    factories.policy(oversight=FREE, budgets=[budget], currency_rates={"USD": "0.9275"})
    factories.case(actions=[factories.action(value={"amount": "10.01", "currency": "USD"})])
    assert "9.28 EUR of 1,000.00 EUR (0 %)" in visit("supervisor").open("/monitor/").text


def test_a_budget_that_was_overrun_says_by_how_much(visit: Visit) -> None:
    factories.policy(
        oversight=FREE, budgets=[{"name": "refunds", "within": "day", "sum": "100.00", "counts": "proposed"}]
    )
    factories.case()
    assert "350.00 EUR of 100.00 EUR (350 %)" in visit("supervisor").open("/monitor/").text


def test_what_runs_again_is_no_longer_listed(visit: Visit) -> None:
    supervisor = visit("supervisor")
    paused = pauses.pause(of="everything", name="", reason="r", person=supervisor.user, at=factories.now())
    assert "Everything is paused" in supervisor.open("/monitor/").text
    pauses.resume(paused, reason="r", person=supervisor.user, at=factories.now())
    assert "Everything is paused" not in supervisor.open("/monitor/").text


@pytest.mark.covers("R8")
def test_beside_an_agent_and_its_intent_stands_its_rung(visit: Visit) -> None:
    factories.policy(oversight=FREE)
    agent = factories.agent(name="shop-bot")
    for intent in ("refund", "greeting"):
        factories.case(by=agent, intent=intent)
    at = factories.now()
    place = {"agent": agent, "since_at": at, "counted_from": at}
    cell = Cell.objects.create(intent="refund", action="refund_order", rung="review_sampled", **place)
    Cell.objects.create(intent="refund", action="send_reply", rung="shadow", **place)
    Cell.objects.create(intent="elsewhere", action="other_action", rung="off", **place)
    page = visit("supervisor").open("/monitor/")
    told = [each.text for each in page.all("td", class_="standing")]
    assert told == ["not on the ladder", "review sampled refund_ordershadow send_reply"]
    assert f"/ladder/#cell-{cell.pk}" in page.source


@pytest.mark.covers("R42", "R46")
def test_a_conversation_that_calls_for_nobody_is_shown_with_its_signals_and_taken_over(visit: Visit) -> None:
    factories.policy()
    said = [{"role": "customer", "text": "Then <b>keep</b> it"}]
    told = Feed(messages=said, customer={"name": "Ivo T."}, signals={"confidence": 0.2, "risk_flags": ["fraud"]})
    talk = listening.tell("t-1", told, agent=factories.agent(), at=factories.now()).talk
    listening.tell("t-2", Feed(messages=said), agent=factories.agent(), at=factories.now())
    supervisor = visit("supervisor")
    page = supervisor.open("/monitor/")
    (row,) = [row for row in page.all("tr") if (row.attributes.get("id") or "").startswith("talk-")]
    assert row.attributes["id"] == f"talk-{talk.pk}"
    for shown in ("Ivo T.", "Then <b>keep</b> it", "fraud", "confidence 0.20", "with the agent alone"):
        assert shown in page.text
    answer = supervisor.client.post(f"/conversations/{talk.pk}/step-in")
    talk.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{talk.held_by_id}/")
    assert "talk-" not in supervisor.open("/monitor/now").source
    assert "Ivo T." not in visit("admin").open("/monitor/").text


def test_an_open_conversation_that_wants_a_look_is_taken_over_from_its_row(visit: Visit) -> None:
    case = factories.case(signals={"confidence": 0.1})
    page = visit("supervisor").open("/monitor/")
    assert [each.attributes["value"] for each in page.all("input", name="case")] == [case.pk]


def test_beside_an_agent_stand_its_alarms(visit: Visit) -> None:
    agent = factories.agent(name="shop-bot")
    factories.case(by=agent)
    rule = AlarmRule.objects.create(measure="error", limit=10, next_at=factories.now())
    data = {"value": 20, "limit": 10, "count": 10, "total": 2, "cases": []}
    at = factories.now()
    alarm = Alarm.objects.create(rule=rule, of="shop-bot", data=data, raised_at=at, seen_at=at)
    links = visit("supervisor").open("/monitor/").all("a", href=f"/alarms/{alarm.pk}/")
    assert [link.attributes.get("class") for link in links] == [None, "chip bad"]


def test_a_case_that_a_colleague_works_on_is_taken_where_one_says_why(visit: Visit) -> None:
    ben = factories.person()
    case = factories.claimed(ben)
    sue = visit("supervisor")
    answer = sue.client.post("/monitor/take-over", {"case": case.pk})
    assert answer["Location"] == f"/cases/{case.pk}/?do=take-over"
    page = sue.open(answer["Location"])
    assert "is working on this case. Write why you take it from them" in page.text
    case.refresh_from_db()
    assert case.state == "claimed"


def test_an_alarm_of_an_intent_stands_beside_its_line_alone_and_what_is_nothing_has_no_sign(visit: Visit) -> None:
    agent, at = factories.agent(name="shop-bot"), factories.now()
    for intent in ("refund", "address"):
        factories.case(by=agent, intent=intent, signals={"sentiment": 0.0})
    AlarmRule.objects.all().delete()
    rule = AlarmRule.objects.create(measure="held", limit=1, intent="*", next_at=at)
    data = {"value": 100.0, "limit": 1.0, "count": 1, "total": 1.0, "cases": []}
    alarm = Alarm.objects.create(rule=rule, of="shop-bot · refund", data=data, raised_at=at, seen_at=at)
    page = visit("supervisor").open("/monitor/")
    chips = [link.attributes["href"] for link in page.all("a") if link.attributes.get("class") == "chip bad"]
    assert chips == [f"/alarms/{alarm.pk}/"], "beside one of the two lines"
    assert ("0.00" in page.text, "+0.00" in page.text) == (True, False)
    assert "shop-bot · refund: 1 of 1 proposals are held for a person (100 %)" in page.text
    links = [link.attributes["href"] for link in visit("supervisor").open(f"/alarms/{alarm.pk}/").all("a")]
    assert "/?agent=shop-bot&intent=refund" in links
