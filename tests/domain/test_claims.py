"""Leases and tokens: one case, one reviewer, one lease at a time."""

from datetime import timedelta

import pytest

from reviewqueue.domain import claims, lifecycle, questions
from reviewqueue.models import Case, Queue
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=300)
BILLING = {
    "name": "big",
    "category": "financial",
    "when": {"fact": "action.value", "over": "1"},
    "outcome": "review",
    "queue": "billing",
    "skills": ["billing"],
}


def test_a_claim_holds_for_one_lease_and_a_heartbeat_renews_it() -> None:
    reviewer, at = factories.person(), factories.now()
    case = claims.claim(factories.case(at=at), reviewer=reviewer, at=at)
    assert (case.state, case.claimed_by_id, case.claim_expires_at) == ("claimed", reviewer.pk, at + LEASE)
    soon = at + timedelta(seconds=100)
    claims.heartbeat(case, reviewer=reviewer, token=case.claim_token, at=soon)
    case.refresh_from_db()
    assert (case.claim_expires_at, case.version) == (soon + LEASE, 2)


def test_claiming_a_case_of_ones_own_again_renews_the_lease_and_keeps_the_token() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    again = claims.claim(case, reviewer=reviewer, at=factories.now())
    assert (again.claim_token, again.version) == (case.claim_token, case.version)


def test_a_case_in_other_hands_is_refused_with_the_holders_name() -> None:
    holder = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(holder)
    with pytest.raises(Refusal) as refused:
        claims.claim(case, reviewer=factories.person(), at=factories.now())
    assert (refused.value.slug, refused.value.says) == ("stale-claim", "Ana R. is working on this case.")


def test_a_lapsed_lease_can_be_taken_and_the_old_token_no_longer_acts() -> None:
    late, quick, at = factories.person(), factories.person(), factories.now()
    case = factories.claimed(late, at=at)
    token = case.claim_token
    after = at + LEASE
    taken = claims.claim(case, reviewer=quick, at=after)
    assert (taken.claimed_by_id, taken.claim_token == token) == (quick.pk, False)
    with pytest.raises(Refusal) as refused:
        claims.heartbeat(case, reviewer=late, token=token, at=after)
    assert refused.value.slug == "stale-claim"


def test_an_old_token_of_the_same_person_no_longer_acts() -> None:
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    token = case.claim_token
    claims.release(case, reviewer=reviewer, token=token, at=at)
    claims.claim(case, reviewer=reviewer, at=at)
    with pytest.raises(Refusal) as refused:
        claims.heartbeat(case, reviewer=reviewer, token=token, at=at)
    assert refused.value.says == "You claimed this case again since; use the newer claim."


def test_lapsed_leases_go_back_to_the_queue_by_themselves() -> None:
    reviewer, at = factories.person(), factories.now()
    cases = [factories.claimed(reviewer, at=at) for _each in range(3)]
    assert claims.release_lapsed(at=at + LEASE - timedelta(seconds=1)) == 0
    assert claims.release_lapsed(at=at + LEASE) == 3
    assert claims.release_lapsed(at=at + LEASE) == 0
    assert {Case.objects.get(pk=case.pk).state for case in cases} == {"queued"}


def test_next_gives_the_most_urgent_then_the_earliest_due() -> None:
    reviewer, at = factories.person(), factories.now()
    trigger = {
        "name": "vip",
        "category": "segment",
        "match": {"tier": ["vip"]},
        "when": {"fact": "intent", "is": "refund"},
    }
    factories.policy(triggers=[trigger | {"outcome": "review", "priority": "urgent"}])
    older = factories.case(at=at - timedelta(minutes=5))
    newer = factories.case(at=at)
    urgent = factories.case(at=at, customer={"id": "v", "tier": "vip"})
    order = [claims.claim_next(reviewer=reviewer, at=at) for _each in range(4)]
    assert order == [urgent, older, newer, None]


