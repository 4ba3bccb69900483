"""Opening evidence and saying one's own view first are on record, once each."""

import pytest

from audit.models import Entry
from reviewqueue.domain import looking
from reviewqueue.models import Case, Sighting
from reviewqueue.queries import sightings
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def high(**fields: object) -> Case:
    """A case at high risk with one source."""
    return factories.case(**{"sources": [{"id": "s1", "title": "Refund policy", "text": "Up to 400 EUR."}]} | fields)


def test_a_piece_is_opened_once_whoever_clicks_twice() -> None:
    case, reviewer = high(), factories.person()
    for _ in range(2):
        looking.open_piece(case, person=reviewer, piece="source-0", at=factories.now())
    entry = Entry.objects.get(kind="evidence.seen")
    assert (entry.data["piece"], entry.actor.id, Sighting.objects.count()) == ("source-0", reviewer.reference, 1)
    assert [piece.title for piece in sightings.unread(case, reviewer.pk)] == ["Conversation"]


@pytest.mark.parametrize("piece", ["", "source-1", "source--1", "conversation-0", "own-view", "<script>", "x" * 4000])
def test_only_what_the_case_has_can_be_opened(piece: str) -> None:
    with pytest.raises(Refusal) as refused:
        looking.open_piece(high(), person=factories.person(), piece=piece, at=factories.now())
    assert (refused.value.slug, Sighting.objects.exists()) == ("not-found", False)


def test_a_case_that_one_may_not_see_has_no_evidence() -> None:
    with pytest.raises(Refusal) as refused:
        looking.open_piece(high(), person=factories.person(queues=[]), piece="source-0", at=factories.now())
    assert refused.value.slug == "not-found"


def test_a_new_message_is_unread_again() -> None:
    agent, reviewer = factories.agent(), factories.person()
    talk = {"id": "conv-grows", "messages": [{"seq": 1, "role": "customer", "text": "Where is it?"}]}
    case = factories.case(by=agent, conversation=talk)
    factories.read(case, reviewer)
    assert sightings.unread(case, reviewer.pk) == []
    more = {"id": "conv-grows", "messages": [{"seq": 2, "role": "customer", "text": "It came. Forget it!"}]}
    factories.case(by=agent, conversation=more)
    assert [piece.key for piece in sightings.unread(case, reviewer.pk)] == ["conversation-2"]


def test_ones_own_view_is_said_once_and_before_the_recommendation() -> None:
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    for view in ("reject", "approve"):
        looking.say_first(case, person=reviewer, view=view, at=factories.now())
    assert (Sighting.objects.get().says, Entry.objects.get(kind="evidence.own_view").data["view"]) == ("reject",) * 2


@pytest.mark.parametrize("view", ["", "respond", "maybe"])
def test_ones_own_view_is_one_of_three(view: str) -> None:
    reviewer = factories.person()
    with pytest.raises(Refusal) as refused:
        looking.say_first(factories.claimed(reviewer), person=reviewer, view=view, at=factories.now())
    assert refused.value.slug == "invalid-request"


def test_only_the_holder_is_asked_for_their_view() -> None:
    case = factories.claimed(factories.person())
    with pytest.raises(Refusal) as refused:
        looking.say_first(case, person=factories.person(), view="approve", at=factories.now())
    assert refused.value.slug == "forbidden"
