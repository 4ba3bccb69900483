"""Who must not get a control case, what leads to its source, and what its ids, shape and figures could give away."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import attention, canaries, customers, decisions, due, quality, sampling
from reviewqueue.models import Agent, Case, Practice, Request, Sampled, SecondLook, Sighting, Specimen
from reviewqueue.queries import attention as meter
from reviewqueue.queries import cases as listed
from reviewqueue.queries import dosage, likeness
from reviewqueue.queries.cases import Wanted
from tests import factories
from tests.domain import coached
from tests.domain.test_canaries import _rule, agent, first, made

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
__all__ = ["agent", "made"]


def _second_look(made: Specimen, person: User) -> None:
    look = SecondLook.objects.create(
        case=made.source, first_by=made.made_by, first_type="reject", drawn_at=factories.now()
    )
    attention.say(look, person=person, view="approve", note="", at=factories.now())


def _practised(made: Specimen, person: User) -> None:
    Practice.objects.create(user=person, lesson=made.pk)


def _opened(made: Specimen, person: User) -> None:
    Sighting.objects.create(case=made.source, user=person, piece="sources", seen_at=factories.now())


def _judged(made: Specimen, person: User) -> None:
    plan = sampling.open_plan(at=factories.now())
    looked = Sampled.objects.create(plan=plan, case=made.source, kind="targeted", drawn_at=factories.now())
    quality.judge(looked, person=person, said=quality.Judgement("error"), at=factories.now())


@pytest.mark.parametrize("met", [_second_look, _practised, _opened, _judged])
def test_nobody_gets_what_they_have_met_in_another_way(made: Specimen, met: Callable[[Specimen, User], None]) -> None:
    case, ana = coached.planted(made), coached.worker(reviews_quality=True)
    assert case.pk not in dosage.barred(ana.pk, at=factories.now())
    met(made, ana)
    assert case.pk in dosage.barred(ana.pk, at=factories.now())


def _found(person: User, text: str) -> set[str]:
    everything = Wanted(states=("closed", "queued", "claimed", "decided"), search=text)
    return {each.pk for each in listed.page(person, everything, order="newest").cases}


def test_who_searches_for_its_wording_finds_itself_and_not_its_source_until_it_is_over(made: Specimen) -> None:
    case, ana, ben = coached.planted(made), coached.worker(), coached.worker()
    assert case.pk in _found(ana, "came late")
    assert made.source_id not in _found(ana, "came late")
    knows = made.source.decisions.get().decided_by
    for other in (knows, factories.person("qa_lead"), factories.person("auditor")):
        assert made.source_id in _found(other, "came late")
    assert listed.find(ana, made.source_id).pk == made.source_id
    _rule(case, ben, kind="approve")
    assert made.source_id in _found(ana, "came late")


def test_its_source_is_no_precedent_for_a_case_like_it_while_it_waits(made: Specimen, agent: Agent) -> None:
    other, ana = factories.case(by=agent), factories.person()
    assert [alike.id for alike in likeness.of(other, ana).found] == [made.source_id]
    coached.planted(made)
    assert likeness.of(other, ana).found == []


def test_until_it_can_no_longer_be_undone_nobody_sees_that_it_did_not_count(agent: Agent) -> None:
    coached.rules()
    bad = coached.overridden(factories.person(), agent)
    made = coached.specimen(bad, factories.person("supervisor"))
    factories.policy(undo_seconds=10)
    case, ana, at = coached.planted(made), coached.worker(), factories.now()
    due.run(at=at + timedelta(seconds=11))
    sibling = factories.case(by=agent)
    counted = []
    for one in (case, sibling):
        before = meter.of(ana.pk, below=40, at=factories.now()).decided
        _rule(one, ana, kind="approve")
        counted.append(meter.of(ana.pk, below=40, at=factories.now()).decided - before)
    assert counted == [0, 0]


def test_what_would_run_in_parts_is_not_planted(agent: Agent) -> None:
    coached.rules()
    two = [factories.action(), factories.action(call_id="call_2", name="send_voucher")]
    both = [coached.BAD, coached.BAD | {"call_id": "call_2"}]
    ana, found = coached.worker(), []
    for release in ("separately", "together"):
        who = factories.person()
        case = factories.claimed(who, by=agent, actions=two, release=release)
        decisions.decide(case, reviewer=who, look=factories.look(case), decisions=both, at=factories.now())
        case.refresh_from_db()
        coached.specimen(case, factories.person("supervisor"))
        found.append(canaries.come(at=factories.now(), draw=first))
    assert (found, ana.is_active) == ([0, 1], True)


def test_a_wish_of_a_customer_who_does_not_exist_makes_no_case_and_is_on_record(made: Specimen) -> None:
    case = coached.planted(made)
    before = Case.objects.count()
    for _twice in range(2):
        customers.ask_for_human(case, text="Please", at=factories.now())
    customers.leave_callback(case, phone="+49 30 1234567", wanted_at=None, text="", at=factories.now())
    assert (Case.objects.count(), Request.objects.get().made_id) == (before, case.pk)
    assert Entry.objects.filter(subject=case.subject, kind="case.customer_asked").count() == 1


def test_its_ids_could_be_its_agents_next_ones_and_its_shape_is_no_wish_of_a_customer(
    made: Specimen, agent: Agent
) -> None:
    # Above what the other cases of a long run are numbered by.
    those = range(9_000_000, 9_000_020)
    numbers = [n for n in those if n % 3]
    for n in numbers:
        factories.case(by=agent, dedupe_key=f"thread-{n}", conversation={"id": f"conv-{n}", "channel": "chat"})
    customers.ask_for_human(Case.objects.latest("pk"), text="A person, please", at=factories.now())
    Case.objects.filter(rank_at__isnull=False).update(rank_at=None)
    rules = dosage.coaching()
    rules.queue_at_most = 100
    case = canaries.plant(made, coaching=rules, at=factories.now())
    assert case is not None
    shown = case.document
    assert int(shown["conversation"]["id"].removeprefix("conv-")) in set(those) - set(numbers)
    assert int(shown["dedupe_key"].removeprefix("thread-")) in set(those) - set(numbers)
    assert "origin" not in shown
