"""Budgets in a look back: the same policy over what it judged itself says the same of each case."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.engine.policy import parse
from reviewqueue.models import Case
from reviewqueue.queries import what_if
from reviewqueue.queries.recorded import Period
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R33", "R101")]
FREE = [{"match": {}, "mode": "out_of_the_loop"}]
OF_ONE = {"name": "of-one", "match": {"action": ["refund*"]}, "per": ["customer"], "within": "day", "sum": "300.00"}
OF_ALL = {"name": "of-all", "within": "hour", "count": 9, "queue": "billing", "outcome": "handoff"}
BURST = {"name": "burst", "per": ["agent", "intent"], "within": "minute", "count": 4, "counts": "proposed"}
TALK = {"name": "talk", "match": {"kind": ["reply"]}, "within": "week", "sum": "100.00"}


def proposed(dice: random.Random, at: Any, agent: Any) -> Case:
    actions = [
        factories.action(
            call_id=f"call_{n}",
            name=dice.choice(["refund_order", "send_voucher"]),
            value=dice.choice([{"amount": str(dice.randrange(10, 200)), "currency": "EUR"}, None]),
        )
        for n in range(dice.randrange(1, 3))
    ]
    actions += [factories.reply()] if dice.random() < 0.3 else []
    customer = dice.choice([{"id": "cus-1"}, {"id": "cus-2"}, None])
    intent, release = dice.choice(["refund", "other"]), dice.choice(["together", "each"])
    signals = {"confidence": dice.choice([0.5, 0.9])}
    more = {"intent": intent, "release": release, "signals": signals, "customer": customer}
    return factories.case(by=agent, at=at, actions=actions, **more)


@pytest.mark.parametrize("budgets", [[OF_ONE], [OF_ALL], [BURST], [BURST, OF_ONE, OF_ALL, TALK]])
def test_a_policy_held_against_what_it_judged_itself_changes_nothing(budgets: list[dict[str, Any]]) -> None:
    unsure = {"name": "unsure", "when": {"fact": "signals.confidence", "under": 0.7}, "outcome": "review"}
    version = factories.policy(oversight=FREE, budgets=budgets, triggers=[unsure])
    dice, at = random.Random(len(budgets)), factories.now()
    agents = [factories.agent(), factories.agent()]
    for _each in range(40):
        at += timedelta(seconds=dice.randrange(1, 12))
        proposed(dice, at, dice.choice(agents))
    told = what_if.report(parse(version.document), Period())
    assert told["totals"]["unchanged"] == told["totals"]["cases"] == 40
    recorded = {
        case.pk: (case.verdict["mode"], case.verdict["queue"], sorted({r["trigger"] for r in case.verdict["reasons"]}))
        for case in Case.objects.all()
    }
    page = what_if.cases(parse(version.document), Period(), most=100)
    replayed = {each["case"]: (each["oversight"], each["queue"], sorted(each["triggers"])) for each in page.cases}
    assert replayed == recorded
    overrun = {name for _mode, _queue, names in replayed.values() for name in names} - {"unsure"}
    assert overrun == {budget["name"] for budget in budgets} - {"talk"}


def test_a_new_budget_says_what_it_would_have_held_page_by_page() -> None:
    factories.policy(oversight=FREE)
    at, agent = factories.now(), factories.agent()
    for n in range(4):
        value = {"amount": "120.00", "currency": "EUR"}
        factories.case(by=agent, at=at + timedelta(minutes=n), actions=[factories.action(value=value)])
    draft = parse(factories.PLAIN_POLICY | {"oversight": FREE, "budgets": [OF_ONE | {"per": [], "queue": "money"}]})
    told = what_if.report(draft, Period())
    assert (told["totals"]["newly_held"], told["money"]["newly_held"]["amount"]) == (2, "240.00")
    assert [(each["name"], each["fired"]) for each in told["triggers"]] == [("of-one", 2)]
    first = what_if.cases(draft, Period(), change="newly_held", most=1)
    second = what_if.cases(draft, Period(), change="newly_held", after=first.cursor, most=1)
    assert [each["queue"] for each in (*first.cases, *second.cases)] == ["money", "money"]
    assert first.cases[0]["case"] < second.cases[0]["case"]


def test_what_people_approved_counts_and_is_never_held_back() -> None:
    factories.policy()
    at, me = factories.now(), factories.person()
    for n in range(3):
        value = {"amount": "150.00", "currency": "EUR"}
        case = factories.claimed(me, at=at + timedelta(minutes=n), actions=[factories.action(value=value)])
        factories.decide(case, me, at=at + timedelta(minutes=n))
    held = parse(factories.PLAIN_POLICY | {"budgets": [OF_ONE | {"per": []}]})
    assert what_if.report(held, Period())["triggers"][0]["fired"] == 0
    factories.policy(oversight=FREE)
    factories.case(
        at=at + timedelta(minutes=5), actions=[factories.action(value={"amount": "1.00", "currency": "EUR"})]
    )
    small = {"match": {}, "when": {"fact": "action.value", "over": "100.00"}, "name": "large", "outcome": "review"}
    draft = parse(factories.PLAIN_POLICY | {"oversight": FREE, "triggers": [small], "budgets": [OF_ONE | {"per": []}]})
    assert what_if.report(draft, Period())["totals"]["newly_held"] == 1
