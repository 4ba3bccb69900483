"""Idempotency-Key: the same wish twice is one wish."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError

from hitl.api import idempotency
from reviewqueue.domain import intake
from reviewqueue.models import Case, Event, Grant, Idempotency
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

FINAL = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}


def keyed(caller, path, body, key="k-1"):
    return caller.post(path, body, Idempotency_Key=key)


def test_a_repeat_hears_the_first_answer_and_nothing_happens_twice(agent):
    factories.policy()
    document = factories.document()
    first, again = keyed(agent, "/proposals", document), keyed(agent, "/proposals", document)
    assert (again.status, again.raw, again.kind) == (201, first.raw, "application/json")
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert (first.headers["ETag"], again.headers["ETag"]) == ('"1"', '"1"')
    assert Case.objects.count() == 1


def test_a_redeemed_grant_is_heard_again_by_the_same_key_only(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    path = f"/grants/{Grant.objects.get().pk}/redeem"
    first = keyed(agent, path, {"final_action": FINAL})
    assert keyed(agent, path, {"final_action": FINAL}).raw == first.raw
    assert keyed(agent, path, {"final_action": FINAL}, key="k-2").slug == "grant-redeemed"


def test_a_refusal_is_remembered_too(agent):
    case = agent.propose()["id"]
    path = f"/cases/{case}/answers"
    first = keyed(agent, path, {"question_id": "q_none", "text": "x"})
    again = keyed(agent, path, {"question_id": "q_none", "text": "x"})
    assert (again.status, again.raw, again.kind) == (404, first.raw, "application/problem+json")


def test_an_empty_answer_is_remembered_too(reviewer):
    first, again = (keyed(reviewer, "/review/next", {}) for _ in range(2))
    assert [(reply.status, reply.raw) for reply in (first, again)] == [(204, b""), (204, b"")]
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("other", [{"final_action": FINAL, "executor": "w"}, {"final_action": FINAL}])
def test_the_same_key_for_another_body_or_address_is_refused(agent, other):
    keyed(agent, "/grants/grant_x/redeem", {"final_action": FINAL})
    path = "/grants/grant_x/redeem" if "executor" in other else "/grants/grant_y/redeem"
    reply = keyed(agent, path, other)
    assert (reply.status, reply.slug) == (422, "idempotency-conflict")


def test_each_caller_has_keys_of_their_own(agent):
    factories.policy()
    document = factories.document()
    other = AgentCaller()
    assert keyed(agent, "/proposals", document).status == 201
    assert keyed(other, "/proposals", document).status == 201
    assert Case.objects.count() == 2


def test_an_agent_and_a_person_with_one_number_do_not_meet(reviewer):
    Idempotency.objects.create(
        principal=f"agent:{reviewer.user.pk}", key="k-1", request_digest="x" * 64, started_at=factories.now()
    )
    assert keyed(reviewer, "/review/next", {}).status == 204


def test_a_first_call_that_still_runs_is_waited_for(agent):
    factories.policy()
    document = factories.document()
    keyed(agent, "/proposals", document)
    Idempotency.objects.update(status=None, body=None)
    reply = keyed(agent, "/proposals", document)
    assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (409, "idempotency-running", "1")


def test_a_first_call_that_died_is_done_again_after_a_minute(agent):
    factories.policy()
    document = factories.document()
    keyed(agent, "/proposals", document)
    Idempotency.objects.update(status=None, body=None, started_at=factories.now() - timedelta(seconds=61))
    reply = keyed(agent, "/proposals", document)
    assert (reply.status, Idempotency.objects.get().status) == (200, 200)


def test_of_two_repeats_of_a_dead_call_one_is_let_in(agent, monkeypatch):
    factories.policy()
    document = factories.document()
    keyed(agent, "/proposals", document)
    long_ago = factories.now() - timedelta(seconds=61)
    Idempotency.objects.update(status=None, body=None, started_at=long_ago)
    begun_anew = idempotency._begun_anew  # noqa: SLF001 - the moment between looking and beginning

    def overtaken(row, digest, at):
        Idempotency.objects.update(started_at=at)
        return begun_anew(row, digest, at)

    monkeypatch.setattr(idempotency, "_begun_anew", overtaken)
    assert keyed(agent, "/proposals", document).slug == "idempotency-running"


def test_a_key_is_free_again_after_a_day(agent):
    factories.policy()
    keyed(agent, "/proposals", factories.document())
    Idempotency.objects.update(started_at=factories.now() - timedelta(hours=25))
    assert keyed(agent, "/proposals", factories.document()).status == 201


def test_old_answers_are_forgotten(agent):
    factories.policy()
    keyed(agent, "/proposals", factories.document(), key="old")
    Idempotency.objects.update(started_at=factories.now() - timedelta(hours=25))
    keyed(agent, "/proposals", factories.document(), key="young")
    assert idempotency.forget_old(at=factories.now()) == 1
    assert Idempotency.objects.get().key == "young"


@pytest.mark.parametrize(
    ("failure", "status"), [(RuntimeError("secret"), 500), (OperationalError("secret"), 503)], ids=["bug", "database"]
)
def test_a_failure_is_not_remembered_and_leaves_nothing_half_done(agent, monkeypatch, failure, status):
    factories.policy()
    document = factories.document()
    propose = intake.propose

    def stored_then_failed(*args, **kwargs):
        propose(*args, **kwargs)
        raise failure

    monkeypatch.setattr(intake, "propose", stored_then_failed)
    failed = keyed(agent, "/proposals", document)
    assert (failed.status, b"secret" in failed.raw) == (status, False)
    assert (Case.objects.count(), Event.objects.count(), Idempotency.objects.count()) == (0, 0, 0)
    monkeypatch.undo()
    assert keyed(agent, "/proposals", document).status == 201


def test_a_first_call_that_fails_while_the_repeat_looks_for_it_is_one_that_runs(agent, monkeypatch):
    factories.policy()

    def taken_and_gone(**_fields):
        raise IntegrityError

    monkeypatch.setattr(Idempotency.objects, "create", taken_and_gone)
    reply = keyed(agent, "/proposals", factories.document())
    assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (409, "idempotency-running", "1")
    monkeypatch.undo()
    assert keyed(agent, "/proposals", factories.document()).status == 201


def test_work_that_a_repeat_overtook_is_undone(agent, monkeypatch):
    factories.policy()
    propose = intake.propose

    def slow(*args, **kwargs):
        done = propose(*args, **kwargs)
        Idempotency.objects.update(started_at=factories.now() + timedelta(seconds=61))
        return done

    monkeypatch.setattr(intake, "propose", slow)
    reply = keyed(agent, "/proposals", factories.document())
    assert (reply.status, reply.slug, Case.objects.count()) == (409, "idempotency-running", 0)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_has_1_to_255_printable_characters(agent, key):
    reply = keyed(agent, "/proposals", factories.document(), key=key)
    says = "An Idempotency-Key has 1 to 255 printable characters."
    assert (reply.status, reply.faults) == (422, [("Idempotency-Key", says)])


def test_the_longest_key_is_kept(agent):
    factories.policy()
    assert keyed(agent, "/proposals", factories.document(), key="x" * 255).status == 201


def test_reading_takes_no_notice_of_a_key(agent):
    case = agent.propose()["id"]
    assert agent.get(f"/cases/{case}", Idempotency_Key="k").status == 200
    assert Idempotency.objects.count() == 0


def test_a_decision_is_heard_again_also_when_the_case_has_moved_on(agent):
    case, reviewer = agent.propose()["id"], PersonCaller()
    briefing = reviewer.claim(case)
    first = reviewer.decide(briefing, key="d-1")
    agent.post(f"/grants/{Grant.objects.get().pk}/redeem", {"final_action": FINAL})
    again = reviewer.decide(briefing, key="d-1")
    assert (again.status, again.raw) == (200, first.raw)
    assert reviewer.decide(briefing, key="d-2").slug == "stale-claim"


def test_an_answer_without_a_body_is_heard_again_as_it_was(reviewer):
    first, again = keyed(reviewer, "/review/next", {}), keyed(reviewer, "/review/next", {})
    assert (first.status, again.status, again.raw, again.headers["Idempotent-Replayed"]) == (204, 204, b"", "true")
