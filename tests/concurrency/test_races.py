"""Twice at once: exactly one wins, and the loser learns which."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from audit import verify
from audit.models import Entry
from reviewqueue.domain import claims, customers, decisions, endings, grants, intake, takeover
from reviewqueue.engine.surroundings import CALLBACKS
from reviewqueue.models import Case, Decision, Grant, Queue, Request, WorkRules
from reviewqueue.queries import calls
from reviewqueue.refusal import Refusal
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def at_once(verbs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all verbs at the same moment, each on its own connection; a refusal is an answer."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return verb()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with _connections_are_waited_for(), ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


@contextmanager
def _connections_are_waited_for() -> Iterator[None]:
    """PostgreSQL's pool holds fewer than there are threads, and turns away who waits five seconds for one."""
    with pytest.MonkeyPatch.context() as patch:
        if pool := getattr(connection, "pool", None):
            patch.setattr(pool, "timeout", 100.0)
        yield


def won(answers: Sequence[Any]) -> list[Any]:
    return [answer for answer in answers if not isinstance(answer, Refusal)]


def slugs(answers: Sequence[Any]) -> list[str]:
    return sorted(answer.slug for answer in answers if isinstance(answer, Refusal))


def test_eight_reviewers_claim_one_case_and_one_wins() -> None:
    case = factories.case()
    reviewers = [factories.person() for _each in range(8)]
    answers = at_once([lambda r=r: claims.claim(case, reviewer=r, at=factories.now()) for r in reviewers])
    (winner,) = won(answers)
    assert slugs(answers) == ["stale-claim"] * 7
    assert Case.objects.get().claimed_by_id == winner.claimed_by_id
    assert Entry.objects.filter(kind="case.claimed").count() == 1


def test_eight_reviewers_asking_for_the_next_case_get_eight_different_ones() -> None:
    for _each in range(12):
        factories.case()
    reviewers = [factories.person() for _each in range(8)]
    answers = at_once([lambda r=r: claims.claim_next(reviewer=r, at=factories.now()) for r in reviewers])
    assert len({case.pk for case in answers}) == 8


def test_fifty_threads_redeem_one_grant_and_one_wins() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    action = {"name": "refund_order", "args": factories.action()["args"]}

    def redeem() -> Any:
        return grants.redeem(grant.pk, agent=agent, final_action=action, executor="w", at=factories.now())

    answers = at_once([redeem] * 50)
    assert len(won(answers)) == 1
    assert slugs(answers) == ["grant-redeemed"] * 49
    assert Entry.objects.filter(kind="grant.redeemed").count() == 1


def test_one_proposal_sent_ten_times_at_once_is_one_case() -> None:
    factories.policy()
    agent, sent = factories.agent(), factories.proposal()
    answers = at_once([lambda: intake.propose(sent, agent=agent, at=factories.now())] * 10)
    assert [new for _case, new in answers].count(True) == 1
    assert len({case.pk for case, _new in answers}) == 1
    assert Case.objects.count() == 1


def test_different_proposals_of_one_conversation_at_once_are_all_kept() -> None:
    factories.policy()
    agent = factories.agent()
    sent = [factories.proposal(conversation={"id": "c"}) for _each in range(10)]
    at_once([lambda p=p: intake.propose(p, agent=agent, at=factories.now()) for p in sent])
    assert Case.objects.count() == 10


def _withdraw(case: Case, agent: Any) -> Any:
    return endings.withdraw(case, agent=agent, reason="", at=factories.now())


def _expire(case: Case, _agent: Any) -> Any:
    ended = endings.expire(case, at=case.expires_at)
    if ended.state != "expired":
        raise Refusal("not-pending", "decided first")
    return ended


def _supersede(case: Case, agent: Any) -> Any:
    new = factories.proposal(conversation={"id": case.conversation.external_id}, supersedes=case.pk)
    intake.propose(new, agent=agent, at=factories.now())
    if Case.objects.get(pk=case.pk).state != "superseded":
        raise Refusal("not-pending", "decided first")
    return new


def _take_over(case: Case, _agent: Any) -> Any:
    return takeover.take_over(case, person=factories.person("supervisor"), note="", at=factories.now())


