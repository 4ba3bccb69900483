"""A pause against whatever would run at the same moment: what comes after it does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audit.models import Entry
from reviewqueue.domain import grants, intake, pauses, watching
from reviewqueue.models import Case, Grant, Pause
from tests import factories
from tests.concurrency.test_races import ROUNDS, at_once, slugs, won

if TYPE_CHECKING:
    from hitl.accounts.models import User
    from reviewqueue.models import Agent

pytestmark = pytest.mark.django_db(transaction=True)


def _pause(of: str, name: str, person: User) -> Pause:
    return pauses.pause(of=of, name=name, reason="r", person=person, at=factories.now())


def _redeem(grant: Grant, agent: Agent) -> Any:
    action = {"name": "refund_order", "args": factories.action()["args"]}
    return grants.redeem(grant.pk, agent=agent, final_action=action, executor="w", at=factories.now())


def test_eight_supervisors_pause_at_once_and_there_is_one_pause() -> None:
    people = [factories.person("supervisor") for _each in range(8)]
    answers = at_once([lambda p=p: _pause("agent", "shop-bot", p) for p in people])
    assert len({pause.pk for pause in answers}) == 1
    assert Entry.objects.filter(kind="agent.paused").count() == 1


def test_redemptions_that_race_a_pause_either_ran_before_it_or_are_refused() -> None:
    for _round in range(ROUNDS):
        supervisor, agent = factories.person("supervisor"), factories.agent()
        granted = [factories.grant(by=agent) for _each in range(4)]
        redeem = [lambda g=g, a=agent: _redeem(g, a) for g in granted]
        answers = at_once([*redeem, lambda a=agent, s=supervisor: _pause("agent", a.name, s)])
        pause = answers[-1]
        ran = Entry.objects.filter(kind="grant.redeemed", subject__in=[f"case:{g.case_id}" for g in granted]).count()
        assert len(won(answers[:-1])) == ran
        assert set(slugs(answers)) <= {"agent-paused"}
        late = at_once([lambda g=g, a=agent: _redeem(g, a) for g in granted])
        assert won(late) == []
        pauses.resume(pause, reason="r", person=supervisor, at=factories.now())


def test_a_release_that_races_a_pause_happens_once_or_not_at_all_and_nothing_of_it_runs_after() -> None:
    for _round in range(ROUNDS):
        factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 1}])
        supervisor, agent = factories.person("supervisor"), factories.agent()
        case = factories.case(by=agent)
        moment = factories.now() + factories.later(2)
        _released, pause = at_once(
            [
                lambda c=case, m=moment: watching.release(c, at=m),
                lambda a=agent, s=supervisor: _pause("agent", a.name, s),
            ]
        )
        state = Case.objects.get(pk=case.pk).state
        assert state in {"released", "queued"}
        assert Grant.objects.filter(case=case).count() == (1 if state == "released" else 0)
        if state == "released":
            assert slugs(at_once([lambda c=case, a=agent: _redeem(Grant.objects.get(case=c), a)])) == ["agent-paused"]
        pauses.resume(pause, reason="r", person=supervisor, at=factories.now())


def test_pausing_and_resuming_at_once_leaves_one_truth() -> None:
    for _round in range(ROUNDS):
        supervisor = factories.person("supervisor")
        pause = _pause("intent", "refund", supervisor)
        at_once(
            [
                lambda s=supervisor: _pause("intent", "refund", s),
                lambda p=pause, s=supervisor: pauses.resume(p, reason="r", person=s, at=factories.now()),
            ]
        )
        still = Pause.objects.filter(resumed_at=None)
        assert still.count() <= 1
        for each in still:
            pauses.resume(each, reason="r", person=supervisor, at=factories.now())


@pytest.mark.parametrize("per", [[], ["customer", "agent"]])
def test_of_twenty_proposals_at_once_exactly_as_many_run_as_the_budget_has_room_for(per: list[str]) -> None:
    budget = {"name": "seven", "within": "day", "sum": "2450.00", "per": per}
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}], budgets=[budget])
    agent = factories.agent()
    sent = [factories.proposal(customer={"id": "maya"}) for _each in range(20)]
    at_once([lambda p=p: intake.propose(p, agent=agent, at=factories.now()) for p in sent])
    assert sorted(Case.objects.values_list("state", flat=True)) == ["queued"] * 13 + ["released"] * 7
    assert Grant.objects.count() == 7


def test_budgets_in_different_orders_do_not_wait_for_each_other() -> None:
    rules = [
        {"name": name, "within": "day", "count": 100, "per": [per]} for name, per in (("a", "action"), ("b", "intent"))
    ]
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}], budgets=rules)
    agent = factories.agent()
    names = ["x", "y", "z"]
    sent = [
        factories.proposal(
            intent=names[-n % 3],
            actions=[factories.action(call_id=name, name=name) for name in names[n % 3 :] + names[: n % 3]],
        )
        for n in range(12)
    ]
    at_once([lambda p=p: intake.propose(p, agent=agent, at=factories.now()) for p in sent])
    assert Case.objects.filter(state="released").count() == 12
