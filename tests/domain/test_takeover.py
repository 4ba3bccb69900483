"""A person takes a conversation over, writes to the customer, and gives it back."""

from datetime import timedelta

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import claims, due, gaps, letters, listening, policies, takeover
from reviewqueue.domain.listening import Feed
from reviewqueue.models import Agent, Case, Conversation, Failure, Grant, Letter
from reviewqueue.queries import failures, takeovers, transcript
from reviewqueue.queries.takeovers import Why
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.now


@pytest.fixture
def anna() -> User:
    return factories.person("supervisor")


def taken(person: User, **fields: object) -> Case:
    return takeover.take_over(factories.case(**fields), person=person, note="mine", at=NOW())


def slug(verb: object, *args: object, **named: object) -> str:
    with pytest.raises(Refusal) as refused:
        verb(*args, **named)  # type: ignore[operator]
    return refused.value.slug


@pytest.mark.covers("R42", "R48")
def test_all_that_is_open_in_the_conversation_gives_way_at_once(anna: User) -> None:
    bot = factories.agent()
    talk = {"id": "one"}
    open_case, taken_case = (factories.case(by=bot, conversation=talk) for _ in range(2))
    watched = factories.claimed(factories.person(), by=bot, conversation=talk)
    takeover.take_over(taken_case, person=anna, note="", at=NOW())
    for case in (open_case, watched):
        case.refresh_from_db()
        assert (case.state, case.outcome) == ("closed", "taken_over")
    assert Entry.objects.filter(kind="case.gave_way").count() == 2
    assert Conversation.objects.get().held_by_id == taken_case.pk


def test_what_was_granted_in_the_conversation_and_not_spent_is_void(anna: User) -> None:
    bot, reviewer = factories.agent(), factories.person()
    granted = factories.claimed(reviewer, by=bot, conversation={"id": "one"})
    factories.decide(granted, reviewer)
    other = factories.case(by=bot, conversation={"id": "one"})
    takeover.take_over(other, person=anna, note="", at=NOW())
    assert Grant.objects.get().voided_at is not None
    granted.refresh_from_db()
    assert granted.state == "closed"


def test_a_decision_whose_undo_window_is_open_gives_way_too(anna: User) -> None:
    factories.policy(undo_seconds=60)
    bot, reviewer = factories.agent(), factories.person()
    decided = factories.claimed(reviewer, by=bot, conversation={"id": "one"})
    factories.decide(decided, reviewer)
    takeover.take_over(factories.case(by=bot, conversation={"id": "one"}), person=anna, note="", at=NOW())
    due.run(at=NOW() + factories.later(61))
    decided.refresh_from_db()
    assert (decided.state, decided.outcome, Grant.objects.count()) == ("closed", "taken_over", 0)


def test_only_a_supervisor_takes_a_conversation_from_a_colleague(anna: User) -> None:
    rosa = factories.person()
    case = taken(rosa)
    assert slug(takeover.take_over, case, person=factories.person(), note="", at=NOW()) == "forbidden"
    assert slug(takeover.take_over, case, person=rosa, note="", at=NOW()) == "forbidden"
    takeover.take_over(case, person=anna, note="Rosa has gone home", at=NOW())
    assert slug(letters.write, case, person=rosa, text="Hello", at=NOW()) == "forbidden"
    letters.write(case, person=anna, text="Hello", at=NOW())


def test_the_owner_of_an_agent_does_not_take_over_from_it() -> None:
    owner = factories.person("supervisor")
    case = factories.case(by=factories.agent(owner=owner))
    assert slug(takeover.take_over, case, person=owner, note="", at=NOW()) == "forbidden"


def test_before_the_takeover_and_after_the_end_nobody_writes(anna: User) -> None:
    case = factories.case()
    assert slug(letters.write, case, person=anna, text="Hello", at=NOW()) == "forbidden"
    takeover.take_over(case, person=anna, note="", at=NOW())
    takeover.give_back(case, person=anna, note="", at=NOW())
    assert slug(letters.write, case, person=anna, text="Hello", at=NOW()) == "forbidden"
    assert slug(takeover.give_back, case, person=anna, note="", at=NOW()) == "forbidden"
    assert slug(takeover.finish, case, person=anna, resolved=True, note="", at=NOW()) == "forbidden"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001])
def test_an_empty_or_endless_message_is_refused(anna: User, text: str) -> None:
    assert slug(letters.write, taken(anna), person=anna, text=text, at=NOW()) == "invalid-request"


