"""Whoever answers a contest says whether the decision was wrong: on the page as over HTTP and at a takeover's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.domain import claims, customers
from reviewqueue.models import Case, Queue
from reviewqueue.queries import incidents
from tests import factories
from tests.web.desks import Desk, ruling
from tests.web.pages import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R88")]
RELEASED = [{"match": {}, "mode": "out_of_the_loop"}]
LABEL = "What was wrong with the decision that is contested"


def contested(visitor: Visitor, **policy: Any) -> tuple[Case, Desk]:
    """A decision of the policy, and the contest of it before somebody who holds it."""
    factories.policy(oversight=RELEASED, **policy)
    case = factories.case()
    made = customers.contest(case, text="It was not late.", at=factories.now()).made
    claims.claim(made, reviewer=visitor.user, at=factories.now())
    made.refresh_from_db()
    return case, Desk(visitor, made)


@pytest.mark.parametrize(
    ("said", "kept", "told"),
    [
        ("wrong_fact", "wrong_fact", "The decision that is contested was wrong: wrong fact"),
        ("no_fault", "", "The decision that is contested stands."),
    ],
)
def test_an_answer_says_whether_the_decision_was_wrong(
    visit: Callable[..., Visitor], said: str, kept: str, told: str
) -> None:
    case, at = contested(visit())
    at.press("Send this answer", a0__response="You are right.", upheld=said)
    assert (ruling(at.case, "wish")["type"], ruling(at.case, "wish")["reason"]) == ("respond", kept)
    assert bool(incidents.upheld([case.pk])) == bool(kept)
    assert told in at.see().text


def test_without_a_word_on_that_nothing_is_sent_and_nothing_typed_is_lost(visit: Callable[..., Visitor]) -> None:
    _case, at = contested(visit())
    page = at.press("Send this answer", a0__response="You are right.")
    says = "Say what was wrong with the decision that is contested, or that it stands."
    assert (page.status, page.says("p", id="upheld-fault")) == (422, [says])
    assert page.form(at.decide).fields["a0-response"] == "You are right."
    assert not at.case.decisions.exists()


def test_what_was_said_is_there_again_once_it_is_taken_back(visit: Callable[..., Visitor]) -> None:
    _case, at = contested(visit(), undo_seconds=10)
    at.press("Send this answer", a0__response="You are right.", upheld="policy")
    at.page = at.see()
    at.visitor.press(at.page, "Undo", on=at.decide)
    assert at.see().form(at.decide).fields["upheld"] == "policy"


def test_the_customer_s_words_come_first_and_nothing_is_said_to_run(visit: Callable[..., Visitor]) -> None:
    _case, at = contested(visit())
    assert at.page.says("blockquote", class_="own") == ["It was not late."]
    assert "As the desk sums it up About" in at.page.text
    for said in ("Exactly this runs", "can be undone", "As the agent sums it up", "without support"):
        assert said not in at.page.text


def test_what_is_contested_stands_beside_it(visit: Callable[..., Visitor]) -> None:
    ana = factories.person(first_name="Ana")
    case = factories.claimed(ana, actions=[factories.reply(args={"text": "It is <b>late</b>."}), factories.action()])
    rejected = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "Too much."}
    factories.decide(case, ana, {"call_id": "call_2", "type": "approve"}, rejected)
    made = customers.contest(case, text="", at=factories.now()).made
    page = Desk(visit(), made).page
    assert page.says("strong")[1:3] == ["Sends this reply to Maya R.", "Refund order: 350.00 EUR"]
    assert ("It is <b>late</b>." in page.text, "<b>late</b>" in page.source) == (True, False)
    assert ("rejected Ana T." in page.text, "To the agent: Too much." in page.text) == (True, True)


def test_who_may_not_see_the_contested_case_reads_nothing_of_it(visit: Callable[..., Visitor]) -> None:
    factories.policy(oversight=RELEASED)
    case = factories.case(actions=[factories.reply(args={"text": "It is late."})])
    made = customers.contest(case, text="", at=factories.now()).made
    Queue.objects.create(name="other")
    Case.objects.filter(pk=made.pk).update(queue="other")
    page = Desk(visit(queues=["other"]), made).page
    assert ("contests a decision" in page.text, "It is late." in page.text) == (True, False)


def test_nobody_is_asked_that_of_another_case(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    assert LABEL not in Desk(visitor, case).page.text
