"""An action in plain words comes from its arguments, never from what the agent says of it."""

from typing import Any

import pytest

from reviewqueue.web import wording
from tests import factories


def plain(**fields: Any) -> wording.Plain:
    """A refund, with changes, in plain words."""
    action = factories.action(**fields)
    return wording.plain(action, action["args"], customer="Maya R.")


def text(words: wording.Plain) -> str:
    """The headline without its markup."""
    shown = str(words.headline)
    for tag in ('<bdi dir="auto" class="said">', "</bdi>", "<b class='num'>", "</b>"):
        shown = shown.replace(tag, "")
    return shown


def test_an_action_that_moves_money_says_how_much() -> None:
    words = plain()
    assert (text(words), words.money, words.consequence) == (
        "Refund order: 350.00 EUR",
        "350.00 EUR",
        "cannot be undone",
    )


def test_the_arguments_count_and_a_declared_value_that_contradicts_them_is_shown() -> None:
    words = plain(args={"amount": "3500.00"}, value={"amount": "35.00", "currency": "EUR"})
    assert (words.money, words.declared) == ("3500.00 EUR", "35.00 EUR")


def test_equal_amounts_written_differently_do_not_contradict() -> None:
    assert plain(args={"amount": 350}, value={"amount": "350.00", "currency": "EUR"}).declared == ""


def test_an_edit_is_no_contradiction() -> None:
    words = wording.plain(factories.action(), {"amount": "320.00"}, customer="")
    assert (words.money, words.declared) == ("320.00 EUR", "")


def test_the_currency_of_the_arguments_goes_before_the_declared_one() -> None:
    assert plain(args={"amount": "5", "currency": "USD"}).money == "5 USD"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"value": None, "args": {"id": "A-1"}, "name": "cancelOrder"}, "Cancel order: A-1"),
        ({"value": None, "args": {"on": True, "list": []}, "name": "reset"}, "Reset"),
        ({"value": None, "args": {}, "name": "<b>x</b>"}, "&lt;b&gt;x&lt; b&gt;"),
        ({"kind": "reply", "args": {"text": "x"}}, "Sends this reply to Maya R."),
        ({"kind": "question", "args": {"text": "x"}}, "Asks Maya R. this question"),
        ({"kind": "handoff", "args": {}}, "Hands the conversation over to a person"),
    ],
)
def test_each_kind_of_action_is_worded(fields: dict[str, Any], shown: str) -> None:
    assert text(plain(**fields)) == shown


@pytest.mark.parametrize(
    ("reversible", "consequence"),
    [
        (True, "can be undone"),
        (False, "cannot be undone"),
        (None, "Nobody said whether this can be undone: treat it as final."),
    ],
)
def test_it_says_whether_it_can_be_undone(reversible: object, consequence: str) -> None:
    assert plain(reversible=reversible).consequence == consequence