@pytest.mark.covers("R67")
def test_next_gives_only_what_the_persons_queues_and_skills_fit() -> None:
    trigger = {
        "name": "big",
        "category": "financial",
        "when": {"fact": "action.value", "over": "1"},
        "outcome": "review",
    }
    factories.policy(triggers=[trigger | {"queue": "billing", "skills": ["billing"]}])
    case = factories.case()
    at = factories.now()
    fit = factories.person(queues=["billing"], skills=["billing", "german"])
    assert claims.claim_next(reviewer=factories.person(queues=["legal"], skills=["billing"]), at=at) is None
    assert claims.claim_next(reviewer=factories.person(queues=["billing"]), at=at) is None
    assert claims.claim_next(reviewer=fit, queues=["legal"], at=at) is None
    assert claims.claim_next(reviewer=fit, queues=["billing"], at=at) == case


@pytest.mark.covers("R124")
def test_a_case_that_asks_for_a_skill_nobody_has_is_given_to_anybody_of_its_queue() -> None:
    factories.policy(triggers=[BILLING])
    case = factories.case()
    assert claims.claim_next(reviewer=factories.person(queues=["legal"]), at=factories.now()) is None
    assert claims.claim_next(reviewer=factories.person(queues=["billing"]), at=factories.now()) == case


def test_next_never_gives_the_proposals_of_ones_own_agent() -> None:
    owner = factories.person()
    case = factories.case(by=factories.agent(owner=owner))
    assert claims.claim_next(reviewer=owner, at=factories.now()) is None
    with pytest.raises(Refusal) as refused:
        claims.claim(case, reviewer=owner, at=factories.now())
    assert refused.value.says == "You own the agent that proposed this; somebody else must decide."


@pytest.mark.parametrize("role", ["qa_lead", "auditor", "admin"])
def test_only_deciding_roles_get_a_next_case(role: str) -> None:
    factories.case()
    assert claims.claim_next(reviewer=factories.person(role), at=factories.now()) is None


@pytest.mark.covers("R40")
def test_a_case_passed_to_a_person_is_theirs_first_for_a_while() -> None:
    giver, taker, at = factories.person(), factories.person(), factories.now()
    case = factories.claimed(giver, at=at)
    claims.reassign(case, reviewer=giver, to_user=taker, note="knows this customer", at=at)
    assert claims.claim_next(reviewer=giver, at=at) is None
    assert claims.claim_next(reviewer=taker, at=at) == case


def test_an_offer_that_nobody_takes_is_everybodys_again() -> None:
    giver, taker, at = factories.person(), factories.person(), factories.now()
    case = factories.claimed(giver, at=at)
    claims.reassign(case, reviewer=giver, to_user=taker, note="", at=at)
    assert claims.claim_next(reviewer=giver, at=at + timedelta(seconds=300)) == case


def test_a_case_can_be_passed_to_another_queue() -> None:
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at)
    legal = Queue.objects.create(name="legal")
    claims.reassign(case, reviewer=reviewer, to_queue=legal, at=at)
    case.refresh_from_db()
    assert (case.queue_id, case.state, case.claimed_by_id) == ("legal", "queued", None)


def test_a_case_is_passed_to_exactly_one_place() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    with pytest.raises(Refusal) as refused:
        claims.reassign(case, reviewer=reviewer, at=factories.now())
    assert refused.value.slug == "invalid-request"


@pytest.mark.parametrize(
    ("taker", "sentence"),
    [
        ({"role": "auditor"}, "This person does not decide cases."),
        ({"is_active": False}, "This person does not decide cases."),
        ({"queues": ["legal"]}, "This person does not work in the queue of this case."),
    ],
)
def test_a_case_is_not_passed_to_somebody_who_may_not_decide_it(taker: dict, sentence: str) -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    with pytest.raises(Refusal) as refused:
        claims.reassign(case, reviewer=reviewer, to_user=factories.person(**taker), at=factories.now())
    assert refused.value.says == sentence


