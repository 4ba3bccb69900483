"""Taken back, replaced, or too late: nothing is ever approved by it."""

from datetime import timedelta

import pytest

from reviewqueue.domain import claims, decisions, due, endings, questions, takeover, watching
from reviewqueue.models import Case, Conversation, Decision, Grant, Question
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 30}]


def test_an_agent_takes_its_proposal_back_with_the_reason_on_record() -> None:
    agent = factories.agent()
    case = factories.case(by=agent)
    endings.withdraw(case, agent=agent, reason="customer hung up", at=factories.now())
    case.refresh_from_db()
    assert (case.state, case.outcome, case.version) == ("withdrawn", "withdrawn", 2)


def test_a_final_case_cannot_be_withdrawn() -> None:
    agent, reviewer = factories.agent(), factories.person()
    case = factories.claimed(reviewer, by=agent)
    factories.decide(case, reviewer)
    with pytest.raises(Refusal) as refused:
        endings.withdraw(case, agent=agent, reason="", at=factories.now())
    assert (refused.value.slug, refused.value.extra) == ("not-pending", {"status": "decided"})
    assert Grant.objects.get().voided_at is None


def test_a_case_whose_time_has_not_come_does_not_expire() -> None:
    at = factories.now()
    case = factories.case(at=at, expires_in=60)
    assert endings.expire(case, at=at + timedelta(seconds=59)).state == "queued"


@pytest.mark.covers("R77", "R142")
def test_nobody_in_time_means_nothing_approved() -> None:
    at = factories.now()
    case = factories.case(at=at, expires_in=60)
    assert endings.expire_due(at=at + timedelta(seconds=59)) == 0
    assert endings.expire_due(at=at + timedelta(seconds=60)) == 1
    assert endings.expire_due(at=at + timedelta(seconds=60)) == 0
    case.refresh_from_db()
    assert (case.outcome, Decision.objects.count(), Grant.objects.count()) == ("expired", 0, 0)


def test_a_decision_within_its_undo_window_is_not_expired() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    case = factories.claimed(reviewer, at=at, expires_in=60)
    factories.decide(case, reviewer, at=at + timedelta(seconds=59))
    due.run(at=at + timedelta(seconds=80))
    case.refresh_from_db()
    assert (case.outcome, Grant.objects.count()) == ("decided", 1)


def test_a_watched_case_is_released_when_its_window_closes() -> None:
    factories.policy(oversight=WATCHED)
    at = factories.now()
    case = factories.case(at=at)
    assert watching.release_due(at=at + timedelta(seconds=29)) == 0
    assert watching.release_due(at=at + timedelta(seconds=30)) == 1
    case.refresh_from_db()
    assert (case.outcome, Grant.objects.count()) == ("decided", 1)


def test_a_stopped_release_waits_for_a_person() -> None:
    factories.policy(oversight=WATCHED)
    at = factories.now()
    case = factories.case(at=at)
    watching.stop(case, supervisor=factories.person("supervisor"), reason="looks odd", at=at)
    watching.release_due(at=at + timedelta(seconds=31))
    case.refresh_from_db()
    assert (case.state, case.oversight, Grant.objects.count()) == ("queued", "in_the_loop", 0)


def test_only_a_supervisor_stops_a_release() -> None:
    factories.policy(oversight=WATCHED)
    with pytest.raises(Refusal) as refused:
        watching.stop(factories.case(), supervisor=factories.person(), reason="", at=factories.now())
    assert refused.value.says == "Your role does not stop agents."


@pytest.mark.covers("R41")
def test_an_answer_brings_the_case_back_to_the_asker_first() -> None:
    asker, other, agent, at = factories.person(), factories.person(), factories.agent(), factories.now()
    case = factories.claimed(asker, by=agent, at=at)
    question = questions.ask(case, reviewer=asker, of="agent", text="Is there a receipt?", at=at)
    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("asked", "agent")
    for _time in range(2):
        questions.answer_by_agent(case, agent=agent, question_id=question.pk, text="Yes.", attachments=[], at=at)
    assert claims.claim_next(reviewer=other, at=at) is None
    assert claims.claim_next(reviewer=asker, at=at) == case
    assert Question.objects.get().answer == "Yes."


def test_a_colleague_can_answer_in_the_desk() -> None:
    asker, colleague, at = factories.person(), factories.person(), factories.now()
    case = factories.claimed(asker, at=at)
    question = questions.ask(case, reviewer=asker, of="colleague", text="Seen before?", at=at)
    questions.answer_by_person(case, reviewer=colleague, question_id=question.pk, text="Twice.", at=at)
    answered = Question.objects.get()
    assert (answered.answered_by, answered.answer) == (colleague, "Twice.")


