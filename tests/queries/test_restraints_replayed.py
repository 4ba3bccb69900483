"""Pauses and rungs in a look back: taken as it found them, so that a policy says again what it said."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import fact_blocks, pauses
from reviewqueue.engine.policy import parse
from reviewqueue.models import Agent, Case, Cell, Pause, Rung
from reviewqueue.queries import caveats, recorded, what_if
from reviewqueue.queries.recorded import Period
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R33", "R101")]
FREE = [{"match": {}, "mode": "out_of_the_loop"}]
WATCH = [{"match": {"intent": ["faq"]}, "mode": "on_the_loop", "veto_seconds": 60}, *FREE]
BUDGET = {"name": "of-all", "within": "hour", "count": 9, "queue": "billing"}
LARGE = {"name": "large", "when": {"fact": "action.value", "over": "150.00"}, "outcome": "review", "queue": "billing"}


def placed(agent: Agent, action: str, rung: str) -> None:
    at = factories.now() - timedelta(days=1)
    for intent in ("refund", "faq"):
        Cell.objects.create(agent=agent, intent=intent, action=action, rung=rung, since_at=at, counted_from=at)


def proposed(dice: random.Random, at: Any, agent: Agent) -> Case:
    actions = [
        factories.action(
            call_id=f"call_{n}",
            name=dice.choice(["refund_order", "send_voucher", "close_ticket", "look_up", "note"]),
            value=dice.choice([{"amount": str(dice.randrange(10, 200)), "currency": "EUR"}, None]),
        )
        for n in range(dice.randrange(1, 4))
    ]
    more = {"intent": dice.choice(["refund", "faq"]), "release": dice.choice(["together", "each"])}
    return factories.case(by=agent, at=at, actions=actions, **more)


def history(dice: random.Random, cases: int = 40) -> None:
    """Two agents, one on the ladder; in the middle everything, then all refunds are paused for a while."""
    at, climber, other = factories.now(), factories.agent(), factories.agent()
    for action, rung in zip(["refund_order", "send_voucher", "close_ticket", "look_up"], list(Rung), strict=False):
        placed(climber, action, rung)
    supervisor = factories.person("supervisor")
    for number in range(cases):
        at += timedelta(seconds=1)
        if number in {10, 20}:
            of, name = ("everything", "") if number == 10 else ("action", "refund*")
            pauses.pause(of=of, name=name, reason="odd", person=supervisor, at=at)
        if number in {15, 30}:
            pauses.resume(Pause.objects.get(resumed_at=None), reason="seen", person=supervisor, at=at)
        proposed(dice, at, dice.choice([climber, other]))


def told(case: Case) -> tuple[Any, ...]:
    verdict = case.verdict
    names = sorted({reason["trigger"] for reason in verdict["reasons"]})
    return verdict["mode"], verdict["queue"], verdict["priority"], verdict["eyes"], names


@pytest.mark.parametrize("budgets", [[], [BUDGET]])
def test_a_policy_says_of_each_case_what_it_said_under_pauses_and_rungs(budgets: list[dict[str, Any]]) -> None:
    # What is watched counts for a budget when its window closes, which no look back can know.
    version = factories.policy(oversight=FREE if budgets else WATCH, triggers=[LARGE], budgets=budgets)
    history(random.Random(len(budgets)))
    page = what_if.cases(parse(version.document), Period(), most=100)
    again = {
        one["case"]: (one["oversight"], one["queue"], one["priority"], one["eyes"], sorted(one["triggers"]))
        for one in page.cases
    }
    assert again == {case.pk: told(case) for case in Case.objects.all()}
    report = what_if.report(parse(version.document), Period())
    assert report["totals"]["unchanged"] == report["totals"]["cases"] == 40
    found = {name for *_rest, names in again.values() for name in names}
    assert {"paused", "autonomy", "large"} <= found


def test_the_packed_copy_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "SIZE", 10)
    version = factories.policy(oversight=WATCH, triggers=[LARGE])
    history(random.Random(3), cases=20)
    fresh = what_if.report(parse(version.document), Period())
    assert fact_blocks.pack(at=factories.now() + timedelta(hours=1)) == 20
    assert what_if.report(parse(version.document), Period()) == fresh


def test_a_draft_takes_them_as_it_found_them_and_the_report_says_how_often() -> None:
    factories.policy(oversight=FREE)
    supervisor = factories.person("supervisor")
    paused = pauses.pause(of="everything", name="", reason="odd", person=supervisor, at=factories.now())
    held = factories.case()
    pauses.resume(paused, reason="seen", person=supervisor, at=factories.now())
    factories.case()
    draft = parse(factories.PLAIN_POLICY | {"oversight": FREE})
    report = what_if.report(draft, Period())
    assert (report["totals"]["held"], report["totals"]["unchanged"]) == (1, 2)
    assert next(one for one in report["triggers"] if one["fired"])["name"] == "paused"
    assert [one["case"] for one in what_if.cases(draft, Period()).cases if one["triggers"]] == [held.pk]
    assert any("taken as it was found (paused 1)" in sentence for sentence in caveats.of(report))


def test_without_any_nothing_is_said_of_them() -> None:
    factories.policy(oversight=FREE)
    factories.case()
    report = what_if.report(parse(factories.PLAIN_POLICY), Period())
    assert report["triggers"] == []
    assert not any("as it was found" in sentence for sentence in caveats.of(report))
