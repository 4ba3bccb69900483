"""What a policy would have done with recorded cases."""

from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.engine.policy import Policy, parse
from reviewqueue.engine.triggers import evaluate
from reviewqueue.models import Case, Grant, Sampled, SamplePlan
from reviewqueue.queries import recorded, what_if
from reviewqueue.queries.recorded import Period
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
OVER = {"fact": "action.value", "over": "100.00"}


def draft(*triggers: dict[str, Any], mode: str = "out_of_the_loop") -> Policy:
    """Releases everything but what its triggers hold."""
    return parse(factories.PLAIN_POLICY | {"oversight": [{"match": {}, "mode": mode}], "triggers": list(triggers)})


def rule(when: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": "rule", "when": when or OVER, "outcome": "review", "queue": "billing"} | more


def worth(amount: str, **more: Any) -> Case:
    return factories.case(actions=[factories.action(value={"amount": amount, "currency": "EUR"})], **more)


def report(policy: Policy, period: Period | None = None) -> dict[str, Any]:
    return what_if.report(policy, period or Period())


@pytest.mark.covers("R33", "R34", "R101")
def test_a_looser_policy_releases_what_was_held_and_says_what_was_at_stake() -> None:
    small, _large = worth("80.00"), worth("350.00")
    told = report(draft(rule()))
    assert told["totals"] == {
        "cases": 2,
        "held": 1,
        "held_before": 2,
        "newly_held": 0,
        "newly_released": 1,
        "stricter": 0,
        "looser": 0,
        "unchanged": 1,
        "oversight": {"out_of_the_loop": 1, "on_the_loop": 0, "in_the_loop": 1, "human_only": 0},
        "oversight_before": {"out_of_the_loop": 0, "on_the_loop": 0, "in_the_loop": 2, "human_only": 0},
    }
    assert told["examples"]["newly_released"] == [small.pk]
    assert told["money"]["newly_released"] == {"amount": "80.00", "currency": "EUR"}


@pytest.mark.covers("R33", "R113", "R114")
def test_what_people_ruled_tells_incidents_from_needless_reviews() -> None:
    reviewer = factories.person()
    for amount, ruling in (("80.00", "approve"), ("90.00", "reject"), ("350.00", "reject"), ("400.00", "approve")):
        case = factories.claimed(reviewer, actions=[factories.action(value={"amount": amount, "currency": "EUR"})])
        ruled = {"call_id": "call_1", "type": ruling} | ({"reason_code": "policy"} if ruling == "reject" else {})
        factories.decide(case, reviewer, ruled)
    worth("70.00")
    told = report(draft(rule()))
    known = told["known"]
    assert [known[name] for name in ("wrong", "right", "unknown", "saved", "let_through")] == [2, 2, 1, 1, 1]
    assert told["money"]["let_through"]["amount"] == "90.00"
    (trigger,) = told["triggers"]
    assert (trigger["fired"], trigger["known"]) == (2, 2)
    assert (trigger["precision"]["share"], trigger["recall"]["share"]) == (0.5, 0.5)
    assert (round(trigger["precision"]["low"], 3), round(trigger["precision"]["high"], 3)) == (0.095, 0.905)


def test_a_release_that_failed_is_an_incident_that_the_draft_would_have_stopped() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    worth("350.00")
    Grant.objects.update(outcome="failed")
    told = report(draft(rule()))
    assert (told["totals"]["newly_held"], told["known"]["stopped"], told["money"]["stopped"]["amount"]) == (
        1,
        1,
        "350.00",
    )


@pytest.mark.covers("R150")
def test_every_case_is_judged_as_it_would_be_today() -> None:
    for amount in ("99.99", "100.00", "100.01"):
        worth(amount, release="each")
    policy = draft(rule(eyes=2, priority="high"))
    page = what_if.cases(policy, Period())
    alone = {case.pk: evaluate(policy, case.facts) for case in Case.objects.all()}
    assert {
        each["case"]: (each["oversight"], each["queue"], each["priority"], each["eyes"]) for each in page.cases
    } == {case: (verdict.mode, verdict.queue, verdict.priority, verdict.eyes) for case, verdict in alone.items()}
    assert [each["triggers"] for each in page.cases] == [[], [], ["rule"]]


def test_cases_come_in_pages_and_by_what_changes_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "SIZE", 2)
    made = [worth(amount).pk for amount in ("50.00", "500.00", "60.00", "70.00")]
    policy = draft(rule())
    first = what_if.cases(policy, Period(), change="newly_released", most=2)
    rest = what_if.cases(policy, Period(), change="newly_released", after=first.cursor, most=2)
    assert ([each["case"] for each in first.cases], first.cursor) == ([made[0], made[2]], made[2])
    assert ([each["case"] for each in rest.cases], rest.cursor) == ([made[3]], "")


def test_the_period_limits_what_is_looked_at() -> None:
    worth("500.00")
    told = report(draft(rule()), Period(end=factories.now() - timedelta(days=1)))
    assert (told["totals"]["cases"], told["totals"]["held"], told["queues"]) == (0, 0, [])


def test_without_a_decision_nobody_knows_how_long_a_case_takes() -> None:
    worth("500.00")
    told = report(draft(rule()))
    assert (told["hours"], [lane["handling_seconds"] for lane in told["queues"]]) == (
        {"before": None, "after": None},
        [None, None],
    )


@pytest.mark.covers("R94", "R113")
def test_what_a_quality_review_settled_tells_right_from_wrong_and_goes_before_an_approval() -> None:
    reviewer, at = factories.person(), factories.now()
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    fine, missed = worth("10.00"), worth("350.00")
    factories.policy()
    approved = factories.claimed(reviewer, actions=[factories.action()])
    factories.decide(approved, reviewer, {"call_id": "call_1", "type": "approve"})
    week = {"seed": "s", "from_at": at, "to_at": at, "rules": {}, "opened_at": at, "due_at": at}
    plan = SamplePlan.objects.create(week="2026-W48", **week)
    for case, verdict, should in ((fine, "ok", False), (missed, "ok", True), (approved, "critical", None)):
        settled = {"verdict": verdict, "should_have_been_reviewed": should, "state": "settled"}
        Sampled.objects.create(plan=plan, case=case, kind="random", drawn_at=at, **settled)
    known = report(draft(rule()))["known"]
    assert [known[name] for name in ("wrong", "right", "unknown", "stopped", "let_through")] == [2, 1, 0, 1, 0]
