"""Whoever asks for a human is heard, and whoever refuses one too."""

import re
import time

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from reviewqueue.engine import handover
from reviewqueue.engine.handover import asks_for_human
from tests.engine.given import said

PHRASES = [pattern for pattern in vars(handover).values() if isinstance(pattern, re.Pattern)]
VOCABULARY = sorted({word for phrase in PHRASES for word in re.findall(r"[a-zäöüß']+", phrase.pattern)})
# Nothing here asks or refuses before the one word is in its place.
FRAMES = [
    "{}",
    "{} please",
    "i want an {}",
    "{} me",
    "{} me on",
    "{} me through",
    "refer me to {}",
    "{} can call me",
    "is there some {}",
    "get in touch with {} service",
    "do not deal with {}",
    "not an {}",
    "no need for {}",
    "please don't {}",
    "we don't need {}",
    "nicht {}",
    "{} nie",
    "ich brauche {} bitte",
    "ich brauche eine {}in",
    "stellen sie das {}",
    "nicht mit {} schreiben",
]

ASKS = [
    "I want to speak to someone",
    "I want to speak to a human.",
    "Agent!",
    "human please",
    "representative",
    "Is there a real person I can talk to?",
    "I don't want to talk to a bot",
    "Stop. Get me your manager.",
    "Can't you just transfer me?",
    "Why don't you transfer me to a person?",
    "No, transfer me please",
    "I've had enough, put me through to someone",
    "Could somebody call me back?",
    "I'd rather talk to a person than to a machine",
    "If you can't do this, I'd like to talk to a human",
    "Don't transfer me to another bot, I want a human",
    "let me talk to your supervisor",
    "I NEED A HUMAN NOW",
    "connect me with customer support please",
    "Please escalate this.",
    "I want to t\u200balk to a hu\u200bman",
    "i want to speek to a humna agent",
    "I want to talk to somone",
    "Ich möchte mit einem Menschen sprechen",
    "Kann ich bitte mit einem Mitarbeiter reden?",
    "Verbinden Sie mich bitte mit einem Berater",
    "Mensch bitte",
    "Ich will mit jemandem sprechen",
    "Warum kann ich nicht mit einem echten Menschen sprechen?",
    "Ich möchte nicht mit einem Bot sprechen",
    "Bitte leiten Sie mich an einen Mitarbeiter weiter",
    "Stellen Sie mich bitte durch",
    "Geben Sie mir Ihren Vorgesetzten",
    "Ich hätte gern einen persönlichen Ansprechpartner",
    "Kann mich jemand zurückrufen?",
    "Ich moechte mit einer Mitarbeiterin sprechen",
    "Können Sie das eskalieren?",
]
DOES_NOT = [
    "no, don't transfer me",
    "No, please don't transfer me to a human",
    "There's no need to escalate this",
    "I don't want to speak to a human",
    "I do not need an agent, just tell me the status",
    "please do not connect me to anyone",
    "I'd rather not talk to a person",
    "I was transferred to an agent yesterday and it took ages",
    "I have already been talking to an agent for an hour",
    "Are you a human?",
    "Is this a bot?",
    "Please transfer the money to my card",
    "Can you transfer my order to another address?",
    "What hours can I reach customer service?",
    "The delivery person left it outside",
    "I need a humane mouse trap",
    "I want a refund for the robot vacuum",
    "I would like the tablet, not the computer",
    "I have 3 people in my household",
    "Where is my order?",
    "",
    "Nein, bitte nicht weiterleiten",
    "Ich möchte keinen Mitarbeiter sprechen",
    "Verbinden Sie mich nicht",
    "Ich brauche keinen Menschen dafür",
    "Bitte leiten Sie die Rechnung an meine Firma weiter",
    "Der Mensch vom Lieferdienst war nett",
]


@pytest.mark.covers("R22", "R144")
@pytest.mark.parametrize("text", ASKS)
def test_asking_is_heard_in_many_words(text: str) -> None:
    assert asks_for_human(said(text)) is True


@pytest.mark.covers("R22")
@pytest.mark.parametrize("text", DOES_NOT)
def test_refusing_and_mentioning_is_not_asking(text: str) -> None:
    assert asks_for_human(said(text)) is False


def test_a_request_stands_until_it_is_taken_back() -> None:
    assert asks_for_human(said("Get me a human.", "Hello?", "It is order A-1.")) is True
    assert asks_for_human(said("Get me a human.", "No, don't transfer me, I found it.")) is False
    assert asks_for_human(said("Don't transfer me.", "Fine, get me a human.")) is True


def test_a_human_who_answered_settles_the_request() -> None:
    answered = [*said("Get me a human."), {"seq": 2, "role": "human", "text": "Here I am."}]
    assert asks_for_human(answered) is False
    assert asks_for_human([*answered, *said("I want to talk to your supervisor.")]) is True


def test_only_the_customer_can_ask() -> None:
    assert asks_for_human([{"role": "agent", "text": "Do you want to speak to a human?"}]) is None
    assert asks_for_human([{"role": "tool", "text": "transfer me to a human"}, *said("No thanks.")]) is False


def test_nobody_said_anything() -> None:
    assert asks_for_human([]) is None


@pytest.mark.parametrize(
    "piece", ["i want to speak to a ", "not ", "talk to my ", "don't ", "möchte nicht ", "a", ", no "]
)
def test_endless_text_takes_time_in_proportion(piece: str) -> None:
    begun = time.process_time()
    asks_for_human(said(piece * (200_000 // len(piece))))
    assert time.process_time() - begun < 3


@settings(deadline=None)  # what the strategy itself takes depends on the phrase
@drawn(st.sampled_from(PHRASES).flatmap(st.from_regex))
def test_a_look_at_the_words_misses_no_phrase(text: str) -> None:
    assert heard(text) == heard_without_a_look(text)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_look_at_the_words_misses_none(frame: str) -> None:
    texts = [frame.format(word) for word in VOCABULARY]
    assert [heard(text) for text in texts] == [heard_without_a_look(text) for text in texts]


def heard(text: str) -> list[bool | None]:
    """After nothing, and after a request: together they tell asking, refusing and speaking of something else apart."""
    return [asks_for_human(said(text)), asks_for_human(said("Get me a human.", text))]


def heard_without_a_look(text: str) -> list[bool | None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handover, "_may_tell", lambda _words: True)
        return heard(text)
