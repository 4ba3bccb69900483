"""Alarms: raised once whoever looks, with the cases behind them, acknowledged by name, over when it is quiet."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from audit.models import Entry
from reviewqueue.domain import alarms, claims, customers, pauses
from reviewqueue.engine.charts import Count
from reviewqueue.models import Agent, Alarm, AlarmRule, Case, Event, Figure, Pause, Tally
from reviewqueue.queries import alarms as seen
from reviewqueue.queries import tallies
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R49", "R98", "R135")]
FREE = [{"match": {}, "mode": "out_of_the_loop"}]


@pytest.fixture(autouse=True)
def _only_the_rules_of_the_test() -> None:
    AlarmRule.objects.all().delete()


def rule(measure: str, method: str = "above", limit: float = 50, **fields: Any) -> AlarmRule:
    at = factories.now() - timedelta(days=30)
    return AlarmRule.objects.create(**({"measure": measure, "method": method, "limit": limit, "next_at": at} | fields))


def look(at: datetime) -> int:
    """As after some time: every rule is due."""
    AlarmRule.objects.update(next_at=at)
    return alarms.check_due(at=at)


def cases(count: int, agent: Agent, at: datetime, **fields: Any) -> list[Case]:
    """So many cases that came at this moment; ids are made of the wall clock, so they are moved there too."""
    return [factories.case(by=agent, at=at, **fields) for _each in range(count)]


def tally(measure: str, of: str, count: int, total: float, *, at: datetime, squares: float = 0.0) -> None:
    hour = (at - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    Tally.objects.create(measure=measure, of=of, hour=hour, count=count, total=total, squares=squares)


def says() -> list[str]:
    return [seen.sentence(alarm) for alarm in Alarm.objects.select_related("rule").order_by("raised_at", "of")]


@pytest.mark.covers("R130")
def test_a_queue_in_which_a_case_waits_for_too_long_raises_an_alarm_once() -> None:
    rule("queue_age", limit=60)
    at = factories.now()
    old, _young = factories.case(at=at - 61 * MINUTE), factories.case(at=at)
    assert [look(at + n * MINUTE) for n in range(3)] == [1, 0, 0]
    assert says() == ["routine: the oldest case waits 61 minutes; the limit is 60 minutes"]
    assert Alarm.objects.get().data["cases"][0] == old.pk
    assert list(Entry.objects.filter(subject__startswith="alarm:").values_list("kind", flat=True)) == ["alarm.raised"]
    assert Event.objects.filter(kind="alarm.raised").count() == 1


def test_exactly_the_limit_is_not_beyond_it() -> None:
    rule("queue_age", limit=60)
    at = factories.now()
    factories.case(at=at - HOUR)
    assert look(at) == 0


def test_a_call_for_tomorrow_does_not_wait_yet() -> None:
    rule("queue_age", limit=60, of="callbacks")
    at = planned.berlin("2031-11-25 08:00")  # a Tuesday
    case = factories.case(at=at - 3 * HOUR)
    customers.leave_callback(case, phone="030 1234567", wanted_at=at + 4 * HOUR, text="", at=at - 2 * HOUR)
    assert (look(at), look(at + 6 * HOUR)) == (0, 1)


def test_whoever_looks_first_looks_for_all() -> None:
    rule("queue_age", limit=60)
    at = factories.now()
    factories.case(at=at - 2 * HOUR)
    stale = AlarmRule.objects.get()
    assert alarms.check_due(at=at) == 1
    assert alarms._check(stale, at, {}) == 0  # noqa: SLF001 - the other one of two who look at once
    assert AlarmRule.objects.get().next_at == at + timedelta(seconds=10)


def test_an_alarm_is_over_when_it_was_quiet_for_ten_minutes_and_may_come_again() -> None:
    rule("queue_age", limit=60)
    at, me = factories.now(), factories.person()
    case = factories.case(at=at - 2 * HOUR)
    look(at)
    look(at + MINUTE)
    claims.claim(case, reviewer=me, at=at + MINUTE)
    assert [look(at + n * MINUTE) for n in (2, 10, 11)] == [0, 0, 1]
    assert Alarm.objects.get().ended_at == at + 11 * MINUTE
    factories.case(at=at - 2 * HOUR)
    assert look(at + 12 * MINUTE) == 1
    assert Alarm.objects.filter(ended_at=None).count() == 1


def test_a_share_beyond_a_fixed_limit_names_the_counts_and_the_cases() -> None:
    rule("held", limit=70, least=4)
    at, agent = factories.now(), factories.agent(name="shop-bot")
    factories.policy(oversight=[{"match": {"intent": "faq"}, "mode": "out_of_the_loop"}])
    cases(1, agent, at, intent="faq")
    held = cases(2, agent, at)
    assert look(at + MINUTE) == 0
    held += cases(1, agent, at)
    assert look(at + MINUTE) == 1
    assert says() == ["shop-bot: 3 of 4 proposals are held for a person (75 %); the limit is 70 %"]
    assert sorted(Alarm.objects.get().data["cases"]) == sorted(case.pk for case in held)


def test_what_is_unusual_is_held_against_the_hours_before() -> None:
    rule("held", "rise", 3, least=5)
    at, agent = factories.now(), factories.agent(name="shop-bot")
    tally("held", "shop-bot", 998, 99.0, at=at)
    cases(8, agent, at)
    assert look(at + MINUTE) == 1
    (told,) = says()
    assert told.startswith("shop-bot: 8 of 8 proposals are held for a person (100 %); usual are 9.9 %, and this lies ")
    assert told.endswith(" standard deviations above")


@pytest.mark.parametrize(("method", "raised"), [("rise", 0), ("fall", 1), ("change", 1)])
def test_a_chart_looks_to_the_side_that_was_chosen(method: str, raised: int) -> None:
    rule("held", method, 3, least=5)
    at, agent = factories.now(), factories.agent(name="shop-bot")
    factories.policy(oversight=FREE)
    tally("held", "shop-bot", 998, 900.0, at=at)
    cases(8, agent, at)
    assert look(at + MINUTE) == raised


def test_a_mean_that_falls_raises_an_alarm_and_one_that_is_usual_does_not() -> None:
    rule("confidence", "fall", 3, least=5)
    at, agent = factories.now(), factories.agent(name="shop-bot")
    tally("confidence", "shop-bot", 1000, 800.0, squares=650.0, at=at)
    cases(6, agent, at, signals={"confidence": 0.8})
    assert look(at + MINUTE) == 0
    cases(6, agent, at, signals={"confidence": 0.1})
    assert look(at + 2 * MINUTE) == 1
    (told,) = says()
    assert told.startswith("shop-bot: the mean confidence of 12 proposals is 0.45; usual are 0.80")


@pytest.mark.parametrize("odd", [None, "high", float("1e300"), {"a": 1}, True])
def test_signals_that_are_no_numbers_count_for_nothing(odd: Any) -> None:
    rule("sentiment", "below", 0.0, least=1)
    at = factories.now()
    factories.case(at=at, signals={"confidence": 0.9, "sentiment": odd})
    assert look(at + MINUTE) == 0


def test_everything_is_approved_and_much_is_changed_are_both_seen() -> None:
    rule("approvals", limit=98, least=2)
    rule("override", limit=40, least=3)
    me, agent = factories.person(), factories.agent(name="shop-bot")
    for _each in range(2):
        case = factories.claimed(me, by=agent)
        factories.decide(case, me, {"call_id": "call_1", "type": "approve"})
    at = factories.now() + timedelta(seconds=1)
    assert look(at) == 1
    assert says() == ["routine: 2 of 2 decisions approve as proposed (100 %); the limit is 98 %"]
    for _each in range(2):
        case = factories.claimed(me, by=agent)
        factories.decide(case, me, {"call_id": "call_1", "type": "reject", "reason_code": "policy"})
    assert look(factories.now() + timedelta(seconds=1)) == 1
    assert "shop-bot: people changed or rejected 2 of 4 (50 %); the limit is 40 %" in says()


def test_cases_that_are_passed_on_instead_of_decided_are_seen() -> None:
    rule("passed_on", limit=50, least=2)
    lead, at = factories.person("supervisor"), factories.now()
    for _each in range(2):
        case = factories.claimed(lead)
        claims.reassign(case, reviewer=lead, to_queue=planned.queue("other"), note="", at=factories.now())
    assert look(at + MINUTE) == 1
    assert says() == ["routine: 2 of 2 cases were passed on (100 %); the limit is 50 %"]


def test_a_budget_that_is_nearly_used_up_raises_an_alarm_for_each_of_its_counters() -> None:
    rule("budget", limit=90)
    budget = {"name": "burst", "per": ["agent"], "within": "hour", "count": 2, "counts": "proposed"}
    factories.policy(oversight=FREE, budgets=[budget])
    agent, at = factories.agent(name="shop-bot"), factories.now()
    cases(1, agent, at)
    assert look(at + timedelta(seconds=1)) == 0
    used = cases(2, agent, at)
    held = used.pop()
    assert look(at + timedelta(seconds=2)) == 1
    assert says() == ["burst shop_bot: 150 % of the budget are used; the limit is 90 %"]
    assert Alarm.objects.get().data["cases"][:2] == [held.pk, used[-1].pk]


def test_a_burst_that_pauses_an_agent_alerts_until_somebody_lets_it_go() -> None:
    rule("budget", limit=90)
    budget = {"name": "refunds", "per": ["agent"], "within": "hour", "sum": "400.00", "pause": "agent"}
    factories.policy(oversight=FREE, budgets=[budget])
    agent, at = factories.agent(name="shop-bot"), factories.now()
    cases(1, agent, at)
    assert look(at + timedelta(seconds=1)) == 0
    (held,) = cases(1, agent, at)
    assert look(at + timedelta(seconds=2)) == 1
    told = "shop-bot is paused by a budget: refunds: 350.00 of 400.00 EUR are used in the last hour by agent shop_bot; "
    assert says() == [f"{told}350.00 EUR more is too much"]
    assert Alarm.objects.get().data["cases"][0] == held.pk
    assert look(at + 2 * HOUR) == 0
    pauses.resume(Pause.objects.get(), reason="Seen.", person=factories.person("supervisor"), at=at + 2 * HOUR)
    assert (look(at + 3 * HOUR), Alarm.objects.get().ended_at) == (1, at + 3 * HOUR)


def test_a_budget_that_people_use_up_leads_to_what_they_approved() -> None:
    rule("budget", limit=90)
    factories.policy(budgets=[{"name": "refunds", "match": {"action": ["refund*"]}, "within": "day", "sum": "360.00"}])
    me, agent = factories.person(), factories.agent()
    approved = factories.claimed(me, by=agent)
    factories.decide(approved, me)
    factories.case(by=agent)
    assert look(factories.now() + timedelta(seconds=1)) == 1
    assert Alarm.objects.get().data["cases"] == [approved.pk]


def test_each_hour_is_counted_once_also_when_nothing_happened_in_it() -> None:
    at, agent = factories.now(), factories.agent(name="shop-bot")
    factories.policy(oversight=FREE)
    cases(3, agent, at)
    later = at + timedelta(hours=1, minutes=15)
    assert alarms.tally_hours(at=later) == 24
    while alarms.tally_hours(at=later):
        pass
    row = Tally.objects.get(measure="held", of="shop-bot")
    assert (row.count, row.total, row.hour) == (3, 0.0, at.replace(minute=0, second=0, microsecond=0))
    assert Tally.objects.filter(measure="").count() == 7 * 24
    assert alarms.forget_old(at=later + timedelta(days=9)) > 7 * 24


@pytest.mark.covers("R83")
def test_an_alarm_is_acknowledged_by_name_with_a_note_and_by_the_first_one_only() -> None:
    rule("queue_age", limit=60)
    at, sam, sue = factories.now(), factories.person("supervisor"), factories.person("supervisor")
    factories.case(at=at - 2 * HOUR)
    look(at)
    alarm = alarms.acknowledge(Alarm.objects.get(), person=sam, note=" I call Ben. ", at=at)
    assert (alarm.acknowledged_by, alarm.note, alarm.ended_at) == (sam, "I call Ben.", None)
    with pytest.raises(Refusal) as refused:
        alarms.acknowledge(alarm, person=sue, note="me too", at=at)
    assert refused.value.slug == "not-pending"
    assert Entry.objects.get(kind="alarm.acknowledged").sentence.endswith("acknowledged the alarm: I call Ben.")
    assert look(at + MINUTE) == 0


@pytest.mark.parametrize("role", ["reviewer", "qa_lead", "auditor"])
def test_who_does_not_watch_agents_acknowledges_nothing(role: str) -> None:
    rule("queue_age", limit=60)
    at = factories.now()
    factories.case(at=at - 2 * HOUR)
    look(at)
    with pytest.raises(Refusal) as refused:
        alarms.acknowledge(Alarm.objects.get(), person=factories.person(role), note="x", at=at)
    assert refused.value.slug == "forbidden"


@pytest.mark.parametrize("note", ["", "  ", "x" * 2001])
def test_an_acknowledgement_says_something(note: str) -> None:
    rule("queue_age", limit=60)
    at = factories.now()
    factories.case(at=at - 2 * HOUR)
    look(at)
    with pytest.raises(Refusal, match=r"Say what|at most"):
        alarms.acknowledge(Alarm.objects.get(), person=factories.person("admin"), note=note, at=at)


def test_a_rule_that_cannot_be_looked_at_holds_no_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, at = rule("held", least=1), factories.now()
    rule("queue_age", limit=60)
    factories.case(at=at - 2 * HOUR)

    def fail(*_args: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("reviewqueue.queries.tallies.counted", fail)
    assert look(at) == 1
    broken.refresh_from_db()
    assert broken.next_at == at + MINUTE


def test_an_alarm_of_a_desk_without_agents_is_acknowledged_as_well() -> None:
    at = factories.now()
    alarm = Alarm.objects.create(rule=rule("queue_age"), of="routine", data={}, raised_at=at, seen_at=at)
    alarms.acknowledge(alarm, person=factories.person("supervisor"), note="Nobody is connected yet", at=at)
    assert (Entry.objects.filter(kind="alarm.acknowledged").count(), Event.objects.count()) == (1, 0)


@pytest.mark.parametrize(("before", "raised"), [({"known": 50, "needed": 20}, 1), ({"known": 50, "needed": 50}, 0)])
def test_escalating_everything_is_a_drift_of_those_who_once_did_not(before: dict[str, int], raised: int) -> None:
    rule("held", "crossed", 95, least=4)
    at, agent = factories.now(), factories.agent(name="shop-bot")
    day = (at - timedelta(days=30)).date()
    Figure.objects.create(by="agent", name="shop-bot", day=day, counts=before, made_at=at)
    cases(4, agent, at)
    assert look(at + MINUTE) == raised
    assert [look(at + n * MINUTE) for n in (2, 3)] == [0, 0]


def test_only_what_is_remembered_can_be_crossed() -> None:
    with pytest.raises(ValidationError, match="known of held proposals"):
        AlarmRule(measure="error", method="crossed", limit=5, next_at=factories.now()).full_clean()
    AlarmRule(measure="approvals", method="crossed", limit=98, next_at=factories.now()).full_clean()


def test_a_new_desk_watches_both_drifts() -> None:
    first, later = (
        import_module(f"reviewqueue.migrations.{name}") for name in ("0002_guards_and_first_rows", "0004_both_drifts")
    )
    first.make_first(apps, None)
    later.wake(apps, None)
    watched = set(AlarmRule.objects.filter(active=True).values_list("measure", "method", "limit"))
    assert watched >= {("approvals", "above", 98.0), ("held", "crossed", 95.0)}
    assert not AlarmRule.objects.filter(active=False).exists()


@pytest.mark.covers("R49")
def test_an_intent_of_an_agent_is_watched_by_itself() -> None:
    rule("confidence", "below", 0.5, least=2, intent="refund")
    at, agent = factories.now(), factories.agent(name="shop-bot")
    cases(2, agent, at, intent="refund", signals={"confidence": 0.2})
    behind = cases(6, agent, at, intent="greeting", signals={"confidence": 0.9})
    assert look(at + MINUTE) == 1
    assert says() == [
        "shop-bot · refund: the mean confidence of 2 proposals is 0.20; the limit is 0.50, below is too little"
    ]
    alarm = Alarm.objects.get()
    assert (alarm.of, len(alarm.data["cases"])) == ("shop-bot · refund", 2)
    assert {case.pk for case in behind}.isdisjoint(alarm.data["cases"])


def test_a_star_watches_each_intent_of_each_agent_and_of_one_only_its_own() -> None:
    rule("held", limit=50, least=1, intent="*", of="shop-bot")
    at = factories.now()
    for name in ("shop-bot", "other-bot"):
        agent = factories.agent(name=name)
        for intent in ("refund", "address", None):
            factories.case(by=agent, at=at, intent=intent)
    assert look(at + MINUTE) == 2
    assert list(Alarm.objects.order_by("of").values_list("of", flat=True)) == [
        "shop-bot · address",
        "shop-bot · refund",
    ]
    AlarmRule.objects.update(of="")
    assert look(at + 2 * MINUTE) == 2
    assert not Alarm.objects.filter(of__in=["shop-bot", "other-bot"]).exists()


def test_what_is_usual_for_an_intent_is_known_by_itself() -> None:
    rule("confidence", "fall", 3, least=2, intent="*")
    at, agent = factories.now(), factories.agent(name="shop-bot")
    tally("confidence", "shop-bot", 1000, 800.0, squares=650.0, at=at)
    tally("confidence", "shop-bot · greeting", 100, 90.0, squares=82.0, at=at)
    tally("confidence", "shop-bot · refund", 100, 20.0, squares=5.0, at=at)
    for intent in ("refund", "greeting"):
        cases(4, agent, at, intent=intent, signals={"confidence": 0.2})
    assert look(at + MINUTE) == 1
    assert says()[0].startswith("shop-bot · greeting: the mean confidence of 4 proposals is 0.20; usual are 0.90")


def test_hours_remember_agents_and_their_most_frequent_intents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewqueue.queries.tallies.MOST_INTENTS", 3)
    counts = {("held", f"shop-bot · invented-{n}"): Count(1, 1.0) for n in range(4)}
    counts |= {("held", "shop-bot"): Count(1, 1.0), ("held", "shop-bot · often"): Count(6, 1.0)}
    kept = tallies.most(counts)
    assert len(kept) == 4
    assert {("held", "shop-bot"), ("held", "shop-bot · often")} <= kept.keys()


@pytest.mark.parametrize(("measure", "method"), [("queue_age", "above"), ("approvals", "above"), ("held", "crossed")])
def test_what_is_not_counted_by_intent_has_none(measure: str, method: str) -> None:
    made = AlarmRule(measure=measure, method=method, limit=5, intent="refund", next_at=factories.now())
    with pytest.raises(ValidationError):
        made.full_clean()
    made.intent = ""
    made.full_clean()
