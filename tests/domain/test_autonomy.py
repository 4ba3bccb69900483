"""The autonomy ladder: stricter than the policy or not at all, up by people on evidence, down by itself."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import autonomy, claims, customers, decisions, drawing, grants, looking, rungs, takeover
from reviewqueue.models import Agent, Case, Cell, Climb, Failure, Gap, LadderRules, Rung, Sampled, SamplePlan, Stand
from reviewqueue.queries import autonomy as known
from reviewqueue.queries import takeovers
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R8")]
FREE = {"oversight": [{"match": {}, "mode": "out_of_the_loop"}]}
MADE_BY = {"version": "1", "model": "m", "prompt": "p", "knowledge": "k"}


@pytest.fixture
def owner() -> User:
    return factories.person("supervisor")


@pytest.fixture
def agent(owner: User) -> Agent:
    """The policy would let everything pass; nothing is undone later."""
    factories.policy(**FREE)
    return factories.agent(owner=owner)


def cell(agent: Agent, rung: str, **fields: Any) -> Cell:
    """Where it stands, with evidence from a day ago on."""
    at = factories.now() - timedelta(days=1)
    known_by = {"since_at": at, "counted_from": at, "made_by": MADE_BY}
    made: Cell = Cell.objects.create(
        agent=agent, intent="refund", action="refund_order", rung=rung, **known_by | fields
    )
    return made


def proposed(by: Agent, **fields: Any) -> Case:
    return factories.case(by=by, **{"agent": MADE_BY} | fields)


def reviewed(agent: Agent, reviewer: User, kind: str = "approve", **fields: Any) -> Case:
    """A proposal of this agent that a person decided."""
    case = claims.claim(proposed(agent), reviewer=reviewer, at=factories.now())
    ruling = {"call_id": "call_1", "type": kind} | ({"reason_code": "policy"} if kind != "approve" else {}) | fields
    decisions.decide(case, reviewer=reviewer, look=factories.look(case), decisions=[ruling], at=factories.now())
    return case


def evidence(place: Cell) -> known.Evidence:
    place.refresh_from_db()
    return known.of_cells([place], known.rules())[0]


def rules(**fields: Any) -> LadderRules:
    """Limits that few reviews reach: 95 % confidence that less than half is wrong takes five."""
    easy = {"to_review_all": 50, "to_review_sampled": 50, "to_automatic": 50, "alarming": 50, "patience": 20}
    return LadderRules.objects.create(**easy | fields)


@pytest.mark.parametrize(
    ("rung", "mode", "state"),
    [
        ("off", "human_only", "queued"),
        ("shadow", "in_the_loop", "queued"),
        ("review_all", "in_the_loop", "queued"),
        ("automatic", "out_of_the_loop", "released"),
    ],
)
def test_a_rung_acts_at_intake(agent: Agent, rung: str, mode: str, state: str) -> None:
    cell(agent, rung)
    case = proposed(agent)
    assert (case.oversight, case.state) == (mode, state)
    assert [(each.rung, each.call_id) for each in Stand.objects.all()] == [(rung, "call_1")]


@pytest.mark.parametrize(("share", "mode"), [(100, "in_the_loop"), (0, "on_the_loop")])
def test_a_sample_is_reviewed_and_the_rest_released_and_watched(agent: Agent, share: int, mode: str) -> None:
    LadderRules.objects.create(share=share)
    cell(agent, "review_sampled")
    case = proposed(agent)
    assert (case.oversight, Stand.objects.get().drawn) == (mode, share == 100)


def test_the_same_proposal_is_drawn_the_same_each_time_and_about_as_many_as_asked(agent: Agent) -> None:
    drawn = [drawing.falls(f"key-{n}\ncall_1", of="autonomy", share=10) for n in range(2000)]
    assert drawn == [drawing.falls(f"key-{n}\ncall_1", of="autonomy", share=10) for n in range(2000)]
    assert 140 <= sum(drawn) <= 260
    assert agent.pk


def test_a_rung_never_loosens_what_the_policy_holds(agent: Agent) -> None:
    factories.policy()
    cell(agent, "automatic")
    assert proposed(agent).oversight == "in_the_loop"


def test_what_is_not_on_the_ladder_is_left_to_the_policy(agent: Agent) -> None:
    cell(agent, "off")
    assert proposed(agent, intent="other").state == "released"
    assert proposed(factories.agent()).state == "released"


def test_the_reason_and_the_ledger_say_on_which_rung_it_was(agent: Agent) -> None:
    cell(agent, "review_all")
    case = proposed(agent)
    assert [reason["says"] for reason in case.verdict["reasons"]] == ["refund_order is reviewed each time"]
    assert Entry.objects.get(subject=case.subject).data["rungs"] == {"call_1": "review_all"}


def test_evidence_is_what_people_approved_as_it_was(agent: Agent) -> None:
    place, ana = cell(agent, "review_all"), factories.person()
    for kind in ("approve", "approve", "reject"):
        reviewed(agent, ana, kind)
    found = evidence(place)
    assert (found.n, found.errors, found.critical, found.to) == (3, 1, 0, "review_sampled")
    assert "more reviews without an error" in found.missing[0]


@pytest.mark.parametrize(
    ("kind", "verdict", "expected"),
    [("random", "critical", (1, 1, 1)), ("random", "ok", (1, 0, 0)), ("targeted", "error", (1, 1, 0))],
)
def test_what_quality_assurance_says_counts_and_the_stricter_word_wins(
    agent: Agent, kind: str, verdict: str, expected: tuple[int, int, int]
) -> None:
    place, case = cell(agent, "review_all"), reviewed(agent, factories.person())
    judged(case, kind, verdict)
    found = evidence(place)
    assert (found.n, found.errors, found.critical) == expected


def test_a_good_word_about_a_case_chosen_for_a_reason_is_no_evidence(agent: Agent) -> None:
    place = cell(agent, "automatic")
    judged(proposed(agent), "targeted", "ok")
    assert evidence(place).n == 0
    judged(proposed(agent), "random", "ok")
    assert evidence(place).n == 1


def judged(case: Case, kind: str, verdict: str) -> None:
    """The quality sample has settled what it says of this case."""
    at = factories.now()
    week = {"seed": "s", "from_at": at, "to_at": at, "rules": {}, "opened_at": at, "due_at": at}
    plan, _new = SamplePlan.objects.get_or_create(week="2026-W48", defaults=week)
    said = {"kind": kind, "state": "settled", "verdict": verdict, "drawn_at": at, "settled_at": at}
    Sampled.objects.create(plan=plan, case=case, **said)


def test_in_shadow_it_counts_what_a_person_said_before_they_saw_the_recommendation(agent: Agent) -> None:
    place, ana = cell(agent, "shadow"), factories.person()
    case = claims.claim(proposed(agent), reviewer=ana, at=factories.now())
    looking.say_first(case, person=ana, view="reject", at=factories.now())
    approve = {"call_id": "call_1", "type": "approve"}
    decisions.decide(case, reviewer=ana, look=factories.look(case), decisions=[approve], at=factories.now())
    assert (evidence(place).n, evidence(place).errors) == (1, 1)


def test_reviews_of_another_version_are_no_evidence(agent: Agent) -> None:
    place, ana = cell(agent, "review_all"), factories.person()
    reviewed(agent, ana)
    newer = proposed(agent, agent=MADE_BY | {"prompt": "p2"})
    place.refresh_from_db()
    assert (newer.oversight, place.made_by["prompt"], evidence(place).n) == ("in_the_loop", "p2", 0)


@pytest.mark.parametrize("part", ["version", "model", "prompt", "knowledge"])
def test_the_first_proposal_of_something_new_is_reviewed_and_takes_the_cell_down(agent: Agent, part: str) -> None:
    place = cell(agent, "automatic")
    assert proposed(agent).state == "released"
    case = proposed(agent, agent=MADE_BY | {part: "new"})
    place.refresh_from_db()
    assert (case.state, place.rung, Climb.objects.get().why) == ("queued", "review_all", "version")
    assert Entry.objects.filter(subject=place.subject, kind="rung.demoted").count() == 1


def test_a_desk_may_say_that_new_knowledge_changes_nothing(agent: Agent) -> None:
    LadderRules.objects.create(anew_knowledge=False)
    place = cell(agent, "automatic", made_by={key: MADE_BY[key] for key in ("version", "model", "prompt")})
    assert proposed(agent, agent=MADE_BY | {"knowledge": "tomorrow"}).state == "released"
    place.refresh_from_db()
    assert place.rung == "automatic"


def test_the_desk_proposes_once_and_the_owner_decides(agent: Agent, owner: User, settings: Settings) -> None:
    settings.POLICY_SECOND_PERSON = "off"
    rules()
    place, ana = cell(agent, "review_all"), factories.person()
    for _each in range(5):
        reviewed(agent, ana)
    for _each in range(2):
        autonomy.ring(at=factories.now())
    assert [(one.state, one.evidence["n"]) for one in Climb.objects.all()] == [("proposed", 5)]
    with pytest.raises(Refusal, match="owner"):
        autonomy.promote(place, person=factories.person("admin"), at=factories.now())
    autonomy.promote(place, person=owner, at=factories.now())
    place.refresh_from_db()
    assert (place.rung, Climb.objects.get().state) == ("review_sampled", "done")
    kinds = list(Entry.objects.filter(subject=place.subject).order_by("seq").values_list("kind", flat=True))
    assert kinds == ["rung.proposed", "rung.promoted"]


def test_without_the_evidence_nobody_goes_up(agent: Agent, owner: User) -> None:
    place = cell(agent, "review_all")
    reviewed(agent, factories.person())
    with pytest.raises(Refusal, match="148 more reviews"):
        autonomy.promote(place, person=owner, at=factories.now())


def test_a_critical_error_stands_in_the_way_until_the_owner_counts_anew(agent: Agent, owner: User) -> None:
    rules()
    place, ana = cell(agent, "review_all"), factories.person()
    reviewed(agent, ana, "reject", reason_code="unsafe")
    assert "critical" in " ".join(evidence(place).missing)
    autonomy.count_anew(place, person=owner, at=factories.now(), note="The prompt was put right.")
    assert (evidence(place).critical, evidence(place).n) == (0, 0)


def test_an_open_gap_is_mended_first(agent: Agent) -> None:
    rules()
    place, ana, at = cell(agent, "review_all"), factories.person(), factories.now()
    case, *_more = [reviewed(agent, ana) for _each in range(5)]
    gap = Gap.objects.create(title="Late orders", first_at=at, last_at=at, made_at=at)
    Failure.objects.create(id="dec_1", case=case, origin="edit", gap=gap, at=at)
    assert evidence(place).missing == ["1 open knowledge gap about it is mended first."]
    Gap.objects.update(state="changed")
    assert evidence(place).missing == []


def test_where_loosening_takes_two_a_second_person_agrees(agent: Agent, owner: User) -> None:
    rules()
    place, ana = cell(agent, "review_all"), factories.person()
    for _each in range(5):
        reviewed(agent, ana)
    climb = autonomy.promote(place, person=owner, at=factories.now())
    place.refresh_from_db()
    assert (climb.state, place.rung) == ("agreed", "review_all")
    for nobody in (owner, ana):
        with pytest.raises(Refusal, match="second person"):
            autonomy.second(climb, person=nobody, at=factories.now())
    autonomy.second(climb, person=factories.person("admin"), at=factories.now())
    place.refresh_from_db()
    assert place.rung == "review_sampled"
    with pytest.raises(Refusal, match="does not wait"):
        autonomy.second(climb, person=factories.person("admin"), at=factories.now())


def _ruled_in_a_row(agent: Agent, kinds: Iterator[str]) -> None:
    ana = factories.person()
    for kind in kinds:
        reviewed(agent, ana, kind)


def test_errors_one_after_the_other_take_it_down_at_once(agent: Agent) -> None:
    LadderRules.objects.create(share=100)
    place = cell(agent, "review_sampled")
    _ruled_in_a_row(agent, iter(["approve"] * 3 + ["reject"] * 4))
    place.refresh_from_db()
    assert place.rung == "review_sampled"
    _ruled_in_a_row(agent, iter(["reject"]))
    place.refresh_from_db()
    assert (place.rung, Climb.objects.get().why) == ("review_all", "drift")


def test_one_critical_error_takes_it_down_at_once(agent: Agent) -> None:
    LadderRules.objects.create(share=100)
    place = cell(agent, "review_sampled")
    reviewed(agent, factories.person(), "reject", reason_code="unsafe")
    place.refresh_from_db()
    assert (place.rung, Climb.objects.get().why) == ("review_all", "critical")


def test_the_desk_steps_down_once_however_often_it_rings(agent: Agent) -> None:
    LadderRules.objects.create(share=100)
    place = cell(agent, "review_sampled")
    reviewed(agent, factories.person(), "reject", reason_code="unsafe")
    assert [autonomy.ring(at=factories.now()) for _each in range(2)] == [0, 0]
    assert Climb.objects.filter(cell=place).count() == 1


def test_who_may_stop_agents_steps_down_with_a_reason(agent: Agent) -> None:
    place, admin = cell(agent, "automatic"), factories.person("admin")
    with pytest.raises(Refusal, match="Say why"):
        autonomy.step_down(place, rung="off", person=admin, at=factories.now(), note=" ")
    with pytest.raises(Refusal, match="owner"):
        autonomy.step_down(place, rung="off", person=factories.person(), at=factories.now(), note="x")
    autonomy.step_down(place, rung="off", person=admin, at=factories.now(), note="An incident.")
    assert proposed(agent).oversight == "human_only"
    place.refresh_from_db()
    with pytest.raises(Refusal, match="not further down"):
        autonomy.step_down(place, rung="automatic", person=admin, at=factories.now(), note="x")


@pytest.mark.parametrize("rung", ["review_sampled", "automatic", "everything"])
def test_nobody_is_put_high_on_the_ladder(agent: Agent, owner: User, rung: str) -> None:
    with pytest.raises(Refusal, match="is earned"):
        autonomy.place(agent=agent, intent="x", action="y", rung=rung, person=owner, at=factories.now())


def test_the_owner_puts_it_on_the_ladder_once(agent: Agent, owner: User) -> None:
    asked: dict[str, Any] = {"agent": agent, "intent": "refund", "action": "refund_order", "rung": Rung.SHADOW}
    with pytest.raises(Refusal, match="owner"):
        autonomy.place(**asked, person=factories.person(), at=factories.now())
    autonomy.place(**asked, person=owner, at=factories.now())
    with pytest.raises(Refusal, match="already"):
        autonomy.place(**asked, person=owner, at=factories.now())
    assert Entry.objects.filter(kind="rung.placed").count() == 1


def test_a_desk_without_a_ladder_asks_nothing_more_at_intake(
    agent: Agent, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    proposed(agent)
    at: datetime = factories.now()
    with django_assert_num_queries(0):
        assert rungs.floors(()) == []
    assert (at, Stand.objects.count()) == (at, 0)


def offered(agent: Agent, place: Cell) -> Climb:
    """What the desk proposes after five reviews."""
    ana = factories.person()
    for _each in range(5):
        reviewed(agent, ana)
    autonomy.ring(at=factories.now())
    return place.climbs.get()


def test_whoever_declines_is_not_asked_again_for_a_week_and_once_only(agent: Agent, owner: User) -> None:
    rules()
    place = cell(agent, "review_all")
    climb, at = offered(agent, place), factories.now()
    with pytest.raises(Refusal, match="owner"):
        autonomy.decline(climb, person=factories.person(), at=at)
    declined = autonomy.decline(climb, person=owner, at=at, note="Not before Easter.")
    assert (declined.state, declined.note) == ("declined", "Not before Easter.")
    with pytest.raises(Refusal, match="settled already"):
        autonomy.decline(climb, person=owner, at=at)
    autonomy.ring(at=at + timedelta(days=6))
    assert place.climbs.count() == 1
    assert Entry.objects.filter(kind="rung.declined").count() == 1


def test_what_was_agreed_on_does_not_count_once_it_has_moved(agent: Agent, owner: User) -> None:
    rules()
    place = cell(agent, "review_all")
    climb = offered(agent, place)
    autonomy.promote(place, person=owner, at=factories.now())
    Cell.objects.update(rung="off")
    climb.refresh_from_db()
    with pytest.raises(Refusal, match="moved on the ladder"):
        autonomy.second(climb, person=factories.person("supervisor"), at=factories.now())


def test_counting_anew_says_what_was_done(agent: Agent, owner: User) -> None:
    place = cell(agent, "review_all")
    with pytest.raises(Refusal, match="what was done"):
        autonomy.count_anew(place, person=owner, at=factories.now(), note=" ")


def test_two_that_find_the_same_new_version_step_down_once(agent: Agent) -> None:
    place, at = cell(agent, "automatic"), factories.now()
    for _each in range(2):
        autonomy.made_anew(place, MADE_BY | {"model": "next"}, at=at)
    assert place.climbs.count() == 1


def test_what_another_has_moved_meanwhile_is_not_taken_down(agent: Agent) -> None:
    place = cell(agent, "automatic")
    seen = evidence(place)
    Cell.objects.update(rung="off")
    assert not autonomy._fall(seen.cell, "drift", seen, at=factories.now())  # noqa: SLF001 - both had the same evidence


def ran(agent: Agent, status: str, **fields: Any) -> Case:
    """A proposal that the policy let run, and what came of it."""
    case = proposed(agent, **fields)
    (grant,) = case.grants.all()
    at = factories.now()
    grants.redeem(grant.pk, agent=agent, final_action=json.loads(grant.decision.final_action), executor="x", at=at)
    grants.report(grant.pk, agent=agent, status=status, details={}, at=at)
    return case


@pytest.mark.covers("R8", "R117")
def test_executions_that_fail_one_after_the_other_take_it_down(agent: Agent) -> None:
    factories.policy(**FREE, risk_levels=[{"match": {}, "level": "low"}])
    place = cell(agent, "automatic")
    for status in ("succeeded", "failed", "unknown", "failed"):
        ran(agent, status)
    place.refresh_from_db()
    assert (place.rung, evidence(place).n) == ("automatic", 0)
    ran(agent, "failed")
    place.refresh_from_db()
    assert (place.rung, Climb.objects.get().why) == ("review_all", "drift")


def test_a_failure_at_high_risk_that_nobody_had_seen_is_an_incident(agent: Agent) -> None:
    factories.policy(**FREE, risk_levels=[{"match": {}, "level": "high"}])
    place = cell(agent, "automatic")
    ran(agent, "succeeded")
    ran(agent, "unknown")
    place.refresh_from_db()
    assert place.rung == "automatic"
    ran(agent, "failed")
    place.refresh_from_db()
    assert (place.rung, Climb.objects.get().why) == ("review_all", "critical")


@pytest.mark.parametrize(("reason", "rung"), [("wrong_fact", "review_all"), ("no_fault", "automatic")])
def test_a_contest_that_a_person_upholds_is_an_incident(agent: Agent, reason: str, rung: str) -> None:
    factories.policy(**FREE, risk_levels=[{"match": {}, "level": "low"}])
    place = cell(agent, "automatic")
    case, boss = ran(agent, "succeeded"), factories.person("supervisor")
    made = customers.contest(case, text="It was not late.", at=factories.now()).made
    taken = takeover.take_over(made, person=boss, note="", at=factories.now())
    assert takeovers.asks_why(taken)
    takeover.finish(taken, person=boss, resolved=True, note="", at=factories.now(), why=takeovers.Why(reason))
    place.refresh_from_db()
    assert place.rung == rung


def test_what_a_person_changed_first_is_not_held_against_the_agent(agent: Agent) -> None:
    LadderRules.objects.create(share=100)
    place = cell(agent, "review_sampled")
    ana, boss = factories.person(), factories.person("supervisor")
    args = {"order_id": "A-1", "amount": "20.00"}
    case = reviewed(agent, ana, "edit", args=args, reason_code="wrong_amount")
    (grant,) = case.grants.all()
    final = json.loads(grant.decision.final_action)
    grants.redeem(grant.pk, agent=agent, final_action=final, executor="x", at=factories.now())
    grants.report(grant.pk, agent=agent, status="failed", details={}, at=factories.now())
    made = customers.contest(case, text="It was not late.", at=factories.now()).made
    taken = takeover.take_over(made, person=boss, note="", at=factories.now())
    takeover.finish(taken, person=boss, resolved=True, note="", at=factories.now(), why=takeovers.Why("policy"))
    found = evidence(place)
    assert (found.n, found.errors, found.critical, found.running) == (1, 1, 0, 1.0)
