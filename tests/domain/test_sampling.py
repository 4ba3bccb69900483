"""The week's sample: opened once, drawn once, the same again from its seed, and nobody notices."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import customers, decisions, policies, sampling
from reviewqueue.models import Case, Conversation, Event, Sampled, SamplePlan, SamplingRules
from reviewqueue.queries import drawing, frame
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
FREE = [{"match": {"intent": ["greeting"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
GREETING: dict[str, Any] = {"intent": "greeting", "actions": [factories.reply()]}


def rules(**fields: Any) -> None:
    """Sampling rules that leave nothing to chance but the draw itself."""
    SamplingRules.objects.create(**{"size": 12, "floor": 2, "live_share": 0, "double_share": 0} | fields)


def a_week(*, greetings: int = 20, refunds: int = 6) -> None:
    """Cases of one agent: some released, some decided by a person."""
    factories.policy(oversight=FREE)
    agent, reviewer = factories.agent(), factories.person()
    for _ in range(greetings):
        factories.case(by=agent, **GREETING)
    for _ in range(refunds):
        factories.decide(factories.claimed(reviewer, by=agent), reviewer)


def drawn(plan: SamplePlan) -> SamplePlan:
    """The plan once its week is over."""
    return sampling.draw(plan, at=plan.due_at)


def test_the_week_has_one_plan_whoever_opens_it() -> None:
    at = factories.now()
    first = sampling.open_plan(at=at)
    assert sampling.open_plan(at=at + timedelta(seconds=5)) == first
    assert SamplePlan.objects.count() == Entry.objects.filter(kind="sample.opened").count() == 1
    assert first.from_at <= at < first.to_at < first.due_at
    assert (first.to_at - first.from_at, first.from_at.weekday()) == (timedelta(days=7), 0)


def test_a_plan_that_is_opened_late_takes_no_case_of_the_one_behind_it() -> None:
    at = factories.now()
    first = sampling.plan_of_week(at - timedelta(days=14), at=at)
    third = sampling.plan_of_week(at, at=at)
    second = sampling.plan_of_week(at - timedelta(days=7), at=at)
    assert first.to_at == third.from_at == second.from_at == second.to_at
    assert drawn(second).population == 0


def test_weeks_are_named_as_people_name_them() -> None:
    assert sampling.week_of(datetime(2026, 11, 28, tzinfo=UTC)) == "2026-W48"
    assert sampling.week_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"


@pytest.mark.covers("R92", "R93")
def test_the_sample_is_drawn_once_however_often_the_clock_rings() -> None:
    rules()
    a_week()
    plan = sampling.open_plan(at=factories.now())
    for n in range(3):
        sampling.work(at=plan.due_at + timedelta(minutes=n))
    plan.refresh_from_db()
    assert (plan.drawn_at, plan.population) == (plan.due_at, 26)
    assert Sampled.objects.filter(plan=plan, kind="random").count() == 12
    assert Entry.objects.filter(kind="sample.drawn").count() == 1


def test_nothing_is_drawn_before_the_week_is_over() -> None:
    rules()
    a_week()
    plan = sampling.open_plan(at=factories.now())
    sampling.work(at=factories.now())
    plan.refresh_from_db()
    assert (plan.drawn_at, Sampled.objects.filter(kind="random").exists()) == (None, False)


def test_the_seed_was_fixed_before_and_draws_the_same_again() -> None:
    rules()
    a_week()
    plan = drawn(sampling.open_plan(at=factories.now()))
    opened, told = Entry.objects.get(kind="sample.opened"), Entry.objects.get(kind="sample.drawn")
    assert opened.data["seed_digest"] == hashlib.sha256(told.data["seed"].encode()).hexdigest()
    again = drawing.design(plan, end=plan.to_at)
    assert again.as_json() == plan.design
    in_sample = set(Sampled.objects.filter(kind="random").values_list("case_id", flat=True))
    assert {row.case for stratum in again.strata for row in stratum.drawn} == in_sample


@pytest.mark.covers("R92")
def test_each_case_keeps_the_chance_that_it_had() -> None:
    rules()
    a_week()
    plan = drawn(sampling.open_plan(at=factories.now()))
    by_stratum = {each["name"]: each for each in plan.design["strata"]}
    counts = Counter(Sampled.objects.filter(kind="random").values_list("stratum", flat=True))
    assert {name: each["size"] for name, each in by_stratum.items()} == counts
    for each in Sampled.objects.filter(kind="random"):
        assert each.inclusion_probability == by_stratum[each.stratum]["size"] / by_stratum[each.stratum]["population"]
    assert sum(each["population"] for each in by_stratum.values()) == plan.population
    assert {name.split("|")[0] for name in by_stratum} == {"released", "approved"}


def test_more_is_drawn_of_what_nobody_saw() -> None:
    rules(size=16, strata=["decision"], released_weight=8, risk_weights={})
    a_week(greetings=30, refunds=30)
    plan = drawn(sampling.open_plan(at=factories.now()))
    sizes = {each["name"]: each["size"] for each in plan.design["strata"]}
    assert sizes["released"] > 2 * sizes["approved"] > 0


@pytest.mark.covers("R92")
def test_drawing_changes_nothing_about_a_case_and_tells_its_agent_nothing() -> None:
    rules(live_share=0.8)
    a_week(greetings=6, refunds=2)
    before = list(Case.objects.order_by("pk").values()), Event.objects.count()
    plan = sampling.open_plan(at=factories.now())
    sampling.draw_live(plan, at=factories.now() + timedelta(minutes=5))
    drawn(SamplePlan.objects.get())
    assert (list(Case.objects.order_by("pk").values()), Event.objects.count()) == before
    assert not Entry.objects.filter(subject__startswith="case:", kind__startswith="sample").exists()


def test_the_live_part_comes_at_once_and_counts_in_the_end() -> None:
    rules(size=20, live_share=0.5)
    a_week(greetings=24, refunds=4)
    plan = sampling.open_plan(at=factories.now())
    soon = factories.now() + timedelta(minutes=5)
    assert sampling.draw_live(plan, at=factories.now()) == 0
    came = sampling.draw_live(plan, at=soon)
    assert sampling.draw_live(SamplePlan.objects.get(), at=soon + timedelta(minutes=1)) == 0
    assert 0 < came == Sampled.objects.filter(live=True, inclusion_probability=0.5).count()
    plan = drawn(SamplePlan.objects.get())
    strata = plan.design["strata"]
    sizes = {each["name"]: (each["live"], each["size"], each["population"]) for each in strata}
    assert sum(live for live, _size, _n in sizes.values()) == came
    assert sum(each["wanted"] for each in strata) == 20
    # Chance may have given a stratum more live cases than it needed.
    assert [each["size"] for each in strata] == [max(each["wanted"], each["live"]) for each in strata]
    for each in Sampled.objects.filter(live=True):
        _live, size, population = sizes[each.stratum]
        assert each.inclusion_probability == size / population


def test_a_stale_alarm_clock_draws_no_live_case_twice() -> None:
    rules(live_share=0.8)
    a_week()
    plan, stale = sampling.open_plan(at=factories.now()), SamplePlan.objects.get()
    soon = factories.now() + timedelta(minutes=5)
    came = sampling.draw_live(plan, at=soon)
    assert (came > 0, sampling.draw_live(stale, at=soon)) == (True, 0)
    assert Sampled.objects.count() == came


def test_a_lead_draws_early_and_the_next_week_begins_there() -> None:
    rules()
    a_week()
    lead, at = factories.person("qa_lead"), factories.now()
    plan = sampling.draw_early(sampling.open_plan(at=at), person=lead, at=factories.now())
    assert plan.drawn_at == plan.to_at
    assert Sampled.objects.filter(kind="random").count() == 12
    following = sampling.open_plan(at=at + timedelta(days=7))
    assert following.from_at == plan.to_at


@pytest.mark.covers("R92")
def test_after_an_early_draw_the_rest_of_the_week_keeps_its_live_share() -> None:
    rules(live_share="0.8")
    a_week()
    lead, at = factories.person("qa_lead"), factories.now()
    first = sampling.draw_early(sampling.open_plan(at=at), person=lead, at=at)
    assert sampling.draw_early(sampling.plan_of_week(at, at=at), person=lead, at=at) == first
    rest = sampling.open_plan(at=at)
    assert (rest.week > first.week, rest.from_at, rest.drawn_at) == (True, at, None)
    assert not sampling.begun(rest, at=at)
    SamplePlan.objects.filter(pk=rest.pk).update(rules=rest.rules | {"live_chance": 1})
    came = {factories.case(by=Case.objects.earliest("pk").agent, **GREETING).pk for _each in range(5)}
    sampling.work(at=factories.now() + timedelta(minutes=3))
    assert {each.case_id for each in Sampled.objects.filter(live=True, plan=rest)} == came


def test_only_a_lead_draws_early_and_only_where_there_is_something() -> None:
    plan = sampling.open_plan(at=factories.now())
    for role in ("reviewer", "supervisor", "admin", "auditor"):
        with pytest.raises(Refusal) as refused:
            sampling.draw_early(plan, person=factories.person(role), at=factories.now())
        assert refused.value.slug == "forbidden"
    with pytest.raises(Refusal) as refused:
        sampling.draw_early(plan, person=factories.person("qa_lead"), at=factories.now())
    assert refused.value.slug == "not-yet"


def test_a_week_without_cases_is_drawn_too() -> None:
    plan = drawn(sampling.open_plan(at=factories.now()))
    assert (plan.population, plan.design["strata"]) == (0, [])


def test_what_became_of_a_case_is_told_from_its_rulings() -> None:
    factories.policy(oversight=FREE)
    reviewer = factories.person()
    free, waits, approved, changed, rejected = (
        factories.case(**GREETING),
        factories.case(),
        factories.claimed(reviewer),
        factories.claimed(reviewer),
        factories.claimed(reviewer),
    )
    factories.decide(approved, reviewer)
    edited = {"call_id": "call_1", "type": "edit", "args": {"order_id": "A-1", "amount": "20.00"}}
    factories.decide(changed, reviewer, edited | {"reason_code": "wrong_amount"})
    factories.decide(rejected, reviewer, {"call_id": "call_1", "type": "reject", "reason_code": "policy"})
    told = [frame.row_of(case).columns["decision"] for case in (free, waits, approved, changed, rejected)]
    assert told == ["released", "open", "approved", "changed", "rejected"]


@pytest.mark.covers("R93", "R117")
def test_cases_that_deserve_it_are_looked_at_apart_from_the_sample() -> None:
    rules(low_csat=2)
    near = {"name": "over", "when": {"fact": "action.value", "over": "200.00"}, "outcome": "review"}
    free = [{"match": {}, "mode": "out_of_the_loop"}]
    factories.policy(oversight=free, triggers=[near])
    unhappy = factories.case(**GREETING)
    Conversation.objects.filter(pk=unhappy.conversation_id).update(csat=1, closed_at=factories.now())
    complaint = factories.case(intent="formal_complaint")
    contested = factories.case(**GREETING)
    customers.contest(contested, text="That is wrong.", at=factories.now())
    nearly = factories.case(actions=[factories.action(value={"amount": "190.00", "currency": "EUR"})])
    plan = sampling.open_plan(at=factories.now())
    at = factories.now()
    assert sampling.target(plan, at=at) == 4
    assert sampling.target(plan, at=at) == 0
    told = {(each.case_id, each.reason, each.inclusion_probability) for each in Sampled.objects.all()}
    assert told == {
        (unhappy.pk, "low_csat", None),
        (complaint.pk, "complaint", None),
        (contested.pk, "contested", None),
        (nearly.pk, "near_threshold", None),
    }


@pytest.mark.covers("R93")
@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"all": [{"fact": "intent", "is": "refund"}, {"fact": "action.value", "over": "200.00"}]}, 1),
        ({"any": [{"all": [{"fact": "action.value", "over": "200.00"}]}, {"fact": "intent", "is": "x"}]}, 1),
        ({"not": {"fact": "action.value", "under": "200.00"}}, 1),
        ({"all": [{"fact": "signals.confidence", "under": 0.2}, {"fact": "action.value", "over": "150.00"}]}, 0),
        ({"all": [{"fact": "signals.confidence", "under": 0.2}, {"fact": "action.value", "over": "205.00"}]}, 1),
        ({"any": [{"fact": "action.value", "over": "9000.00"}, {"fact": "intent", "is": "x"}]}, 0),
    ],
)
def test_a_limit_is_nearly_reached_wherever_it_stands_in_a_condition(when: dict[str, Any], found: int) -> None:
    rules()
    trigger = {"name": "over", "when": when, "outcome": "review"}
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}], triggers=[trigger])
    case = factories.case(
        signals={"confidence": 0.9}, actions=[factories.action(value={"amount": "190.00", "currency": "EUR"})]
    )
    assert case.state == "released"
    assert sampling.target(sampling.open_plan(at=factories.now()), at=factories.now()) == found


def test_a_complaint_that_ran_without_a_person_deserves_a_look_too() -> None:
    rules()
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    case = factories.case(**GREETING | {"intent": "Complaint about delivery"})
    factories.case(**GREETING)
    assert case.state == "released"
    assert sampling.target(sampling.open_plan(at=factories.now()), at=factories.now()) == 1
    assert Sampled.objects.get(reason="complaint").case_id == case.pk


def test_a_version_is_new_once_earlier_weeks_have_shown_the_old_one() -> None:
    rules()
    a_week(greetings=2, refunds=0)
    plan = sampling.draw_early(
        sampling.open_plan(at=factories.now()), person=factories.person("qa_lead"), at=factories.now()
    )
    case = factories.case(by=Case.objects.earliest("pk").agent, agent={"version": "2"}, **GREETING)
    following = sampling.open_plan(at=plan.opened_at + timedelta(days=7))
    assert sampling.target(following, at=plan.opened_at + timedelta(days=8)) == 1
    assert Sampled.objects.get(reason="new_version").case_id == case.pk


def test_a_lead_chooses_a_case_once_and_nobody_else_does() -> None:
    case, lead = factories.case(), factories.person("qa_lead")
    assert sampling.choose(case, reason="asked", person=lead, at=factories.now()) is not None
    assert sampling.choose(case, reason="asked", person=lead, at=factories.now()) is None
    with pytest.raises(Refusal) as refused:
        sampling.choose(case, reason="asked", person=factories.person("supervisor"), at=factories.now())
    assert refused.value.slug == "forbidden"


def test_a_case_that_was_undone_and_is_open_again_counts_as_open() -> None:
    factories.policy(undo_seconds=60)
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    case.refresh_from_db()
    decisions.undo(case, reviewer=reviewer, at=factories.now())
    assert frame.row_of(case).columns["decision"] == "open"
    assert policies.current(at=factories.now())[1].name == "Everything to a person"


def test_a_look_that_draws_nobody_moves_on_and_leaves_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    rules(live_share=0.5)
    a_week()
    plan = sampling.open_plan(at=factories.now())
    monkeypatch.setattr("reviewqueue.engine.sampling.chosen_live", lambda *_asked: False)
    assert sampling.draw_live(plan, at=factories.now() + timedelta(minutes=5)) == 0
    assert SamplePlan.objects.get().live_until == Case.objects.latest("pk").pk
    assert not Entry.objects.filter(kind="sample.drawn_live").exists()
