"""The same wish from many at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from reviewqueue.live import with_fresh_connection
from reviewqueue.models import Case, Decision, Grant, Idempotency
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8
FINAL = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}


def at_once(*works):
    """Start all of them at the same moment; their results in order."""
    start = Barrier(len(works))

    def begun(work):
        start.wait()
        return with_fresh_connection(work)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begun, works))


def test_one_dedupe_key_from_many_makes_one_case():
    factories.policy()
    agent, document = AgentCaller(), factories.document()
    replies = at_once(*[partial(agent.post, "/proposals", document)] * MANY)
    assert Counter(reply.status for reply in replies) == {201: 1, 200: MANY - 1}
    assert {reply.body["id"] for reply in replies} == {Case.objects.get().pk}


def test_one_idempotency_key_from_many_does_the_work_once():
    factories.policy()
    agent, document = AgentCaller(), factories.document()
    replies = at_once(*[partial(agent.post, "/proposals", document, Idempotency_Key="k")] * MANY)
    statuses = Counter(reply.status for reply in replies)
    assert set(statuses) <= {201, 409}
    assert {reply.slug for reply in replies if reply.status == 409} <= {"idempotency-running"}
    assert len({reply.raw for reply in replies if reply.status == 201}) == 1
    assert (Case.objects.count(), Idempotency.objects.get().status) == (1, 201)


def test_one_grant_is_redeemed_by_one_of_many():
    agent, reviewer = AgentCaller(), PersonCaller()
    reviewer.decide(reviewer.claim(agent.propose()["id"]))
    path = f"/grants/{Grant.objects.get().pk}/redeem"
    replies = at_once(*[partial(agent.post, path, {"final_action": FINAL, "executor": str(n)}) for n in range(MANY)])
    assert Counter(reply.slug for reply in replies) == {"": 1, "grant-redeemed": MANY - 1}
    winner = next(reply.body["executor"] for reply in replies if reply.status == 200)
    assert {reply.body["executor"] for reply in replies} == {winner} == {Grant.objects.get().executor}


def test_one_case_is_claimed_by_one_of_many():
    case = AgentCaller().propose()["id"]
    people = [PersonCaller() for _ in range(MANY)]
    replies = at_once(*[partial(person.post, f"/review/cases/{case}/claim") for person in people])
    assert Counter(reply.slug for reply in replies) == {"": 1, "stale-claim": MANY - 1}
    assert Case.objects.get().claim_fence == 1


def test_many_ask_for_the_next_case_and_nobody_gets_the_same_one():
    agent = AgentCaller()
    made = {agent.propose()["id"] for _ in range(MANY)}
    people = [PersonCaller() for _ in range(MANY)]
    replies = at_once(*[partial(person.post, "/review/next", {}) for person in people])
    assert {reply.body["id"] for reply in replies if reply.status == 200} == made
    assert len([reply for reply in replies if reply.status == 200]) == MANY


def test_a_double_click_decides_once():
    agent, reviewer = AgentCaller(), PersonCaller()
    briefing = reviewer.claim(agent.propose()["id"])
    replies = at_once(*[partial(reviewer.decide, briefing)] * MANY)
    assert Counter(reply.slug for reply in replies) == {"": 1, "stale-claim": MANY - 1}
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_a_decision_and_a_withdrawal_meet_and_one_of_them_counts(_round):
    agent, reviewer = AgentCaller(), PersonCaller()
    briefing = reviewer.claim(agent.propose()["id"])
    case = briefing["id"]
    withdrawn, decided = at_once(
        partial(agent.post, f"/cases/{case}/withdraw", {"reason": "changed"}), partial(reviewer.decide, briefing)
    )
    assert sorted([withdrawn.status, decided.status]) == [200, 409]
    status = agent.get(f"/cases/{case}").body["status"]
    assert status == ("withdrawn" if withdrawn.status == 200 else "decided")
    assert decided.slug in {"", "stale-claim"}
    assert withdrawn.slug in {"", "not-pending"}