@pytest.mark.covers("R62", "R108")
def test_what_a_person_asks_again_is_kept_with_the_message(anna: User) -> None:
    letter = letters.write(taken(anna), person=anna, text="What is your name and your order number?", at=NOW())
    assert {(fact["kind"], fact["value"]) for fact in letter.asked_again} == {
        ("order_number", "A-1"),
        ("name", "Maya R."),
    }


@pytest.mark.covers("R62", "R108")
def test_what_the_agent_asks_again_after_the_return_is_kept_too(anna: User) -> None:
    bot = factories.agent()
    case = taken(anna, by=bot, conversation={"id": "one"})
    takeover.give_back(case, person=anna, note="", at=NOW())
    asked = {"role": "agent", "text": "May I have your name?"}
    listening.tell("one", Feed(messages=[asked]), agent=bot, at=NOW())
    (telling,) = Conversation.objects.get().tellings.all()
    assert [fact["kind"] for fact in telling.asked_again] == ["name"]


def test_hostile_text_goes_to_the_customer_as_it_was_written(anna: User) -> None:
    text = "<script>alert(1)</script>\u202e{{ x }}"
    letters.write(taken(anna), person=anna, text=text, at=NOW())
    assert Letter.objects.get().text == text


def test_letters_stand_where_they_were_written(anna: User) -> None:
    bot = factories.agent()
    said = [{"seq": n, "role": "customer", "text": f"message {n}"} for n in (1, 2)]
    case = taken(anna, by=bot, conversation={"id": "one", "messages": said})
    letters.write(case, person=anna, text="Hello", at=NOW())
    listening.tell("one", Feed(messages=[{"role": "customer", "text": "Hi Anna"}]), agent=bot, at=NOW())
    letters.write(case, person=anna, text="Bye", at=NOW())
    told = [message["text"] for message in transcript.of(case.conversation_id)]
    assert told == ["message 1", "message 2", "Hello", "Hi Anna", "Bye"]


def test_a_message_is_delivered_once_and_only_by_its_own_conversation(anna: User) -> None:
    bot = factories.agent()
    letter = letters.write(taken(anna, by=bot, conversation={"id": "one"}), person=anna, text="Hello", at=NOW())
    other = Conversation.objects.create(agent=bot, external_id="two", created_at=NOW())
    assert slug(letters.deliver, letter.pk, agent=bot, conversation=other, at=NOW()) == "not-found"
    first = letters.deliver(letter.pk, agent=bot, conversation=letter.conversation, at=NOW())
    again = letters.deliver(letter.pk, agent=bot, conversation=letter.conversation, at=NOW() + factories.later(9))
    assert first.delivered_at == again.delivered_at
    assert Entry.objects.filter(kind="conversation.delivered").count() == 1


@pytest.mark.covers("R78")
def test_the_feed_of_a_held_conversation_calls_nobody_else(anna: User) -> None:
    bot: Agent = factories.agent()
    case = taken(anna, by=bot, conversation={"id": "one"})
    told = [{"role": "customer", "text": "I want a human! My lawyer writes."}]
    standing = listening.tell("one", Feed(messages=told), agent=bot, at=NOW())
    assert (standing.case and standing.case.pk, Case.objects.count()) == (case.pk, 1)


@pytest.mark.covers("R42", "R49")
def test_a_supervisor_steps_into_a_conversation_that_called_for_nobody(anna: User) -> None:
    bot = factories.agent()
    factories.policy()
    talk = listening.tell("one", Feed(messages=[{"role": "customer", "text": "Hello"}]), agent=bot, at=NOW()).talk
    assert slug(takeover.step_in, talk, person=factories.person(), note="", at=NOW()) == "forbidden"
    case = takeover.step_in(talk, person=anna, note="the agent talks nonsense", at=NOW())
    assert (case.state, case.verdict["reasons"][0]["says"]) == ("taken_over", f"{anna.display} stepped in")
    assert slug(takeover.step_in, talk, person=anna, note="", at=NOW()) == "not-pending"
    takeover.give_back(case, person=anna, note="", at=NOW())


def test_a_case_that_calls_already_is_the_one_that_is_taken(anna: User) -> None:
    policies.current(at=NOW())
    asked = Feed(messages=[{"role": "customer", "text": "A human, please"}])
    talk, case = listening.tell("one", asked, agent=factories.agent(), at=NOW())
    assert case is not None
    assert takeover.step_in(talk, person=anna, note="", at=NOW()).pk == case.pk