@pytest.mark.parametrize("rival", [_withdraw, _expire, _supersede, _take_over])
def test_a_decision_and_its_rival_end_a_case_exactly_once(rival: Callable[[Case, Any], Any]) -> None:
    for _round in range(ROUNDS):
        reviewer, agent = factories.person(), factories.agent()
        case = factories.claimed(reviewer, by=agent)
        look = factories.look(case)
        approve = [{"call_id": "call_1", "type": "approve"}]

        def decide(case: Case = case, reviewer: Any = reviewer, look: Any = look, approve: Any = approve) -> Any:
            return decisions.decide(case, reviewer=reviewer, look=look, decisions=approve, at=factories.now())

        answers = at_once([decide, lambda case=case, agent=agent: rival(case, agent)])
        assert len(won(answers)) == 1, answers
        ended = Case.objects.get(pk=case.pk)
        spendable = Grant.objects.filter(case=case, voided_at=None).count()
        standing = Decision.objects.filter(case=case, undone_at=None).count()
        # A proposal that replaces a decided one takes back what was granted; the decision stays on record.
        kept = 0 if rival is _supersede else 1
        assert (spendable, standing) == ((kept, 1) if ended.outcome == "decided" else (0, 0))


def test_two_tabs_of_one_reviewer_decide_once() -> None:
    for _round in range(ROUNDS):
        reviewer = factories.person()
        case = factories.claimed(reviewer)
        look = factories.look(case)

        def decide(kind: str, case: Case = case, reviewer: Any = reviewer, look: Any = look) -> Any:
            ruling = {"call_id": "call_1", "type": kind, "reason_code": "policy"}
            return decisions.decide(case, reviewer=reviewer, look=look, decisions=[ruling], at=factories.now())

        answers = at_once([lambda: decide("approve"), lambda: decide("reject")])
        assert len(won(answers)) == 1
        assert Decision.objects.filter(case=case).count() == 1


def test_an_undo_and_the_alarm_clock_cannot_both_have_it() -> None:
    for _round in range(ROUNDS):
        factories.policy(undo_seconds=10)
        reviewer, at = factories.person(), factories.now()
        case = factories.claimed(reviewer, at=at)
        factories.decide(case, reviewer, at=at)
        moment = at + factories.later(9.5)
        at_once(
            [
                lambda case=case, reviewer=reviewer, moment=moment: decisions.undo(case, reviewer=reviewer, at=moment),
                lambda case=case, at=at: decisions.take_effect(case, at=at + factories.later(10)),
            ]
        )
        undone = Decision.objects.get(case=case).undone_at is not None
        assert Grant.objects.filter(case=case).exists() is not undone


def test_of_six_customers_who_choose_the_last_call_of_an_hour_one_gets_it() -> None:
    at = factories.now()
    WorkRules.objects.create(calls_per_hour=1)
    Queue.objects.create(name=CALLBACKS)
    wanted = calls.offered(at=at)[0].hours[0]
    cases = [factories.case() for _each in range(6)]
    asked = [
        lambda case=case: customers.leave_callback(case, phone="030 1234567", wanted_at=wanted, text="", at=at)
        for case in cases
    ]
    answers = at_once(asked)
    assert (len(won(answers)), set(slugs(answers))) == (1, {"invalid-request"})
    assert (Request.objects.count(), Case.objects.filter(queue=CALLBACKS).count()) == (1, 1)
    (booked,) = won(answers)
    twice = [lambda: customers.leave_callback(booked.case, phone="030 1234567", wanted_at=wanted, text="", at=at)] * 4
    assert at_once(twice) == [booked] * 4


def test_ten_alarm_clocks_at_once_do_each_thing_once() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    for _each in range(5):
        factories.decide(factories.claimed(reviewer, at=at), reviewer, at=at)
    at_once([lambda: decisions.take_effect_due(at=at + factories.later(11))] * 10)
    assert Grant.objects.count() == 5
    assert Entry.objects.filter(kind="case.took_effect").count() == 5


def test_after_all_this_the_ledger_holds() -> None:
    test_a_decision_and_its_rival_end_a_case_exactly_once(_withdraw)
    heads = {f"case:{case.pk}": case.ledger_seq for case in Case.objects.all()}
    report = verify.verify(heads=heads, complete=["case:"])
    assert (report.holds, report.fault) == (True, None)