def test_a_case_is_not_passed_to_the_agents_owner() -> None:
    reviewer, owner = factories.person(), factories.person()
    case = factories.claimed(reviewer, by=factories.agent(owner=owner))
    with pytest.raises(Refusal) as refused:
        claims.reassign(case, reviewer=reviewer, to_user=owner, at=factories.now())
    assert refused.value.says == "This person owns the agent; somebody else must decide."


def test_a_supervisor_may_pass_on_what_somebody_else_holds_and_others_may_not() -> None:
    case = factories.claimed(factories.person())
    colleague = factories.person()
    with pytest.raises(Refusal) as refused:
        claims.reassign(case, reviewer=colleague, to_user=colleague, at=factories.now())
    assert refused.value.says == "Only its reviewer or a supervisor can pass this case on."
    boss = factories.person("supervisor")
    claims.reassign(case, reviewer=boss, to_user=boss, at=factories.now())
    assert claims.claim_next(reviewer=boss, at=factories.now()) == case


@pytest.mark.covers("R131")
def test_whoever_loses_their_rights_loses_their_claims() -> None:
    reviewer = factories.person()
    cases = [factories.claimed(reviewer) for _each in range(2)]
    assert claims.hand_back_all(reviewer, at=factories.now(), why="rights changed") == 2
    assert {Case.objects.get(pk=case.pk).state for case in cases} == {"queued"}


def test_what_was_handed_back_at_that_moment_stays_with_whoever_has_it_now(monkeypatch: pytest.MonkeyPatch) -> None:
    reviewer, colleague = factories.person(), factories.person()
    case = factories.claimed(reviewer)
    lock = lifecycle.locked

    def handed_back_before(key: str) -> Case:
        monkeypatch.setattr(lifecycle, "locked", lock)
        claims.release(case, reviewer=reviewer, token=case.claim_token, at=factories.now())
        claims.claim(case, reviewer=colleague, at=factories.now())
        return lock(key)

    monkeypatch.setattr(lifecycle, "locked", handed_back_before)
    assert claims.hand_back_all(reviewer, at=factories.now(), why="rights changed") == 0
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == ("claimed", colleague)


def test_an_expired_case_can_neither_be_claimed_nor_held() -> None:
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at, expires_in=60)
    late = at + timedelta(seconds=60)
    with pytest.raises(Refusal) as refused:
        claims.heartbeat(case, reviewer=reviewer, token=case.claim_token, at=late)
    assert refused.value.slug == "not-pending"
    open_case = factories.case(at=at, expires_in=60)
    with pytest.raises(Refusal) as refused:
        claims.claim(open_case, reviewer=reviewer, at=late)
    assert refused.value.slug == "not-pending"
    assert claims.claim_next(reviewer=reviewer, at=late) is None


def test_a_case_outside_ones_queues_does_not_exist() -> None:
    case = factories.case()
    stranger = factories.person(queues=["legal"])
    for verb in (
        lambda: claims.claim(case, reviewer=stranger, at=factories.now()),
        lambda: claims.release(case, reviewer=stranger, token=None, at=factories.now()),
        lambda: claims.reassign(case, reviewer=stranger, to_user=stranger, at=factories.now()),
    ):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.slug == "not-found"


def test_what_one_does_not_hold_is_refused_with_what_happened() -> None:
    reviewer, other, at = factories.person(), factories.person(), factories.now()
    case = factories.case(at=at)
    says = {}
    for name, change in {
        "never": lambda: None,
        "theirs": lambda: claims.claim(case, reviewer=other, at=at),
        "asked": lambda: questions.ask(case, reviewer=other, of="agent", text="Receipt?", at=at),
    }.items():
        change()
        with pytest.raises(Refusal) as refused:
            claims.heartbeat(case, reviewer=reviewer, token="any", at=at)
        says[name] = refused.value.says
    assert says == {
        "never": "You do not hold this case; claim it first.",
        "theirs": f"{other.display} holds this case now.",
        "asked": "You do not hold this case: waiting for an answer.",
    }
