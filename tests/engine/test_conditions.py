"""Conditions over several values and several questions, known and unknown."""

import json
from typing import Any

import pytest

from tests.engine import given
from tests.engine.given import fires, reason, said

OVER_200 = {"fact": "action.value", "over": "200.00"}
ANGRY = {"fact": "conversation.sentiment", "under": -0.6, "for_last": 2}


@pytest.mark.covers("R20")
@pytest.mark.parametrize(
    ("sentiments", "fired"),
    [
        ([-0.7, -0.8], True),
        ([-0.6, -0.8], False),  # exactly the limit is not under it
        ([-0.8, -0.7, 0.1], False),
        ([0.5, -0.61, -0.61], True),
        (["-0.7", "-0.8"], True),
        ([-0.7, None, -0.8], True),  # the last two that are known
        ([-0.9], False),  # too few are known
        ([None, None], False),
    ],
)
def test_for_last_asks_every_one_of_the_last_known_values(sentiments: list[Any], *, fired: bool) -> None:
    messages = said(*["text"] * len(sentiments), sentiments=sentiments)
    assert fires(ANGRY, messages=messages) is fired


def test_for_last_with_too_few_values_is_unknown() -> None:
    once = said("text", sentiments=[-0.9])
    assert fires(ANGRY | {"if_unknown": "fire"}, messages=once)
    assert not fires({"not": ANGRY}, messages=once)


def test_for_last_names_all_the_values_it_saw() -> None:
    found = reason(ANGRY, messages=said("a", "b", sentiments=[-0.7, -0.9]))
    assert (found.says, found.observed) == (
        "sentiment of the last 2 messages (-0.7, -0.9) is under -0.6",
        "-0.7, -0.9",
    )


def test_a_series_without_for_last_is_asked_of_its_last_value() -> None:
    when = {"fact": "conversation.sentiment", "under": -0.6}
    assert fires(when, messages=said("a", "b", sentiments=[0.5, -0.7]))
    assert not fires(when, messages=said("a", "b", sentiments=[-0.7, 0.5]))


TRUE = {"fact": "intent", "is": "refund"}
FALSE = {"fact": "intent", "is": "faq"}
UNKNOWN_PASSES = {"fact": "workflow", "is": "orders"}
UNKNOWN_FIRES = UNKNOWN_PASSES | {"if_unknown": "fire"}


@pytest.mark.parametrize(
    ("when", "fired"),
    [
        ({"all": [TRUE, TRUE]}, True),
        ({"all": [TRUE, FALSE]}, False),
        ({"all": [TRUE, UNKNOWN_FIRES]}, True),
        ({"all": [TRUE, UNKNOWN_PASSES]}, False),
        ({"all": [FALSE, UNKNOWN_FIRES]}, False),
        ({"all": [UNKNOWN_PASSES, UNKNOWN_FIRES]}, False),
        ({"any": [FALSE, TRUE]}, True),
        ({"any": [FALSE, FALSE]}, False),
        ({"any": [FALSE, UNKNOWN_FIRES]}, True),
        ({"any": [FALSE, UNKNOWN_PASSES]}, False),
        ({"any": [UNKNOWN_PASSES, UNKNOWN_FIRES]}, True),
        ({"any": [TRUE, UNKNOWN_PASSES]}, True),
        ({"not": TRUE}, False),
        ({"not": FALSE}, True),
        ({"not": UNKNOWN_FIRES}, True),
        ({"not": UNKNOWN_PASSES}, False),
        ({"not": {"not": UNKNOWN_FIRES}}, True),
        ({"not": {"all": [TRUE, UNKNOWN_FIRES]}}, True),
        ({"not": {"any": [FALSE, UNKNOWN_PASSES]}}, False),
        ({"not": {"all": [FALSE, UNKNOWN_PASSES]}}, True),
    ],
)
def test_what_is_unknown_stays_unknown_however_it_is_joined(when: dict[str, Any], *, fired: bool) -> None:
    assert fires(when, intent="refund") is fired


def test_joined_conditions_are_explained_by_the_parts_that_decided() -> None:
    amount, tier = {"fact": "action.value", "over": "50.00"}, {"fact": "customer.tier", "is": "gold"}
    both = reason({"all": [amount, tier]}, customer={"tier": "gold"})
    assert both.says == "refund 350.00 EUR is over 50.00 EUR and customer tier is “gold”"
    assert (both.observed, both.threshold) == ("350.00, gold", "50.00, “gold”")
    assert reason({"any": [amount, tier]}).says == "refund 350.00 EUR is over 50.00 EUR"
    assert reason({"not": tier}, customer={"tier": "silver"}).says == "customer tier “silver” is not “gold”"


def test_facts_are_enough_to_judge_again_without_the_proposal() -> None:
    policy = given.policy(given.rule(OVER_200))
    facts = given.facts(messages=said("Hello", sentiments=[-0.5]))
    stored = json.loads(json.dumps(facts))
    assert given.evaluate(policy, stored) == given.evaluate(policy, facts)
