"""Conversations that go in circles are counted in rounds."""

import time

import pytest

from reviewqueue.engine.stall import rounds_without_progress


def talk(*lines: str) -> list[dict[str, str]]:
    roles = {"c": "customer", "a": "agent", "t": "tool"}
    return [{"role": roles[line[0]], "text": line[2:]} for line in lines]


@pytest.mark.covers("R21")
def test_rounds_count_while_either_side_repeats_itself_or_nothing_helps() -> None:
    conversation = talk(
        "c:The display stays dark.",
        "a:Please take the battery out and wait a minute.",
        "c:Did that.",
        "a:Please hold the power button.",
        "c:Still nothing.",
        "a:Please take the battery out, and wait a minute!",
        "c:Hm.",
        "a:Is it charged?",
        "c:You already told me to check that.",
    )
    ends = [place for place, line in enumerate(conversation, 1) if line["role"] == "customer"]
    assert [rounds_without_progress(conversation[:end]) for end in ends] == [0, 0, 1, 2, 3]


@pytest.mark.covers("R21")
def test_one_good_round_starts_the_count_again() -> None:
    stuck = talk("c:It broke.", "a:Turn it off.", "c:That doesn't help.", "a:Turn it on.", "c:It still doesn't work.")
    assert rounds_without_progress(stuck) == 2
    assert rounds_without_progress([*stuck, *talk("a:Press reset.", "c:That did it, thanks!")]) == 0


def test_german_is_understood() -> None:
    stuck = talk("c:Es ist kaputt.", "a:Neu starten.", "c:Hilft nicht.", "a:Kabel?", "c:Funktioniert immer noch nicht.")
    assert rounds_without_progress(stuck) == 2


def test_short_answers_are_no_repetition() -> None:
    assert rounds_without_progress(talk("c:Yes.", "a:Blue or red?", "c:Yes.", "a:Large?", "c:yes")) == 0


def test_without_the_customer_nothing_is_known() -> None:
    assert rounds_without_progress([]) is None
    assert rounds_without_progress(talk("a:Hello?", "t:{}")) is None


def test_five_hundred_messages_are_counted_at_once() -> None:
    begun = time.process_time()
    assert rounds_without_progress(talk(*["c:It still does not work at all"] * 500)) == 499
    assert time.process_time() - begun < 1
