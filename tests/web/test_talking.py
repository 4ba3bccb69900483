"""The pane of somebody who speaks with the customer, without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.domain import letters, listening, takeover
from reviewqueue.domain.listening import Feed
from reviewqueue.models import Case, Conversation, Draft, Letter
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


@pytest.fixture
def sue(visit: Visit) -> Visitor:
    """Sue speaks with the customer."""
    return visit("supervisor", first_name="Sue", last_name="V.")


@pytest.fixture
def case(sue: Visitor) -> Case:
    """The conversation in her hands."""
    return takeover.take_over(factories.case(actions=[factories.reply()]), person=sue.user, note="", at=factories.now())


def see(visitor: Visitor, case: Case, query: str = "") -> Page:
    return visitor.open(f"/cases/{case.pk}/{query}")


def press(visitor: Visitor, case: Case, button: str, **typed: str) -> Page:
    return visitor.press(see(visitor, case), button, on=f"/cases/{case.pk}/write", **typed)


@pytest.mark.covers("R42", "R48")
def test_what_is_sent_stands_in_the_conversation_until_it_is_delivered(sue: Visitor, case: Case) -> None:
    page = press(sue, case, "Send", letter="Hello Maya, Sue here.")
    assert "Hello Maya, Sue here." in page.text
    assert ("on its way" in page.text, "delivered" in page.text) == (True, False)
    letter = Letter.objects.get()
    letters.deliver(letter.pk, agent=case.agent, conversation=letter.conversation, at=factories.now())
    assert "delivered" in see(sue, case).text


@pytest.mark.covers("R62", "R108")
def test_what_is_known_is_at_hand_and_asking_for_it_needs_a_second_word(sue: Visitor, case: Case) -> None:
    page = see(sue, case)
    assert ("At hand" in page.text, "Maya R." in page.text) == (True, True)
    refused = press(sue, case, "Send", letter="What is your name?")
    assert (refused.status, Letter.objects.count()) == (409, 0)
    assert "Name: Maya R." in " ".join(refused.says("li"))
    assert refused.form(f"/cases/{case.pk}/write").fields["letter"] == "What is your name?"
    sue.press(refused, "Send", on=f"/cases/{case.pk}/write", sure="1")
    assert [fact["kind"] for fact in Letter.objects.get().asked_again] == ["name"]


def test_the_agents_proposed_reply_is_an_offer_until_somebody_wrote(sue: Visitor, case: Case) -> None:
    assert "We are sorry. We refunded 350 EUR." in see(sue, case).text
    page = see(sue, case, "?offer=1")
    assert page.form(f"/cases/{case.pk}/write").fields["letter"] == "We are sorry. We refunded 350 EUR."
    press(sue, case, "Send", letter="Hello.")
    assert "We refunded 350 EUR." not in see(sue, case).text
    talk = Conversation.objects.get().external_id
    listening.tell(talk, Feed(draft="Shall I close?"), agent=case.agent, at=factories.now())
    assert "Shall I close?" in see(sue, case).text


def test_what_is_typed_is_kept_and_checked_while_it_is_typed(sue: Visitor, case: Case) -> None:
    answer = sue.client.post(f"/cases/{case.pk}/writing", {"letter": "May I have your name?"})
    assert "Maya R." in answer.content.decode()
    assert see(sue, case).form(f"/cases/{case.pk}/write").fields["letter"] == "May I have your name?"
    press(sue, case, "Send", letter="Hello.")
    assert Draft.objects.count() == 0


def test_the_fragment_shows_what_was_said_since(sue: Visitor, case: Case) -> None:
    told: list[dict[str, Any]] = [{"role": "customer", "text": "Are you there?"}]
    talk = Conversation.objects.get().external_id
    listening.tell(talk, Feed(messages=told), agent=case.agent, at=factories.now())
    assert "Are you there?" in sue.open(f"/cases/{case.pk}/talk?version={case.version}").text


def test_it_ends_resolved_or_not_with_a_word_for_the_record(sue: Visitor, case: Case) -> None:
    refused = press(sue, case, "End it: not resolved", finish_note="Could not reach them.")
    assert (refused.status, "Say why the conversation had to be taken over." in refused.text) == (422, True)
    assert "Could not reach them." in refused.source
    page = press(sue, case, "End it: not resolved", finish_note="Could not reach them.", finish_why="tone")
    assert "The conversation has ended." in page.text
    talk = Conversation.objects.get()
    assert (talk.resolved, talk.held_by_id, talk.closed_at is None) == (False, None, False)


def test_a_colleague_reads_along_and_does_not_write(visit: Visit, case: Case) -> None:
    page = see(visit(), case)
    assert ("Sue V. has taken this conversation over" in page.text, "letter" in page.source) == (True, False)
    assert Page(visit().client.post(f"/cases/{case.pk}/write", {"letter": "Hello"})).status == 403
    assert Letter.objects.count() == 0


def test_a_supervisor_takes_it_from_a_colleague(visit: Visit, case: Case) -> None:
    boss = visit("supervisor")
    press(boss, case, "Take over", take_note="Sue has gone home")
    case.refresh_from_db()
    assert case.claimed_by_id == boss.user.pk


@pytest.mark.covers("R42")
def test_a_link_from_the_list_opens_the_case_with_the_panel(visit: Visit) -> None:
    case = factories.case()
    page = visit().open(f"/cases/{case.pk}/?do=take-over")
    (panel,) = [section for section in page.all("section") if section.attributes.get("id") == "take-over"]
    assert "popover" not in panel.attributes


def test_hostile_text_of_all_three_stays_text(sue: Visitor, case: Case) -> None:
    evil = "<script>alert(1)</script><b hx-get=/x>x</b>"
    talk = Conversation.objects.get().external_id
    said = [{"role": "customer", "text": f"my order number is A-77 {evil}"}]
    listening.tell(talk, Feed(messages=said, draft=evil), agent=case.agent, at=factories.now())
    page = press(sue, case, "Send", letter=evil)
    assert (evil in page.source, page.all("b", **{"hx-get": "/x"})) == (False, [])
