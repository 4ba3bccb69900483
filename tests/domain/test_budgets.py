"""Budgets: so much runs without a person in a stretch of time, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import budgets, due, intake, watching
from reviewqueue.models import BudgetUse, Case, Event, Grant, Pause
from tests import factories

pytestmark = pytest.mark.django_db
FREE = [{"match": {}, "mode": "out_of_the_loop"}]
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 60}]
SUM = {"name": "refunds-a-day", "match": {"action": ["refund*"]}, "within": "day", "sum": "1000.00"}
COUNT = {"name": "three-an-hour", "within": "hour", "count": 3}


def _policy(*rules: dict[str, Any], oversight: Any = None, **more: Any) -> None:
    factories.policy(oversight=oversight or FREE, budgets=list(rules), **more)


def _states(*, times: int, **fields: Any) -> list[str]:
    agent = fields.pop("by", None) or factories.agent()
    return [factories.case(by=agent, **fields).state for _each in range(times)]


def test_what_fits_is_released_and_what_goes_beyond_waits_with_a_sentence() -> None:
    _policy(SUM | {"queue": "billing", "priority": "high"})
    agent = factories.agent()
    assert _states(times=2, by=agent) == ["released", "released"]
    case = factories.case(by=agent)
    (reason,) = case.verdict["reasons"]
    assert (case.state, case.queue_id, case.oversight) == ("queued", "billing", "in_the_loop")
    assert reason["says"] == (
        "refunds-a-day: 700.00 of 1000.00 EUR are used in the last day; 350.00 EUR more is too much"
    )
    assert (reason["trigger"], reason["category"], reason["observed"], reason["threshold"]) == (
        "refunds-a-day",
        "budget",
        "1050.00",
        "1000.00",
    )
    small = factories.action(value={"amount": "300.00", "currency": "EUR"})
    assert factories.case(by=agent, actions=[small]).state == "released"


def test_each_customer_agent_and_action_has_its_own() -> None:
    _policy(COUNT | {"count": 1, "per": ["customer", "agent", "action"]})
    one, other = factories.agent(), factories.agent()
    maya, ben = {"id": "maya"}, {"id": "ben"}
    assert _states(times=2, by=one, customer=maya) == ["released", "queued"]
    assert _states(times=1, by=one, customer=ben) == ["released"]
    assert _states(times=1, by=other, customer=maya) == ["released"]
    cancel = factories.action(name="cancel_order")
    assert _states(times=2, by=one, customer=maya, actions=[cancel]) == ["released", "queued"]


def test_a_customer_whom_nobody_knows_shares_a_budget_with_the_others() -> None:
    _policy(COUNT | {"count": 1, "per": ["customer"]})
    assert _states(times=2, customer=None) == ["released", "queued"]
    reasons = Case.objects.order_by("id").last().verdict["reasons"]  # type: ignore[union-attr] # there are two
    assert "by customer unknown" in reasons[0]["says"]


def test_an_amount_that_nobody_knows_does_not_fit() -> None:
    _policy(SUM)
    for value in (None, {"amount": "1.00", "currency": "SEK"}):
        case = factories.case(actions=[factories.action(value=value)])
        assert (case.state, case.verdict["reasons"][0]["observed"]) == ("queued", "unknown")
    assert factories.case(actions=[factories.reply()]).state == "released"


def test_other_currencies_are_converted_and_the_limit_itself_still_fits() -> None:
    _policy(SUM | {"sum": "92.00"}, currency_rates={"USD": "0.92"})
    dollars = factories.action(value={"amount": "-100.00", "currency": "USD"})
    assert _states(times=2, actions=[dollars]) == ["released", "queued"]


def test_the_window_rolls() -> None:
    _policy(COUNT | {"count": 1})
    agent, at = factories.agent(), factories.now()
    seen = [(minutes, factories.case(by=agent, at=at + timedelta(minutes=minutes)).state) for minutes in (0, 30, 59)]
    assert seen == [(0, "released"), (30, "queued"), (59, "queued")]
    assert factories.case(by=agent, at=at + timedelta(minutes=62)).state == "released"


def test_a_release_under_watch_takes_its_share_when_its_window_closes() -> None:
    _policy(COUNT | {"count": 1}, oversight=WATCHED)
    agent = factories.agent()
    first, second = factories.case(by=agent), factories.case(by=agent)
    assert (first.state, second.state) == ("watched", "watched")
    moment = factories.now() + timedelta(seconds=61)
    assert watching.release(first, at=moment).state == "released"
    stopped = watching.release(second, at=moment)
    assert (stopped.state, Grant.objects.filter(case=stopped).count()) == ("queued", 0)
    assert factories.case(by=agent, at=moment).state == "queued"


def test_what_people_approve_counts_too_and_is_never_held_back() -> None:
    _policy(COUNT | {"count": 1}, oversight=[{"match": {"intent": ["refund"]}, "mode": "in_the_loop"}, *FREE])
    for _each in range(2):
        reviewer = factories.person()
        case = factories.claimed(reviewer)
        factories.decide(case, reviewer)
        assert Grant.objects.filter(case=case).count() == 1
    assert factories.case(intent="other").state == "queued"


def test_what_is_rejected_or_held_takes_nothing() -> None:
    _policy(COUNT | {"count": 1}, oversight=[{"match": {"intent": ["refund"]}, "mode": "in_the_loop"}, *FREE])
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer, {"call_id": "call_1", "type": "reject", "reason_code": "policy"})
    factories.case()
    assert factories.case(intent="other").state == "released"


def test_together_is_all_or_nothing_and_one_by_one_is_each_for_itself() -> None:
    _policy(SUM | {"sum": "400.00"}, COUNT)
    two = [factories.action(), factories.action(call_id="call_3")]
    agent = factories.agent()
    assert factories.case(by=agent, actions=two).state == "queued"
    apart = factories.case(by=agent, actions=two, release="each")
    assert [grant.decision.call_id for grant in Grant.objects.filter(case=apart)] == ["call_1"]
    assert factories.case(by=agent, actions=[factories.reply()]).state == "released"


@pytest.mark.covers("R49")
def test_a_burst_pauses_the_agent_by_itself_and_a_person_lets_it_go() -> None:
    _policy({"name": "burst", "within": "minute", "count": 3, "per": ["agent"], "counts": "proposed", "pause": "agent"})
    agent, calm = factories.agent(name="shop-bot"), factories.agent(name="calm-bot")
    assert _states(times=4, by=agent) == ["released", "released", "released", "queued"]
    pause = Pause.objects.get()
    assert (pause.of, pause.name, pause.paused_by) == ("agent", "shop-bot", None)
    assert pause.reason == "burst: 3 of 3 are used in the last minute by agent shop_bot; 1 more is too much"
    assert Event.objects.filter(kind="agent.paused").count() == 1
    assert _states(times=1, by=calm) == ["released"]
    assert factories.case(by=agent).verdict["reasons"][0]["trigger"] == "paused"
    due.run(at=factories.now())
    assert Pause.objects.get().swept_at is not None


def test_a_burst_can_pause_the_action_and_an_action_cannot_name_itself_after_others() -> None:
    _policy({"name": "burst", "within": "minute", "count": 0, "counts": "proposed", "pause": "action"})
    factories.case(actions=[factories.action(name="*")])
    assert Pause.objects.get().name == "?"


def test_what_is_held_anyway_counts_as_proposed_and_what_the_same_key_repeats_does_not() -> None:
    _policy({"name": "burst", "within": "minute", "count": 2, "counts": "proposed"}, oversight=[])
    agent, sent = factories.agent(), factories.proposal()
    for _each in range(5):
        intake.propose(sent, agent=agent, at=factories.now())
    assert BudgetUse.objects.get().parts[0][1] == "1"


def test_counters_are_forgotten_after_their_window() -> None:
    _policy(COUNT)
    factories.case()
    assert budgets.forget_old(at=factories.now() + timedelta(hours=1)) == 0
    assert budgets.forget_old(at=factories.now() + timedelta(hours=3)) == 1


def test_without_a_budget_nothing_is_asked_and_nothing_is_kept() -> None:
    _policy(SUM)
    factories.case(actions=[factories.reply()])
    assert not BudgetUse.objects.exists()


def test_an_overrun_of_a_case_without_an_intent_pauses_nothing_and_holds_it() -> None:
    _policy(COUNT | {"count": 0, "pause": "intent"})
    assert _states(times=1, intent=None) == ["queued"]
    assert not Pause.objects.exists()
    assert _states(times=1, intent="refund") == ["queued"]
    assert [(pause.of, pause.name) for pause in Pause.objects.all()] == [("intent", "refund")]
