"""Control cases: like their siblings until they are over, and never able to run."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from audit.actions import SYSTEM
from audit.models import Entry
from hitl.accounts.models import User
from hitl.api import events as agents_events
from reviewqueue.domain import (
    canaries,
    claims,
    decisions,
    due,
    endings,
    grants,
    questions,
    specimens,
    takeover,
    unmasking,
)
from reviewqueue.models import (
    Agent,
    Canary,
    Case,
    Catch,
    Decision,
    Event,
    Grant,
    Specimen,
)
from reviewqueue.queries import cases as listed
from reviewqueue.queries import dosage, drift, likeness, real
from reviewqueue.queries.cases import Wanted
from reviewqueue.queries.recorded import Period
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import coached

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]


@pytest.fixture
def agent() -> Agent:
    factories.policy()
    return factories.agent()


@pytest.fixture
def made(agent: Agent) -> Specimen:
    """Known bad, from an override by somebody who is no longer there to decide."""
    coached.rules()
    text = "My order A-1 came late. Maya Rivera, maya@shop.example"
    case = coached.overridden(
        factories.person(),
        agent,
        customer={"id": "cus-71", "name": "Maya Rivera", "tier": "gold"},
        conversation={"id": "conv-1", "channel": "chat", "messages": [{"seq": 1, "role": "customer", "text": text}]},
    )
    return coached.specimen(case, factories.person("supervisor"))


def first(_n: int) -> int:
    """No chance: the first one, and now."""
    return 0


def _rule(case: Case, reviewer: User, *, kind: str, **more: Any) -> None:
    held = claims.claim(case, reviewer=reviewer, at=factories.now())
    ruling = {"call_id": "call_1", "type": kind, **more}
    decisions.decide(held, reviewer=reviewer, look=factories.look(held), decisions=[ruling], at=factories.now())


def test_an_approved_one_gets_no_grant_and_tells_its_reviewer_what_it_was(made: Specimen) -> None:
    case, ana = coached.planted(made), coached.worker()
    _rule(case, ana, kind="approve")
    case.refresh_from_db()
    ana.refresh_from_db()
    catch = Catch.objects.get()
    assert (Grant.objects.count(), case.state, case.outcome) == (0, "closed", "decided")
    assert (catch.user_id, catch.caught, catch.how, catch.counts) == (ana.pk, False, "approve", True)
    assert ana.habits["planted"] == [case.pk]


def test_one_that_was_rejected_is_caught(made: Specimen) -> None:
    _rule(coached.planted(made), coached.worker(), kind="reject", reason_code="policy")
    assert [(each.caught, each.how) for each in Catch.objects.all()] == [(True, "reject")]


def test_it_stays_hidden_until_the_undo_window_has_closed(agent: Agent) -> None:
    coached.rules()
    bad = coached.overridden(factories.person(), agent)
    made = coached.specimen(bad, factories.person("supervisor"))
    factories.policy(undo_seconds=10)
    case, ana = coached.planted(made), coached.worker()
    _rule(case, ana, kind="approve")
    assert not Catch.objects.exists()
    decisions.undo(Case.objects.get(pk=case.pk), reviewer=ana, at=factories.now())
    case.refresh_from_db()
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "policy"}
    decisions.decide(case, reviewer=ana, look=factories.look(case), decisions=[ruling], at=factories.now())
    due.run(at=factories.now() + timedelta(seconds=11))
    assert [(each.caught, each.how) for each in Catch.objects.all()] == [(True, "reject")]


@pytest.mark.parametrize("way", ["ask", "take_over"])
def test_asking_and_taking_over_let_nothing_pass(made: Specimen, way: str) -> None:
    case, ana = coached.planted(made), coached.worker()
    held = claims.claim(case, reviewer=ana, at=factories.now())
    if way == "ask":
        questions.ask(held, reviewer=ana, of="agent", text="Why so much?", at=factories.now())
    else:
        takeover.take_over(held, person=ana, note="", at=factories.now())
    case.refresh_from_db()
    assert [(each.caught, each.how) for each in Catch.objects.all()] == [(True, way)]
    assert (case.state, case.conversation.held_by_id) == ("closed", None)


def test_no_grant_can_be_made_for_one_by_any_path(made: Specimen) -> None:
    case = coached.planted(made)
    at = factories.now()
    ruled = Decision.objects.create(
        case=case, call_id="call_1", type="approve", decided_at=at, effective_at=at, case_version=case.version
    )
    with pytest.raises(ValueError, match="control case"), transaction.atomic():
        grants.issue(case, [ruled], actor=SYSTEM, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(decision=ruled, case=case, digest="x", issued_at=at, expires_at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.bulk_create([Grant(decision=ruled, case=case, digest="x", issued_at=at, expires_at=at)])


def test_a_grant_cannot_be_moved_to_one_nor_one_made_of_a_case_with_a_grant(made: Specimen, agent: Agent) -> None:
    granted = factories.claimed(factories.person(), by=agent)
    approve = {"call_id": "call_1", "type": "approve"}
    decisions.decide(
        granted, reviewer=granted.claimed_by, look=factories.look(granted), decisions=[approve], at=factories.now()
    )
    case = coached.planted(made)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.update(case=case)
    with pytest.raises(IntegrityError), transaction.atomic():
        Canary.objects.create(case=granted, specimen=made, planted_at=factories.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Canary.objects.filter(pk=case.pk).delete()


def test_its_agent_hears_and_sees_nothing_of_it(made: Specimen, agent: Agent) -> None:
    case = coached.planted(made)
    _rule(case, coached.worker(), kind="approve")
    assert {event.agent_id for event in Event.objects.filter(case=case)} == {None}
    assert case.pk not in str(agents_events.after_cursor(agent, 0).events)
    assert case.dedupe_key.endswith(case.document["dedupe_key"])
    assert case.dedupe_key != case.document["dedupe_key"]


def test_a_real_proposal_with_the_ids_that_it_shows_is_its_own_case(made: Specimen, agent: Agent) -> None:
    case = coached.planted(made)
    shown = case.document
    again = factories.case(
        by=agent, dedupe_key=shown["dedupe_key"], conversation=shown["conversation"], customer=shown["customer"]
    )
    assert (again.pk != case.pk, again.conversation_id != case.conversation_id) == (True, True)
    assert again.facts["conversation"]["contacts_last_7_days"] == 1


def test_it_is_about_somebody_else_each_time_and_names_nobody_of_its_source(made: Specimen) -> None:
    first = coached.planted(made)
    assert [word for word in ("Maya", "Rivera", "maya@shop") if word in first.proposal] == []
    assert [word for word in ("A-1 ", "cus-71") if word in json.dumps(made.document)] == []
    assert first.customer_name.split()[0] in first.document["conversation"]["messages"][0]["text"]


def test_nobody_who_knows_it_gets_it(made: Specimen) -> None:
    case = coached.planted(made)
    source_reviewer = made.source.decisions.get().decided_by
    for knows in (source_reviewer, made.approved_by):
        assert claims.claim_next(reviewer=knows, at=factories.now()) is None
    ana = coached.worker()
    taken = claims.claim_next(reviewer=ana, at=factories.now())
    assert taken is not None
    assert taken.pk == case.pk


def test_picked_by_hand_it_is_gone_like_a_case_that_its_agent_withdrew(made: Specimen, agent: Agent) -> None:
    case, knows = coached.planted(made), made.source.decisions.get().decided_by
    sibling = factories.case(by=agent)
    endings.withdraw(sibling, agent=agent, reason="", at=factories.now())
    said = []
    for one in (case, sibling):
        with pytest.raises(Refusal) as refused:
            claims.claim(one, reviewer=knows, at=factories.now())
        said.append((refused.value.slug, refused.value.says, refused.value.extra))
    assert said[0] == said[1]
    kinds = [
        list(Entry.objects.filter(subject=each.subject).order_by("seq").values_list("kind", flat=True))
        for each in (case, sibling)
    ]
    assert kinds[0] == kinds[1]


def test_nobody_gets_more_than_the_rules_allow(made: Specimen) -> None:
    ana, rules = factories.person(), dosage.coaching()
    assert dosage.left(ana.pk, at=factories.now()) == 0
    for _each in range(3):
        coached.overridden(ana, factories.agent())
    rules.share, rules.per_week = 34, 5
    rules.save()
    assert dosage.left(ana.pk, at=factories.now()) == 2
    rules.per_week = 1
    rules.save()
    _rule(coached.planted(made), ana, kind="reject", reason_code="policy")
    assert dosage.left(ana.pk, at=factories.now()) == 0


def test_none_is_planted_while_customers_wait_and_one_that_waits_makes_room(made: Specimen, agent: Agent) -> None:
    assert made.known_bad
    ana = factories.person()
    coached.overridden(ana, agent)
    assert canaries.come(at=factories.now(), draw=first) == 1
    for _each in range(4):
        factories.case(by=agent)
    assert canaries.ring(at=factories.now(), draw=first)
    case = Case.objects.get(canary__isnull=False)
    assert (case.state, case.canary.settled_at is not None) == ("withdrawn", True)
    assert canaries.come(at=factories.now(), draw=first) == 0


def test_off_means_off(made: Specimen) -> None:
    coached.overridden(factories.person(), made.source.agent)
    case, rules = coached.planted(made), dosage.coaching()
    rules.canaries = False
    rules.save()
    assert (canaries.ring(at=factories.now(), draw=first), canaries.come(at=factories.now(), draw=first)) == (False, 0)
    case.refresh_from_db()
    assert case.state == "withdrawn"


def test_no_figure_counts_it(made: Specimen, agent: Agent) -> None:
    at, ana = factories.now(), coached.worker()
    span = {"since": at - timedelta(days=1), "until": at + timedelta(days=1)}
    before = (drift.of_agent(agent.pk, **span), Period().cases().count(), real.decisions().count())
    case = coached.planted(made)
    _rule(case, ana, kind="approve")
    assert (drift.of_agent(agent.pk, **span), Period().cases().count(), real.decisions().count()) == before
    other = factories.case(by=agent)
    assert case.pk not in [alike.id for alike in likeness.of(other, ana).found]


def test_the_case_that_it_was_made_from_is_not_among_its_similar_ones(made: Specimen) -> None:
    case = coached.planted(made)
    assert likeness.of(case, factories.person("supervisor")).found == []


def test_once_over_it_is_seen_by_its_reviewer_and_who_coaches_and_by_no_colleague(made: Specimen) -> None:
    case, ana, ben = coached.planted(made), coached.worker(), factories.person()
    assert {each.pk for each in listed.page(ben, Wanted()).cases} == {case.pk}
    _rule(case, ana, kind="approve")
    assert listed.find(ana, case.pk).pk == case.pk
    assert listed.find(factories.person("auditor"), case.pk).pk == case.pk
    with pytest.raises(Refusal, match="no such case"):
        listed.find(ben, case.pk)
    everything = Wanted(states=("closed", "queued"))
    assert case.pk not in {each.pk for each in listed.page(ben, everything, order="newest").cases}


def test_auditors_read_that_it_was_planted_and_what_came_of_it(made: Specimen) -> None:
    case = coached.planted(made)
    _rule(case, coached.worker(), kind="approve")
    told = Entry.objects.filter(subject=f"canary:{case.pk}").order_by("seq")
    assert [entry.kind for entry in told] == ["canary.planted", "canary.revealed"]
    assert Entry.objects.filter(subject=case.subject, kind="canary.revealed").exists()


def test_of_two_people_the_first_is_told_as_well(made: Specimen) -> None:
    case = coached.planted(made)
    Case.objects.filter(pk=case.pk).update(eyes=2)
    ana, ben = coached.worker(), coached.worker()
    _rule(case, ana, kind="approve")
    assert not Catch.objects.exists()
    _rule(case, ben, kind="reject", reason_code="policy")
    results = {each.user_id: each.caught for each in Catch.objects.all()}
    assert results == {ana.pk: False, ben.pk: True}


@pytest.mark.parametrize(("amount", "caught"), [("350.00", False), ("120.00", True)])
def test_a_change_in_name_only_lets_pass_what_is_wrong(made: Specimen, amount: str, *, caught: bool) -> None:
    case, ana, ben = coached.planted(made), coached.worker(), coached.worker()
    args = case.actions[0]["args"] | {"amount": amount}
    Case.objects.filter(pk=case.pk).update(eyes=2)
    _rule(case, ana, kind="edit", args=args, reason_code="wrong_amount")
    _rule(case, ben, kind="edit", args=args, reason_code="wrong_amount")
    assert [each.caught for each in Catch.objects.all()] == [caught, caught]


def test_what_the_policy_would_let_pass_is_not_planted(made: Specimen) -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    assert canaries.plant(made, coaching=dosage.coaching(), at=factories.now()) is None
    assert not Canary.objects.exists()


def test_asking_who_must_not_get_one_costs_one_question_where_none_waits(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    at = factories.now()
    with django_assert_num_queries(1):
        assert dosage.barred(1, at=at) == []


def test_one_that_ran_out_or_was_not_taken_is_over_with_the_next_ring(made: Specimen) -> None:
    at = factories.now()
    left = coached.planted(made)
    canaries.ring(at=at + canaries.STALE + timedelta(seconds=1))
    settled = Canary.objects.get()
    left.refresh_from_db()
    assert (settled.settled_at is not None, left.state) == (True, "withdrawn")
    taken_out = Entry.objects.filter(kind="canary.taken_out").latest("pk")
    assert taken_out.data["cause"] == "nobody took it"


@pytest.mark.invented_history
def test_one_whose_case_ended_otherwise_is_settled(made: Specimen) -> None:
    case = coached.planted(made)
    Case.objects.filter(pk=case.pk).update(state="closed", rank_at=None)
    canaries.ring(at=factories.now())
    canary = Canary.objects.get()
    assert canary.settled_at is not None
    assert Entry.objects.filter(kind="canary.taken_out").latest("pk").data["cause"] == "closed"
    assert not dosage_taken_out(case)


def dosage_taken_out(case: Case) -> bool:
    from reviewqueue.domain import dosage as doses  # noqa: PLC0415 - the queries of the same name are known here

    return doses.take_out(case.pk, why="again", at=factories.now())


def test_messages_move_with_their_day_and_keep_how_their_time_is_written(agent: Agent) -> None:
    coached.rules()
    said = [
        {"seq": 1, "role": "customer", "text": "Late.", "at": "2026-11-20T12:00:00Z"},
        {"seq": 2, "role": "customer", "text": "Still late.", "at": "2026-11-20T12:00:01.500000+01:00"},
        {"seq": 3, "role": "customer", "text": "And now?"},
    ]
    talk = {"id": "conv-timed", "channel": "chat", "messages": said}
    case = coached.overridden(factories.person(), agent, conversation=talk, customer={"name": "Maya Rivera"})
    planted = coached.planted(coached.specimen(case, factories.person("supervisor")))
    shown = [message.get("at") for message in planted.document["conversation"]["messages"]]
    assert [bool(text) for text in shown] == [True, True, False]
    assert (shown[0][-1], len(shown[0]), shown[1][-6:]) == ("Z", 20, "+01:00")


def test_nobody_gets_one_of_their_own_agent_and_then_none_comes(agent: Agent) -> None:
    coached.rules()
    case = coached.overridden(factories.person(), agent)
    coached.specimen(case, factories.person("supervisor"))
    User.objects.update(is_active=False)
    owner = coached.worker()
    Agent.objects.update(owner=owner)
    assert canaries.come(at=factories.now(), draw=first) == 0
    assert not Canary.objects.exists()


@pytest.mark.invented_history
def test_who_looked_first_is_told_too_when_the_second_stops_it_and_reads_their_own_only(made: Specimen) -> None:
    case, ana, ben = coached.planted(made), coached.worker(), coached.worker()
    held = claims.claim(case, reviewer=ana, at=factories.now())
    Case.objects.filter(pk=case.pk).update(first_by=ben, first_ruling=[{"call_id": "call_1", "type": "approve"}])
    held.refresh_from_db()
    takeover.take_over(held, person=factories.person("supervisor"), note="Mine.", at=factories.now())
    found = {catch.user_id: (catch.caught, catch.how) for catch in Catch.objects.all()}
    assert (found[ben.pk], len(found)) == ((False, "approve"), 2)
    bens = Catch.objects.get(user=ben)
    unmasking.read(bens, person=ana, at=factories.now())
    bens.refresh_from_db()
    assert bens.read_at is None
    unmasking._note(bens.canary, ben.pk, caught=True, how="ask", at=factories.now())  # noqa: SLF001 - told twice
    bens.refresh_from_db()
    assert (bens.caught, bens.how) == (False, "approve")


def test_only_what_people_decided_is_made_into_one_and_only_with_a_use_and_a_lesson(made: Specimen) -> None:
    coach, at = factories.person("supervisor"), factories.now()
    with pytest.raises(Refusal, match="control case is not made"):
        specimens.make(coached.planted(made), person=coach, at=at)
    with pytest.raises(Refusal, match="people have decided"):
        specimens.make(factories.case(), person=coach, at=at)
    Specimen.objects.update(for_control=False, for_practice=False)
    with pytest.raises(Refusal, match="Choose what it is for"):
        specimens.approve(made, person=coach, at=at)
    Specimen.objects.update(for_control=True, faults=[])
    with pytest.raises(Refusal, match="needs a clear fault"):
        specimens.approve(made, person=coach, at=at)


def test_one_that_is_in_nobodys_way_stays_until_somebody_takes_it(made: Specimen) -> None:
    case = coached.planted(made)
    canaries.ring(at=factories.now(), draw=first)
    case.refresh_from_db()
    assert (case.state, Canary.objects.get().settled_at) == ("queued", None)
