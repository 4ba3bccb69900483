"""Cases decided together: bound to what was chosen, each with a decision of its own, all or none."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import claims, decisions, endings, questions, together
from reviewqueue.models import Batch, Case, Decision, Grant, Queue
from reviewqueue.queries import briefing
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
UNDO_SECONDS = 60
# What may be decided together: low risk, and it can be taken back.
VOUCHER = {"name": "send_voucher", "value": None, "reversible": True, "args": {"code": "SORRY"}}


def voucher(**fields: Any) -> dict[str, Any]:
    return factories.action(**(VOUCHER | fields))


def policy(**changes: Any) -> None:
    """Vouchers are harmless here; the undo window is a minute."""
    levels = [{"match": {"action": ["send_voucher"]}, "level": "low"}]
    factories.policy(**({"risk_levels": levels, "undo_seconds": UNDO_SECONDS} | changes))


@pytest.fixture(autouse=True)
def _vouchers_are_harmless(db: None) -> None:  # noqa: ARG001 - the database must be there first
    policy()


def vouchers(count: int, **fields: Any) -> list[Case]:
    return [factories.case(**({"actions": [voucher()]} | fields)) for _each in range(count)]


def prepared(cases: Sequence[Case], person: User | None = None, *, at: datetime | None = None) -> Batch:
    ids = [case.pk for case in cases]
    return together.prepare(person or factories.person(), case_ids=ids, at=at or factories.now())


def opened(cases: Sequence[Case], person: User) -> Batch:
    """A batch whose sample was looked at."""
    batch = prepared(cases, person)
    for case_id in batch.sample:
        together.open_one(batch, person=person, case_id=case_id, at=factories.now())
    return batch


def refused(verb: Callable[[], Any]) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        verb()
    return refusal.value


@pytest.mark.covers("R37", "R81")
def test_each_case_gets_its_own_decision_and_its_own_entry() -> None:
    person, cases, at = factories.person(), vouchers(3), factories.now()
    batch = together.decide(opened(cases, person), person=person, ruling="approve", at=at)
    made = Decision.objects.order_by("case_id")
    assert [(d.case_id, d.type, d.decided_by_id) for d in made] == [(c.pk, "approve", person.pk) for c in cases]
    digests = {case_id: digest for case_id, _version, digest in batch.bound}
    assert [d.seen_digest for d in made] == [digests[case.pk] for case in cases]
    kinds = [
        list(Entry.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True))
        for case in cases
    ]
    sampled = [["evidence.seen"] if case.pk in batch.sample else [] for case in cases]
    assert kinds == [["case.queued", *seen, "case.claimed", "case.decided"] for seen in sampled]
    assert {d.timings["batch"] for d in made} == {batch.pk}
    assert Case.objects.filter(state="decided", claimed_by=None).count() == 3


def test_the_record_of_the_batch_says_what_was_bound_and_ruled() -> None:
    person, cases = factories.person(), vouchers(2)
    bound = [[case.pk, 1, briefing.seen_digest(case)] for case in cases]
    batch = together.decide(opened(cases, person), person=person, ruling="approve", at=factories.now())
    entries = {entry.kind: entry.data for entry in Entry.objects.filter(subject=batch.subject).order_by("seq")}
    assert list(entries) == ["batch.prepared", "batch.decided"]
    assert (entries["batch.decided"]["cases"], entries["batch.decided"]["ruling"]) == (bound, "approve")


def test_all_can_be_rejected_with_a_reason_and_not_without() -> None:
    person, cases = factories.person(), vouchers(2)
    batch = opened(cases, person)
    told = refused(lambda: together.decide(batch, person=person, ruling="reject", at=factories.now()))
    assert (told.slug, Decision.objects.count()) == ("invalid-decision", 0)
    together.decide(batch, person=person, ruling="reject", reason_code="policy", message="No", at=factories.now())
    assert set(Decision.objects.values_list("type", "reason_code", "message")) == {("reject", "policy", "No")}


@pytest.mark.covers("R129")
@pytest.mark.parametrize(("count", "drawn"), [(2, 1), (10, 1), (11, 2), (30, 3)])
def test_a_sample_is_drawn_and_must_be_opened_first(count: int, drawn: int) -> None:
    person = factories.person()
    batch = prepared(vouchers(count), person)
    assert (len(batch.sample), set(batch.sample) <= set(batch.case_ids)) == (drawn, True)
    told = refused(lambda: together.decide(batch, person=person, ruling="approve", at=factories.now()))
    assert (told.slug, Decision.objects.count()) == ("forbidden", 0)


def test_opening_one_is_recorded_once_and_leaves_the_case_as_it_was() -> None:
    person, cases = factories.person(), vouchers(2)
    batch = prepared(cases, person)
    for _twice in range(2):
        together.open_one(batch, person=person, case_id=cases[0].pk, at=factories.now())
    entry = Entry.objects.get(kind="evidence.seen")
    assert (entry.data, entry.actor.id) == ({"batch": batch.pk}, person.reference)
    assert Case.objects.get(pk=cases[0].pk).version == 1
    (other,) = vouchers(1)
    assert refused(lambda: together.open_one(batch, person=person, case_id=other.pk, at=factories.now())).slug == (
        "not-found"
    )


UNFIT = {
    "Only cases at low risk are decided together with others.": {"actions": [voucher(name="refund_order")]},
    "What cannot surely be undone is decided alone.": {"actions": [voucher(reversible=False)]},
    "A case with several actions is decided alone.": {"actions": [voucher(), voucher(call_id="call_2")]},
    "The agent does not accept both approval and rejection of this action.": {
        "actions": [voucher(allowed_decisions=["reject", "respond"])]
    },
}


@pytest.mark.parametrize(("sentence", "fields"), UNFIT.items())
def test_what_is_risky_final_or_manifold_is_decided_alone(sentence: str, fields: dict[str, Any]) -> None:
    told = refused(lambda: prepared([*vouchers(2), factories.case(**fields)]))
    assert (told.slug, told.says) == ("forbidden", f"Maya R.: {sentence}")


def test_an_action_that_nobody_called_reversible_counts_as_final() -> None:
    action = voucher()
    del action["reversible"]
    told = refused(lambda: prepared([*vouchers(1), factories.case(actions=[action])]))
    assert told.says == "Maya R.: What cannot surely be undone is decided alone."


def test_what_two_people_must_see_or_a_person_alone_may_do_is_decided_alone() -> None:
    four = {"name": "f", "category": "scope", "match": {"intent": ["four"]}, "when": {"fact": "intent", "is": "four"}}
    policy(triggers=[four | {"outcome": "review", "eyes": 2}])
    told = refused(lambda: prepared([*vouchers(1), *vouchers(1, intent="four")]))
    assert told.says == "Maya R.: Only a waiting case that one person may decide is decided together with others."
    policy(oversight=[{"match": {}, "mode": "human_only"}])
    told = refused(lambda: prepared(vouchers(2)))
    assert told.says.startswith("Maya R.: The policy keeps this case for a person")


def test_only_the_same_action_under_the_same_policy_is_decided_together() -> None:
    levels = [{"match": {}, "level": "low"}]
    policy(risk_levels=levels)
    one, other = vouchers(1)[0], factories.case(actions=[voucher(name="send_card")])
    policy(risk_levels=levels)
    later = vouchers(1)[0]
    for pair in ([one, other], [one, later]):
        assert refused(lambda pair=pair: prepared(pair)).says == (
            "Only the same action under the same version of the policy is decided together."
        )


@pytest.mark.parametrize("count", [0, 1, 51])
def test_a_batch_is_neither_one_case_nor_more_than_a_page(count: int) -> None:
    told = refused(
        lambda: together.prepare(factories.person(), case_ids=[str(n) for n in range(count)], at=factories.now())
    )
    assert (told.slug, told.says) == ("invalid-request", "Choose between 2 and 50 cases.")


@pytest.mark.covers("R91")
def test_nobody_chooses_what_they_may_not_decide_or_see() -> None:
    owner = factories.person()
    own = vouchers(2, by=factories.agent(owner=owner))
    assert refused(lambda: prepared(own, owner)).slug == "forbidden"
    assert refused(lambda: prepared(vouchers(2), factories.person("auditor"))).slug == "forbidden"
    assert refused(lambda: prepared(vouchers(2), factories.person(queues=["legal"]))).slug == "not-found"


def test_a_batch_is_its_makers_alone() -> None:
    person, other = factories.person(), factories.person()
    batch = opened(vouchers(2), person)
    for verb in (
        lambda: together.decide(batch, person=other, ruling="approve", at=factories.now()),
        lambda: together.open_one(batch, person=other, case_id=batch.case_ids[0], at=factories.now()),
        lambda: together.undo(batch, person=other, at=factories.now()),
    ):
        assert refused(verb).slug == "not-found"


def claim_one(case: Case, at: datetime) -> None:
    claims.claim(case, reviewer=factories.person(), at=at)


def claim_and_hand_back(case: Case, at: datetime) -> None:
    other = factories.person()
    claims.release(claims.claim(case, reviewer=other, at=at), reviewer=other, token=None, at=at)


def decide_one(case: Case, at: datetime) -> None:
    other = factories.person()
    claims.claim(case, reviewer=other, at=at)
    factories.decide(case, other, at=at)


def withdraw_one(case: Case, at: datetime) -> None:
    endings.withdraw(case, agent=case.agent, reason="no longer", at=at)


def say_more(case: Case, _at: datetime) -> None:
    """The conversation goes on: what the page shows has changed, though the case has not."""
    document = factories.document(actions=[voucher()])
    talk = {"id": case.conversation.external_id, "messages": [{"seq": 2, "role": "customer", "text": "Stop!"}]}
    factories.case(by=case.agent, **(document | {"conversation": talk}))


def ask_and_answer(case: Case, at: datetime) -> None:
    other = factories.person()
    claims.claim(case, reviewer=other, at=at)
    questions.ask(case, reviewer=other, of="agent", text="Which?", at=at)
    questions.answer_by_agent(
        case, agent=case.agent, question_id=case.questions.get().pk, text="This", attachments=[], at=at
    )


def move_one(case: Case, at: datetime) -> None:
    legal, _new = Queue.objects.get_or_create(name="legal")
    claims.reassign(case, reviewer=factories.person("supervisor"), to_queue=legal, at=at)


CHANGES = [claim_one, claim_and_hand_back, decide_one, withdraw_one, say_more, ask_and_answer, move_one]


@pytest.mark.covers("R129")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_any_change_of_any_case_voids_all(change: Callable[[Case, datetime], None]) -> None:
    person, cases, at = factories.person(), vouchers(4), factories.now()
    batch = opened(cases, person)
    change(cases[2], at)
    before = Decision.objects.count()
    told = refused(lambda: together.decide(batch, person=person, ruling="approve", at=at))
    assert (told.slug, told.extra, Decision.objects.count()) == ("stale-version", {"changed": [cases[2].pk]}, before)
    batch.refresh_from_db()
    assert (batch.voided_at, batch.decided_at) == (at, None)
    again = refused(lambda: together.decide(batch, person=person, ruling="approve", at=at))
    assert again.says == "This batch is void: choose the cases again."
    untouched = [case.pk for case in cases if case != cases[2]]
    assert set(Case.objects.filter(pk__in=untouched).values_list("state", "version")) == {("queued", 1)}


def test_a_case_that_expired_meanwhile_voids_all() -> None:
    person, at = factories.person(), factories.now()
    cases = [*vouchers(2), *vouchers(1, expires_in=60)]
    batch = opened(cases, person)
    told = refused(lambda: together.decide(batch, person=person, ruling="approve", at=at + timedelta(seconds=61)))
    assert (told.extra, Decision.objects.count()) == ({"changed": [cases[2].pk]}, 0)


def test_in_two_hundred_batches_with_one_bad_case_nothing_is_ever_decided() -> None:
    """The bound list is sorted and complete, so it does not matter which case is exchanged, or for what."""
    dice, person, cases = Random(8), factories.person(), vouchers(6)
    for _each in range(200):
        batch = opened(dice.sample(cases, dice.randint(2, 6)), person)
        bad = dice.randrange(len(batch.bound))
        forged = [list(row) for row in batch.bound]
        forged[bad][dice.choice([1, 2])] = dice.choice([0, 2, "sha256:" + "0" * 64])
        Batch.objects.filter(pk=batch.pk).update(bound=forged)
        told = refused(lambda batch=batch: together.decide(batch, person=person, ruling="approve", at=factories.now()))
        assert told.extra == {"changed": [forged[bad][0]]}
    assert (Decision.objects.count(), Grant.objects.count()) == (0, 0)


def test_a_batch_is_decided_once_and_not_after_an_hour() -> None:
    person, at = factories.person(), factories.now()
    batch = opened(vouchers(2), person)
    late = at + together.GOOD_FOR + timedelta(minutes=1)
    assert refused(lambda: together.decide(batch, person=person, ruling="approve", at=late)).slug == "not-pending"
    together.decide(batch, person=person, ruling="approve", at=at)
    told = refused(lambda: together.decide(batch, person=person, ruling="approve", at=at))
    assert (told.says, Decision.objects.count()) == ("These cases are decided already.", 2)


def test_nothing_is_edited_together() -> None:
    person = factories.person()
    batch = opened(vouchers(2), person)
    told = refused(lambda: together.decide(batch, person=person, ruling="edit", at=factories.now()))
    assert told.says == "Cases are approved or rejected together, not edited."


@pytest.mark.covers("R43")
def test_all_of_it_can_be_taken_back_while_the_window_is_open_and_waits_again() -> None:
    person, cases, at = factories.person(), vouchers(3), factories.now()
    batch = together.decide(opened(cases, person), person=person, ruling="approve", at=at)
    assert together.undoable(person, at=at) == [batch]
    soon = at + timedelta(seconds=UNDO_SECONDS - 1)
    together.undo(batch, person=person, at=soon)
    assert {(case.state, case.claimed_by_id) for case in Case.objects.all()} == {("queued", None)}
    assert Decision.objects.filter(undone_at=None).count() == 0
    assert together.undoable(person, at=soon) == []
    assert refused(lambda: together.undo(batch, person=person, at=soon)).slug == "not-pending"


def test_when_the_window_has_closed_each_has_its_grant_and_nothing_is_taken_back() -> None:
    person, cases, at = factories.person(), vouchers(3), factories.now()
    batch = together.decide(opened(cases, person), person=person, ruling="approve", at=at)
    closed = at + timedelta(seconds=UNDO_SECONDS)
    assert decisions.take_effect_due(at=closed) == 3
    assert Grant.objects.count() == 3
    assert refused(lambda: together.undo(batch, person=person, at=closed)).says == "The undo window has closed."


def test_whoever_has_no_room_left_still_decides_together_because_nothing_is_kept() -> None:
    person = factories.person(capacity=0)
    together.decide(opened(vouchers(2), person), person=person, ruling="approve", at=factories.now())
    assert Decision.objects.count() == 2


def test_a_batch_that_two_find_changed_is_void_once() -> None:
    ana, at = factories.person(), factories.now()
    batch = prepared(vouchers(2), ana)
    for _who in range(2):
        together._void(batch, ana, "something changed", at)  # noqa: SLF001 - both were refused at the same moment
    assert Entry.objects.filter(kind="batch.voided").count() == 1
