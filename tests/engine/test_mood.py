"""The mood of messages: the sender's score goes first, VADER reads English only and is named."""

import pytest

from reviewqueue.engine import mood

pytestmark = pytest.mark.covers("R20")
ANGRY = "This is terrible and I hate it, you are horrible."


def said(text: str, **more: object) -> dict[str, object]:
    return {"role": "customer", "text": text, **more}


def test_a_score_that_came_with_the_message_stays() -> None:
    (message,) = mood.scored([said(ANGRY, sentiment=0.5)])
    assert (message["sentiment"], message["sentiment_by"]) == (0.5, "sender")


def test_english_is_measured_and_labelled() -> None:
    (message,) = mood.scored([said(ANGRY)])
    assert (message["sentiment"] < -0.6, message["sentiment_by"]) == (True, "vader")


@pytest.mark.parametrize(
    ("text", "language"), [("Das ist schlecht und ich bin wütend.", None), (ANGRY, "de"), ("Hm", None), ("", None)]
)
def test_what_is_not_known_to_be_english_stays_without_a_score(text: str, language: str | None) -> None:
    (message,) = mood.scored([said(text)], language=language)
    assert "sentiment" not in message


def test_only_the_customers_last_messages_are_measured() -> None:
    told = mood.scored([{"role": "agent", "text": ANGRY}, *[said(ANGRY) for _ in range(12)]])
    assert ["sentiment" in message for message in told] == [False] * 3 + [True] * 10
