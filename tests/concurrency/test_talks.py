"""Conversations, twice at once: one takes over, nothing is decided beside them, nobody writes after the end."""

from __future__ import annotations

import pytest

from audit.models import Entry
from reviewqueue.domain import claims, intake, letters, listening, policies, takeover
from reviewqueue.domain.listening import Feed
from reviewqueue.models import Case, Conversation, Decision, Grant, Letter
from tests import factories
from tests.concurrency.test_races import ROUNDS, at_once, slugs, won

pytestmark = pytest.mark.django_db(transaction=True)
NOW = factories.now


def test_two_take_one_conversation_over_by_two_cases_and_one_has_it() -> None:
    for n in range(ROUNDS):
        bot, people = factories.agent(), [factories.person() for _ in range(2)]
        cases = [factories.case(by=bot, conversation={"id": f"talk-{n}"}) for _ in range(2)]
        pairs = zip(cases, people, strict=True)
        answers = at_once([lambda c=c, p=p: takeover.take_over(c, person=p, note="Mine.", at=NOW()) for c, p in pairs])
        (winner,) = won(answers)
        assert slugs(answers) in (["forbidden"], ["not-pending"])
        assert Conversation.objects.get(external_id=f"talk-{n}").held_by_id == winner.pk
        assert sorted(Case.objects.filter(conversation=winner.conversation_id).values_list("state", flat=True)) == [
            "closed",
            "taken_over",
        ]


def test_a_decision_and_a_takeover_leave_no_grant_that_can_be_spent() -> None:
    for n in range(ROUNDS):
        bot, reviewer, boss = factories.agent(), factories.person(), factories.person("supervisor")
        case = factories.claimed(reviewer, by=bot, conversation={"id": f"talk-{n}"})
        other = factories.case(by=bot, conversation={"id": f"talk-{n}"})
        at_once(
            [
                lambda c=case, r=reviewer: factories.decide(c, r),
                lambda o=other, b=boss: takeover.take_over(o, person=b, note="Mine.", at=NOW()),
            ]
        )
        unspent = Grant.objects.filter(case=case, voided_at=None).count()
        stood = Decision.objects.filter(case=case, undone_at=None).exists()
        case.refresh_from_db()
        assert (unspent, case.state, stood) in ((0, "closed", True), (0, "closed", False))


def test_a_proposal_and_a_takeover_never_leave_an_open_case_beside_the_person() -> None:
    for n in range(ROUNDS):
        bot, boss = factories.agent(), factories.person("supervisor")
        first = factories.case(by=bot, conversation={"id": f"talk-{n}"})
        late = factories.proposal(conversation={"id": f"talk-{n}"})
        at_once(
            [
                lambda b=bot, p=late: intake.propose(p, agent=b, at=NOW()),
                lambda c=first, p=boss: takeover.take_over(c, person=p, note="Mine.", at=NOW()),
            ]
        )
        states = Case.objects.filter(conversation=first.conversation_id).exclude(pk=first.pk)
        assert list(states.values_list("state", flat=True)) in ([], ["closed"])


def test_a_message_and_the_return_come_one_after_the_other() -> None:
    for _ in range(ROUNDS):
        boss = factories.person("supervisor")
        case = takeover.take_over(factories.case(), person=boss, note="Mine.", at=NOW())
        written = Letter.objects.count()
        answers = at_once(
            [
                lambda c=case, b=boss: letters.write(c, person=b, text="Hello", at=NOW()),
                lambda c=case, b=boss: takeover.give_back(c, person=b, note="Mine.", at=NOW()),
            ]
        )
        assert slugs(answers) in ([], ["forbidden"])
        assert Letter.objects.count() - written == 2 - len(slugs(answers)) - 1


def test_ten_messages_at_once_call_one_person() -> None:
    policies.current(at=NOW())
    bot = factories.agent()
    text = {"role": "customer", "text": "I want to speak to a human"}
    answers = at_once([lambda: listening.tell("talk", Feed(messages=[text]), agent=bot, at=NOW()) for _ in range(6)])
    assert len({answer.case.pk for answer in won(answers)}) == Case.objects.count() == 1
    assert Entry.objects.filter(kind="conversation.told").count() == 6


def test_an_end_reported_twice_at_once_is_one_end() -> None:
    bot = factories.agent()
    talk = factories.case(by=bot).conversation
    end = {"agent": bot, "resolved": True, "csat": 4, "closed_at": None}
    at_once([lambda: listening.close(talk, **end, at=NOW()) for _ in range(3)])
    assert Entry.objects.filter(kind="conversation.closed").count() == 1


def test_a_claim_and_a_takeover_end_with_one_holder() -> None:
    for _ in range(ROUNDS):
        case, reviewer, boss = factories.case(), factories.person(), factories.person("supervisor")
        at_once(
            [
                lambda c=case, r=reviewer: claims.claim(c, reviewer=r, at=NOW()),
                lambda c=case, b=boss: takeover.take_over(c, person=b, note="Mine.", at=NOW()),
            ]
        )
        case.refresh_from_db()
        assert (case.state, case.claimed_by_id) == ("taken_over", boss.pk)