def test_what_the_agent_says_while_a_person_has_control_is_marked(anna: User) -> None:
    bot = factories.agent()
    taken(anna, by=bot, conversation={"id": "one"})
    said = [{"role": "agent", "text": "I am still here"}, {"role": "customer", "text": "Who is this?"}]
    talk = listening.tell("one", Feed(messages=said), agent=bot, at=NOW()).talk
    assert [message.get("out_of_turn", False) for message in transcript.of(talk.pk)] == [True, False]


@pytest.mark.covers("R73")
def test_nobody_inherits_what_is_not_late(anna: User) -> None:
    case = factories.case()
    assert takeover.inherit(case, person=anna, at=NOW()).state == "queued"


@pytest.mark.invented_history
def test_a_conversation_that_is_held_by_another_case_is_neither_taken_nor_inherited(anna: User) -> None:
    bot = factories.agent()
    held, late = factories.case(by=bot), factories.case(by=bot, expires_in=60)
    takeover.take_over(held, person=anna, note="", at=NOW())
    Conversation.objects.filter(pk=late.conversation_id).update(held_by=held)
    assert slug(takeover.take_over, late, person=anna, note="", at=NOW()) == "not-pending"
    gone = takeover.inherit(late, person=anna, at=NOW() + factories.later(61))
    assert (gone.state, gone.outcome) == ("expired", "expired")


@pytest.mark.covers("R95", "R45")
def test_why_somebody_took_over_is_why_the_agent_failed(anna: User) -> None:
    why = Why("missing_information", "The shop in Graz is closed")
    case = takeover.take_over(factories.case(), person=anna, note="mine", at=NOW(), why=why)
    assert Entry.objects.get(kind="case.taken_over").data["reason_code"] == "missing_information"
    assert not takeovers.asks_why(case)
    gaps.find(at=NOW() + timedelta(minutes=1))
    failure = Failure.objects.get()
    assert (failure.origin, failure.reason) == ("takeover", "missing_information")
    assert failures.words([failure])[failure.pk].gap == "The shop in Graz is closed"


def test_why_may_be_said_when_the_conversation_is_given_back(anna: User) -> None:
    case = taken(anna)
    assert takeovers.asks_why(case)
    gaps.find(at=NOW() + timedelta(minutes=1))
    assert Failure.objects.get().reason == ""
    assert slug(takeover.give_back, case, person=anna, note="", at=NOW(), why=Why("nonsense")) == "invalid-request"
    takeover.give_back(case, person=anna, note="", at=NOW(), why=Why("tone"))
    assert Failure.objects.get().reason == "tone"


def test_an_agent_that_did_nothing_wrong_has_not_failed(anna: User) -> None:
    early, late = taken(anna, conversation={"id": "a"}), taken(anna, conversation={"id": "b"})
    takeover.give_back(early, person=anna, note="", at=NOW(), why=Why("no_fault"))
    gaps.find(at=NOW() + timedelta(minutes=1))
    assert [failure.case_id for failure in Failure.objects.all()] == [late.pk]
    takeover.finish(late, person=anna, resolved=True, note="", at=NOW(), why=Why("no_fault"))
    gaps.find(at=NOW() + timedelta(minutes=1))
    assert not Failure.objects.exists()


@pytest.mark.parametrize("held", ["claimed", "taken_over"])
def test_whoever_takes_a_case_from_a_colleague_says_why_and_they_read_it(anna: User, held: str) -> None:
    ben = factories.person("supervisor")
    case = factories.claimed(ben) if held == "claimed" else taken(ben)
    with pytest.raises(Refusal) as refused:
        takeover.take_over(case, person=anna, note=" ", at=NOW())
    assert (refused.value.slug, [error["pointer"] for error in refused.value.errors]) == ("invalid-request", ["/note"])
    mine = takeover.take_over(case, person=anna, note="She knows me.", at=NOW())
    entry = Entry.objects.filter(kind="case.taken_over").order_by("-seq").first()
    assert entry
    assert (entry.data["note"], entry.data["from_user"]) == ("She knows me.", ben.reference)
    with pytest.raises(Refusal) as gone:
        claims.heartbeat(mine, reviewer=ben, token=case.claim_token, at=NOW())
    assert gone.value.says == f"{anna.display} has taken this conversation over: “She knows me.”"


def test_nobody_says_why_they_take_a_case_whose_lease_ran_out(anna: User) -> None:
    case = factories.claimed(factories.person())
    later = NOW() + claims.lease() + timedelta(seconds=1)
    assert takeover.take_over(case, person=anna, note="", at=later).state == "taken_over"