@pytest.mark.parametrize(("of", "text", "pointer"), [("boss", "Why?", "/of"), ("agent", "  ", "/text")])
def test_a_question_needs_somebody_and_some_words(of: str, text: str, pointer: str) -> None:
    asker = factories.person()
    case = factories.claimed(asker)
    with pytest.raises(Refusal) as refused:
        questions.ask(case, reviewer=asker, of=of, text=text, at=factories.now())
    assert refused.value.errors[0]["pointer"] == pointer


@pytest.mark.parametrize(("name", "text", "slug"), [("q_none", "Yes.", "not-found"), (None, " ", "invalid-request")])
def test_an_answer_needs_its_question_and_some_words(name: str | None, text: str, slug: str) -> None:
    asker, agent, at = factories.person(), factories.agent(), factories.now()
    case = factories.claimed(asker, by=agent, at=at)
    question = questions.ask(case, reviewer=asker, of="agent", text="Receipt?", at=at)
    with pytest.raises(Refusal) as refused:
        questions.answer_by_agent(case, agent=agent, question_id=name or question.pk, text=text, attachments=[], at=at)
    assert refused.value.slug == slug


def test_another_answer_to_an_answered_question_is_refused() -> None:
    asker, agent, at = factories.person(), factories.agent(), factories.now()
    case = factories.claimed(asker, by=agent, at=at)
    question = questions.ask(case, reviewer=asker, of="agent", text="Receipt?", at=at)
    questions.answer_by_agent(case, agent=agent, question_id=question.pk, text="Yes.", attachments=[], at=at)
    with pytest.raises(Refusal) as refused:
        questions.answer_by_agent(case, agent=agent, question_id=question.pk, text="No.", attachments=[], at=at)
    assert refused.value.slug == "not-pending"


@pytest.mark.covers("R1", "R42")
def test_a_takeover_holds_the_conversation_until_it_is_given_back() -> None:
    person, agent, at = factories.person(), factories.agent(), factories.now()
    case = factories.case(by=agent, conversation={"id": "c"})
    takeover.take_over(case, person=person, note="furious", at=at)
    assert Conversation.objects.get().held_by == case
    takeover.give_back(case, person=person, note="calm now", at=at)
    case.refresh_from_db()
    assert (case.state, case.outcome, Conversation.objects.get().held_by) == ("closed", "taken_over", None)
    assert factories.case(by=agent, conversation={"id": "c"}).state == "queued"


def test_a_takeover_voids_what_was_granted_and_not_spent() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer, actions=[factories.action(), factories.reply()], release="each")
    factories.decide(case, reviewer, {"call_id": "call_1", "type": "approve"})
    takeover.take_over(case, person=reviewer, note="", at=factories.now())
    assert Grant.objects.get().voided_at is not None


def test_somebody_elses_takeover_is_given_back_by_them_or_a_supervisor() -> None:
    case = factories.case()
    takeover.take_over(case, person=factories.person(), note="", at=factories.now())
    with pytest.raises(Refusal) as refused:
        takeover.give_back(case, person=factories.person(), note="", at=factories.now())
    assert refused.value.slug == "forbidden"
    takeover.give_back(case, person=factories.person("supervisor"), note="", at=factories.now())
    assert Case.objects.get().state == "closed"


@pytest.mark.covers("R127")
def test_reading_a_case_does_what_is_due_for_it() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    decided = factories.claimed(reviewer, at=at)
    factories.decide(decided, reviewer, at=at)
    expiring = factories.case(at=at, expires_in=60)
    factories.policy(oversight=WATCHED)
    watched = factories.case(at=at)
    moments = [due.next_at(Case.objects.get(pk=case.pk)) for case in (decided, expiring, watched)]
    assert moments == [at + timedelta(seconds=seconds) for seconds in (10, 60, 30)]
    settled = [
        due.settle(Case.objects.get(pk=case.pk), at=at + timedelta(seconds=60)) for case in (decided, expiring, watched)
    ]
    assert [case.outcome for case in settled] == ["decided", "expired", "decided"]
    assert due.settle(settled[0], at=at).version == settled[0].version


def test_one_ring_does_all_that_is_due_and_the_next_finds_nothing() -> None:
    factories.policy(undo_seconds=10)
    reviewer, at = factories.person(), factories.now()
    decided = factories.claimed(reviewer, at=at)
    factories.decide(decided, reviewer, at=at)
    factories.claimed(reviewer, at=at)
    factories.case(at=at, expires_in=60)
    late = at + timedelta(seconds=301)
    done = {"effects": 1, "leases": 1, "expiries": 1}
    assert {kind: count for kind, count in due.run(at=late).items() if count} == done
    assert set(due.run(at=late).values()) == {0}
    assert decisions.take_effect_due(at=late) == 0
